//! Suites made by others, run against the path engine of `signet-core`.
//!
//! `limbo` runs any file in the format of C2SP x509-limbo; `path` answers one question, so that
//! suites in other formats can be driven from outside; `differ` asks openssl, too. Signatures are checked with RustCrypto:
//! [`RustCrypto`] is the verifier that `core` itself does not have.

pub mod differ;
pub mod limbo;
pub mod path;
mod read;
mod verify;

pub use read::{objects, time};
pub use verify::RustCrypto;
