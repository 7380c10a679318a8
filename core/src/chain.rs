//! The issued chain: ordered by structure, judged before anything is written.
//!
//! The rules are those of RFC 5280 section 6.1 for one path without policies, made narrower where the
//! certificate service is narrower: P-384 keys, ecdsa-with-SHA384, no certificate too many, a root
//! that the recipe names. Names are compared byte by byte (RFC 5280 section 7.1 allows more).

mod error;
mod item;
mod judge;
mod order;
mod parsed;

use core::fmt;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::UnixTime;
use crate::cert::name::rfc4514;
use crate::cert::serial;
use crate::cert::text::hex;
use crate::key::POINT_BYTES;

pub use error::Error;
pub use item::{MAX_ITEM_BYTES, decode_item};
use parsed::Parsed;
pub use parsed::Which;

/// The most certificates of one chain. The service issues three; an external root adds some.
pub const MAX_CERTIFICATES: usize = 8;

/// The largest certificate: 16 KiB of DER. Issued ones have about 1.5 KiB.
pub const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// What the recipe expects of an issued chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectations {
    /// The subject's common name: the registration ID.
    pub common_name: String,
    /// Uncompressed SEC1 point (97 bytes) of the key that the CSR was signed with.
    pub public_point: [u8; POINT_BYTES],
    /// SHA-256 of the DER of each root that may stand at the top. Never empty.
    pub root_sha256: Vec<[u8; 32]>,
    /// Shortest and longest validity of the device certificate in days, both allowed. Compared with
    /// the validity rounded to whole days, since issuers backdate by minutes.
    pub validity_days: (u32, u32),
}

/// A chain that satisfied every rule of this module. Leaf first, root last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChain {
    certificates: Vec<Vec<u8>>,
    notes: Vec<Note>,
    /// Facts of the leaf for people and records.
    pub leaf: LeafFacts,
}

/// What a record keeps of an issued device certificate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeafFacts {
    /// Subject, RFC 4514.
    pub subject: String,
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// Serial number, upper-case hex of its bytes.
    pub serial: String,
    /// SHA-1 of the DER, upper-case hex: the thumbprint that Azure shows.
    pub sha1: String,
    /// SHA-256 of the DER, upper-case hex.
    pub sha256: String,
    /// First moment of validity.
    pub not_before: UnixTime,
    /// Last moment of validity.
    pub not_after: UnixTime,
    /// SHA-256 of the root's DER, upper-case hex.
    pub root_sha256: String,
}

/// Something worth knowing about a chain that is no reason to refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The device certificate is valid for longer than one that it depends on.
    OutlivesIssuer {
        /// The issuer that expires first.
        issuer: Which,
        /// Its last moment of validity.
        issuer_not_after: UnixTime,
        /// The device certificate's last moment of validity.
        leaf_not_after: UnixTime,
    },
}

impl VerifiedChain {
    /// Orders `certificates` (DER, any order, at most 8) by structure, the leaf found by public key,
    /// and judges them at the moment `at`.
    ///
    /// # Errors
    /// The first rule that is broken: size and form, then structure and signatures from the leaf up,
    /// then the root, then each certificate for itself from the leaf up.
    pub fn verify(
        certificates: &[Vec<u8>],
        expected: &Expectations,
        at: UnixTime,
    ) -> Result<Self, Error> {
        if certificates.is_empty() {
            return Err(Error::NoCertificates);
        }
        if certificates.len() > MAX_CERTIFICATES {
            let count = certificates.len();
            return Err(Error::TooMany { count });
        }
        let parsed = certificates.iter().enumerate();
        let parsed: Vec<Parsed<'_>> = parsed
            .map(|(index, der)| Parsed::from_der(index, der))
            .collect::<Result<_, _>>()?;
        let path = order::path(&parsed, &expected.public_point)?;
        let notes = judge::path(&path, expected, at)?;
        Ok(Self {
            certificates: path.chain().map(|parsed| parsed.der.to_vec()).collect(),
            notes,
            leaf: LeafFacts::new(path.leaf, path.root),
        })
    }

    /// DER of each certificate, leaf first, root last.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// What is worth knowing though it is no reason to refuse.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl LeafFacts {
    fn new(leaf: &Parsed<'_>, root: &Parsed<'_>) -> Self {
        Self {
            subject: rfc4514(&leaf.subject),
            issuer: rfc4514(&leaf.issuer),
            serial: hex(serial(leaf.body.serial)),
            sha1: hex(&Sha1::digest(leaf.der)),
            sha256: hex(&Sha256::digest(leaf.der)),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
            root_sha256: hex(&Sha256::digest(root.der)),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutlivesIssuer {
                issuer,
                issuer_not_after,
                leaf_not_after,
            } => write!(
                f,
                "The device certificate is valid until {leaf_not_after}, but {issuer} only until \
                 {issuer_not_after}."
            ),
        }
    }
}
