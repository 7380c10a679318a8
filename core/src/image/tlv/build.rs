use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{ALIGNMENT, Error, MAGIC, MAX_BYTES, entry_bytes, kind};
use crate::image::crc32;

/// Writes an `esp_secure_cert` image, entry after entry.
pub struct Builder {
    image: Zeroizing<Vec<u8>>,
    used: usize,
    names: Vec<(u8, u8)>,
}

impl Builder {
    /// An empty image of `size` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] unless `size` is a multiple of 4096 from 4096 to [`MAX_BYTES`].
    pub fn new(size: u32) -> Result<Self, Error> {
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        if bytes == 0 || bytes % 4096 != 0 || bytes > MAX_BYTES {
            return Err(Error::Size { bytes });
        }
        Ok(Self {
            image: Zeroizing::new(vec![0xff; bytes]),
            used: 0,
            names: Vec::new(),
        })
    }

    /// Adds one entry.
    ///
    /// # Errors
    /// [`Error::Duplicate`] if type and subtype are there already, [`Error::TooLarge`] if it does not
    /// fit. Four bytes stay blank at the end, so that the reader finds it inside the partition.
    pub fn add(&mut self, kind: u8, subtype: u8, flags: u8, value: &[u8]) -> Result<(), Error> {
        if self.names.contains(&(kind, subtype)) {
            return Err(Error::Duplicate { kind, subtype });
        }
        let end = self.used + entry_bytes(value.len());
        let available = self.image.len() - MAGIC.len();
        let room = self.image.get_mut(self.used..end);
        let (Ok(length), Some(room), true) = (u16::try_from(value.len()), room, end <= available)
        else {
            return Err(Error::TooLarge {
                needed: end,
                available,
            });
        };
        let [l0, l1] = length.to_le_bytes();
        let [m0, m1, m2, m3] = MAGIC;
        let header = [m0, m1, m2, m3, flags, 0, 0, 0, kind, subtype, l0, l1];
        let padding = vec![0; value.len().next_multiple_of(ALIGNMENT) - value.len()];
        let crc = crc32(&[&header, value, &padding]).to_le_bytes();
        let parts = [header.as_slice(), value, &padding, &crc];
        let bytes = parts.iter().copied().flatten();
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.used = end;
        self.names.push((kind, subtype));
        Ok(())
    }

    /// Adds the SHA-256 of everything so far.
    ///
    /// # Errors
    /// As [`Builder::add`].
    pub fn add_integrity(&mut self) -> Result<(), Error> {
        let used = self.image.get(..self.used).ok_or(Error::TooLarge {
            needed: self.used,
            available: self.image.len(),
        })?;
        let hash = Sha256::digest(used);
        self.add(kind::INTEGRITY, 0, 0, &hash)
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The finished image, 0xFF where unused.
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.image
    }
}
