//! `esp_secure_cert` in its TLV form: what Espressif's secure certificate manager reads on the board.
//!
//! A row of entries from the start of the partition: magic 0xBA5EBA11 (u32), flags (u8), three zero
//! bytes, type (u8), subtype (u8), length (u16), value, zeros up to a multiple of 16 bytes of value,
//! CRC-32 (u32) over all before it. Little endian. The row ends where no magic follows.
//!
//! A value in PEM includes its NUL; a value without one is DER. A reader asks for a type and a subtype,
//! counts offsets in 16 bits, and looks for the next magic behind the last entry.
//!
//! Source: espressif/esp_secure_cert_mgr `docs/format.md`, `esp_secure_cert_tlv_read.c`, and the PyPI
//! package `esp-secure-cert-tool` 2.6.1, whose output [`Builder`] reproduces byte for byte.

mod build;
mod error;
mod read;

#[cfg(test)]
mod tests;

pub use build::Builder;
pub use error::Error;
pub use read::{Entry, Finding, MAX_FINDINGS, Problem, Tlv, parse};

/// Type codes, `esp_secure_cert_tlv_config.h`.
pub mod kind {
    /// Roots that the device trusts.
    pub const CA_CERT: u8 = 0;
    /// The device's own certificate, or its chain.
    pub const DEVICE_CERT: u8 = 1;
    /// The device's private key.
    pub const PRIVATE_KEY: u8 = 2;
    /// Data for the RSA signature peripheral.
    pub const DS_DATA: u8 = 3;
    /// Parameters for the RSA signature peripheral.
    pub const DS_CONTEXT: u8 = 4;
    /// Salt from which an ECDSA key is derived.
    pub const ECDSA_SALT: u8 = 5;
    /// Which efuse block holds the key.
    pub const SECURITY_CONFIG: u8 = 6;
    /// Key of the secure storage in a trusted execution environment.
    pub const TEE_KEY: u8 = 7;
    /// A signature over the partition.
    pub const SIGNATURE: u8 = 8;
    /// SHA-256 of everything before this entry.
    pub const INTEGRITY: u8 = 9;
    /// The first of five types that belong to the firmware, 51 to 55.
    pub const USER_DATA_1: u8 = 51;

    /// What people call a type.
    pub fn name(kind: u8) -> Option<&'static str> {
        Some(match kind {
            CA_CERT => "CA certificate",
            DEVICE_CERT => "device certificate",
            PRIVATE_KEY => "private key",
            DS_DATA => "signature peripheral data",
            DS_CONTEXT => "signature peripheral context",
            ECDSA_SALT => "ECDSA key salt",
            SECURITY_CONFIG => "security configuration",
            TEE_KEY => "secure storage key",
            SIGNATURE => "signature block",
            INTEGRITY => "integrity hash",
            51..=55 => "firmware data",
            201 | 202 => "Matter data",
            _ => return None,
        })
    }
}

/// Flag bits of a private key entry, `esp_secure_cert_tlv_private.h`.
pub mod flag {
    /// The value is encrypted (AES-GCM) with a key derived from efuse.
    pub const ENCRYPTED: u8 = 0x80;
    /// The key is derived from efuse and a salt; the value is a placeholder.
    pub const DERIVED: u8 = 0x40;
    /// The key is in efuse; the value is a placeholder.
    pub const IN_EFUSE: u8 = 0x08;
}

/// The largest image that is built or read: the reader on the board counts offsets in 16 bits, and
/// partitions come in sectors of 4096 bytes.
pub const MAX_BYTES: usize = 0x1_0000;

const MAGIC: [u8; 4] = 0xba5e_ba11_u32.to_le_bytes();
const HEADER_BYTES: usize = 12;
const CRC_BYTES: usize = 4;
const ALIGNMENT: usize = 16;

/// Bytes that an entry takes with a value of `len` bytes.
pub(super) fn entry_bytes(len: usize) -> usize {
    HEADER_BYTES + len.next_multiple_of(ALIGNMENT) + CRC_BYTES
}
