use const_oid::ObjectIdentifier;
use der::{Decode, Header, Reader};

use super::oid::{self, Number};
use crate::x509::cursor::Cursor;

/// The identifier octet of an element (X.690 section 8.1.2), of several the first: class, form and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u8);

impl Tag {
    pub(crate) const BOOLEAN: Self = Self(0x01);
    pub(crate) const INTEGER: Self = Self(0x02);
    pub(crate) const BIT_STRING: Self = Self(0x03);
    pub(crate) const OCTET_STRING: Self = Self(0x04);
    pub(crate) const NULL: Self = Self(0x05);
    pub(crate) const OBJECT_IDENTIFIER: Self = Self(0x06);
    pub(crate) const ENUMERATED: Self = Self(0x0a);
    pub(crate) const UTF8_STRING: Self = Self(0x0c);
    pub(crate) const NUMERIC_STRING: Self = Self(0x12);
    pub(crate) const PRINTABLE_STRING: Self = Self(0x13);
    pub(crate) const TELETEX_STRING: Self = Self(0x14);
    pub(crate) const IA5_STRING: Self = Self(0x16);
    pub(crate) const UTC_TIME: Self = Self(0x17);
    pub(crate) const GENERALIZED_TIME: Self = Self(0x18);
    pub(crate) const VISIBLE_STRING: Self = Self(0x1a);
    pub(crate) const UNIVERSAL_STRING: Self = Self(0x1c);
    pub(crate) const BMP_STRING: Self = Self(0x1e);
    pub(crate) const SEQUENCE: Self = Self(0x30);
    pub(crate) const SET: Self = Self(0x31);

    /// Of an element with a universal tag.
    pub(crate) fn universal(tag: der::Tag) -> Option<Self> {
        let number = u8::try_from(tag.number().value()).ok();
        let constructed = if tag.is_constructed() { 0x20 } else { 0 };
        number
            .filter(|number| tag.is_universal() && *number < 31)
            .map(|number| Self(constructed | number))
    }

    /// Its number, if it is context-specific; 31 is any from there on.
    fn context(self) -> Option<u8> {
        (self.0 & 0xc0 == 0x80).then_some(self.0 & 0x1f)
    }
}

/// One DER element inside what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// For so many bytes of a list there is room for one element from the beginning, but for no more than [`MOST`].
const USUAL: usize = 16;
const MOST: usize = 16;

/// Elements one after another.
pub(super) fn elements(content: &[u8]) -> Parse<Elements<'_>> {
    let (mut rest, mut count) = (content, 0);
    while !rest.is_empty() {
        skip(&mut rest).ok_or(NOT_DER)?;
        count += 1;
    }
    let rest = content;
    Ok(Elements { rest, count })
}

/// Exactly one element.
pub(super) fn one(bytes: &[u8]) -> Parse<Tlv<'_>> {
    let mut rest = bytes;
    let found = take(&mut rest).filter(|_| rest.is_empty());
    found.ok_or(NOT_DER)
}

/// Exactly one SEQUENCE.
pub(super) fn sequence(bytes: &[u8]) -> Parse<Tlv<'_>> {
    one(bytes)?.tagged(Tag::SEQUENCE)
}

/// The first element, if there is one; `bytes` goes on behind it.
fn take<'a>(bytes: &mut &'a [u8]) -> Option<Tlv<'a>> {
    let Some((tag, length, content)) = frequent(bytes) else {
        return take_any(bytes);
    };
    cut(bytes, tag, length, content)
}

/// The same, for whoever only asks whether it is DER.
fn skip(bytes: &mut &[u8]) -> Option<()> {
    let Some((_, length, content)) = frequent(bytes) else {
        return take_any(bytes).map(|_| ());
    };
    *bytes = content.get(length..)?;
    Some(())
}

/// Tag, length, and what follows them, of nearly all elements: those with a tag of one octet and
/// fewer than 65,536 bytes, in the shortest form (X.690 section 10.1).
#[inline(always)]
fn frequent(bytes: &[u8]) -> Option<(Tag, usize, &[u8])> {
    let (octet, length, content) = match bytes {
        [octet, length @ 0..=0x7f, content @ ..] => (octet, u16::from(*length), content),
        [octet, 0x81, length @ 0x80..=0xff, content @ ..] => (octet, u16::from(*length), content),
        [octet, 0x82, high @ 1..=0xff, low, content @ ..] => {
            (octet, u16::from_be_bytes([*high, *low]), content)
        }
        _ => return None,
    };
    let is_frequent = FREQUENT.get(usize::from(*octet)) == Some(&true);
    is_frequent.then_some((Tag(*octet), usize::from(length), content))
}

/// Whether that is a frequent tag, of each identifier octet.
static FREQUENT: [bool; 256] = {
    let mut frequent = [false; 256];
    let (mut rest, mut octet) = (frequent.as_mut_slice(), 0_u8);
    while let Some((place, behind)) = rest.split_first_mut() {
        *place = matches!(
            octet,
            0x01..=0x06 | 0x0a | 0x0c | 0x13 | 0x14 | 0x16..=0x18 | 0x1c | 0x1e | 0x30 | 0x31
            | 0x80..=0x9e | 0xa0..=0xbe
        );
        (rest, octet) = (behind, octet.wrapping_add(1));
    }
    frequent
};

/// As [`take`], of any element.
#[cold]
fn take_any<'a>(bytes: &mut &'a [u8]) -> Option<Tlv<'a>> {
    let mut cursor = Cursor::new(bytes).ok()?;
    let header = Header::decode(&mut cursor).ok()?;
    let begin = usize::try_from(cursor.position()).ok()?;
    let length = usize::try_from(header.length()).ok()?;
    cut(bytes, Tag(*bytes.first()?), length, bytes.get(begin..)?)
}

/// The element that so much of `content` belongs to, at the beginning of `bytes`.
fn cut<'a>(bytes: &mut &'a [u8], tag: Tag, length: usize, content: &'a [u8]) -> Option<Tlv<'a>> {
    let (value, rest) = content.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    *bytes = rest;
    Some(Tlv { tag, value, whole })
}

impl<'a> Elements<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The next one if it is like that; otherwise it stays the next.
    pub(super) fn next_if(&mut self, is: impl FnOnce(&Tlv<'a>) -> bool) -> Option<Tlv<'a>> {
        let mut behind = self.clone();
        let found = behind.next().filter(is)?;
        *self = behind;
        Some(found)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        self.count = self.count.checked_sub(1)?;
        take(&mut self.rest)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Elements<'_> {}

impl<'a> Tlv<'a> {
    const NOTHING: Self = Self {
        tag: Tag::NULL,
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
        let mut rest = self.value;
        let found = core::array::from_fn(|_| take(&mut rest).unwrap_or(Self::NOTHING));
        // An element has a header, so that nothing of it is none.
        let enough = found.last().is_none_or(|last| !last.whole.is_empty());
        if enough && rest.is_empty() {
            return Ok(found);
        }
        // That one of them is not DER counts for more than their number.
        self.elements()?;
        Err(WRONG_SHAPE)
    }

    /// Two elements, and one between them that may be left out.
    pub(super) fn two_or_three(self) -> Parse<(Self, Option<Self>, Self)> {
        let mut rest = self.value;
        let [first, second] = [take(&mut rest), take(&mut rest)];
        let third = if rest.is_empty() {
            None
        } else {
            take(&mut rest)
        };
        match (first, second, third) {
            (Some(first), Some(last), None) if rest.is_empty() => Ok((first, None, last)),
            (Some(first), Some(middle), Some(last)) if rest.is_empty() => {
                Ok((first, Some(middle), last))
            }
            _ => {
                self.elements()?;
                Err(WRONG_SHAPE)
            }
        }
    }

    /// What each of its elements says.
    pub(super) fn read<T>(self, read: impl Fn(&Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut rest = self.value;
        let mut found = Vec::with_capacity(rest.len().div_ceil(USUAL).min(MOST));
        while !rest.is_empty() {
            let element = take(&mut rest).ok_or(NOT_DER)?;
            match read(&element) {
                Ok(said) => found.push(said),
                Err(why) => {
                    // That one of them is not DER counts for more than what another one says.
                    elements(rest)?;
                    return Err(why);
                }
            }
        }
        Ok(found)
    }

    pub(super) fn oid(&self) -> Parse<ObjectIdentifier> {
        let this = self.tag == Tag::OBJECT_IDENTIFIER;
        let oid = this.then(|| oid::read(self.value));
        oid.flatten().ok_or(NOT_DER)
    }

    /// The same, of any size.
    pub(super) fn number(&self) -> Parse<Number<'a>> {
        let this = self.tag == Tag::OBJECT_IDENTIFIER;
        let number = this.then(|| Number::read(self.value));
        number.flatten().ok_or(NOT_DER)
    }

    /// The number of a context-specific tag; 31 is any from there on.
    pub(super) fn context(&self) -> Option<u8> {
        self.tag.context()
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
    use der::SliceReader;
    use der::asn1::AnyRef;

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
            found.push((Tag(content[from]), any.value(), &content[from..to]));
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
        assert_eq!(single, any.map(|any| (Tag(bytes[0]), any.value(), bytes)));
        let oid = one(bytes).and_then(|tlv| tlv.oid());
        let by_der = ObjectIdentifier::from_der(bytes);
        assert_eq!(oid, by_der.map_err(Malformed::from));
    }

    /// Each byte of it as every other, each beginning of that. `der` knows no UniversalString.
    fn compare_like(example: &[u8]) {
        for at in 0..example.len() {
            for byte in (0..=0xff).filter(|byte| *byte != 0x1c) {
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
        let three = one(&[0x30, 7, 5, 0, 2, 1, 7, 5, 0]).unwrap();
        assert_eq!(three.exactly::<2>().unwrap_err(), WRONG_SHAPE);
        assert_eq!(three.exactly::<4>().unwrap_err(), WRONG_SHAPE);
        assert_eq!(three.exactly::<3>().unwrap()[1].value, [7]);
        assert!(elements(&[5, 0, 5]).is_err());
    }

    #[test]
    fn one_between_two_may_be_left_out() {
        let sequence = |content: &[u8]| {
            let der = [&[0x30, u8::try_from(content.len()).unwrap()], content].concat();
            let parts = one(&der).unwrap().two_or_three();
            parts
                .map(|(first, middle, last)| (first.tag, middle.map(|middle| middle.tag), last.tag))
        };
        let (null, truth, number) = ([5, 0], [1, 1, 0xff], [2, 1, 7]);
        assert_eq!(
            sequence(&[&null[..], &number].concat()),
            Ok((Tag::NULL, None, Tag::INTEGER))
        );
        assert_eq!(
            sequence(&[&null[..], &truth, &number].concat()),
            Ok((Tag::NULL, Some(Tag::BOOLEAN), Tag::INTEGER))
        );
        for wrong in [&[][..], &null, &[null; 4].concat()] {
            assert_eq!(sequence(wrong), Err(WRONG_SHAPE));
        }
        // That one of them is not DER counts for more than their number.
        for broken in [
            &[5][..],
            &[5, 0, 5],
            &[5, 0, 5, 0, 5],
            &[5, 0, 5, 0, 5, 0, 5],
        ] {
            assert_eq!(sequence(broken), Err(NOT_DER));
        }
    }

    #[test]
    fn not_der_counts_for_more() {
        let broken = one(&[0x30, 5, 5, 0, 1, 0, 5]).unwrap();
        assert_eq!(broken.exactly::<1>().unwrap_err(), NOT_DER);
        assert_eq!(broken.read(|part| part.boolean()).unwrap_err(), NOT_DER);
        let sound = one(&[0x30, 4, 1, 0, 5, 0]).unwrap();
        assert_eq!(sound.read(|_| Err::<(), _>(WRONG_SHAPE)), Err(WRONG_SHAPE));
        assert_eq!(
            sound.read(|part| Ok(part.tag)),
            Ok(vec![Tag::BOOLEAN, Tag::NULL])
        );
    }
}
