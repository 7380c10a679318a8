//! What the factory burnt into the chip.

/// The ID of the ESP32-C3 in `GET_SECURITY_INFO`.
const CHIP_ID: u32 = 5;
const API_VERSION: u32 = 3;
const MAC_LOW: u32 = 0x6000_8844;
const MAC_HIGH: u32 = 0x6000_8848;

/// The eFuses that the loader looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Efuses {
    pub(super) mac: [u8; 6],
    pub(super) secure_boot: bool,
    pub(super) secure_download: bool,
    /// Flash encryption counter, three bits.
    pub(super) crypt_count: u8,
}

impl Efuses {
    pub(super) fn security_info(&self) -> Vec<u8> {
        let flags = u32::from(self.secure_boot) | u32::from(self.secure_download) << 2;
        let mut info = flags.to_le_bytes().to_vec();
        info.push(self.crypt_count);
        info.extend([0, 0, 0, 0, 0, 0, 12]); // key purposes, as on a fresh chip
        info.extend(CHIP_ID.to_le_bytes());
        info.extend(API_VERSION.to_le_bytes());
        info
    }

    /// The word at that address, if it is one of these.
    pub(super) fn register(&self, address: u32) -> Option<u32> {
        let [a, b, c, d, e, f] = self.mac;
        match address {
            MAC_LOW => Some(u32::from_be_bytes([c, d, e, f])),
            MAC_HIGH => Some(u32::from_be_bytes([0, 0, a, b])),
            _ => None,
        }
    }
}
