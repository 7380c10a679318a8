//! What credentials and duplicated keys have in common: a structure encrypted and made tamper-proof
//! with keys from a seed, for the object of one name.

use aes::Aes128;
use cfb_mode::Encryptor;
use cfb_mode::cipher::KeyIvInit;

use super::kdf::{INTEGRITY, STORAGE, hmac, kdfa};

/// The outer wrapper (TPM 2.0 Library, Part 1, sections 23.3 and 24): the HMAC as TPM2B_DIGEST, and
/// behind it the encrypted structure.
pub(super) fn protect(seed: &[u8], name: &[u8], mut structure: Vec<u8>) -> Vec<u8> {
    encrypt(&kdfa(seed, STORAGE, name), &mut structure);
    let key = kdfa::<32>(seed, INTEGRITY, &[]);
    let mut out = sized(&hmac(key.as_slice(), &[&structure, name]));
    out.append(&mut structure);
    out
}

/// AES-128 in CFB mode, in place. The initialisation vector is zero: each key is used once
/// (Part 1, sections 23.3 and 24.4).
pub(super) fn encrypt(key: &[u8; 16], data: &mut [u8]) {
    Encryptor::<Aes128>::new(key.into(), &[0; 16].into()).encrypt(data);
}

/// A sized buffer, TPM2B (TPM 2.0 Library, Part 2, section 10.4).
pub(super) fn sized(bytes: &[u8]) -> Vec<u8> {
    let size = u16::try_from(bytes.len()).expect("nothing here is longer than an RSA key");
    [&size.to_be_bytes(), bytes].concat()
}
