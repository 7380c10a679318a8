//! What a chip says about its security eFuses.

/// The answer to `GET_SECURITY_INFO` (Espressif, *Serial Protocol*): flags `u32`, flash encryption
/// counter `u8`, key purposes 7 × `u8`, and, except on the ESP32-S2, chip ID and API version `u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityInfo {
    /// The flags as sent.
    pub flags: u32,
    /// How often flash encryption was switched on and off.
    pub crypt_count: u8,
    /// The chip, if the ROM says which.
    pub chip_id: Option<u32>,
}

const SECURE_BOOT: u32 = 1 << 0;
const SECURE_DOWNLOAD: u32 = 1 << 2;

impl SecurityInfo {
    /// Reads the answer's data; `None` if it has neither of the two lengths.
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (flags, rest) = data.split_first_chunk()?;
        let (crypt_count, rest) = rest.split_first()?;
        let (_key_purposes, rest) = rest.split_first_chunk::<7>()?;
        let chip_id = match rest.len() {
            0 => None,
            8 => Some(u32::from_le_bytes(*rest.first_chunk()?)),
            _ => return None,
        };
        Some(Self {
            flags: u32::from_le_bytes(*flags),
            crypt_count: *crypt_count,
            chip_id,
        })
    }

    /// Whether only signed firmware starts.
    #[must_use]
    pub fn secure_boot(&self) -> bool {
        self.flags & SECURE_BOOT != 0
    }

    /// Whether the ROM refuses to read anything back.
    #[must_use]
    pub fn secure_download(&self) -> bool {
        self.flags & SECURE_DOWNLOAD != 0
    }

    /// Whether flash encryption is on: each switch burns one more bit, so odd is on.
    #[must_use]
    pub fn flash_encryption(&self) -> bool {
        self.crypt_count.count_ones() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from the ROM of an ESP32-C3 in secure download mode.
    const C3: [u8; 20] = [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 5, 0, 0, 0, 3, 0, 0, 0];

    #[test]
    fn reads_both_lengths() {
        let info = SecurityInfo::parse(&C3).unwrap();
        assert_eq!(info.chip_id, Some(5));
        assert!(info.secure_download() && !info.secure_boot() && !info.flash_encryption());
        assert_eq!(SecurityInfo::parse(&C3[..12]).unwrap().chip_id, None);
        for length in [0, 11, 13, 19] {
            assert_eq!(SecurityInfo::parse(&C3[..length]), None);
        }
    }

    #[test]
    fn encryption_is_on_after_an_odd_number_of_switches() {
        for (count, on) in [(0, false), (0b001, true), (0b011, false), (0b111, true)] {
            let mut data = C3;
            data[4] = count;
            assert_eq!(SecurityInfo::parse(&data).unwrap().flash_encryption(), on);
        }
    }
}
