use core::fmt;

use super::{MAX_NAME_BYTES, MAX_PAGES, MAX_STRING_BYTES, MIN_BYTES, PAGE_BYTES};
use crate::Explain;

/// Why an NVS image could not be built, or is no NVS image at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A name is empty or holds a NUL.
    BadName {
        /// The name.
        name: String,
    },
    /// The key stands already in this namespace.
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// The partition has no room left for a value.
    Full {
        /// The key, or the namespace, that did not fit.
        name: String,
    },
    /// A name is longer than 15 bytes.
    NameTooLong {
        /// The name.
        name: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// A value was set before any namespace was opened.
    NoNamespace,
    /// The size is not one that an NVS partition can have.
    Size {
        /// Size in bytes.
        bytes: usize,
    },
    /// A string holds a NUL, which would end it early on the board.
    StringNul {
        /// The key.
        key: String,
    },
    /// A string is longer than one page can hold.
    StringTooLong {
        /// The key.
        key: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// More than 254 namespaces.
    TooManyNamespaces,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName { name } => {
                write!(f, "\"{}\" cannot be an NVS name.", name.escape_debug())
            }
            Self::DuplicateKey { key } => write!(f, "The NVS key \"{key}\" is set twice."),
            Self::Full { name } => {
                write!(f, "The NVS partition is full; \"{name}\" does not fit.")
            }
            Self::NameTooLong { name, bytes } => write!(
                f,
                "The NVS name \"{name}\" has {bytes} bytes; at most {MAX_NAME_BYTES} are possible."
            ),
            Self::NoNamespace => f.write_str("A value was set outside any NVS namespace."),
            Self::Size { bytes } => write!(
                f,
                "An NVS partition cannot have {bytes} bytes: it takes whole pages of {PAGE_BYTES}, \
                 {MIN_BYTES} bytes or more to be written, and at most {MAX_PAGES} pages."
            ),
            Self::StringNul { key } => write!(f, "The NVS string \"{key}\" holds a NUL."),
            Self::StringTooLong { key, bytes } => write!(
                f,
                "The NVS string \"{key}\" has {bytes} bytes; at most {MAX_STRING_BYTES} are possible."
            ),
            Self::TooManyNamespaces => f.write_str("NVS has room for 254 namespaces only."),
        }
    }
}

impl core::error::Error for Error {}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BadName { .. } => "image.nvs-bad-name",
            Self::DuplicateKey { .. } => "image.nvs-duplicate-key",
            Self::Full { .. } => "image.nvs-full",
            Self::NameTooLong { .. } => "image.nvs-name-too-long",
            Self::NoNamespace => "image.nvs-no-namespace",
            Self::Size { .. } => "image.nvs-size",
            Self::StringNul { .. } => "image.nvs-string-nul",
            Self::StringTooLong { .. } => "image.nvs-string-too-long",
            Self::TooManyNamespaces => "image.nvs-too-many-namespaces",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::BadName { .. } | Self::NameTooLong { .. } | Self::DuplicateKey { .. } => {
                "Choose other NVS names in the recipe."
            }
            Self::Full { .. } => "Give the NVS partition more room in the partition table.",
            Self::NoNamespace => "Open a namespace first.",
            Self::Size { .. } => "Check the partition's size and offset.",
            Self::StringNul { .. } | Self::StringTooLong { .. } => "Store the value as a blob.",
            Self::TooManyNamespaces => "Use fewer namespaces.",
        }
    }
}
