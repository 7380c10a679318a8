use core::fmt;

use super::{MAX_BYTES, MAX_CERTIFICATES};
use crate::{Explain, pem};

/// Why a file of certificates, or a revocation list, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No certificate in any form that is understood here.
    NoCertificate,
    /// DER, but not of a certificate.
    NotACertificate {
        /// Which object of the file, from zero.
        index: usize,
        /// Byte offset inside the object.
        at: usize,
    },
    /// Not the DER of one revocation list.
    NotAList {
        /// Byte offset.
        at: usize,
    },
    /// Damaged PEM.
    Pem(pem::Error),
    /// More than 32 MiB.
    TooLarge {
        /// Size in bytes.
        bytes: usize,
    },
    /// More than 20,000 certificates.
    TooMany,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("There is no certificate in this file."),
            Self::NotACertificate { index, at } => write!(
                f,
                "Object {} of this file is not a certificate (at byte {at} of the object).",
                index + 1
            ),
            Self::NotAList { at } => write!(f, "This is not a revocation list (at byte {at})."),
            Self::Pem(error) => error.fmt(f),
            Self::TooLarge { bytes } => {
                write!(
                    f,
                    "The file has {bytes} bytes; at most {MAX_BYTES} are read."
                )
            }
            Self::TooMany => {
                write!(f, "The file has more than {MAX_CERTIFICATES} certificates.")
            }
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NoCertificate => "cert.no-certificate",
            Self::NotACertificate { .. } => "cert.not-a-certificate",
            Self::NotAList { .. } => "cert.not-a-list",
            Self::Pem(error) => error.code(),
            Self::TooLarge { .. } => "cert.too-large",
            Self::TooMany => "cert.too-many",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::NoCertificate | Self::NotACertificate { .. } => {
                "Choose a file with certificates in PEM, DER or base64."
            }
            Self::NotAList { .. } => "Choose a revocation list in PEM or DER.",
            Self::Pem(error) => error.next_step(),
            Self::TooLarge { .. } | Self::TooMany => "Split the file and take one part.",
        }
    }
}
