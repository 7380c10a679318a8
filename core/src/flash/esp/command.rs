//! Requests to the ROM: opcodes, layouts, and how long each may take.
//!
//! Espressif, *Serial Protocol*: `00 opcode size:u16 checksum:u32 data`, little-endian. Nothing but
//! the data of a block is covered by a checksum; the layouts here are those of the ROM, not of the
//! stub that other flashers load first.

use core::fmt;

use zeroize::Zeroizing;

use super::slip;

/// A request by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Greets the ROM; it answers eight times.
    Sync = 0x08,
    /// Writes a 32-bit register.
    WriteRegister = 0x09,
    /// Reads a 32-bit register.
    ReadRegister = 0x0A,
    /// Tells the size of the flash chip.
    SpiSetParameters = 0x0B,
    /// Connects the SPI pins of the flash chip.
    SpiAttach = 0x0D,
    /// Reads at most 64 bytes of flash.
    ReadFlashSlow = 0x0E,
    /// Erases, and opens a compressed write.
    DeflateBegin = 0x10,
    /// One block of a compressed write.
    DeflateData = 0x11,
    /// MD5 of a range of flash.
    FlashMd5 = 0x13,
    /// Security flags and chip ID.
    SecurityInfo = 0x14,
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync => "SYNC",
            Self::WriteRegister => "WRITE_REG",
            Self::ReadRegister => "READ_REG",
            Self::SpiSetParameters => "SPI_SET_PARAMS",
            Self::SpiAttach => "SPI_ATTACH",
            Self::ReadFlashSlow => "READ_FLASH_SLOW",
            Self::DeflateBegin => "FLASH_DEFL_BEGIN",
            Self::DeflateData => "FLASH_DEFL_DATA",
            Self::FlashMd5 => "SPI_FLASH_MD5",
            Self::SecurityInfo => "GET_SECURITY_INFO",
        })
    }
}

/// Bytes of compressed data in one block: what the ROM's buffer holds.
pub(super) const BLOCK: usize = 0x400;
/// Bytes of flash that one `READ_FLASH_SLOW` gives.
pub(super) const PIECE: usize = 64;

/// Milliseconds for a request that only looks something up.
const PROMPT: u64 = 1_000;
/// Milliseconds to wait for the answer to one `SYNC`.
const SYNC_PATIENCE: u64 = 100;
/// Slowest erase to be expected: flash data sheets allow 400 ms per 4 KiB sector.
const ERASE_PER_SECTOR: u64 = 400;
/// Slowest digest to be expected, per 4 KiB; Espressif's tool allows 8 s per megabyte.
const DIGEST_PER_SECTOR: u64 = 32;
/// Milliseconds for a block before its content counts.
const BLOCK_PATIENCE: u64 = 5_000;
/// Slowest writing to be expected, per 4 KiB: the ROM answers a block when all that it expands to is
/// in flash. Espressif's tool allows 40 s per megabyte (`ERASE_WRITE_TIMEOUT_PER_MB`); data sheets
/// allow 3 ms per page of 256 bytes, which is less than a third of that.
const WRITE_PER_SECTOR: u64 = 164;
/// No deflate stream expands to more than that many times its length (258 bytes in two bits). A run of
/// 0xFF, which is what a partition is padded with, comes close to it.
const MOST_EXPANSION: u32 = 1032;
const SECTOR: u32 = 0x1000;

/// One request, ready to be framed.
pub(super) struct Request {
    pub(super) opcode: Opcode,
    /// Milliseconds until the answer is overdue.
    pub(super) patience: u64,
    data: Zeroizing<Vec<u8>>,
    checksum: u8,
    guard: Option<u8>,
}

impl Request {
    pub(super) fn sync() -> Self {
        let mut data = vec![0x07, 0x07, 0x12, 0x20];
        data.extend([0x55; 32]);
        Self {
            opcode: Opcode::Sync,
            patience: SYNC_PATIENCE,
            data: data.into(),
            checksum: 0,
            guard: None,
        }
    }

    pub(super) fn security_info() -> Self {
        Self::words(Opcode::SecurityInfo, PROMPT, &[])
    }

    pub(super) fn read_register(address: u32) -> Self {
        Self::words(Opcode::ReadRegister, PROMPT, &[address])
    }

    /// The bits of `mask` in the register, at once.
    pub(super) fn write_register(address: u32, value: u32, mask: u32) -> Self {
        let words = [address, value, mask, 0];
        Self::words(Opcode::WriteRegister, PROMPT, &words)
    }

    /// The flash chip on its usual pins.
    pub(super) fn spi_attach() -> Self {
        Self::words(Opcode::SpiAttach, PROMPT, &[0, 0])
    }

    /// Size of the flash chip; ID, block, sector, page and status mask are the same everywhere.
    pub(super) fn spi_set_parameters(size: u32) -> Self {
        let words = [0, size, 0x1_0000, SECTOR, 0x100, 0xFFFF];
        Self::words(Opcode::SpiSetParameters, PROMPT, &words)
    }

    /// At most [`PIECE`] bytes from `offset`.
    pub(super) fn read_flash_slow(offset: u32, length: u32) -> Self {
        Self::words(Opcode::ReadFlashSlow, PROMPT, &[offset, length])
    }

    pub(super) fn flash_md5(offset: u32, length: u32) -> Self {
        let patience = PROMPT + DIGEST_PER_SECTOR * u64::from(length / SECTOR + 1);
        Self::words(Opcode::FlashMd5, patience, &[offset, length, 0, 0])
    }

    /// Erases `size` bytes from `offset` and announces `blocks` blocks of compressed data.
    pub(super) fn deflate_begin(
        size: u32,
        blocks: u32,
        offset: u32,
        has_encrypt_word: bool,
    ) -> Self {
        let words = [size, blocks, 0x400, offset, 0];
        let count = if has_encrypt_word { 5 } else { 4 };
        let patience = PROMPT + ERASE_PER_SECTOR * u64::from(size / SECTOR + 1);
        Self::words(
            Opcode::DeflateBegin,
            patience,
            words.get(..count).unwrap_or_default(),
        )
    }

    /// Block number `sequence`, at most [`BLOCK`] bytes, and what goes out behind it without being
    /// part of it. It expands to no more than `room` bytes.
    pub(super) fn deflate_data(sequence: u32, block: &[u8], guard: Option<u8>, room: u32) -> Self {
        let mut data = Zeroizing::new(Vec::with_capacity(16 + block.len()));
        let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
        for word in [length, sequence, 0, 0] {
            data.extend(word.to_le_bytes());
        }
        data.extend(block);
        let written = length.saturating_mul(MOST_EXPANSION).min(room);
        let patience = BLOCK_PATIENCE + WRITE_PER_SECTOR * u64::from(written.div_ceil(SECTOR));
        let checksum = block.iter().fold(0xEF, |sum, byte| sum ^ byte);
        Self {
            opcode: Opcode::DeflateData,
            patience,
            data,
            checksum,
            guard,
        }
    }

    /// The frame as it goes out.
    pub(super) fn frame(&self) -> Zeroizing<Vec<u8>> {
        let mut payload = Zeroizing::new(Vec::with_capacity(9 + self.data.len()));
        payload.extend([0, self.opcode as u8]);
        payload.extend(
            u16::try_from(self.data.len())
                .unwrap_or(u16::MAX)
                .to_le_bytes(),
        );
        payload.extend(u32::from(self.checksum).to_le_bytes());
        payload.extend(self.data.iter());
        payload.extend(self.guard);
        slip::encode(&payload)
    }

    fn words(opcode: Opcode, patience: u64, words: &[u32]) -> Self {
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Self {
            opcode,
            patience,
            data: data.into(),
            checksum: 0,
            guard: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of Espressif's *Serial Protocol* page, and requests that a ROM has accepted.
    #[test]
    fn frames_are_as_documented() {
        let mut sync = vec![0xC0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20];
        sync.extend([0x55; 32]);
        sync.push(0xC0);
        assert_eq!(*Request::sync().frame(), sync);
        assert_eq!(
            *Request::read_register(0x4000_1000).frame(),
            [0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xC0]
        );
    }

    #[test]
    fn only_a_block_has_a_checksum() {
        let frame = Request::deflate_data(1, &[0x10, 0x02], None, SECTOR).frame();
        assert_eq!(
            *frame,
            [
                0xC0, 0, 0x11, 18, 0, 0xFD, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 0x10, 0x02, 0xC0
            ]
        );
    }

    #[test]
    fn a_block_has_the_time_that_its_pages_take() {
        let patience =
            |length, room| Request::deflate_data(0, &vec![0; length], None, room).patience;
        let pages = |bytes: u64| 3 * bytes / 256;
        // The end of a large partition, all 0xFF, fits into one block.
        assert!(patience(BLOCK, 1 << 20) > pages(1 << 20) + 5_000);
        assert!(patience(BLOCK, 0x2000) < 6_000);
        assert!(patience(20, 1 << 20) < 6_000);
    }

    #[test]
    fn the_first_esp32_gets_no_encrypt_word() {
        let length = |words| {
            Request::deflate_begin(0x2000, 2, 0xD000, words)
                .frame()
                .len()
        };
        assert_eq!(length(true), length(false) + 4);
    }
}
