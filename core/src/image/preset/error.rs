use core::fmt;

use crate::Explain;
use crate::image::{nvs, tlv};

/// Why an image could not be built or read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A checksum or the structure of the image is wrong.
    Damaged {
        /// The first finding, as a sentence.
        finding: String,
    },
    /// The image holds something other than what was meant.
    Differs {
        /// Which part.
        part: Part,
    },
    /// A part is not there.
    Missing {
        /// Which part.
        part: Part,
    },
    /// NVS does not allow it.
    Nvs(nvs::Error),
    /// `esp_secure_cert` does not allow it.
    Tlv(tlv::Error),
    /// The credentials do not fit.
    TooLarge {
        /// Smallest partition that would hold them, in bytes; `u32::MAX` if there is none.
        needed: u32,
        /// Size of the partition, in bytes.
        available: u32,
    },
    /// A part is there but is not in a form that can be read.
    Unreadable {
        /// Which part.
        part: Part,
    },
}

/// One of the three credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The device's certificate chain.
    Chain,
    /// The private key.
    Key,
    /// The roots that the device trusts.
    Roots,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chain => "certificate chain",
            Self::Key => "private key",
            Self::Roots => "list of trusted roots",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { finding } => {
                write!(f, "The credential partition is damaged. {finding}")
            }
            Self::Differs { part } => {
                write!(f, "The {part} on the board is not the one that was meant.")
            }
            Self::Missing { part } => write!(f, "There is no {part}."),
            Self::Nvs(error) => error.fmt(f),
            Self::Tlv(error) => error.fmt(f),
            Self::TooLarge {
                needed: u32::MAX, ..
            } => f.write_str("The credentials fit no partition that this format can have."),
            Self::TooLarge { needed, available } => write!(
                f,
                "The credentials need a partition of {needed} bytes; this one has {available}."
            ),
            Self::Unreadable { part } => write!(f, "The {part} cannot be read."),
        }
    }
}

impl core::error::Error for Error {}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "image.damaged",
            Self::Differs { .. } => "image.differs",
            Self::Missing { .. } => "image.missing",
            Self::Nvs(error) => error.code(),
            Self::Tlv(error) => error.code(),
            Self::TooLarge { .. } => "image.too-large",
            Self::Unreadable { .. } => "image.unreadable",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::Differs { .. } => "Write the board again.",
            Self::Missing { .. } | Self::Unreadable { .. } => {
                "Check that the recipe names the layout that the board uses."
            }
            Self::Nvs(error) => error.next_step(),
            Self::Tlv(error) => error.next_step(),
            Self::TooLarge { .. } => {
                "Give the partition more room, or choose the encoding der or fewer roots in the recipe."
            }
        }
    }
}

impl From<nvs::Error> for Error {
    fn from(error: nvs::Error) -> Self {
        Self::Nvs(error)
    }
}

impl From<tlv::Error> for Error {
    fn from(error: tlv::Error) -> Self {
        Self::Tlv(error)
    }
}
