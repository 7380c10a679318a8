//! What is written into a board.
//!
//! - [`partition`]: Espressif's partition table, parsed.
//! - [`nvs`]: Espressif's non-volatile storage, version 2, built and parsed.
//! - [`tlv`]: `esp_secure_cert` in its TLV form, built and parsed.
//! - [`preset`]: which of them holds what.

pub mod nvs;
pub mod partition;
pub mod preset;
pub mod tlv;

/// The CRC-32 of NVS and of `esp_secure_cert`, over the parts one after another.
///
/// Espressif calls zlib's `crc32` with 0xFFFFFFFF as the value to go on from, which makes the register
/// start at 0 instead of at all ones. The check value over `123456789` is 0xD202D277.
fn crc32(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn crc_check_value() {
        assert_eq!(crc32(&[b"123456789"]), 0xd202_d277);
        assert_eq!(crc32(&[b"1234", b"", b"56789"]), 0xd202_d277);
        assert_eq!(crc32(&[]), u32::MAX);
    }
}
