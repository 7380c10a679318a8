//! Attestation by a TPM, as the service does it over HTTPS.
//!
//! A device shows the public areas of its endorsement key and of its storage root key. If the former
//! is the one of its enrollment, it is sent a fresh HMAC key that only a TPM which holds both can
//! load ([`activation`]). What that key signs afterwards comes from this TPM ([`Challenges`]).
//!
//! The structures are those of the TPM 2.0 Library (revision 1.59), Part 2; the computations those of
//! Part 1. All hashes are SHA-256 and all ciphers AES-128 in CFB mode, as the TCG's default templates
//! have them.

mod activation;
mod challenge;
mod credential;
mod import;
mod kdf;
mod public;
mod wrap;

pub(crate) use challenge::{Challenges, Session};
pub(crate) use public::{EndorsementKey, StorageKey};
