use core::fmt;

use super::{MAX_BYTES, kind};
use crate::Explain;

/// Why an `esp_secure_cert` image could not be built, or is none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Type and subtype are there already.
    Duplicate {
        /// Type code.
        kind: u8,
        /// Subtype.
        subtype: u8,
    },
    /// The image starts with something else.
    NotTlv,
    /// The size is not one that such a partition can have.
    Size {
        /// Size in bytes.
        bytes: usize,
    },
    /// The entries do not fit.
    TooLarge {
        /// Bytes that the entries up to and with this one take.
        needed: usize,
        /// Bytes that there are for entries.
        available: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { kind, subtype } => write!(
                f,
                "The {} number {subtype} is there twice.",
                kind::name(*kind).unwrap_or("entry")
            ),
            Self::NotTlv => f.write_str("This is not an esp_secure_cert image in TLV form."),
            Self::Size { bytes } => write!(
                f,
                "An esp_secure_cert partition cannot have {bytes} bytes: it takes whole sectors of \
                 4096, {MAX_BYTES} at most."
            ),
            Self::TooLarge { needed, available } => write!(
                f,
                "The credentials take {needed} bytes; the esp_secure_cert partition has room for \
                 {available}."
            ),
        }
    }
}

impl core::error::Error for Error {}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "image.tlv-duplicate",
            Self::NotTlv => "image.tlv-not-tlv",
            Self::Size { .. } => "image.tlv-size",
            Self::TooLarge { .. } => "image.tlv-too-large",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "Give each entry its own subtype.",
            Self::NotTlv => "Check the partition's offset and that the board uses the TLV form.",
            Self::Size { .. } => "Check the partition's size and offset.",
            Self::TooLarge { .. } => {
                "Give the partition more room, or store the certificates as DER."
            }
        }
    }
}
