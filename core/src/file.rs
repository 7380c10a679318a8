//! Any input to typed objects, recognised by what is in it and never by its name.
//!
//! PEM with anything around it, also as the literals of a program, DER, bare base64 and hex, PKCS #7 with
//! certificates, PKCS #12, PKCS #10, PKCS #8 plain and encrypted, SEC 1, PKCS #1, SubjectPublicKeyInfo, JWK,
//! revocation lists, JSON that holds any of them (such as the answer of a DPS), and the images that are
//! written into boards.
//!
//! Objects keep the bytes as received: PKCS #7 and PKCS #12 are read by their TLVs and not through types
//! that would decode a certificate and encode it again.

mod base64;
mod ber;
mod classify;
mod error;
mod hex;
mod image;
mod json;
mod jwk;
mod key;
mod literals;
mod mac;
mod pkcs12;
mod pkcs7;
mod purse;
mod reader;
mod seal;
mod text;
mod tlv;
pub mod write;

#[cfg(test)]
mod tests;

use core::fmt;

use zeroize::Zeroizing;

use crate::stack::cleanly;
use crate::{Explain, Fault};

pub use error::Error;
pub use key::public_key_of;

/// The largest input that is read: 32 MiB, more than 40,000 P-384 certificates.
pub const MAX_BYTES: usize = crate::pem::MAX_BYTES;

/// The most objects of one input.
pub const MAX_OBJECTS: usize = crate::pem::MAX_OBJECTS;

/// How deep containers may lie in each other: base64 in JSON in base64 …
pub const MAX_DEPTH: usize = 8;

/// The most rounds of PBKDF2, and of the PKCS #12 key derivation, that one key may take.
pub const MAX_ROUNDS: u32 = 10_000_000;

/// The most rounds that are done for one input and the password that was typed, in all that is in it. scrypt counts
/// as N × r × p of them, which take about as long.
pub const MAX_WORK: u64 = 20_000_000;

/// The same with the empty password, which is tried when none was typed, while the page stands still. In WebAssembly a
/// good machine does 300,000 to 500,000 rounds of PBKDF2 with SHA-256 in a second, and a slow one a third of that: this
/// takes it a fifth of a second. It is enough for what OpenSSL and Windows write, which is 2,048 rounds at most for the
/// code, twice that for the certificates, and three times that for the key; what takes more asks for its password.
pub const MAX_COURTESY: u64 = 20_000;

/// The most memory that scrypt may take for a password, in bytes.
pub const MAX_SCRYPT_BYTES: u64 = 64 * 1024 * 1024;

/// What is in an input. Reading never fails as a whole: what could not be read is a flaw.
#[derive(Debug, Default)]
pub struct Opened {
    /// What was found, in the order of the input.
    pub objects: Vec<Object>,
    /// What could not be read, or is not as it should be.
    pub flaws: Vec<Flaw>,
    /// Whether something is sealed with a password, and was not opened.
    pub wants_password: bool,
}

/// One object.
#[derive(Debug)]
pub struct Object {
    /// What it is.
    pub content: Content,
    /// Byte of the input where it begins, or where the innermost wrapping does whose place is known.
    pub at: usize,
    /// How it was wrapped, outermost first, for people.
    pub within: Vec<String>,
    /// The name that the wrapping gives it, safe to show.
    pub name: Option<String>,
}

/// What an object is.
#[derive(Debug)]
pub enum Content {
    /// What would be a certificate if it were DER, as received: to look at, and for nothing else. A
    /// flaw says that it is none.
    Broken(Vec<u8>),
    /// DER of a certificate, as received.
    Certificate(Vec<u8>),
    /// DER of a revocation list.
    Crl(Vec<u8>),
    /// Well-formed DER of anything else.
    Other(Vec<u8>),
    /// A private key.
    PrivateKey(Secret),
    /// DER of a SubjectPublicKeyInfo.
    PublicKey(Vec<u8>),
    /// DER of a PKCS #10 request.
    Request(Vec<u8>),
    /// DER of something that a password seals.
    Sealed(Vec<u8>),
}

/// A private key as PKCS #8 DER (RFC 5958). Wiped on drop, and silent in `Debug`.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Something in an input that could not be read, or is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Byte of the input where it is, if that is known; of something encoded, where the encoding begins.
    pub at: Option<usize>,
    /// Where it is in what PEM or base64 encodes, if it is in there.
    pub decoded: Option<Decoded>,
    /// What is wrong.
    pub error: Error,
}

/// A place in what PEM or base64 encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Byte of the decoded object.
    pub byte: usize,
    /// Line of the PEM, from one, with the object's `-----BEGIN`; `None` if it is no PEM, or none whose lines are those of the input.
    pub line: Option<usize>,
}

/// Reads any input, opening what is sealed with `password` if there is one.
///
/// Budgets: [`MAX_BYTES`], [`MAX_OBJECTS`], [`MAX_DEPTH`], [`MAX_ROUNDS`], [`MAX_SCRYPT_BYTES`], [`MAX_WORK`],
/// [`MAX_COURTESY`].
pub fn open(bytes: &[u8], password: Option<&str>) -> Opened {
    // It may be a key, or what opens one.
    cleanly(|| reader::Reader::new(password).read(bytes))
}

/// What the outline of some bytes says they are, for who shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outline {
    Certificate,
    Crl,
    Other,
    PublicKey,
    Request,
}

/// Looks at the tags only.
pub(crate) fn outline(der: &[u8]) -> Outline {
    match classify::shape(der) {
        classify::Shape::Certificate => Outline::Certificate,
        classify::Shape::Crl => Outline::Crl,
        classify::Shape::PublicKey => Outline::PublicKey,
        classify::Shape::Request => Outline::Request,
        _ => Outline::Other,
    }
}

/// Whether the bytes are exactly one well-formed TLV.
pub(crate) fn is_one_tlv(bytes: &[u8]) -> bool {
    tlv::first(bytes).is_some_and(|part| part.whole.len() == bytes.len())
}

impl Secret {
    /// A key that is PKCS #8 DER already.
    pub fn from_pkcs8(der: Zeroizing<Vec<u8>>) -> Self {
        Self(der)
    }

    /// PKCS #8 DER.
    pub fn as_pkcs8(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Flaw {
    /// The error for people, with the byte where it is.
    pub fn fault(&self) -> Fault {
        let mut fault = self.error.fault();
        let place = match (self.at, self.decoded) {
            (at, decoded) if self.error.says_where() => self.error.counts_from(at, decoded),
            (
                _,
                Some(Decoded {
                    byte,
                    line: Some(line),
                }),
            ) => Some(format!("at byte {byte} of the PEM object in line {line}")),
            (Some(at), Some(Decoded { byte, line: None })) => {
                Some(format!("at byte {byte} of what is encoded at byte {at}"))
            }
            (at, _) => at.map(|at| format!("at byte {at}")),
        };
        if let Some(place) = place {
            let sentence = fault.what.trim_end_matches('.').to_owned();
            fault.what = format!("{sentence} ({place}).");
        }
        fault
    }
}
