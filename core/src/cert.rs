//! A certificate as people read it.

pub(crate) mod body;
mod certificate;
mod error;
pub(crate) mod ext;
mod key;
pub(crate) mod limit;
mod list;
mod sketch;

use serde::{Deserialize, Serialize};

use crate::UnixTime;

pub use certificate::Certificate;
pub use error::Error;
pub use ext::Extension;
pub use key::{Key, LEAST_STRENGTH};
pub use list::{ListSummary, MAX_ENTRIES, Revoked};
pub use signet_path::x509::Reason;
pub use sketch::{Field, Sketch, Trouble};

pub(crate) use signet_path::x509::{cursor, name, reason, signed, text};

/// The largest revocation list that is read: 32 MiB.
pub const MAX_BYTES: usize = crate::pem::MAX_BYTES;

/// One [`Certificate`], its fields as text that is safe to show: what could deceive the eye is escaped.
///
/// Nothing was verified. This says what the certificate claims, not whether it is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// 1, 2 or 3.
    pub version: u8,
    /// Subject, RFC 4514.
    pub subject: String,
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// Serial number, upper-case hex, without the zero that only keeps DER's sign bit free.
    pub serial: String,
    /// First moment of validity.
    pub not_before: UnixTime,
    /// Last moment of validity.
    pub not_after: UnixTime,
    /// Type and size of the public key.
    pub key: Key,
    /// Name and object identifier of the signature algorithm.
    pub signature_algorithm: String,
    /// SHA-1 of the DER, upper-case hex: the thumbprint that Windows and Azure show.
    pub sha1: String,
    /// SHA-256 of the DER, upper-case hex.
    pub sha256: String,
    /// Whether the certificate says that it belongs to an authority.
    pub is_ca: bool,
    /// Whether subject and issuer are the same name, as with every root.
    pub is_self_issued: bool,
    /// Size of the DER in bytes.
    pub size: usize,
    /// Each extension, in the order of the certificate.
    pub extensions: Vec<Extension>,
}

impl Summary {
    /// Reads the DER of one certificate (RFC 5280 section 4.1).
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Certificate::from_der(der).map(|certificate| certificate.summary())
    }
}

/// A serial number's bytes without the zero that only keeps DER's sign bit free.
pub(crate) fn serial(bytes: &[u8]) -> &[u8] {
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        bytes => bytes,
    }
}
