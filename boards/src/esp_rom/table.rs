//! The partition table of a fresh board.

use md5::{Digest, Md5};

/// One partition: name, type, subtype, byte offset, size in bytes, flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// At most 16 bytes.
    pub label: &'static str,
    /// 0 app, 1 data, more for custom ones.
    pub kind: u8,
    /// Meaning depends on `kind`.
    pub subtype: u8,
    /// Byte offset in flash.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// Bit 0: covered by flash encryption.
    pub flags: u32,
}

const fn row(label: &'static str, kind: u8, subtype: u8, offset: u32, size: u32) -> Row {
    Row {
        label,
        kind,
        subtype,
        offset,
        size,
        flags: 0,
    }
}

/// What ESP-IDF's default table becomes with `esp_secure_cert` where Espressif's tools put it, 8 KiB at
/// 0xD000; `nvs` gives way to it and has the 16 KiB in front of it.
pub const PARTITIONS: [Row; 4] = [
    row("nvs", 1, 2, 0x9000, 0x4000),
    row("esp_secure_cert", 0x3F, 6, 0xD000, 0x2000),
    row("phy_init", 1, 1, 0xF000, 0x1000),
    row("factory", 0, 0, 0x1_0000, 0x10_0000),
];

/// A table as it stands in flash: a row of 32 bytes each, then the row with their MD5.
#[must_use]
pub fn partition_table(rows: &[Row]) -> Vec<u8> {
    let mut table = Vec::new();
    for row in rows {
        table.extend([0xAA, 0x50, row.kind, row.subtype]);
        table.extend(row.offset.to_le_bytes());
        table.extend(row.size.to_le_bytes());
        let mut label = row.label.as_bytes().to_vec();
        label.resize(16, 0);
        table.extend(label);
        table.extend(row.flags.to_le_bytes());
    }
    let digest = Md5::digest(&table);
    table.extend([0xEB, 0xEB]);
    table.extend([0xFF; 14]);
    table.extend(digest);
    table
}
