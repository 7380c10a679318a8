//! The parser: pages to raw entries, raw entries to values.

use core::ops::Range;
use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::page::{
    BITMAP, CHUNK_ANY, ENTRIES, ENTRY_BYTES, FIRST_ENTRY, Head, MAX_CHUNKS, PAGE_BYTES, VERSION_1,
    VERSION_2, header_crc, kind, payload_data, state,
};
use super::{Error, Finding, Problem, Value};

/// Largest image that is read: 1024 pages, 4 MiB.
pub const MAX_PAGES: usize = 1024;

/// Findings that are listed; more are only counted.
pub const MAX_FINDINGS: usize = 64;

/// What an image holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nvs {
    /// The values, by namespace and key.
    pub items: Vec<Item>,
    /// What is not as it should be, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: usize,
    /// Pages in use.
    pub pages_used: usize,
    /// Entries that still take room although they were erased.
    pub entries_erased: usize,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its namespace.
    pub namespace: String,
    /// Its key.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Where the bytes of a string or a blob stand in the image, part by part; none of a number.
    pub parts: Vec<Range<usize>>,
}

impl Nvs {
    /// The value under that name.
    pub fn get(&self, namespace: &str, key: &str) -> Option<&Value> {
        let same = |item: &&Item| item.namespace == namespace && item.key == key;
        self.items.iter().find(same).map(|item| &item.value)
    }

    fn report(&mut self, page: usize, entry: Option<usize>, problem: Problem) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                page,
                entry,
                problem,
            });
        } else {
            self.more_findings += 1;
        }
    }
}

/// Reads an image. Damage to a page or an entry is a finding and costs only that page or entry; of two
/// values under one name the newer counts, as on the device.
///
/// # Errors
/// [`Error::Size`] if the image is not one to [`MAX_PAGES`] whole pages.
pub fn parse(image: &[u8]) -> Result<Nvs, Error> {
    let (pages, rest) = image.as_chunks::<PAGE_BYTES>();
    if pages.is_empty() || !rest.is_empty() || pages.len() > MAX_PAGES {
        return Err(Error::Size { bytes: image.len() });
    }
    let mut nvs = Nvs::default();
    let mut raw = Vec::new();
    for (number, page) in in_sequence(pages, &mut nvs) {
        read_page(number, page, &mut raw, &mut nvs);
    }
    resolve(&raw, &mut nvs);
    Ok(nvs)
}

/// Whether bytes are an image: whole pages, of which one is in use by its state and the checksum of its header. The
/// first page of a board that has written for a while may be the blank one.
pub fn is_likely(image: &[u8]) -> bool {
    let (pages, rest) = image.as_chunks::<PAGE_BYTES>();
    let headers = || pages.iter().filter_map(|page| page.first_chunk::<32>());
    let is_used = |header: &[u8; 32]| {
        let [s0, s1, s2, s3, ..] = *header;
        let state = u32::from_le_bytes([s0, s1, s2, s3]);
        matches!(state, state::ACTIVE | state::FULL | state::FREEING)
    };
    // At the very start the state is enough: nothing else that is opened begins like that.
    let begins = headers().next().is_some_and(is_used);
    rest.is_empty()
        && pages.len() <= MAX_PAGES
        && (begins || headers().any(|header| is_used(header) && is_sealed(header)))
}

fn is_sealed(header: &[u8; 32]) -> bool {
    header.last_chunk::<4>() == Some(&header_crc(header).to_le_bytes())
}

/// One entry that was read, with its payload.
struct Raw<'a> {
    page: usize,
    entry: usize,
    head: Head,
    payload: &'a [u8],
}

impl Raw<'_> {
    /// Where so many bytes of the payload stand in the image.
    fn part(&self, len: usize) -> Range<usize> {
        let start = self.page * PAGE_BYTES + FIRST_ENTRY + (self.entry + 1) * ENTRY_BYTES;
        start..start + len
    }
}

/// A namespace number and a key: what makes two entries the same value.
type Name = (u8, [u8; 16]);

/// The pages in use, oldest first.
fn in_sequence<'a>(
    pages: &'a [[u8; PAGE_BYTES]],
    nvs: &mut Nvs,
) -> Vec<(usize, &'a [u8; PAGE_BYTES])> {
    let mut used = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let Some(header) = page.first_chunk::<32>() else {
            continue;
        };
        let [s0, s1, s2, s3, n0, n1, n2, n3, version, ..] = *header;
        match u32::from_le_bytes([s0, s1, s2, s3]) {
            state::EMPTY => {
                if page.iter().any(|&byte| byte != 0xff) {
                    nvs.report(number, None, Problem::EmptyNotBlank);
                }
                continue;
            }
            state::ACTIVE | state::FULL | state::FREEING => {}
            found => {
                nvs.report(number, None, Problem::State { found });
                continue;
            }
        }
        if !is_sealed(header) {
            nvs.report(number, None, Problem::HeaderCrc);
        } else if ![VERSION_1, VERSION_2].contains(&version) {
            nvs.report(number, None, Problem::Version { found: version });
        } else {
            used.push((u32::from_le_bytes([n0, n1, n2, n3]), number, page));
        }
    }
    used.sort_by_key(|&(sequence, number, _)| (sequence, number));
    let mut last = None;
    for &(sequence, number, _) in &used {
        if last == Some(sequence) {
            nvs.report(number, None, Problem::SequenceTwice);
        }
        last = Some(sequence);
    }
    nvs.pages_used = used.len();
    used.into_iter()
        .map(|(_, number, page)| (number, page))
        .collect()
}

fn read_page<'a>(number: usize, page: &'a [u8; PAGE_BYTES], raw: &mut Vec<Raw<'a>>, nvs: &mut Nvs) {
    let marks = page.get(BITMAP..FIRST_ENTRY).unwrap_or_default();
    let mark = |entry: usize| {
        marks
            .get(entry / 4)
            .map_or(0b11, |m| m >> (entry % 4 * 2) & 0b11)
    };
    let (entries, _) = page
        .get(FIRST_ENTRY..)
        .unwrap_or_default()
        .as_chunks::<ENTRY_BYTES>();
    let mut skip = 0;
    for (at, bytes) in entries.iter().enumerate().take(ENTRIES) {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        match mark(at) {
            0b10 => {}
            0b00 => {
                nvs.entries_erased += 1;
                continue;
            }
            0b01 => {
                nvs.report(number, Some(at), Problem::BitmapState);
                continue;
            }
            _ => continue,
        }
        let Some(head) = Head::decode(bytes) else {
            nvs.report(number, Some(at), Problem::EntryCrc);
            continue;
        };
        let span = usize::from(head.span);
        let end = at + span;
        if span == 0 || end > ENTRIES || (at..end).any(|entry| mark(entry) != 0b10) {
            nvs.report(number, Some(at), Problem::Span);
            continue;
        }
        skip = span - 1;
        let rest = entries.get(at + 1..end).unwrap_or_default();
        match payload(&head, rest.as_flattened()) {
            Ok(payload) => raw.push(Raw {
                page: number,
                entry: at,
                head,
                payload,
            }),
            Err(problem) => nvs.report(number, Some(at), problem),
        }
    }
}

/// The payload of a string or a chunk, checked; empty for everything else.
fn payload<'a>(head: &Head, rest: &'a [u8]) -> Result<&'a [u8], Problem> {
    match head.kind {
        kind::STRING | kind::BLOB_V1 | kind::BLOB_DATA => {
            let [s0, s1, _, _, crc @ ..] = head.data;
            let size = u16::from_le_bytes([s0, s1]);
            let payload = rest.get(..usize::from(size)).ok_or(Problem::Span)?;
            if payload_data(size, payload).last_chunk() != Some(&crc) {
                return Err(Problem::PayloadCrc);
            }
            Ok(payload)
        }
        _ if rest.is_empty() => Ok(&[]),
        _ => Err(Problem::Span),
    }
}

/// Puts names and blobs together. `raw` is in the order of writing.
fn resolve(raw: &[Raw<'_>], nvs: &mut Nvs) {
    let mut namespaces = BTreeMap::new();
    let mut newest: BTreeMap<Name, &Raw<'_>> = BTreeMap::new();
    let mut chunks: BTreeMap<(Name, u8), &Raw<'_>> = BTreeMap::new();
    for item in raw {
        let head = &item.head;
        let name = (head.namespace, head.key);
        match (head.namespace, head.kind) {
            (0, kind::U8) => {
                let [number, ..] = head.data;
                namespaces.insert(number, item);
            }
            (_, kind::BLOB_DATA) => {
                chunks.insert((name, head.chunk), item);
            }
            _ => {
                newest.insert(name, item);
            }
        }
    }
    for ((number, key), item) in newest {
        let namespace = namespaces.get(&number).and_then(|raw| text(&raw.head.key));
        let outcome = match (namespace, text(&key)) {
            (None, _) => Err(Problem::UnknownNamespace { index: number }),
            (_, None) => Err(Problem::Name),
            (Some(namespace), Some(key_text)) => value(item, |chunk| {
                chunks.remove(&((number, key), chunk))
            })
            .map(|(value, parts)| Item {
                namespace,
                key: key_text,
                value,
                parts,
            }),
        };
        match outcome {
            Ok(item) => nvs.items.push(item),
            Err(problem) => nvs.report(item.page, Some(item.entry), problem),
        }
    }
    nvs.items
        .sort_by(|a, b| (&a.namespace, &a.key).cmp(&(&b.namespace, &b.key)));
    for item in chunks.values() {
        nvs.report(item.page, Some(item.entry), Problem::Leftover);
    }
}

/// The value of one entry, and where it stands; `chunk` hands out a blob's chunks, each once.
fn value<'a>(
    item: &Raw<'a>,
    mut chunk: impl FnMut(u8) -> Option<&'a Raw<'a>>,
) -> Result<(Value, Vec<Range<usize>>), Problem> {
    let data = item.head.data;
    let [d0, d1, d2, d3, count, start, ..] = data;
    let mut stands = Vec::new();
    let value = match item.head.kind {
        kind::U8 => Value::U8(d0),
        kind::U16 => Value::U16(u16::from_le_bytes([d0, d1])),
        kind::U32 => Value::U32(u32::from_le_bytes([d0, d1, d2, d3])),
        kind::U64 => Value::U64(u64::from_le_bytes(data)),
        kind::I8 => Value::I8(i8::from_le_bytes([d0])),
        kind::I16 => Value::I16(i16::from_le_bytes([d0, d1])),
        kind::I32 => Value::I32(i32::from_le_bytes([d0, d1, d2, d3])),
        kind::I64 => Value::I64(i64::from_le_bytes(data)),
        kind::STRING => match item.payload {
            [text @ .., 0] => {
                stands.push(item.part(text.len()));
                Value::String(Zeroizing::new(text.to_vec()))
            }
            _ => return Err(Problem::StringEnd),
        },
        kind::BLOB_V1 => {
            stands.push(item.part(item.payload.len()));
            Value::blob(item.payload)
        }
        kind::BLOB_INDEX => {
            let size = usize::try_from(u32::from_le_bytes([d0, d1, d2, d3]))
                .map_err(|_| Problem::BlobIncomplete)?;
            if count > MAX_CHUNKS || item.head.chunk != CHUNK_ANY {
                return Err(Problem::BlobIncomplete);
            }
            let mut parts = Vec::with_capacity(usize::from(count));
            for offset in 0..count {
                let number = start.checked_add(offset).ok_or(Problem::BlobIncomplete)?;
                let part = chunk(number).ok_or(Problem::BlobIncomplete)?;
                stands.push(part.part(part.payload.len()));
                parts.push(part.payload);
            }
            if parts.iter().map(|part| part.len()).sum::<usize>() != size {
                return Err(Problem::BlobIncomplete);
            }
            // One allocation of the final size: a growing one would leave copies of a secret behind.
            let mut blob = Zeroizing::new(Vec::with_capacity(size));
            parts.iter().for_each(|part| blob.extend_from_slice(part));
            Value::Blob(blob)
        }
        found => return Err(Problem::Type { found }),
    };
    Ok((value, stands))
}

/// A name up to its NUL. Bytes that are not UTF-8 are escaped, so that no name is lost.
fn text(key: &[u8; 16]) -> Option<String> {
    let end = key.iter().position(|&byte| byte == 0)?;
    let name = key.get(..end).filter(|name| !name.is_empty())?;
    Some(match core::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) => name.escape_ascii().to_string(),
    })
}
