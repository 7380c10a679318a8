use core::fmt;

use sha2::{Digest, Sha256};

use super::{ALIGNMENT, CRC_BYTES, Error, HEADER_BYTES, MAGIC, MAX_BYTES, kind};
use crate::image::crc32;

/// Findings that are listed.
pub const MAX_FINDINGS: usize = 64;

/// What an image holds, borrowed from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tlv<'a> {
    /// The entries in their order, damaged ones too.
    pub entries: Vec<Entry<'a>>,
    /// What is not as it should be, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Bytes in use, from the start.
    pub used: usize,
}

/// One entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Byte offset in the image.
    pub offset: usize,
    /// Flags, see [`super::flag`]. Old images have 0xFF here, which means none.
    pub flags: u8,
    /// Type code, see [`kind`].
    pub kind: u8,
    /// Subtype.
    pub subtype: u8,
    /// The value; it may be secret.
    pub value: &'a [u8],
    /// Whether the checksum is right.
    pub intact: bool,
}

/// One thing in an image that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Byte offset in the image.
    pub offset: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The checksum is wrong.
    Crc,
    /// Type and subtype stood there before; a reader finds the first one only.
    Duplicate,
    /// The hash over all before this entry is wrong.
    Integrity,
    /// Something other than 0xFF follows the last entry.
    NotBlank,
    /// The padding is not zero.
    Padding,
    /// The entry is longer than the image.
    Truncated,
}

impl Entry<'_> {
    /// Byte offset of the value in the image.
    pub fn value_offset(&self) -> usize {
        self.offset + HEADER_BYTES
    }
}

impl Tlv<'_> {
    /// The value that a reader on the board gets for that type and subtype: the first, if intact.
    pub fn get(&self, kind: u8, subtype: u8) -> Option<&[u8]> {
        self.entry(kind, subtype).map(|entry| entry.value)
    }

    /// The entry behind [`Tlv::get`].
    pub fn entry(&self, kind: u8, subtype: u8) -> Option<&Entry<'_>> {
        let same = |entry: &&Entry<'_>| entry.kind == kind && entry.subtype == subtype;
        self.entries.iter().find(same).filter(|entry| entry.intact)
    }

    fn report(&mut self, offset: usize, problem: Problem) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { offset, problem });
        }
    }
}

/// Reads an image. A blank one is an image without entries.
///
/// # Errors
/// [`Error::Size`] beyond [`MAX_BYTES`], [`Error::NotTlv`] if it starts neither with an entry nor blank.
pub fn parse(image: &[u8]) -> Result<Tlv<'_>, Error> {
    if image.len() > MAX_BYTES {
        return Err(Error::Size { bytes: image.len() });
    }
    let mut tlv = Tlv::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut rest = image;
    while rest.starts_with(&MAGIC) {
        let offset = tlv.used;
        let Some((entry, after)) = read_entry(rest, offset, &mut tlv) else {
            tlv.report(offset, Problem::Truncated);
            return Ok(tlv);
        };
        if !seen.insert((entry.kind, entry.subtype)) {
            tlv.report(offset, Problem::Duplicate);
        }
        if entry.kind == kind::INTEGRITY && entry.intact {
            let before = image.get(..offset).unwrap_or_default();
            if Sha256::digest(before).as_slice() != entry.value {
                tlv.report(offset, Problem::Integrity);
            }
        }
        tlv.entries.push(entry);
        tlv.used += rest.len() - after.len();
        rest = after;
    }
    // Espressif's tool marks the end of an image that it appended to.
    let rest = rest.strip_prefix(&[0xff, 0xff, 0, 0]).unwrap_or(rest);
    if rest.iter().any(|&byte| byte != 0xff) {
        if tlv.entries.is_empty() {
            return Err(Error::NotTlv);
        }
        tlv.report(tlv.used, Problem::NotBlank);
    }
    Ok(tlv)
}

fn read_entry<'a>(
    bytes: &'a [u8],
    offset: usize,
    tlv: &mut Tlv<'_>,
) -> Option<(Entry<'a>, &'a [u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [_, _, _, _, flags, _, _, _, kind, subtype, l0, l1] = *header;
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let (padded, rest) = rest.split_at_checked(length.next_multiple_of(ALIGNMENT))?;
    let (crc, rest) = rest.split_first_chunk::<CRC_BYTES>()?;
    let (value, padding) = padded.split_at_checked(length)?;
    let intact = crc32(&[header, padded]).to_le_bytes() == *crc;
    if !intact {
        tlv.report(offset, Problem::Crc);
    } else if padding.iter().any(|&byte| byte != 0) {
        tlv.report(offset, Problem::Padding);
    }
    let entry = Entry {
        offset,
        flags,
        kind,
        subtype,
        value,
        intact,
    };
    Some((entry, rest))
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("offset", &self.offset)
            .field("flags", &self.flags)
            .field("kind", &self.kind)
            .field("subtype", &self.subtype)
            .field("bytes", &self.value.len())
            .field("intact", &self.intact)
            .finish()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offset {}: {}", self.offset, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crc => "the checksum of the entry is wrong.",
            Self::Duplicate => "an entry of this type and subtype stood there before.",
            Self::Integrity => "the hash over all entries before is wrong.",
            Self::NotBlank => "something that is no entry follows.",
            Self::Padding => "the padding of the entry is not zero.",
            Self::Truncated => "the entry is longer than the image.",
        })
    }
}
