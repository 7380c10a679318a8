//! Espressif's partition table, parsed.
//!
//! A table is a row of 32 bytes per partition, then a row with the MD5 of the rows before, then
//! erased flash. Rules: ESP-IDF, *Partition Tables*, and its `gen_esp32part.py`.

use core::fmt;
use std::ops::Range;

use md5::{Digest, Md5};

use crate::Explain;

/// Where ESP-IDF puts the table unless told otherwise: byte offset in flash.
pub const TABLE_OFFSET: u32 = 0x8000;
/// Bytes that a table may fill: 95 partitions and the digest.
pub const TABLE_LENGTH: usize = 0xC00;

const ROW: usize = 32;
const MAGIC: [u8; 2] = [0xAA, 0x50];
/// The digest's row: this, 14 times 0xFF, 16 bytes of MD5.
const DIGEST_MAGIC: [u8; 2] = [0xEB, 0xEB];
const ENCRYPTED: u32 = 1;

const APP: u8 = 0x00;
const BOOTLOADER: u8 = 0x02;
const TABLE: u8 = 0x03;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Name, at most 16 bytes.
    pub label: String,
    /// 0 app, 1 data, 0x40 and above custom.
    pub kind: u8,
    /// Meaning depends on `kind`.
    pub subtype: u8,
    /// Byte offset in flash.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// Whether flash encryption covers it.
    pub encrypted: bool,
}

impl Partition {
    /// Whether it holds anything but code: not an application, a bootloader or the table itself.
    #[must_use]
    pub fn holds_data(&self) -> bool {
        !matches!(self.kind, APP | BOOTLOADER | TABLE)
    }

    /// The bytes of flash that it covers.
    #[must_use]
    pub fn range(&self) -> Range<u32> {
        self.offset..self.offset.saturating_add(self.size)
    }

    fn parse(row: &[u8; ROW]) -> Result<Self, Error> {
        let [
            _,
            _,
            kind,
            subtype,
            o0,
            o1,
            o2,
            o3,
            s0,
            s1,
            s2,
            s3,
            name @ ..,
            f0,
            f1,
            f2,
            f3,
        ] = row;
        let offset = u32::from_le_bytes([*o0, *o1, *o2, *o3]);
        let size = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
        let flags = u32::from_le_bytes([*f0, *f1, *f2, *f3]);
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        if size == 0 || offset.checked_add(size).is_none() {
            return Err(Error::Size { offset, size });
        }
        let label = core::str::from_utf8(name)
            .ok()
            .filter(|name| !name.contains(char::is_control));
        Ok(Self {
            label: label.ok_or(Error::Label { offset })?.to_owned(),
            kind: *kind,
            subtype: *subtype,
            offset,
            size,
            encrypted: flags & ENCRYPTED != 0,
        })
    }
}

/// A table whose digest is right, whose names are unique and whose partitions do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionTable {
    partitions: Vec<Partition>,
    has_digest: bool,
}

impl PartitionTable {
    /// Reads a table from its first byte up to its end marker; what follows does not matter.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there is no end marker in `bytes` and there may be one behind them;
    /// otherwise what is wrong with the table.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = bytes.get(..TABLE_LENGTH).unwrap_or(bytes);
        let (rows, _) = bytes.as_chunks::<ROW>();
        let mut partitions: Vec<Partition> = Vec::new();
        let mut has_digest = false;
        for (number, row) in rows.iter().enumerate() {
            match row {
                [0xFF, 0xFF, ..] => return Self::checked(partitions, has_digest),
                [a, b, ..] if [*a, *b] == MAGIC && !has_digest => {
                    partitions.push(Partition::parse(row)?);
                }
                [a, b, ..] if [*a, *b] == DIGEST_MAGIC && !has_digest => {
                    let covered = bytes.get(..number * ROW).unwrap_or_default();
                    if row.last_chunk::<16>() != Some(&Md5::digest(covered).into()) {
                        return Err(Error::Digest);
                    }
                    has_digest = true;
                }
                _ => return Err(Error::Row { number }),
            }
        }
        if bytes.len() == TABLE_LENGTH {
            return Self::checked(partitions, has_digest);
        }
        Err(Error::Truncated)
    }

    /// The partitions in the order of the table.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// Whether the table carries its own digest; ESP-IDF can be told to leave it out.
    #[must_use]
    pub fn has_digest(&self) -> bool {
        self.has_digest
    }

    /// The partition with that name.
    #[must_use]
    pub fn find(&self, label: &str) -> Option<&Partition> {
        self.partitions
            .iter()
            .find(|partition| partition.label == label)
    }

    /// The first byte behind the last partition.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.partitions
            .iter()
            .map(|partition| partition.range().end)
            .max()
            .unwrap_or(0)
    }

    fn checked(partitions: Vec<Partition>, has_digest: bool) -> Result<Self, Error> {
        if partitions.is_empty() {
            return Err(Error::Empty);
        }
        let mut sorted: Vec<&Partition> = partitions.iter().collect();
        sorted.sort_by_key(|partition| partition.offset);
        for (first, second) in sorted.iter().zip(sorted.iter().skip(1)) {
            if second.offset < first.range().end {
                let (first, second) = (first.label.clone(), second.label.clone());
                return Err(Error::Overlap { first, second });
            }
        }
        sorted.sort_by_key(|partition| &partition.label);
        for (first, second) in sorted.iter().zip(sorted.iter().skip(1)) {
            if first.label == second.label {
                return Err(Error::NameTwice {
                    label: first.label.clone(),
                });
            }
        }
        Ok(Self {
            partitions,
            has_digest,
        })
    }
}

/// Why a partition table is not sound.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The digest does not match the rows before it.
    Digest,
    /// There is erased flash, or nothing but a digest.
    Empty,
    /// A name is not text.
    Label {
        /// Byte offset of the partition.
        offset: u32,
    },
    /// Two partitions have the same name.
    NameTwice {
        /// The name.
        label: String,
    },
    /// Two partitions cover the same bytes.
    Overlap {
        /// Name of the one that begins first.
        first: String,
        /// Name of the other.
        second: String,
    },
    /// A row is neither a partition nor the digest nor erased, or stands behind the digest.
    Row {
        /// Its number, from 0.
        number: usize,
    },
    /// A partition has no bytes, or more than an address can reach.
    Size {
        /// Its byte offset.
        offset: u32,
        /// Its size in bytes.
        size: u32,
    },
    /// The table goes on behind the bytes that were given.
    Truncated,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The board's partition table is damaged: ")?;
        match self {
            Self::Digest => f.write_str("its checksum is wrong."),
            Self::Empty => f.write_str("it is empty; no firmware was flashed."),
            Self::Label { offset } => write!(f, "the partition at {offset:#x} has no proper name."),
            Self::NameTwice { label } => write!(f, "two partitions are called \"{label}\"."),
            Self::Overlap { first, second } => {
                write!(f, "\"{first}\" and \"{second}\" cover the same flash.")
            }
            Self::Row { number } => write!(f, "row {number} means nothing."),
            Self::Size { offset, size } => {
                write!(
                    f,
                    "the partition at {offset:#x} cannot have {size:#x} bytes."
                )
            }
            Self::Truncated => f.write_str("it has no end."),
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Digest => "image.partition-table-digest",
            Self::Empty => "image.partition-table-empty",
            Self::Label { .. } => "image.partition-label",
            Self::NameTwice { .. } => "image.partition-name-twice",
            Self::Overlap { .. } => "image.partition-overlap",
            Self::Row { .. } => "image.partition-table-row",
            Self::Size { .. } => "image.partition-size",
            Self::Truncated => "image.partition-table-truncated",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Empty => "Flash the firmware, with its partition table, before the credentials.",
            _ => "Flash the board's firmware and partition table anew.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    type Row = (&'static str, u8, u8, u32, u32);

    const USUAL: [Row; 4] = [
        ("nvs", 1, 2, 0x9000, 0x4000),
        ("esp_secure_cert", 0x3F, 6, 0xD000, 0x2000),
        ("phy_init", 1, 1, 0xF000, 0x1000),
        ("factory", 0, 0, 0x1_0000, 0x10_0000),
    ];

    fn rows(entries: &[Row]) -> Vec<u8> {
        let mut table = Vec::new();
        for (label, kind, subtype, offset, size) in entries {
            table.extend([0xAA, 0x50, *kind, *subtype]);
            table.extend(offset.to_le_bytes());
            table.extend(size.to_le_bytes());
            table.extend(label.as_bytes());
            table.resize(table.len().next_multiple_of(32) - 4, 0);
            table.extend([0; 4]);
        }
        table
    }

    fn ended(mut table: Vec<u8>) -> Vec<u8> {
        let digest = Md5::digest(&table);
        table.extend([0xEB, 0xEB]);
        table.extend([0xFF; 14]);
        table.extend(digest);
        table.extend([0xFF; 32]);
        table
    }

    #[test]
    fn finds_by_name() {
        let table = PartitionTable::parse(&ended(rows(&USUAL))).unwrap();
        assert!(table.has_digest());
        assert_eq!(table.end(), 0x11_0000);
        let partition = table.find("esp_secure_cert").unwrap();
        assert_eq!(partition.range(), 0xD000..0xF000);
        assert!(partition.holds_data() && !table.find("factory").unwrap().holds_data());
        assert_eq!(table.find("esp_secure"), None);
    }

    #[test]
    fn any_changed_bit_of_a_row_is_seen() {
        let table = ended(rows(&USUAL));
        for bit in 0..8 * (table.len() - 32) {
            let mut changed = table.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // The fourteen bytes of padding in the digest's row mean nothing.
            let padding = (4 * 32 + 2)..(4 * 32 + 16);
            assert_eq!(
                PartitionTable::parse(&changed).is_err(),
                !padding.contains(&(bit / 8)),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_table_ends_where_it_says() {
        let table = ended(rows(&USUAL));
        for length in 0..table.len() - 31 {
            assert_eq!(
                PartitionTable::parse(&table[..length]),
                Err(Error::Truncated)
            );
        }
        let mut bare = rows(&USUAL);
        bare.extend([0xFF; 32]);
        assert!(!PartitionTable::parse(&bare).unwrap().has_digest());
        assert_eq!(PartitionTable::parse(&[0xFF; 32]), Err(Error::Empty));
        assert_eq!(PartitionTable::parse(&ended(vec![])), Err(Error::Empty));
    }

    #[test]
    fn unsound_tables_are_named() {
        let parse = |entries: &[Row]| PartitionTable::parse(&ended(rows(entries)));
        let error = parse(&[("a", 1, 2, 0x9000, 0x4000), ("b", 1, 2, 0xC000, 0x1000)]);
        assert_eq!(
            error,
            Err(Error::Overlap {
                first: "a".to_owned(),
                second: "b".to_owned()
            })
        );
        let error = parse(&[("a", 1, 2, 0x9000, 0x1000), ("a", 1, 2, 0xC000, 0x1000)]);
        assert_eq!(
            error,
            Err(Error::NameTwice {
                label: "a".to_owned()
            })
        );
        let error = parse(&[("a", 1, 2, 0xFFFF_F000, 0x2000)]);
        assert_eq!(
            error,
            Err(Error::Size {
                offset: 0xFFFF_F000,
                size: 0x2000
            })
        );
        assert_eq!(
            parse(&[("a", 1, 2, 0x9000, 0)]),
            Err(Error::Size {
                offset: 0x9000,
                size: 0
            })
        );
        assert_eq!(
            parse(&[("\x1b", 1, 2, 0x9000, 0x1000)]),
            Err(Error::Label { offset: 0x9000 })
        );
        let mut behind = ended(rows(&USUAL));
        behind.truncate(behind.len() - 32);
        behind.extend(rows(&[("x", 1, 2, 0x20_0000, 0x1000)]));
        behind.extend([0xFF; 32]);
        assert_eq!(
            PartitionTable::parse(&behind),
            Err(Error::Row { number: 5 })
        );
    }
}
