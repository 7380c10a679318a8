use core::fmt;

use super::page::{ENTRY_BYTES, FIRST_ENTRY, PAGE_BYTES};

/// One thing in an image that is not as it should be. The rest of the image was still read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Page, counted from 0 in flash order.
    pub page: usize,
    /// Entry in the page, 0 to 125; `None` for the page as a whole.
    pub entry: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a page or an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A blob's index names chunks that are missing, or more or fewer bytes than they have.
    BlobIncomplete,
    /// The bitmap holds the pair 01, which no write can make.
    BitmapState,
    /// A page without a header is not blank.
    EmptyNotBlank,
    /// The checksum of an entry is wrong.
    EntryCrc,
    /// The checksum of a page header is wrong.
    HeaderCrc,
    /// A chunk that no index names: left over from an interrupted write.
    Leftover,
    /// A key is empty or has no NUL at its end.
    Name,
    /// The checksum of a string or of a chunk is wrong.
    PayloadCrc,
    /// Two pages have the same sequence number.
    SequenceTwice,
    /// An entry claims to span more entries than are there and written, or fewer than its data takes.
    Span,
    /// A page state that is none of the known ones.
    State {
        /// The word.
        found: u32,
    },
    /// A string without a NUL at its end.
    StringEnd,
    /// A type code that is none of the known ones.
    Type {
        /// The code.
        found: u8,
    },
    /// The value belongs to a namespace that is not defined.
    UnknownNamespace {
        /// Number of the namespace.
        index: u8,
    },
    /// A page version that is none of the known ones.
    Version {
        /// The version byte.
        found: u8,
    },
}

impl Finding {
    /// Byte of the image where it is.
    pub fn offset(&self) -> usize {
        let entry = |entry| FIRST_ENTRY + entry * ENTRY_BYTES;
        self.page * PAGE_BYTES + self.entry.map_or(0, entry)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page {}", self.page)?;
        if let Some(entry) = self.entry {
            write!(f, ", entry {entry}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlobIncomplete => f.write_str("the parts of this blob do not add up."),
            Self::BitmapState => f.write_str("the entry is marked in an impossible way."),
            Self::EmptyNotBlank => f.write_str("the page has no header but is not blank."),
            Self::EntryCrc => f.write_str("the checksum of the entry is wrong."),
            Self::HeaderCrc => f.write_str("the checksum of the page header is wrong."),
            Self::Leftover => f.write_str("a part of a blob is left over from a broken write."),
            Self::Name => f.write_str("the key is not a name."),
            Self::PayloadCrc => f.write_str("the checksum of the value is wrong."),
            Self::SequenceTwice => f.write_str("another page has the same sequence number."),
            Self::Span => f.write_str("the value does not fit the entries it claims."),
            Self::State { found } => write!(f, "the page state {found:08x} is unknown."),
            Self::StringEnd => f.write_str("the string has no end."),
            Self::Type { found } => write!(f, "the value type {found:02x} is unknown."),
            Self::UnknownNamespace { index } => write!(f, "there is no namespace {index}."),
            Self::Version { found } => write!(f, "the page version {found:02x} is unknown."),
        }
    }
}
