use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::page::{
    BITMAP, CHUNK_ANY, ENTRIES, ENTRY_BYTES, FIRST_ENTRY, HEADER_CRC, Head, MAX_CHUNKS, PAGE_BYTES,
    VERSION_2, header_crc, kind, payload_data, state,
};
use super::{Error, MAX_NAME_BYTES, MAX_PAGES, MAX_STRING_BYTES, MIN_BYTES, Value};

/// Writes an NVS image, value after value, as Espressif's generator does.
///
/// An image that an error has left half written is only good for being dropped.
pub struct Builder {
    image: Zeroizing<Vec<u8>>,
    /// The page that is being filled.
    page: usize,
    /// Entries written in it.
    entries: usize,
    namespaces: Vec<String>,
    /// Number of the open namespace, from 1; 0 for none.
    open: u8,
    keys: BTreeSet<(u8, String)>,
}

impl Builder {
    /// An empty image of `size` bytes. Its last page stays blank, as the device needs it to tidy up.
    ///
    /// # Errors
    /// [`Error::Size`] unless `size` is a multiple of 4096, at least [`MIN_BYTES`] and at most
    /// [`MAX_PAGES`] pages.
    pub fn new(size: u32) -> Result<Self, Error> {
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        if size < MIN_BYTES || bytes % PAGE_BYTES != 0 || bytes / PAGE_BYTES > MAX_PAGES {
            return Err(Error::Size { bytes });
        }
        let mut builder = Self {
            image: Zeroizing::new(vec![0xff; bytes]),
            page: 0,
            entries: 0,
            namespaces: Vec::new(),
            open: 0,
            keys: BTreeSet::new(),
        };
        builder.start_page().ok_or(Error::Size { bytes })?;
        Ok(builder)
    }

    /// Opens a namespace: what is set from now on belongs to it.
    ///
    /// # Errors
    /// If the name cannot be used, or there is no room.
    pub fn namespace(&mut self, name: &str) -> Result<(), Error> {
        let key = name_bytes(name)?;
        if let Some(at) = self.namespaces.iter().position(|known| known == name) {
            self.open = u8::try_from(at + 1).map_err(|_| Error::TooManyNamespaces)?;
            return Ok(());
        }
        // 0 is the list of namespaces itself, 255 means any.
        let number =
            u8::try_from(self.namespaces.len() + 1).map_err(|_| Error::TooManyNamespaces)?;
        if number == u8::MAX {
            return Err(Error::TooManyNamespaces);
        }
        self.single(name, 0, key, kind::U8, &[number])?;
        self.namespaces.push(name.to_owned());
        self.open = number;
        Ok(())
    }

    /// Sets a value in the open namespace.
    ///
    /// # Errors
    /// If the key cannot be used or is taken, the value cannot be stored, or there is no room.
    pub fn set(&mut self, key: &str, value: &Value) -> Result<(), Error> {
        let name = name_bytes(key)?;
        if self.open == 0 {
            return Err(Error::NoNamespace);
        }
        if !self.keys.insert((self.open, key.to_owned())) {
            return Err(Error::DuplicateKey {
                key: key.to_owned(),
            });
        }
        let open = self.open;
        match value {
            Value::Blob(bytes) => self.blob(key, name, bytes),
            Value::String(text) => self.string(key, name, text),
            Value::I8(n) => self.single(key, open, name, kind::I8, &n.to_le_bytes()),
            Value::I16(n) => self.single(key, open, name, kind::I16, &n.to_le_bytes()),
            Value::I32(n) => self.single(key, open, name, kind::I32, &n.to_le_bytes()),
            Value::I64(n) => self.single(key, open, name, kind::I64, &n.to_le_bytes()),
            Value::U8(n) => self.single(key, open, name, kind::U8, &n.to_le_bytes()),
            Value::U16(n) => self.single(key, open, name, kind::U16, &n.to_le_bytes()),
            Value::U32(n) => self.single(key, open, name, kind::U32, &n.to_le_bytes()),
            Value::U64(n) => self.single(key, open, name, kind::U64, &n.to_le_bytes()),
        }
    }

    /// The finished image.
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.image
    }

    fn single(
        &mut self,
        name: &str,
        namespace: u8,
        key: [u8; 16],
        kind: u8,
        number: &[u8],
    ) -> Result<(), Error> {
        if self.entries >= ENTRIES {
            self.next_page(name)?;
        }
        self.push(&Head {
            namespace,
            kind,
            span: 1,
            chunk: CHUNK_ANY,
            key,
            data: filled(number, 0xff),
        })
        .ok_or_else(|| full(name))
    }

    fn string(&mut self, name: &str, key: [u8; 16], text: &[u8]) -> Result<(), Error> {
        if text.contains(&0) {
            return Err(Error::StringNul {
                key: name.to_owned(),
            });
        }
        if text.len() > MAX_STRING_BYTES {
            return Err(Error::StringTooLong {
                key: name.to_owned(),
                bytes: text.len(),
            });
        }
        let mut payload = Zeroizing::new(Vec::with_capacity(text.len() + 1));
        payload.extend_from_slice(text);
        payload.push(0);
        let span = 1 + payload.len().div_ceil(ENTRY_BYTES);
        // Espressif's generator never lets a string fill a page to the last entry.
        if self.entries > 0 && self.entries + span >= ENTRIES {
            self.next_page(name)?;
        }
        self.push_with_payload(kind::STRING, CHUNK_ANY, key, &payload)
            .ok_or_else(|| full(name))
    }

    /// Chunks as large as each page has room for, then the index.
    fn blob(&mut self, name: &str, key: [u8; 16], bytes: &[u8]) -> Result<(), Error> {
        if self.entries >= ENTRIES {
            self.next_page(name)?;
        }
        let total = u32::try_from(bytes.len()).map_err(|_| full(name))?;
        let mut rest = bytes;
        let mut chunks: u8 = 0;
        loop {
            let room = (ENTRIES - self.entries - 1) * ENTRY_BYTES;
            let (chunk, after) = rest.split_at(room.min(rest.len()));
            if chunks == MAX_CHUNKS {
                return Err(full(name));
            }
            self.push_with_payload(kind::BLOB_DATA, chunks, key, chunk)
                .ok_or_else(|| full(name))?;
            chunks += 1;
            rest = after;
            if self.entries >= ENTRIES {
                self.next_page(name)?;
            }
            if rest.is_empty() {
                break;
            }
        }
        let [t0, t1, t2, t3] = total.to_le_bytes();
        self.push(&Head {
            namespace: self.open,
            kind: kind::BLOB_INDEX,
            span: 1,
            chunk: CHUNK_ANY,
            key,
            data: [t0, t1, t2, t3, chunks, 0, 0xff, 0xff],
        })
        .ok_or_else(|| full(name))
    }

    /// Starts the next page, unless only the one that has to stay blank is left.
    fn next_page(&mut self, name: &str) -> Result<(), Error> {
        if self.page + 2 >= self.image.len() / PAGE_BYTES {
            return Err(full(name));
        }
        self.put(0, &state::FULL.to_le_bytes())
            .ok_or_else(|| full(name))?;
        self.page += 1;
        self.entries = 0;
        self.start_page().ok_or_else(|| full(name))
    }

    /// State, sequence number, version, and behind unused bytes their checksum.
    fn start_page(&mut self) -> Option<()> {
        let [a0, a1, a2, a3] = state::ACTIVE.to_le_bytes();
        let [n0, n1, n2, n3] = u32::try_from(self.page).ok()?.to_le_bytes();
        let header = filled(&[a0, a1, a2, a3, n0, n1, n2, n3, VERSION_2], 0xff);
        self.put(0, &header)?;
        self.put(HEADER_CRC, &header_crc(&header).to_le_bytes())
    }

    /// A string or a chunk with its payload; `None` if the page has no room for it.
    fn push_with_payload(
        &mut self,
        kind: u8,
        chunk: u8,
        key: [u8; 16],
        payload: &[u8],
    ) -> Option<()> {
        let span = 1 + payload.len().div_ceil(ENTRY_BYTES);
        if self.entries + span > ENTRIES {
            return None;
        }
        self.push(&Head {
            namespace: self.open,
            kind,
            span: u8::try_from(span).ok()?,
            chunk,
            key,
            data: payload_data(u16::try_from(payload.len()).ok()?, payload),
        })?;
        payload
            .chunks(ENTRY_BYTES)
            .try_for_each(|part| self.push_bytes(part))
    }

    fn push(&mut self, head: &Head) -> Option<()> {
        self.push_bytes(&head.encode())
    }

    /// One entry of at most 32 bytes, and its bits in the bitmap from 11 (empty) to 10 (written).
    fn push_bytes(&mut self, bytes: &[u8]) -> Option<()> {
        self.put(FIRST_ENTRY + self.entries * ENTRY_BYTES, bytes)?;
        let marks = self.page * PAGE_BYTES + BITMAP + self.entries / 4;
        *self.image.get_mut(marks)? &= !(1 << (self.entries % 4 * 2));
        self.entries += 1;
        Some(())
    }

    /// Overwrites bytes of the page that is being filled; `None` if they are not all in the image.
    fn put(&mut self, at: usize, bytes: &[u8]) -> Option<()> {
        let start = self.page * PAGE_BYTES + at;
        let room = self.image.get_mut(start..start + bytes.len())?;
        room.copy_from_slice(bytes);
        Some(())
    }
}

/// `bytes`, of which there are at most `N`, and `blank` behind them.
fn filled<const N: usize>(bytes: &[u8], blank: u8) -> [u8; N] {
    let mut filled = [blank; N];
    for (to, from) in filled.iter_mut().zip(bytes) {
        *to = *from;
    }
    filled
}

fn full(name: &str) -> Error {
    Error::Full {
        name: name.to_owned(),
    }
}

/// A name, filled with NUL to 16 bytes.
/// Whether a text can name a namespace or a key.
///
/// # Errors
/// [`Error::NameTooLong`] or [`Error::BadName`].
pub fn check_name(name: &str) -> Result<(), Error> {
    name_bytes(name).map(|_| ())
}

fn name_bytes(name: &str) -> Result<[u8; 16], Error> {
    if name.len() > MAX_NAME_BYTES {
        return Err(Error::NameTooLong {
            name: name.to_owned(),
            bytes: name.len(),
        });
    }
    if name.is_empty() || name.contains('\0') {
        return Err(Error::BadName {
            name: name.to_owned(),
        });
    }
    Ok(filled(name.as_bytes(), 0))
}
