use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::UnixTime;
use crate::x509::text::hex;

/// Something that decided, such as a date, a name or a length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Safe to show.
    pub value: Value,
}

/// As many bytes as a serial number or a key identifier usually has (RFC 5280 sections 4.1.2.2 and 4.2.1.2).
const SHORT: usize = 20;

/// Up to 20 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    bytes: [u8; SHORT],
    length: u8,
}

/// What a fact says. It is written out when somebody reads it: of most reports nobody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Whether something is so.
    Flag(bool),
    /// A count.
    Number(u64),
    /// A number or an identifier of at most 20 bytes, shown in upper-case hexadecimal.
    Bytes(Short),
    /// Text that is always the same.
    Known(&'static str),
    /// A moment.
    Time(UnixTime),
    /// Anything else.
    Text(Arc<str>),
}

impl Short {
    fn new(bytes: &[u8]) -> Option<Self> {
        let mut short = Self {
            bytes: [0; SHORT],
            length: u8::try_from(bytes.len()).ok()?,
        };
        short.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(short)
    }

    fn as_slice(&self) -> &[u8] {
        let length = usize::from(self.length);
        self.bytes.get(..length).unwrap_or_default()
    }
}

impl Value {
    /// Upper-case hexadecimal.
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Short::new(bytes).map_or_else(|| hex(bytes).into(), Self::Bytes)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Bytes(short) => f.write_str(&hex(short.as_slice())),
            Self::Known(text) => f.write_str(text),
            Self::Time(time) => time.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<UnixTime> for Value {
    fn from(time: UnixTime) -> Self {
        Self::Time(time)
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Known(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.is_empty() {
            return Self::Known("");
        }
        Self::Text(text.into())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<Cow<'static, str>> for Value {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<&Arc<str>> for Value {
    fn from(text: &Arc<str>) -> Self {
        Self::Text(text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_any_number() {
        for count in [0, 1, 20, 21, 300] {
            let bytes = vec![0xa5; count];
            let value = Value::bytes(&bytes);
            assert_eq!(value.to_string(), "A5".repeat(count));
            assert_eq!(matches!(value, Value::Bytes(_)), count <= 20);
        }
    }
}
