use der::{Decode, Header, Reader, SliceReader, Tag};

use crate::cert::signed::position;

/// One TLV inside a structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) tag: Tag,
    /// Header and content.
    pub(super) whole: &'a [u8],
    pub(super) content: &'a [u8],
    /// Byte of the structure where it begins.
    pub(super) at: usize,
}

/// The most parts of one structure that are looked at: as many as an input may have objects.
const MAX_PARTS: usize = super::MAX_OBJECTS;

/// The first DER object of `bytes`.
pub(super) fn first(bytes: &[u8]) -> Option<Part<'_>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let whole = reader.tlv_bytes().ok()?;
    part(whole, 0)
}

/// How far `bytes` were read until it was clear that no DER object is there.
pub(super) fn fault(bytes: &[u8]) -> usize {
    let read = SliceReader::new(bytes).and_then(|mut reader| reader.tlv_bytes().map(|_| ()));
    read.err().map_or(0, |error| position(&error))
}

/// The parts that a structure's content consists of; `None` unless all of it is well formed.
pub(super) fn parts(content: &[u8]) -> Option<Vec<Part<'_>>> {
    split(content, first)
}

/// The same by other rules of what one part is.
pub(super) fn split<'a>(
    content: &'a [u8],
    first: impl Fn(&'a [u8]) -> Option<Part<'a>>,
) -> Option<Vec<Part<'a>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < content.len() {
        let rest = content.get(at..)?;
        let next = first(rest)?;
        found.push(Part { at, ..next });
        at += next.whole.len();
        if found.len() > MAX_PARTS {
            return None;
        }
    }
    Some(found)
}

/// The parts of the SEQUENCE that `der` is.
pub(super) fn sequence(der: &[u8]) -> Option<Vec<Part<'_>>> {
    let outer = first(der).filter(|outer| outer.tag == Tag::Sequence)?;
    parts(outer.content)
}

fn part(whole: &[u8], at: usize) -> Option<Part<'_>> {
    let mut reader = SliceReader::new(whole).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    let start = usize::try_from(reader.position()).ok()?;
    Some(Part {
        tag: header.tag(),
        whole,
        content: whole.get(start..)?,
        at,
    })
}

/// Whether the tags of the parts begin like that.
pub(super) fn begins(parts: &[Part<'_>], tags: &[Tag]) -> bool {
    parts.len() >= tags.len() && parts.iter().zip(tags).all(|(part, tag)| part.tag == *tag)
}

/// A context-specific tag.
pub(super) fn context(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific {
        constructed,
        number: der::TagNumber(number),
    }
}
