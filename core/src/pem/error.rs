use core::fmt;

use super::{MAX_BYTES, MAX_OBJECTS};
use crate::Explain;

/// Why a PEM text was refused. Offsets are bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The base64 of an object has a wrong length or padding.
    BadBase64 {
        /// Offset of the character that is wrong, or of the first after the text if it is too short.
        at: usize,
    },
    /// A `-----BEGIN` or `-----END` line without a proper label and closing dashes.
    BadBoundary {
        /// Offset of the line.
        at: usize,
    },
    /// A character that is neither base64 nor white space.
    BadCharacter {
        /// Offset of the character.
        at: usize,
    },
    /// Headers inside the object (RFC 1421): an encrypted key of old form, or PGP.
    Headers {
        /// Offset of the object's content.
        at: usize,
    },
    /// The label of `-----END` is not that of `-----BEGIN`.
    LabelMismatch {
        /// Offset of the `-----END` line.
        at: usize,
    },
    /// An object that is begun and not ended.
    NoEnd {
        /// Offset of the `-----BEGIN` line.
        at: usize,
    },
    /// There is no `-----BEGIN` line.
    NoObject,
    /// More than 32 MiB.
    TooLarge {
        /// Size in bytes.
        bytes: usize,
    },
    /// More than 20,000 objects.
    TooMany {
        /// Offset of the first one too many.
        at: usize,
    },
}

impl Error {
    /// The offset, if it has one.
    pub(crate) fn at(&self) -> Option<usize> {
        self.clone().at_mut().copied()
    }

    /// The offset, for who knows that the text begins elsewhere.
    pub(crate) fn at_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::BadBase64 { at }
            | Self::BadBoundary { at }
            | Self::BadCharacter { at }
            | Self::Headers { at }
            | Self::LabelMismatch { at }
            | Self::NoEnd { at }
            | Self::TooMany { at } => Some(at),
            Self::NoObject | Self::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadBase64 { at } => write!(
                f,
                "The base64 text is incomplete or wrongly padded at byte {at}."
            ),
            Self::BadBoundary { at } => {
                write!(f, "The BEGIN or END line at byte {at} is not complete.")
            }
            Self::BadCharacter { at } => {
                write!(
                    f,
                    "The character at byte {at} does not belong into base64 text."
                )
            }
            Self::Headers { at } => write!(
                f,
                "The object at byte {at} has headers: an encrypted key of old form, or PGP."
            ),
            Self::LabelMismatch { at } => {
                write!(
                    f,
                    "The END line at byte {at} names another object than its BEGIN line."
                )
            }
            Self::NoEnd { at } => write!(f, "The object at byte {at} has no END line."),
            Self::NoObject => f.write_str("There is no BEGIN line in this text."),
            Self::TooLarge { bytes } => {
                write!(
                    f,
                    "The text has {bytes} bytes; at most {MAX_BYTES} are read."
                )
            }
            Self::TooMany { at } => write!(
                f,
                "The text has more than {MAX_OBJECTS} objects; the next begins at byte {at}."
            ),
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BadBase64 { .. } => "pem.bad-base64",
            Self::BadBoundary { .. } => "pem.bad-boundary",
            Self::BadCharacter { .. } => "pem.bad-character",
            Self::Headers { .. } => "pem.headers",
            Self::LabelMismatch { .. } => "pem.label-mismatch",
            Self::NoEnd { .. } => "pem.no-end",
            Self::NoObject => "pem.no-object",
            Self::TooLarge { .. } => "pem.too-large",
            Self::TooMany { .. } => "pem.too-many",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Headers { .. } => "Export the key again as PKCS#8.",
            Self::NoObject => "Choose a PEM file, or paste the text with its BEGIN and END lines.",
            Self::TooLarge { .. } | Self::TooMany { .. } => "Split the file and take one part.",
            _ => "Copy the text again, whole, from the first BEGIN line to the last END line.",
        }
    }
}
