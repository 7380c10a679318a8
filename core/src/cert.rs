//! A certificate as people read it.

mod error;
mod ext;
mod key;
mod list;
pub(crate) mod name;
pub(crate) mod reason;
pub(crate) mod signed;
mod sketch;
pub(crate) mod text;

use der::Decode;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;

use crate::UnixTime;
use name::rfc4514;
use signed::{Flaw, Signed, position};

pub use error::Error;
pub use ext::Extension;
pub use key::{Key, LEAST_STRENGTH};
pub use list::{ListSummary, MAX_ENTRIES, Revoked};
pub use reason::Reason;
pub use sketch::{Field, Sketch, Trouble};

/// The largest revocation list that is read: 32 MiB.
pub const MAX_BYTES: usize = crate::pem::MAX_BYTES;

/// One certificate, its fields as text that is safe to show: what could deceive the eye is escaped.
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
    /// [`Error::NotACertificate`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let wrong = |at| Error::NotACertificate { at };
        let signed = Signed::from_der(der).map_err(|flaw| match flaw {
            Flaw::NotDer(at) | Flaw::TrailingData(at) => wrong(at),
        })?;
        let tbs = TbsCertificate::from_der(signed.body)
            .map_err(|error| wrong(signed.offset + position(&error)))?;
        let unix = |time: x509_cert::time::Time| UnixTime(time.to_unix_duration().as_secs());
        let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            version: match tbs.version() {
                Version::V1 => 1,
                Version::V2 => 2,
                Version::V3 => 3,
            },
            subject: rfc4514(tbs.subject()),
            issuer: rfc4514(tbs.issuer()),
            serial: text::hex(serial(&tbs)),
            not_before: unix(tbs.validity().not_before),
            not_after: unix(tbs.validity().not_after),
            key: Key::new(tbs.subject_public_key_info()),
            signature_algorithm: text::oid(&signed.algorithm.oid),
            sha1: text::hex(&Sha1::digest(der)),
            sha256: text::hex(&Sha256::digest(der)),
            is_ca: ext::is_ca(extensions),
            is_self_issued: tbs.subject() == tbs.issuer(),
            size: der.len(),
            extensions: extensions.iter().map(Extension::new).collect(),
        })
    }
}

/// The serial number's bytes without the zero that only keeps DER's sign bit free.
pub(crate) fn serial(tbs: &TbsCertificate) -> &[u8] {
    match tbs.serial_number().as_bytes() {
        [0, rest @ ..] if !rest.is_empty() => rest,
        bytes => bytes,
    }
}
