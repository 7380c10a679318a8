//! The blob that the service calls an authentication key, in the order in which Microsoft's clients
//! (C, C#, Java, Node) take it apart.

use anyhow::Result;

use super::credential;
use super::import::HmacKey;
use super::public::StorageKey;
use super::wrap::sized;
use crate::random;

/// What hands an HMAC key to one TPM: the credential is the key of the inner wrapper of the other
/// (TPM 2.0 Library, Part 1, sections 24 and 23.3).
///
/// TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET for TPM2_ActivateCredential; TPM2B_PRIVATE,
/// TPM2B_ENCRYPTED_SECRET and TPM2B_PUBLIC for TPM2_Import (Part 2, tables 211, 192, 209, 202); and
/// TPM2B_DATA, which is empty here: the clients read its size and go on without it.
pub(super) fn activation(ek: &StorageKey, srk: &StorageKey, key: &[u8]) -> Result<Vec<u8>> {
    let inner = random::bytes::<16>()?;
    let object = HmacKey::new(key)?;
    let credential = credential::make(ek, &srk.name(), inner.as_slice())?;
    let private = object.duplicate(srk, &inner)?;
    Ok([
        credential.concat(),
        private.concat(),
        object.public(),
        sized(&[]),
    ]
    .concat())
}
