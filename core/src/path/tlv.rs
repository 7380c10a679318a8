use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, Tagged};

/// One DER element inside what was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tlv<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

/// Why something cannot be read: the end of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) type Parse<T> = Result<T, Malformed>;

pub(super) const NOT_DER: Malformed = Malformed("is not DER");
pub(super) const WRONG_SHAPE: Malformed = Malformed("does not have the shape of its standard");

impl From<der::Error> for Malformed {
    fn from(_: der::Error) -> Self {
        NOT_DER
    }
}

/// Elements one after another.
pub(super) fn elements(content: &[u8]) -> Parse<Vec<Tlv<'_>>> {
    let mut reader = SliceReader::new(content)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        let from = usize::try_from(reader.position())?;
        let any: AnyRef<'_> = reader.decode()?;
        let to = usize::try_from(reader.position())?;
        found.push(Tlv {
            tag: any.tag(),
            value: any.value(),
            whole: content.get(from..to).ok_or(NOT_DER)?,
        });
    }
    Ok(found)
}

/// Exactly one element.
pub(super) fn one(bytes: &[u8]) -> Parse<Tlv<'_>> {
    let found = read(bytes)?;
    if found.whole.len() == bytes.len() {
        Ok(found)
    } else {
        Err(Malformed("has bytes after its end"))
    }
}

/// The elements of exactly one SEQUENCE.
pub(super) fn sequence(bytes: &[u8]) -> Parse<Vec<Tlv<'_>>> {
    one(bytes)?.tagged(Tag::Sequence)?.elements()
}

fn read(whole: &[u8]) -> Parse<Tlv<'_>> {
    let any = AnyRef::from_der(whole)?;
    Ok(Tlv {
        tag: any.tag(),
        value: any.value(),
        whole,
    })
}

impl<'a> Tlv<'a> {
    pub(super) fn tagged(self, tag: Tag) -> Parse<Self> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(WRONG_SHAPE)
        }
    }

    pub(super) fn elements(self) -> Parse<Vec<Self>> {
        elements(self.value)
    }

    /// The number of a context-specific tag.
    pub(super) fn context(&self) -> Option<u32> {
        match self.tag {
            Tag::ContextSpecific { number, .. } => Some(number.value()),
            _ => None,
        }
    }

    /// BOOLEAN, also under an implicit tag.
    pub(super) fn boolean(&self) -> Parse<bool> {
        match self.value {
            [0] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(NOT_DER),
        }
    }

    /// INTEGER from zero to 2^32 - 1; more is that much, since no count reaches it.
    pub(super) fn count(&self) -> Parse<u32> {
        integer(self.value)?;
        match self.value {
            [first, ..] if *first >= 0x80 => Err(Malformed("is negative")),
            bytes => {
                let add = |sum: u32, byte: &u8| {
                    let high = sum.checked_mul(256)?;
                    high.checked_add(u32::from(*byte))
                };
                let value = bytes.iter().try_fold(0, add);
                Ok(value.unwrap_or(u32::MAX))
            }
        }
    }

    /// BIT STRING: the bits that are set, as numbers.
    pub(super) fn bits(&self) -> Parse<Vec<usize>> {
        let (unused, bytes) = self.value.split_first().ok_or(NOT_DER)?;
        if *unused > 7 || (bytes.is_empty() && *unused > 0) {
            return Err(NOT_DER);
        }
        let mut set = Vec::new();
        for (at, byte) in bytes.iter().enumerate() {
            set.extend(
                (0..8)
                    .filter(|bit| byte & (0x80 >> bit) != 0)
                    .map(|bit| at * 8 + bit),
            );
        }
        Ok(set)
    }

    pub(super) fn ascii(&self) -> Parse<&'a str> {
        let text = core::str::from_utf8(self.value).ok();
        text.filter(|text| text.is_ascii())
            .ok_or(Malformed("holds characters outside of ASCII"))
    }
}

/// DER's shortest form (X.690 section 8.3.2).
pub(super) fn integer(value: &[u8]) -> Parse<&[u8]> {
    match value {
        [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(NOT_DER),
        _ => Ok(value),
    }
}
