//! What deriving keys from a password may cost.

use pkcs5::pbes2::ScryptParams;

use super::{Error, MAX_COURTESY, MAX_ROUNDS, MAX_SCRYPT_BYTES, MAX_WORK};

/// What scrypt mixes at a time, for r = 1 (RFC 7914 section 2).
const SCRYPT_BLOCK_BYTES: u64 = 128;

/// Rounds that may still be done for one input, whatever is in it.
#[derive(Debug, Default)]
pub(super) struct Purse {
    left: u64,
    typed: bool,
}

impl Purse {
    pub(super) fn new(password: Option<&str>) -> Self {
        let typed = password.is_some();
        let left = if typed { MAX_WORK } else { MAX_COURTESY };
        Self { left, typed }
    }

    /// One with so many rounds in it.
    #[cfg(test)]
    pub(super) fn of(left: u64, typed: bool) -> Self {
        Self { left, typed }
    }

    /// Takes out what a key costs of which each of so many pieces takes all the rounds. The rounds as the crate of
    /// PKCS #12 takes them.
    pub(super) fn rounds(&mut self, rounds: u32, pieces: usize) -> Result<i32, Error> {
        let few = Some(rounds).filter(|rounds| *rounds <= MAX_ROUNDS);
        let few = few.and_then(|rounds| i32::try_from(rounds).ok());
        let few = few.ok_or(Error::Cost)?;
        let pieces = u64::try_from(pieces).map_err(|_| Error::Cost)?;
        self.pay(u64::from(rounds).saturating_mul(pieces))?;
        Ok(few)
    }

    /// The same for a key of scrypt.
    pub(super) fn scrypt(&mut self, scrypt: &ScryptParams) -> Result<(), Error> {
        let blocks = u64::from(scrypt.block_size).saturating_mul(scrypt.cost_parameter);
        let blocks = blocks.saturating_mul(u64::from(scrypt.parallelization));
        if blocks > MAX_SCRYPT_BYTES / SCRYPT_BLOCK_BYTES {
            return Err(Error::Cost);
        }
        self.pay(blocks)
    }

    /// Without enough, what is sealed stays so. The empty password is only a courtesy, and counts as wrong then: the
    /// way to open it is to type one.
    fn pay(&mut self, rounds: u64) -> Result<(), Error> {
        let short = match self.typed {
            true => Error::Cost,
            false => Error::WrongPassword,
        };
        self.left = self.left.checked_sub(rounds).ok_or(short)?;
        Ok(())
    }
}
