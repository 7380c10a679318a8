//! What only the TPM of one endorsement key reads, and only while it holds the key of one name:
//! TPM2_MakeCredential in software (TPM 2.0 Library, Part 1, section 24).

use anyhow::Result;

use super::public::{Name, StorageKey};
use super::wrap::{protect, sized};
use crate::random;

/// The label under which the seed is encrypted (Part 1, annex B.10.4).
const IDENTITY: &[u8] = b"IDENTITY\0";

/// TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET (Part 2, tables 211 and 192), which
/// TPM2_ActivateCredential takes.
pub(super) fn make(ek: &StorageKey, name: &Name, value: &[u8]) -> Result<[Vec<u8>; 2]> {
    let seed = random::bytes::<32>()?;
    let secret = ek.encrypt(IDENTITY, seed.as_slice())?;
    Ok([sized(&id_object(seed.as_slice(), name, value)), secret])
}

/// TPMS_ID_OBJECT (Part 2, table 210): the encrypted part holds its size, as a TPM writes it.
fn id_object(seed: &[u8], name: &Name, value: &[u8]) -> Vec<u8> {
    protect(seed, name, sized(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::public::tests::{known, open};

    /// `tpm2_makecredential` of tpm2-tools: magic and version, and then both structures.
    #[test]
    fn agrees_with_tpm2_tools() {
        let blob = include_bytes!("vectors/credential.blob");
        let value = include_bytes!("vectors/credential.secret");
        let name: &Name = include_bytes!("vectors/srk.name");
        let (object, secret) = blob[8..].split_at(2 + usize::from(blob[9]));
        let seed = open(IDENTITY, &secret[2..]);
        assert_eq!(sized(&id_object(&seed, name, value)), object);
    }

    #[test]
    fn is_fresh_each_time_and_opens_with_the_private_key() {
        let name: &Name = include_bytes!("vectors/srk.name");
        let [object, secret] = make(&known(), name, b"sixteen bytes...").unwrap();
        let seed = open(IDENTITY, &secret[2..]);
        assert_eq!(sized(&id_object(&seed, name, b"sixteen bytes...")), object);
        let [again, _] = make(&known(), name, b"sixteen bytes...").unwrap();
        assert_ne!(object, again);
    }
}
