//! NVS, version 2: Espressif's key-value store in flash, without encryption.
//!
//! A partition is a row of pages of 4096 bytes; a page is a header (32 bytes), a bitmap of two bits
//! per entry (32 bytes) and 126 entries of 32 bytes. All numbers are little endian. A value belongs
//! to a namespace and has a key of at most 15 bytes. Strings lie within one page; blobs are cut into
//! chunks, one index entry holds them together.
//!
//! Source: ESP-IDF `components/nvs_flash` and the PyPI package `esp-idf-nvs-partition-gen` 0.3.0, whose
//! output [`Builder`] reproduces byte for byte.

mod build;
mod error;
mod finding;
mod page;
mod read;
mod value;

#[cfg(test)]
mod tests;

pub use build::{Builder, check_name};
pub use error::Error;
pub use finding::{Finding, Problem};
pub use page::PAGE_BYTES;
pub use read::{Item, MAX_FINDINGS, MAX_PAGES, Nvs, is_likely, parse};
pub use value::Value;

/// Longest name of a namespace or a key, in bytes (`NVS_KEY_NAME_MAX_SIZE` less the NUL).
pub const MAX_NAME_BYTES: usize = 15;

/// Longest string, in bytes and without its NUL: 4000 with it.
pub const MAX_STRING_BYTES: usize = 3999;

/// Smallest partition that a device can write to: two pages of data and one kept empty.
pub const MIN_BYTES: u32 = 0x3000;
