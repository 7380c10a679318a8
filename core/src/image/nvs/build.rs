use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::page::{
    BITMAP, CHUNK_ANY, ENTRIES, ENTRY_BYTES, FIRST_ENTRY, Head, MAX_CHUNKS, PAGE_BYTES, VERSION_2,
    header_crc, kind, payload_data, state,
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
        builder.start_page();
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
        let mut data = [0xff; 8];
        data[..number.len()].copy_from_slice(number);
        self.push(&Head {
            namespace,
            kind,
            span: 1,
            chunk: CHUNK_ANY,
            key,
            data,
        });
        Ok(())
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
        });
        Ok(())
    }

    /// Starts the next page, unless only the one that has to stay blank is left.
    fn next_page(&mut self, name: &str) -> Result<(), Error> {
        if self.page + 2 >= self.image.len() / PAGE_BYTES {
            return Err(full(name));
        }
        let start = self.page * PAGE_BYTES;
        self.image[start..start + 4].copy_from_slice(&state::FULL.to_le_bytes());
        self.page += 1;
        self.entries = 0;
        self.start_page();
        Ok(())
    }

    fn start_page(&mut self) {
        let mut header = [0xff; 32];
        header[..4].copy_from_slice(&state::ACTIVE.to_le_bytes());
        let sequence = u32::try_from(self.page).unwrap_or(u32::MAX);
        header[4..8].copy_from_slice(&sequence.to_le_bytes());
        header[8] = VERSION_2;
        let crc = header_crc(&header);
        header[28..].copy_from_slice(&crc.to_le_bytes());
        let start = self.page * PAGE_BYTES;
        self.image[start..start + 32].copy_from_slice(&header);
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
        });
        for part in payload.chunks(ENTRY_BYTES) {
            self.push_bytes(part);
        }
        Some(())
    }

    fn push(&mut self, head: &Head) {
        self.push_bytes(&head.encode());
    }

    /// One entry of at most 32 bytes, and its bits in the bitmap from 11 (empty) to 10 (written).
    fn push_bytes(&mut self, bytes: &[u8]) {
        let page = self.page * PAGE_BYTES;
        let at = page + FIRST_ENTRY + self.entries * ENTRY_BYTES;
        self.image[at..at + bytes.len()].copy_from_slice(bytes);
        self.image[page + BITMAP + self.entries / 4] &= !(1 << (self.entries % 4 * 2));
        self.entries += 1;
    }
}

fn full(name: &str) -> Error {
    Error::Full {
        name: name.to_owned(),
    }
}

/// A name, filled with NUL to 16 bytes.
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
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Ok(bytes)
}
