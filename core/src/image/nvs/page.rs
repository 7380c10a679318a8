//! One page and its entries: sizes, type codes, checksums.

use crate::image::crc32;

/// Size of one page in bytes: one flash sector.
pub const PAGE_BYTES: usize = 4096;

/// Entries in one page.
pub(super) const ENTRIES: usize = 126;
/// Size of one entry in bytes.
pub(super) const ENTRY_BYTES: usize = 32;
/// Size of a page's header in bytes.
const HEADER_BYTES: usize = 32;
/// Where the header's checksum lies in it: at its end.
pub(super) const HEADER_CRC: usize = HEADER_BYTES - 4;
/// Where the bitmap lies in a page.
pub(super) const BITMAP: usize = HEADER_BYTES;
/// Where the first entry lies in a page.
pub(super) const FIRST_ENTRY: usize = 64;
/// Version byte of a page whose blobs may span pages.
pub(super) const VERSION_2: u8 = 0xfe;
/// Version byte of a page from before that.
pub(super) const VERSION_1: u8 = 0xff;
/// Chunk index of everything that is not a chunk.
pub(super) const CHUNK_ANY: u8 = 0xff;
/// Chunks in one version of a blob; the other half of the numbers is for its successor.
pub(super) const MAX_CHUNKS: u8 = 0x7f;

/// Page states, `nvs_page.hpp`: bits are only ever cleared.
pub(super) mod state {
    pub(in super::super) const EMPTY: u32 = 0xffff_ffff;
    pub(in super::super) const ACTIVE: u32 = 0xffff_fffe;
    pub(in super::super) const FULL: u32 = 0xffff_fffc;
    pub(in super::super) const FREEING: u32 = 0xffff_fff8;
}

/// Type codes, `nvs_types.hpp`.
pub(super) mod kind {
    pub(in super::super) const U8: u8 = 0x01;
    pub(in super::super) const U16: u8 = 0x02;
    pub(in super::super) const U32: u8 = 0x04;
    pub(in super::super) const U64: u8 = 0x08;
    pub(in super::super) const I8: u8 = 0x11;
    pub(in super::super) const I16: u8 = 0x12;
    pub(in super::super) const I32: u8 = 0x14;
    pub(in super::super) const I64: u8 = 0x18;
    pub(in super::super) const STRING: u8 = 0x21;
    pub(in super::super) const BLOB_V1: u8 = 0x41;
    pub(in super::super) const BLOB_DATA: u8 = 0x42;
    pub(in super::super) const BLOB_INDEX: u8 = 0x48;
}

/// The head of an entry, before its checksum is known.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) namespace: u8,
    pub(super) kind: u8,
    /// Entries that the value takes, this one included.
    pub(super) span: u8,
    pub(super) chunk: u8,
    /// Name, filled with NUL.
    pub(super) key: [u8; 16],
    pub(super) data: [u8; 8],
}

impl Head {
    /// The 32 bytes: namespace, type, span, chunk, CRC of all the others, key, data.
    pub(super) fn encode(&self) -> [u8; ENTRY_BYTES] {
        let front = [self.namespace, self.kind, self.span, self.chunk];
        let crc = crc32(&[&front, &self.key, &self.data]).to_le_bytes();
        let parts: [&[u8]; 4] = [&front, &crc, &self.key, &self.data];
        let mut bytes = [0; ENTRY_BYTES];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    /// Takes 32 bytes apart; `None` if the checksum is wrong.
    pub(super) fn decode(bytes: &[u8; ENTRY_BYTES]) -> Option<Self> {
        let (front, rest) = bytes.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*crc) != crc32(&[front, rest]) {
            return None;
        }
        let [namespace, kind, span, chunk] = front;
        let (key, data) = rest.split_first_chunk::<16>()?;
        Some(Self {
            namespace: *namespace,
            kind: *kind,
            span: *span,
            chunk: *chunk,
            key: *key,
            data: *data.first_chunk()?,
        })
    }
}

/// Data of a string or a chunk: size, two unused bytes, CRC of the payload.
pub(super) fn payload_data(size: u16, payload: &[u8]) -> [u8; 8] {
    let [s0, s1] = size.to_le_bytes();
    let [c0, c1, c2, c3] = crc32(&[payload]).to_le_bytes();
    [s0, s1, 0xff, 0xff, c0, c1, c2, c3]
}

/// CRC of a page header, over sequence number, version and the unused bytes.
pub(super) fn header_crc(header: &[u8; HEADER_BYTES]) -> u32 {
    let [_, _, _, _, covered @ .., _, _, _, _] = header;
    crc32(&[covered])
}
