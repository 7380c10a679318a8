//! The chips: what differs between their ROMs, as one table.
//!
//! Numbers: Espressif's *Serial Protocol* page and chip headers (`soc/efuse_reg.h`), as Espressif's
//! own esptool 5.6.0 uses them.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A member of the ESP32 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the manufacturer's")]
pub enum Chip {
    Esp32,
    Esp32S2,
    Esp32S3,
    Esp32C2,
    Esp32C3,
    Esp32C5,
    Esp32C6,
    Esp32C61,
    Esp32H2,
    Esp32P4,
}

/// A row of the table.
struct Facts {
    chip: Chip,
    name: &'static str,
    /// Chip ID in `GET_SECURITY_INFO`, where the ROM gives one, and in image headers.
    id: u32,
    /// What stands at [`MAGIC_REGISTER`], for the ROMs that give no chip ID.
    magic: Option<u32>,
    /// Address of the eFuse word with the low four bytes of the MAC address; the next has the rest.
    mac: u32,
    /// Address of the first register of the SPI controller that the flash chip hangs on.
    spi: u32,
}

/// Addresses of what it takes to ask the flash chip a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spi {
    /// `SPI_CMD_REG`.
    pub(super) command: u32,
    /// `SPI_USER_REG`.
    pub(super) user: u32,
    /// `SPI_USER2_REG`.
    pub(super) user2: u32,
    /// `SPI_MISO_DLEN_REG`.
    pub(super) answer_bits: u32,
    /// `SPI_W0_REG`.
    pub(super) data: u32,
}

/// The address that Espressif's tools tell old chips apart by.
pub(super) const MAGIC_REGISTER: u32 = 0x4000_1000;

const fn row(
    chip: Chip,
    name: &'static str,
    id: u32,
    magic: Option<u32>,
    mac: u32,
    spi: u32,
) -> Facts {
    Facts {
        chip,
        name,
        id,
        magic,
        mac,
        spi,
    }
}

#[rustfmt::skip]
const TABLE: [Facts; 10] = [
    row(Chip::Esp32, "ESP32", 0, Some(0x00F0_1D83), 0x3FF5_A004, 0x3FF4_2000),
    row(Chip::Esp32S2, "ESP32-S2", 2, Some(0x0000_07C6), 0x3F41_A044, 0x3F40_2000),
    row(Chip::Esp32S3, "ESP32-S3", 9, None, 0x6000_7044, 0x6000_2000),
    row(Chip::Esp32C2, "ESP32-C2", 12, None, 0x6000_8840, 0x6000_2000),
    row(Chip::Esp32C3, "ESP32-C3", 5, None, 0x6000_8844, 0x6000_2000),
    row(Chip::Esp32C5, "ESP32-C5", 23, None, 0x600B_4844, 0x6000_3000),
    row(Chip::Esp32C6, "ESP32-C6", 13, None, 0x600B_0844, 0x6000_3000),
    row(Chip::Esp32C61, "ESP32-C61", 20, None, 0x600B_4844, 0x6000_3000),
    row(Chip::Esp32H2, "ESP32-H2", 16, None, 0x600B_0844, 0x6000_3000),
    row(Chip::Esp32P4, "ESP32-P4", 18, None, 0x5012_D044, 0x5008_D000),
];

impl Chip {
    /// The manufacturer's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().map_or("ESP32", |facts| facts.name)
    }

    /// The chip with that ID in `GET_SECURITY_INFO`.
    #[must_use]
    pub fn from_id(id: u32) -> Option<Self> {
        TABLE
            .iter()
            .find(|facts| facts.id == id)
            .map(|facts| facts.chip)
    }

    /// The chip with that word at 0x40001000; only those that give no ID are told apart by it.
    #[must_use]
    pub fn from_magic(magic: u32) -> Option<Self> {
        TABLE
            .iter()
            .find(|facts| facts.magic == Some(magic))
            .map(|facts| facts.chip)
    }

    /// Addresses of the two eFuse words with the factory MAC address: its low four bytes, and in the
    /// low half of the second its high two.
    pub(super) fn mac_registers(self) -> [u32; 2] {
        let low = self.facts().map_or(0, |facts| facts.mac);
        [low, low + 4]
    }

    /// The registers of the SPI controller; the first ESP32 has them in other places than its successors.
    pub(super) fn spi(self) -> Spi {
        let base = self.facts().map_or(0, |facts| facts.spi);
        let [user, user2, answer_bits, data] = match self {
            Self::Esp32 => [0x1C, 0x24, 0x2C, 0x80],
            _ => [0x18, 0x20, 0x28, 0x58],
        };
        Spi {
            command: base,
            user: base + user,
            user2: base + user2,
            answer_bits: base + answer_bits,
            data: base + data,
        }
    }

    /// Whether `FLASH_DEFL_BEGIN` ends with a fifth word (encrypt or not). The first ESP32 does not
    /// know it; its successors refuse a request without it.
    pub(super) fn begin_has_encrypt_word(self) -> bool {
        self != Self::Esp32
    }

    /// Whether the ROM was seen to ignore what stands behind a block in its frame.
    pub(super) fn takes_guards(self) -> bool {
        self == Self::Esp32C3
    }

    fn facts(self) -> Option<&'static Facts> {
        TABLE.iter().find(|facts| facts.chip == self)
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The MAC address out of its two eFuse words, most significant byte first; `None` if no factory
/// could have burnt it: all zeros or ones, or a group address (IEEE 802, least significant bit of the
/// first octet).
pub(super) fn mac_address(low: u32, high: u32) -> Option<[u8; 6]> {
    let [.., a, b] = high.to_be_bytes();
    let [c, d, e, f] = low.to_be_bytes();
    let mac = [a, b, c, d, e, f];
    let individual = a & 1 == 0;
    (individual && mac != [0; 6]).then_some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chip_has_one_row() {
        for facts in &TABLE {
            assert_eq!(Chip::from_id(facts.id), Some(facts.chip));
            assert_eq!(facts.chip.name(), facts.name);
        }
        assert_eq!(Chip::from_id(4), None, "a withdrawn beta");
        assert_eq!(Chip::from_magic(0xFFF0_C101), None, "an ESP8266");
    }

    #[test]
    fn mac_is_put_together_from_its_words() {
        let mac = mac_address(0xA1B2_C3D4, 0x0001_7CDF);
        assert_eq!(mac, Some([0x7C, 0xDF, 0xA1, 0xB2, 0xC3, 0xD4]));
        assert_eq!(mac_address(0, 0), None);
        assert_eq!(mac_address(u32::MAX, u32::MAX), None);
        assert_eq!(mac_address(1, 0x0100), None);
    }
}
