//! The serial loader of an ESP32-C3, as its mask ROM (revision 3) was seen to behave.
//!
//! Three habits of the real one matter for whoever talks to it. It does not check how long a request
//! is, except for the few that say so here: what is missing is whatever stood in its buffer. It counts
//! a block with a wrong checksum as received. And it answers a request that it does not know under
//! the name of the one before.

use signet_core::flash::esp::{Opcode, Refusal, encode};

use super::flash::Flash;
use super::security::Efuses;
use super::spi::Spi;
use super::write::{Outcome, Write};

/// Longer requests are refused; the ROM's buffer holds a block of 16 KiB.
const BUFFER: usize = 0x4200;
const SYNC_VALUE: u32 = 0x2012_0707;
const SYNC_ANSWERS: usize = 8;
/// Word at 0x40001000 of an ESP32-C3.
const MAGIC: u32 = 0x1B31_506F;

const FLASH_BEGIN: u8 = 0x02;
const FLASH_DATA: u8 = 0x03;
const SYNC: u8 = Opcode::Sync as u8;
const WRITE_REGISTER: u8 = Opcode::WriteRegister as u8;
const READ_REGISTER: u8 = Opcode::ReadRegister as u8;
const SPI_SET_PARAMETERS: u8 = Opcode::SpiSetParameters as u8;
const SPI_ATTACH: u8 = Opcode::SpiAttach as u8;
const READ_FLASH_SLOW: u8 = Opcode::ReadFlashSlow as u8;
const CHANGE_BAUD_RATE: u8 = 0x0F;
const DEFLATE_BEGIN: u8 = Opcode::DeflateBegin as u8;
const DEFLATE_DATA: u8 = Opcode::DeflateData as u8;
const FLASH_MD5: u8 = Opcode::FlashMd5 as u8;
const SECURITY_INFO: u8 = Opcode::SecurityInfo as u8;

const BAD_LENGTH: Refusal = Refusal(0x0A);
const CANNOT_READ: Refusal = Refusal(0x09);

/// What the loader did with a frame.
pub(super) enum Done {
    /// It answers with these bytes after that many microseconds of work.
    Answer(Vec<u8>, u64),
    /// It is lost, and only a reset helps.
    Crash,
}

/// One run of the loader, from reset to reset.
pub(super) struct Loader {
    buffer: Vec<u8>,
    filled: usize,
    inside: bool,
    escaped: bool,
    /// Of the last answer: repeated where the ROM does not set them anew.
    opcode: u8,
    value: u32,
    reason: u8,
    write: Option<Write>,
    spi: Spi,
    flash_size: u32,
}

impl Loader {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER],
            filled: 0,
            inside: false,
            escaped: false,
            opcode: 0,
            value: 0,
            reason: 0,
            write: None,
            spi: Spi::default(),
            flash_size: 4 << 20,
        }
    }

    /// Takes one byte from the line.
    pub(super) fn byte(&mut self, byte: u8, flash: &mut Flash, efuses: &Efuses) -> Option<Done> {
        match (byte, self.escaped) {
            (0xC0, _) if self.inside && self.filled > 0 => {
                (self.inside, self.escaped) = (false, false);
                let length = core::mem::take(&mut self.filled);
                return Some(self.request(length, flash, efuses));
            }
            (0xC0, _) => (self.inside, self.escaped) = (true, false),
            (0xDB, false) if self.inside => self.escaped = true,
            (0xDC, true) => self.store(0xC0),
            (0xDD, true) => self.store(0xDB),
            (_, true) => self.escaped = false,
            _ if self.inside => self.store(byte),
            _ => {}
        }
        None
    }

    fn store(&mut self, byte: u8) {
        self.escaped = false;
        if let Some(cell) = self.buffer.get_mut(self.filled) {
            *cell = byte;
        }
        self.filled += 1;
    }

    fn request(&mut self, length: usize, flash: &mut Flash, efuses: &Efuses) -> Done {
        let opcode = self.buffer.get(1).copied().unwrap_or(0);
        let known = self.buffer.first() == Some(&0) && length <= BUFFER;
        if !known || (efuses.secure_download && !allowed_in_secure_download(opcode)) {
            return self.refuse_as_before();
        }
        let (data, micros) = match opcode {
            SYNC => {
                (self.value, self.reason) = (SYNC_VALUE, 0);
                (Ok(vec![]), 0)
            }
            READ_REGISTER => {
                self.value = self.register(efuses);
                self.reason = 0;
                (Ok(vec![]), 0)
            }
            WRITE_REGISTER => {
                let [address, value, mask] = [0, 1, 2].map(|number| self.word(number));
                self.spi.write(address, value, mask, flash.bytes().len());
                (Ok(vec![]), 0)
            }
            SPI_ATTACH | CHANGE_BAUD_RATE => (Ok(vec![]), 0),
            SPI_SET_PARAMETERS => (self.set_parameters(), 0),
            READ_FLASH_SLOW => (self.read_flash(flash), 20),
            FLASH_MD5 => self.md5(flash),
            SECURITY_INFO => (Ok(efuses.security_info()), 0),
            FLASH_BEGIN | DEFLATE_BEGIN => self.begin(opcode == DEFLATE_BEGIN, flash, efuses),
            FLASH_DATA | DEFLATE_DATA => match self.data(opcode == DEFLATE_DATA, flash) {
                Some(done) => done,
                None => return Done::Crash,
            },
            _ => return self.refuse_as_before(),
        };
        self.opcode = opcode;
        self.answer(data, micros)
    }

    fn set_parameters(&mut self) -> Result<Vec<u8>, Refusal> {
        if self.size() != 24 {
            return Err(Refusal::INVALID);
        }
        self.flash_size = self.word(1);
        Ok(vec![])
    }

    fn read_flash(&self, flash: &Flash) -> Result<Vec<u8>, Refusal> {
        let (offset, length) = (self.word(0), self.word(1));
        if length > 64 {
            return Err(BAD_LENGTH);
        }
        let mut piece = flash.get(offset, length).ok_or(CANNOT_READ)?.to_vec();
        // The answer always has 64 bytes.
        piece.resize(64, 0);
        Ok(piece)
    }

    fn md5(&self, flash: &Flash) -> (Result<Vec<u8>, Refusal>, u64) {
        let (offset, length) = (self.word(0), self.word(1));
        let Some(md5) = flash.md5(offset, length) else {
            return (Err(CANNOT_READ), 0);
        };
        let digits = md5
            .iter()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect();
        // About 1 MB/s: mostly the reading of the flash.
        (Ok(digits), u64::from(length))
    }

    fn begin(
        &mut self,
        packed: bool,
        flash: &mut Flash,
        efuses: &Efuses,
    ) -> (Result<Vec<u8>, Refusal>, u64) {
        if self.size() != 20 {
            return (Err(Refusal::INVALID), 0);
        }
        let words = [
            self.word(0),
            self.word(1),
            self.word(2),
            self.word(3),
            self.word(4),
        ];
        match Write::begin(packed, words, self.flash_size, flash, efuses.crypt_count) {
            Ok((write, micros)) => {
                self.write = Some(write);
                (Ok(vec![]), micros)
            }
            Err(reason) => (Err(reason), 0),
        }
    }

    fn data(&mut self, packed: bool, flash: &mut Flash) -> Option<(Result<Vec<u8>, Refusal>, u64)> {
        let (length, sequence) = (self.word(0), self.word(1));
        let block = usize::try_from(length)
            .ok()
            .and_then(|length| self.buffer.get(24..24 + length));
        let (Some(write), Some(block)) = (&mut self.write, block) else {
            return Some((Err(Refusal::INVALID), 0));
        };
        let checksum = self.buffer.get(4).copied().unwrap_or(0);
        match write.block(packed, sequence, checksum, block, flash) {
            Outcome::Taken(micros) => Some((Ok(vec![]), micros)),
            Outcome::Refused(reason) => Some((Err(reason), 0)),
            Outcome::Crash => None,
        }
    }

    fn register(&self, efuses: &Efuses) -> u32 {
        match self.word(0) {
            0x4000_1000 => MAGIC,
            address => efuses
                .register(address)
                .unwrap_or_else(|| self.spi.read(address)),
        }
    }

    /// What the ROM says to a request that it does not know, or not now.
    fn refuse_as_before(&mut self) -> Done {
        self.answer(Err(Refusal::INVALID), 0)
    }

    fn answer(&mut self, data: Result<Vec<u8>, Refusal>, micros: u64) -> Done {
        let (data, failed) = match data {
            Ok(data) => (data, 0),
            Err(reason) => {
                self.reason = reason.0;
                (vec![], 1)
            }
        };
        let size = u16::try_from(data.len() + 4).unwrap_or(u16::MAX);
        let mut reply = vec![1, self.opcode];
        reply.extend(size.to_le_bytes());
        reply.extend(self.value.to_le_bytes());
        reply.extend(data);
        // After a success the last reason is still there.
        reply.extend([failed, self.reason, 0, 0]);
        let times = if self.opcode == SYNC { SYNC_ANSWERS } else { 1 };
        Done::Answer(encode(&reply).repeat(times), micros)
    }

    /// The size that the request claims for its data.
    fn size(&self) -> u16 {
        self.buffer
            .get(2..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |size| u16::from_le_bytes(*size))
    }

    /// The word of that number in the data of the request.
    fn word(&self, number: usize) -> u32 {
        let at = 8 + 4 * number;
        self.buffer
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |word| u32::from_le_bytes(*word))
    }
}

fn allowed_in_secure_download(opcode: u8) -> bool {
    matches!(
        opcode,
        SYNC | SPI_SET_PARAMETERS
            | SPI_ATTACH
            | FLASH_BEGIN
            | FLASH_DATA
            | SECURITY_INFO
            | CHANGE_BAUD_RATE
    )
}
