//! An HMAC key that a TPM can import under its storage root key: duplication in software
//! (TPM 2.0 Library, Part 1, section 23.3).

use anyhow::Result;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::public::{ALG_HMAC, ALG_KEYEDHASH, ALG_SHA256, Name, StorageKey, name_of};
use super::wrap::{encrypt, protect, sized};
use crate::random;

/// The label under which the seed is encrypted (Part 1, annex B.10.3).
const DUPLICATE: &[u8] = b"DUPLICATE\0";

/// userWithAuth, noDA and sign (Part 2, table 31, TPMA_OBJECT): used without a password, and by no
/// other purpose. It came from outside, so neither fixedTPM nor sensitiveDataOrigin.
const ATTRIBUTES: u32 = 1 << 6 | 1 << 10 | 1 << 18;

/// An HMAC key as a TPM object.
pub(super) struct HmacKey {
    /// TPMT_PUBLIC (Part 2, table 201).
    public: Vec<u8>,
    /// TPM2B_SENSITIVE (Part 2, table 207).
    sensitive: Zeroizing<Vec<u8>>,
}

impl HmacKey {
    /// With a random value that hides the key in the object's public area (Part 2, table 206).
    pub(super) fn new(key: &[u8]) -> Result<Self> {
        let hidden = random::bytes::<32>()?;
        let mut unique = Sha256::new_with_prefix(hidden.as_slice());
        unique.update(key);
        let public = [
            &ALG_KEYEDHASH.to_be_bytes()[..],
            &ALG_SHA256.to_be_bytes(),
            &ATTRIBUTES.to_be_bytes(),
            &sized(&[]),
            &ALG_HMAC.to_be_bytes(),
            &ALG_SHA256.to_be_bytes(),
            &sized(&unique.finalize()),
        ]
        .concat();
        // TPMT_SENSITIVE (Part 2, table 206): type, no password, the random value, the key.
        let parts = [
            Zeroizing::new(ALG_KEYEDHASH.to_be_bytes().to_vec()),
            Zeroizing::new(sized(&[])),
            Zeroizing::new(sized(hidden.as_slice())),
            Zeroizing::new(sized(key)),
        ];
        let mut whole = Zeroizing::new(Vec::with_capacity(128));
        for part in &parts {
            whole.extend_from_slice(part);
        }
        Ok(Self {
            public,
            sensitive: Zeroizing::new(sized(&whole)),
        })
    }

    /// TPM2B_PUBLIC (Part 2, table 202).
    pub(super) fn public(&self) -> Vec<u8> {
        sized(&self.public)
    }

    /// TPM2B_PRIVATE and TPM2B_ENCRYPTED_SECRET (Part 2, tables 209 and 192), which
    /// TPM2_Import takes together with the key of the inner wrapper.
    pub(super) fn duplicate(&self, parent: &StorageKey, inner: &[u8; 16]) -> Result<[Vec<u8>; 2]> {
        let seed = random::bytes::<32>()?;
        let secret = parent.encrypt(DUPLICATE, seed.as_slice())?;
        let name = name_of(&self.public);
        let private = wrapped(seed.as_slice(), inner, &name, &self.sensitive);
        Ok([sized(&private), secret])
    }
}

/// Both wrappers (Part 1, sections 23.3.2.2 and 23.3.2.3) around a TPM2B_SENSITIVE.
fn wrapped(seed: &[u8], inner: &[u8; 16], name: &Name, sensitive: &[u8]) -> Vec<u8> {
    let mut integrity = Sha256::new_with_prefix(sensitive);
    integrity.update(name);
    let mut structure = sized(&integrity.finalize());
    // In one step, so that the key lies in no buffer that was given back.
    structure.reserve_exact(sensitive.len());
    structure.extend_from_slice(sensitive);
    encrypt(inner, &mut structure);
    protect(seed, name, structure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::kdf::{STORAGE, kdfa};
    use crate::tpm::public::tests::{known, open};
    use aes::Aes128;
    use cfb_mode::Decryptor;
    use cfb_mode::cipher::KeyIvInit;

    const INNER: &[u8; 16] = include_bytes!("vectors/inner.key");

    fn decrypt(key: &[u8; 16], data: &mut [u8]) {
        Decryptor::<Aes128>::new(key.into(), &[0; 16].into()).decrypt(data);
    }

    /// The TPM2B_SENSITIVE inside, by the other direction.
    fn unwrap(seed: &[u8], inner: &[u8; 16], name: &Name, private: &[u8]) -> Vec<u8> {
        let mut structure = private[34..].to_vec();
        decrypt(&kdfa(seed, STORAGE, name), &mut structure);
        decrypt(inner, &mut structure);
        structure[34..].to_vec()
    }

    /// `tpm2_duplicate`, that is the TPM itself, of an HMAC key that it had made.
    #[test]
    fn agrees_with_a_tpm() {
        let private = &include_bytes!("vectors/hmac.dup")[2..];
        let seed = open(DUPLICATE, &include_bytes!("vectors/hmac.seed")[2..]);
        let name: &Name = include_bytes!("vectors/hmac.name");
        assert_eq!(&name_of(&include_bytes!("vectors/hmac.pub")[2..]), name);
        let sensitive = unwrap(&seed, INNER, name, private);
        assert_eq!(usize::from(sensitive[1]), sensitive.len() - 2);
        assert_eq!(wrapped(&seed, INNER, name, &sensitive), private);
    }

    #[test]
    fn is_laid_out_as_the_tpms_own() {
        let theirs = &include_bytes!("vectors/hmac.pub")[2..];
        let ours = HmacKey::new(&[7; 32]).unwrap();
        // Type and name algorithm, scheme and size: all but attributes, policy and the unique value.
        assert_eq!(ours.public[..4], theirs[..4]);
        assert_eq!(ours.public[10..16], theirs[theirs.len() - 38..][..6]);
        let [private, secret] = ours.duplicate(&known(), INNER).unwrap();
        let seed = open(DUPLICATE, &secret[2..]);
        let sensitive = unwrap(&seed, INNER, &name_of(&ours.public), &private[2..]);
        assert_eq!(sensitive, *ours.sensitive);
        assert!(sensitive.ends_with(&[7; 32]));
    }
}
