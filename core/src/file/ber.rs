//! BER (X.690 section 8) where RFC 5652 section 5.1 and RFC 7292 section 4 allow it: around what a container holds.
//!
//! Indefinite lengths and strings in pieces are understood; anything else is as in DER. What lies inside is not
//! written anew, so that a certificate keeps its bytes and its place. The crate `der` reads BER too, but no pieces in
//! pieces and none of a definite length, and it hands out copies.

use der::asn1::ObjectIdentifier;
use der::{Decode, Length, Reader, SliceReader, Tag};
use zeroize::Zeroizing;

use super::classify::Shape;
use super::pkcs7::SIGNED_DATA;
use super::tlv::{Part, begins, context, split};

/// How deep indefinite lengths, and strings in pieces, may lie in each other.
const MAX_NESTED: usize = 32;

/// End-of-contents, section 8.1.5.
const END: &[u8] = &[0, 0];

/// Identifier and length octets, sections 8.1.2 and 8.1.3.
struct Head {
    tag: Tag,
    constructed: bool,
    size: usize,
    /// `None` is the indefinite form.
    length: Option<usize>,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        /// An OCTET STRING in pieces, section 8.7.3.
        const PIECES: u8 = 0x24;
        let constructed = bytes.first()? & 0x20 != 0;
        let mut reader = SliceReader::new(bytes).ok()?;
        let tag = if bytes.first() == Some(&PIECES) {
            reader.read_byte().ok()?;
            Tag::OctetString
        } else {
            Tag::decode(&mut reader).ok()?
        };
        let length = if constructed && reader.peek_byte() == Some(0x80) {
            reader.read_byte().ok()?;
            None
        } else {
            Some(usize::try_from(Length::decode(&mut reader).ok()?).ok()?)
        };
        Some(Self {
            tag,
            constructed,
            size: usize::try_from(reader.position()).ok()?,
            length,
        })
    }
}

/// The first object of `bytes`.
pub(super) fn first(bytes: &[u8]) -> Option<Part<'_>> {
    let head = Head::read(bytes)?;
    let inside = bytes.get(head.size..)?;
    let (length, end) = match head.length {
        Some(length) => (length, 0),
        None => (until_end(inside)?, END.len()),
    };
    Some(Part {
        tag: head.tag,
        whole: bytes.get(..head.size + length + end)?,
        content: inside.get(..length)?,
        at: 0,
    })
}

/// How many bytes lie before the end-of-contents that belongs to them.
fn until_end(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut open) = (0, 1);
    // Each turn goes on by at least two bytes.
    while let Some(rest) = bytes.get(at..) {
        if rest.starts_with(END) {
            open -= 1;
            if open == 0 {
                return Some(at);
            }
            at += END.len();
            continue;
        }
        let head = Head::read(rest)?;
        at += head.size + head.length.unwrap_or_default();
        if head.length.is_none() {
            open += 1;
        }
        if open > MAX_NESTED {
            return None;
        }
    }
    None
}

/// The parts that a structure's content consists of; `None` unless all of it is well formed.
pub(super) fn parts(content: &[u8]) -> Option<Vec<Part<'_>>> {
    split(content, first)
}

/// The parts of the SEQUENCE that `bytes` are.
pub(super) fn sequence(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let outer = first(bytes).filter(|outer| outer.tag == Tag::Sequence)?;
    parts(outer.content)
}

/// What an OCTET STRING holds, tagged as one or implicitly as another, in one piece or in many.
pub(super) fn octets(part: &Part<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let mut found = Zeroizing::new(Vec::with_capacity(part.content.len()));
    gather(part, MAX_NESTED, &mut found)?;
    Some(found)
}

fn gather(part: &Part<'_>, left: usize, found: &mut Vec<u8>) -> Option<()> {
    if !Head::read(part.whole)?.constructed {
        found.extend(part.content);
        return Some(());
    }
    let left = left.checked_sub(1)?;
    let pieces = parts(part.content)?;
    let mut pieces = pieces.iter();
    pieces.try_for_each(|piece| {
        let is_piece = piece.tag == Tag::OctetString;
        is_piece.then(|| gather(piece, left, found))?
    })
}

/// The container that `bytes` are, of the two that may be BER: PKCS #7 with certificates, and PKCS #12.
pub(super) fn container(bytes: &[u8]) -> Option<Shape> {
    let parts = sequence(bytes)?;
    let is_info = |parts: &[Part<'_>]| begins(parts, &[Tag::ObjectIdentifier, context(0, true)]);
    if is_info(&parts) {
        let kind = ObjectIdentifier::from_der(parts.first()?.whole).ok()?;
        return (kind == SIGNED_DATA).then_some(Shape::ContentInfo);
    }
    let versioned = begins(&parts, &[Tag::Integer, Tag::Sequence]);
    let inner = parts.get(1).filter(|_| versioned)?;
    is_info(&sequence(inner.whole)?).then_some(Shape::Pfx)
}

/// Whether something in it is written as DER does not allow (X.690 section 10). Looks from head to head.
pub(super) fn departs(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(head) = bytes.get(at..).and_then(Head::read) {
        let Some(length) = head.length else {
            return true;
        };
        if head.constructed && head.tag == Tag::OctetString {
            return true;
        }
        at += head.size + if head.constructed { 0 } else { length };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn joined(bytes: &[u8]) -> Option<Vec<u8>> {
        first(bytes)
            .filter(|part| part.whole.len() == bytes.len())
            .and_then(|part| octets(&part))
            .map(|found| found.to_vec())
    }

    #[test]
    fn strings_in_pieces_are_joined() {
        assert_eq!(joined(b"\x04\x03abc").unwrap(), b"abc");
        assert_eq!(joined(b"\x24\x80\x04\x01a\x04\x02bc\0\0").unwrap(), b"abc");
        assert_eq!(joined(b"\x24\x07\x04\x01a\x04\x02bc").unwrap(), b"abc");
        assert_eq!(
            joined(b"\x24\x80\x24\x80\x04\x01a\0\0\x24\x04\x04\x02bc\0\0").unwrap(),
            b"abc"
        );
        assert_eq!(joined(b"\xa0\x80\x04\x01a\0\0").unwrap(), b"a");
        assert_eq!(joined(b"\x80\x01a").unwrap(), b"a");
        // A piece of another type, one without its end, and a primitive of indefinite length.
        for bad in [
            &b"\x24\x80\x0c\x01a\0\0"[..],
            b"\x24\x80\x04\x01a\0",
            b"\x24\x80\x04\x01a",
            b"\x04\x80a\0\0",
        ] {
            assert_eq!(joined(bad), None, "{bad:x?}");
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |depth: usize| {
            let mut bytes = [0x24, 0x80].repeat(depth);
            bytes.extend(b"\x04\x01a");
            bytes.extend([0, 0].repeat(depth));
            joined(&bytes)
        };
        assert_eq!(nested(MAX_NESTED).unwrap(), b"a");
        assert_eq!(nested(MAX_NESTED + 1), None);
        let definite = (0..=MAX_NESTED).fold(b"\x04\x01a".to_vec(), |inner, _| {
            let length = u8::try_from(inner.len()).unwrap();
            [&[0x24, length][..], &inner].concat()
        });
        assert_eq!(joined(&definite), None);
        assert!(first(&[0x30, 0x80].repeat(1 << 20)).is_none());
    }

    #[test]
    fn departures_from_der() {
        assert!(!departs(b"\x30\x06\x04\x01a\x02\x01\x01"));
        assert!(departs(b"\x30\x80\0\0"));
        assert!(departs(b"\x30\x07\xa0\x05\x24\x03\x04\x01a"));
        // Not inside of strings, which may hold anything.
        assert!(!departs(b"\x30\x06\x04\x04\x30\x80\0\0"));
    }
}
