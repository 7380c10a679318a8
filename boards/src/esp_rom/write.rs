//! A write in progress: from a `BEGIN`, which erases, to the last block.

use signet_core::flash::esp::Refusal;

use super::deflate::{Broken, Unpacker};
use super::flash::{Flash, SECTOR};

const FAILED: Refusal = Refusal(0x06);
const WRITE_ERROR: Refusal = Refusal(0x08);
const NOT_DEFLATE: Refusal = Refusal(0x0B);
const BAD_ADLER: Refusal = Refusal(0x0C);
/// Encryption was asked for, but is not on.
const NOT_ENCRYPTED: Refusal = Refusal(0x64);

const MAX_BLOCK: u32 = 0x400;
/// Typical times of a W25Q-class chip: 45 ms per sector, 0.7 ms per page of 256 bytes.
const ERASE_MICROS: u64 = 45_000;
const PROGRAM_MICROS: u64 = 700;
const PAGE: usize = 256;

pub(super) struct Write {
    unpacker: Option<Unpacker>,
    at: usize,
    next: u32,
    blocks: u32,
}

pub(super) enum Outcome {
    /// Done, after that many microseconds.
    Taken(u64),
    Refused(Refusal),
    Crash,
}

impl Write {
    /// `words` are those of the request: size, blocks, size of a block, offset, encrypted or not.
    /// Also returns how many microseconds the erasing takes.
    pub(super) fn begin(
        packed: bool,
        words: [u32; 5],
        flash_size: u32,
        flash: &mut Flash,
        crypt_count: u8,
    ) -> Result<(Self, u64), Refusal> {
        let [size, blocks, block_size, offset, encrypted] = words;
        if block_size > MAX_BLOCK {
            return Err(Refusal::INVALID);
        }
        if encrypted != 0 && crypt_count.count_ones().is_multiple_of(2) {
            return Err(NOT_ENCRYPTED);
        }
        let end = offset
            .checked_add(size)
            .filter(|&end| end <= flash_size)
            .ok_or(FAILED)?;
        let (Ok(at), Ok(end)) = (usize::try_from(offset), usize::try_from(end)) else {
            return Err(FAILED);
        };
        if at % SECTOR != 0 || at >= flash.bytes().len() {
            return Err(FAILED);
        }
        let sectors = if size == 0 {
            0
        } else {
            flash.erase(at, end - at)
        };
        let unpacker = packed.then(Unpacker::new);
        let micros = ERASE_MICROS * u64::try_from(sectors).unwrap_or(0);
        Ok((
            Self {
                unpacker,
                at,
                next: 0,
                blocks,
            },
            micros,
        ))
    }

    pub(super) fn block(
        &mut self,
        packed: bool,
        sequence: u32,
        checksum: u8,
        block: &[u8],
        flash: &mut Flash,
    ) -> Outcome {
        if packed != self.unpacker.is_some() || sequence != self.next {
            return Outcome::Refused(Refusal::INVALID);
        }
        if self.next >= self.blocks {
            return Outcome::Crash;
        }
        // Received is received, whatever is wrong with it.
        self.next += 1;
        if block.iter().fold(0xEF, |sum, byte| sum ^ byte) != checksum {
            if let Some(unpacker) = &mut self.unpacker {
                unpacker.lose_block();
            }
            return Outcome::Refused(Refusal::CHECKSUM);
        }
        let Some(unpacker) = &mut self.unpacker else {
            return self.program(block, flash);
        };
        let mut plain = Vec::new();
        match unpacker.block(block, &mut plain) {
            Ok(()) => self.program(&plain, flash),
            // What came out before it broke off is not written.
            Err(Broken::Data) => Outcome::Refused(NOT_DEFLATE),
            Err(Broken::Checksum) => Outcome::Refused(BAD_ADLER),
        }
    }

    /// Beyond what was erased, too: the ROM does not mind, only the cells may.
    fn program(&mut self, plain: &[u8], flash: &mut Flash) -> Outcome {
        let holds = flash.program(self.at, plain);
        self.at += plain.len();
        if !holds {
            return Outcome::Refused(WRITE_ERROR);
        }
        Outcome::Taken(PROGRAM_MICROS * u64::try_from(plain.len().div_ceil(PAGE)).unwrap_or(0))
    }
}
