use std::sync::LazyLock;

use const_oid::ObjectIdentifier;
use der::{Decode, Header, Reader, Tag};

use crate::cert::cursor::Cursor;

/// One DER element inside what was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tlv<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

/// The content of a BIT STRING.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'a>(&'a [u8]);

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

/// Elements one after another, all of them DER: known before the first is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    count: usize,
}

/// Elements one after another.
pub(super) fn elements(content: &[u8]) -> Parse<Elements<'_>> {
    let (mut rest, mut count) = (content, 0);
    while !rest.is_empty() {
        (_, rest) = first(rest)?;
        count += 1;
    }
    let rest = content;
    Ok(Elements { rest, count })
}

/// Exactly one element.
pub(super) fn one(bytes: &[u8]) -> Parse<Tlv<'_>> {
    match first(bytes)? {
        (found, []) => Ok(found),
        _ => Err(NOT_DER),
    }
}

/// The elements of exactly one SEQUENCE.
pub(super) fn sequence(bytes: &[u8]) -> Parse<Elements<'_>> {
    one(bytes)?.tagged(Tag::Sequence)?.elements()
}

/// The first element, and what follows it.
fn first(bytes: &[u8]) -> Parse<(Tlv<'_>, &[u8])> {
    let (tag, begin, length) = frequent(bytes).map_or_else(|| any(bytes), Ok)?;
    let end = length.checked_add(begin).ok_or(NOT_DER)?;
    let (whole, rest) = bytes.split_at_checked(end).ok_or(NOT_DER)?;
    let value = whole.get(begin..).ok_or(NOT_DER)?;
    Ok((Tlv { tag, value, whole }, rest))
}

/// What each identifier octet that is one by itself stands for.
static TAGS: LazyLock<[Option<Tag>; 256]> = LazyLock::new(|| {
    let mut octets = 0..=u8::MAX;
    core::array::from_fn(|_| octets.next().and_then(|octet| Tag::from_der(&[octet]).ok()))
});

/// A tag, where the content begins, and its length: of nearly all elements, in few steps.
fn frequent(bytes: &[u8]) -> Option<(Tag, usize, usize)> {
    // The shortest form (X.690 section 10.1).
    let (octet, begin, length) = match bytes {
        [octet, length @ 0..=0x7f, ..] => (octet, 2, u16::from(*length)),
        [octet, 0x81, length @ 0x80..=0xff, ..] => (octet, 3, u16::from(*length)),
        [octet, 0x82, high @ 1..=0xff, low, ..] => (octet, 4, u16::from_be_bytes([*high, *low])),
        _ => return None,
    };
    let tag = TAGS.get(usize::from(*octet)).copied().flatten()?;
    Some((tag, begin, usize::from(length)))
}

/// The same of any element.
fn any(bytes: &[u8]) -> Parse<(Tag, usize, usize)> {
    let mut cursor = Cursor::new(bytes)?;
    let header = Header::decode(&mut cursor)?;
    let begin = usize::try_from(cursor.position())?;
    Ok((header.tag(), begin, usize::try_from(header.length())?))
}

impl<'a> Elements<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them, if there are as many.
    pub(super) fn all<const N: usize>(&self) -> Option<[Tlv<'a>; N]> {
        if self.count != N {
            return None;
        }
        let mut found = [Tlv::NOTHING; N];
        for (place, element) in found.iter_mut().zip(self.clone()) {
            *place = element;
        }
        Some(found)
    }

    /// What each of them says.
    pub(super) fn read<T>(self, read: impl Fn(&Tlv<'a>) -> Parse<T>) -> Parse<Vec<T>> {
        let mut found = Vec::with_capacity(self.count);
        for element in self {
            found.push(read(&element)?);
        }
        Ok(found)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let (found, rest) = first(self.rest).ok()?;
        self.rest = rest;
        self.count = self.count.saturating_sub(1);
        Some(found)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Elements<'_> {}

impl<'a> Tlv<'a> {
    const NOTHING: Self = Self {
        tag: Tag::Null,
        value: &[],
        whole: &[],
    };

    pub(super) fn tagged(self, tag: Tag) -> Parse<Self> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(WRONG_SHAPE)
        }
    }

    pub(super) fn elements(self) -> Parse<Elements<'a>> {
        elements(self.value)
    }

    /// Exactly as many elements as that.
    pub(super) fn exactly<const N: usize>(self) -> Parse<[Self; N]> {
        self.elements()?.all().ok_or(WRONG_SHAPE)
    }

    pub(super) fn oid(&self) -> Parse<ObjectIdentifier> {
        let this = self.tag == Tag::ObjectIdentifier;
        let oid = this.then(|| ObjectIdentifier::from_bytes(self.value).ok());
        oid.flatten().ok_or(NOT_DER)
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

    /// BIT STRING.
    pub(super) fn bits(&self) -> Parse<Bits<'a>> {
        let (unused, bytes) = self.value.split_first().ok_or(NOT_DER)?;
        let last = bytes.last().copied().unwrap_or(0);
        // X.690 section 11.2.1: what is unused is zero.
        let dirty = |unused: u8| u32::from(unused) > last.trailing_zeros();
        if *unused > 7 || (bytes.is_empty() && *unused > 0) || dirty(*unused) {
            return Err(NOT_DER);
        }
        Ok(Bits(bytes))
    }

    pub(super) fn ascii(&self) -> Parse<&'a str> {
        let text = core::str::from_utf8(self.value).ok();
        text.filter(|text| text.is_ascii())
            .ok_or(Malformed("holds characters outside of ASCII"))
    }
}

impl Bits<'_> {
    /// Whether the bit is set, counted from zero.
    pub(super) fn contains(self, bit: usize) -> bool {
        let byte = self.0.get(bit / 8);
        byte.is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0)
    }

    /// Whether none is set.
    pub(super) fn is_empty(self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }
}

/// DER's shortest form (X.690 section 8.3.2).
pub(super) fn integer(value: &[u8]) -> Parse<&[u8]> {
    match value {
        [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(NOT_DER),
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use der::asn1::AnyRef;
    use der::{SliceReader, Tagged};

    use super::*;

    /// Tag, content, and all of it.
    type Parts<'a> = (Tag, &'a [u8], &'a [u8]);

    /// What `der` makes of the same bytes.
    fn by_der(content: &[u8]) -> der::Result<Vec<Parts<'_>>> {
        let mut reader = SliceReader::new(content)?;
        let mut found = Vec::new();
        while !reader.is_finished() {
            let from = usize::try_from(reader.position())?;
            let any: AnyRef<'_> = reader.decode()?;
            let to = usize::try_from(reader.position())?;
            found.push((any.tag(), any.value(), &content[from..to]));
        }
        Ok(found)
    }

    fn ours(content: &[u8]) -> Parse<Vec<Parts<'_>>> {
        let found = elements(content)?;
        let count = found.len();
        let found: Vec<_> = found.map(|tlv| (tlv.tag, tlv.value, tlv.whole)).collect();
        assert_eq!(found.len(), count);
        Ok(found)
    }

    /// Both ways of reading, of all elements and of one, and of an object identifier.
    fn compare(bytes: &[u8]) {
        assert_eq!(ours(bytes), by_der(bytes).map_err(Malformed::from));
        let single = one(bytes).map(|tlv| (tlv.tag, tlv.value, tlv.whole));
        let any = AnyRef::from_der(bytes).map_err(Malformed::from);
        assert_eq!(single, any.map(|any| (any.tag(), any.value(), bytes)));
        let oid = one(bytes).and_then(|tlv| tlv.oid());
        let by_der = ObjectIdentifier::from_der(bytes);
        assert_eq!(oid, by_der.map_err(Malformed::from));
    }

    /// Each byte of it as every other, each beginning of that.
    fn compare_like(example: &[u8]) {
        for at in 0..example.len() {
            for byte in 0..=0xff {
                let mut other = example.to_vec();
                other[at] = byte;
                for end in 0..=other.len() {
                    compare(&other[..end]);
                }
            }
        }
    }

    #[test]
    fn reads_what_der_reads() {
        compare_like(&[0x30, 3, 2, 1, 7, 0x9f, 0x1f, 1, 9, 5, 0, 0x04, 0x81, 0x80]);
        compare_like(&[0xbf, 0x81, 0x7f, 0x82, 0x01, 0x00, 0x0c]);
        compare_like(&[6, 6, 0x2a, 0x86, 0x48, 0x80, 0xf7, 0x0d]);
        for length in [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000_u32] {
            let content = vec![0; usize::try_from(length).unwrap()];
            let bytes = length.to_be_bytes();
            // In each form, the shortest or not.
            let forms = (0..=4).map(|skip| [&[0x84 - skip], &bytes[usize::from(skip)..]].concat());
            for form in forms.chain([vec![bytes[3]]]) {
                let der = [&[4], &form[..], &content].concat();
                compare(&der);
                compare(&der[..der.len() - 1]);
                compare(&[&der[..], &[5, 0]].concat());
            }
        }
        for arcs in 38..42 {
            compare(&[&[6, arcs][..], &vec![1; usize::from(arcs)]].concat());
        }
    }

    #[test]
    fn bits_count_from_the_left() {
        let bits = |value| one(value).unwrap().bits();
        let set = bits(&[3, 3, 7, 0x06, 0x80]).unwrap();
        let all: Vec<usize> = (0..32).filter(|bit| set.contains(*bit)).collect();
        assert_eq!(all, [5, 6, 8]);
        assert!(!set.is_empty() && bits(&[3, 2, 0, 0]).unwrap().is_empty());
        assert!(bits(&[3, 0]).is_err() && bits(&[3, 1, 1]).is_err());
        // keyCertSign among the bits that are not used.
        assert!(bits(&[3, 2, 7, 0x84]).is_err() && bits(&[3, 2, 2, 0x84]).is_ok());
    }

    #[test]
    fn all_or_none() {
        let three = elements(&[5, 0, 2, 1, 7, 5, 0]).unwrap();
        assert!(three.all::<2>().is_none() && three.all::<4>().is_none());
        assert_eq!(three.all::<3>().unwrap()[1].value, [7]);
        assert!(elements(&[5, 0, 5]).is_err());
    }
}
