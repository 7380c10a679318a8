use core::fmt;

use super::MAX_BYTES;
use super::limit::Limit;
use crate::Explain;

/// Why a certificate, or a revocation list, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A time before 1970: RFC 5280 section 4.1.2.5.1 allows it, and it is not read here.
    EarlyTime {
        /// Byte offset.
        at: usize,
    },
    /// An object identifier of larger numbers, or more of them, than are read here.
    LongOid {
        /// Byte offset.
        at: usize,
    },
    /// Not the DER of one certificate.
    NotACertificate {
        /// Byte offset.
        at: usize,
    },
    /// Not the DER of one revocation list.
    NotAList {
        /// Byte offset.
        at: usize,
    },
    /// More than 32 MiB.
    TooLarge {
        /// Size in bytes.
        bytes: usize,
    },
}

impl Error {
    /// Of what strict reading refuses at a byte; as `otherwise` unless it is sound and not read here.
    pub(super) fn refused(der: &[u8], at: usize, otherwise: impl FnOnce(usize) -> Self) -> Self {
        match Limit::at(der, at) {
            Some((Limit::EarlyTime, at)) => Self::EarlyTime { at },
            Some((Limit::LongOid, at)) => Self::LongOid { at },
            None => otherwise(at),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EarlyTime { at } => write!(f, "This has {} (at byte {at}).", Limit::EarlyTime),
            Self::LongOid { at } => write!(f, "This has {} (at byte {at}).", Limit::LongOid),
            Self::NotACertificate { at } => write!(f, "This is not a certificate (at byte {at})."),
            Self::NotAList { at } => write!(f, "This is not a revocation list (at byte {at})."),
            Self::TooLarge { bytes } => {
                write!(
                    f,
                    "The list has {bytes} bytes; at most {MAX_BYTES} are read."
                )
            }
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::EarlyTime { .. } => "cert.early-time",
            Self::LongOid { .. } => "cert.long-oid",
            Self::NotACertificate { .. } => "cert.not-a-certificate",
            Self::NotAList { .. } => "cert.not-a-list",
            Self::TooLarge { .. } => "cert.too-large",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::EarlyTime { .. } => "Ask the issuer for one that begins in 1970 or later.",
            Self::LongOid { .. } => "Ask the issuer for one without it.",
            Self::NotACertificate { .. } => {
                "Choose a file with certificates in PEM, DER or base64."
            }
            Self::NotAList { .. } => "Choose a revocation list in PEM or DER.",
            Self::TooLarge { .. } => "Ask who publishes the list for a smaller one.",
        }
    }
}
