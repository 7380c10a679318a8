use const_oid::ObjectIdentifier;
use der::Decode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_cert::certificate::Rfc5280;
use x509_cert::crl::TbsCertList;

use super::name::rfc4514;
use super::signed::{Flaw, Signed, position};
use super::{Error, Extension, text};
use crate::UnixTime;

/// The most entries that a summary keeps; [`ListSummary::count`] counts them all.
pub const MAX_ENTRIES: usize = 1_000;

/// cRLReason, RFC 5280 section 5.3.1.
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const REASONS: [&str; 11] = [
    "unspecified",
    "key compromised",
    "authority compromised",
    "affiliation changed",
    "superseded",
    "cessation of operation",
    "on hold",
    "7",
    "removed from the list",
    "privilege withdrawn",
    "attribute authority compromised",
];

/// A revocation list, as text that is safe to show. Nothing was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListSummary {
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// When it was made.
    pub this_update: UnixTime,
    /// When the next one comes.
    pub next_update: Option<UnixTime>,
    /// Name and object identifier.
    pub signature_algorithm: String,
    /// SHA-256 of the DER, upper-case hex.
    pub sha256: String,
    /// Size of the DER in bytes.
    pub size: usize,
    /// How many certificates it revokes.
    pub count: usize,
    /// The first [`MAX_ENTRIES`] of them.
    pub entries: Vec<Revoked>,
    /// Its extensions.
    pub extensions: Vec<Extension>,
}

/// One revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// Serial number, upper-case hex.
    pub serial: String,
    /// From when on.
    pub at: UnixTime,
    /// Why, if the list says so.
    pub reason: Option<&'static str>,
}

impl ListSummary {
    /// Reads DER (RFC 5280 section 5.1).
    ///
    /// # Errors
    /// [`Error::NotACertificate`] with the byte.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let wrong = |at| Error::NotACertificate { index: 0, at };
        let signed = Signed::from_der(der).map_err(|flaw| match flaw {
            Flaw::NotDer(at) | Flaw::TrailingData(at) => wrong(at),
        })?;
        let list = TbsCertList::<Rfc5280>::from_der(signed.body)
            .map_err(|error| wrong(signed.offset + position(&error)))?;
        let unix = |time: x509_cert::time::Time| UnixTime(time.to_unix_duration().as_secs());
        let revoked = list.revoked_certificates.unwrap_or_default();
        let entries = revoked.iter().take(MAX_ENTRIES).map(|entry| Revoked {
            serial: text::hex(entry.serial_number.as_bytes()),
            at: unix(entry.revocation_date),
            reason: reason(entry.crl_entry_extensions.as_deref().unwrap_or_default()),
        });
        let extensions = list.crl_extensions.unwrap_or_default();
        Ok(Self {
            issuer: rfc4514(&list.issuer),
            this_update: unix(list.this_update),
            next_update: list.next_update.map(unix),
            signature_algorithm: text::oid(&signed.algorithm.oid),
            sha256: text::hex(&Sha256::digest(der)),
            size: der.len(),
            count: revoked.len(),
            entries: entries.collect(),
            extensions: extensions.iter().map(Extension::new).collect(),
        })
    }
}

fn reason(extensions: &[x509_cert::ext::Extension]) -> Option<&'static str> {
    let found = extensions.iter().find(|it| it.extn_id == REASON)?;
    match found.extn_value.as_bytes() {
        [10, 1, code] => REASONS.get(usize::from(*code)).copied(),
        _ => None,
    }
}
