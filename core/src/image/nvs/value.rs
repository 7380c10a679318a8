use core::fmt;

use zeroize::Zeroizing;

/// What stands under a key. Strings and blobs may be secret: they are wiped, and `Debug` shows their
/// size only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Any bytes.
    Blob(Zeroizing<Vec<u8>>),
    /// Signed, one byte.
    I8(i8),
    /// Signed, two bytes.
    I16(i16),
    /// Signed, four bytes.
    I32(i32),
    /// Signed, eight bytes.
    I64(i64),
    /// Text without its NUL, as it stands in flash: not checked to be UTF-8.
    String(Zeroizing<Vec<u8>>),
    /// Unsigned, one byte.
    U8(u8),
    /// Unsigned, two bytes.
    U16(u16),
    /// Unsigned, four bytes.
    U32(u32),
    /// Unsigned, eight bytes.
    U64(u64),
}

impl Value {
    /// A string.
    pub fn string(text: &str) -> Self {
        Self::String(Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// A blob.
    pub fn blob(bytes: &[u8]) -> Self {
        Self::Blob(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes of a string or a blob.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(bytes) | Self::String(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blob(bytes) => write!(f, "Blob({} bytes)", bytes.len()),
            Self::String(text) => write!(f, "String({} bytes)", text.len()),
            Self::I8(n) => write!(f, "I8({n})"),
            Self::I16(n) => write!(f, "I16({n})"),
            Self::I32(n) => write!(f, "I32({n})"),
            Self::I64(n) => write!(f, "I64({n})"),
            Self::U8(n) => write!(f, "U8({n})"),
            Self::U16(n) => write!(f, "U16({n})"),
            Self::U32(n) => write!(f, "U32({n})"),
            Self::U64(n) => write!(f, "U64({n})"),
        }
    }
}
