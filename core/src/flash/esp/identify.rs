//! Which chip, which MAC address, which security state.
//!
//! Answers carry no checksum, and this is what a board's identity and the refusal to write hang on:
//! everything here is asked until two answers in a row are equal.

use super::chip::{self, Chip};
use super::command::{Opcode, Request};
use super::line::{Answer, Line, Wake};
use super::security::SecurityInfo;
use super::{Board, Error, Event, Next, Phase, Task};

/// How often everything is asked at most.
const PASSES: u8 = 4;

/// The first ESP32, and it alone, has no `GET_SECURITY_INFO`; these eFuse words hold its flash
/// encryption counter (bits 20 to 26) and its secure boot flags (bits 4 and 5). ESP32 Technical
/// Reference Manual, 20.5.
const ESP32_CRYPT_COUNT: u32 = 0x3FF5_A000;
const ESP32_SECURE_BOOT: u32 = 0x3FF5_A018;

/// From the first request after `SYNC` to an attached flash chip.
pub(super) struct Identify {
    stage: Stage,
    /// What the chip said about itself, or how it did not.
    security: Result<SecurityInfo, Error>,
    board: Option<Board>,
}

enum Stage {
    Security(Twice<SecurityInfo>),
    Magic(Registers),
    Efuses(Chip, Registers),
    Attach,
}

impl Identify {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Security(Twice::new()),
            security: Err(Error::NotReady),
            board: None,
        }
    }

    fn on_answer(&mut self, line: &mut Line, answer: Answer) -> Result<Next, Error> {
        match &mut self.stage {
            Stage::Security(twice) => {
                if let Some(reason) = answer.refusal() {
                    let command = Opcode::SecurityInfo;
                    return Ok(self.without_security(line, Error::Refused { command, reason }));
                }
                let info = SecurityInfo::parse(&answer.reply.data);
                match twice.take(info, Opcode::SecurityInfo)? {
                    Some(info) => self.on_security(line, info),
                    None => {
                        line.ask(Request::security_info());
                        Ok(Next::Wait)
                    }
                }
            }
            Stage::Magic(registers) => match registers.take(line, answer)?.as_deref() {
                Some(&[magic]) => match Chip::from_magic(magic) {
                    Some(chip) => self.read_efuses(line, chip),
                    None => Err(Error::UnknownChip { id: magic }),
                },
                _ => Ok(Next::Wait),
            },
            Stage::Efuses(chip, registers) => {
                let chip = *chip;
                match registers.take(line, answer)? {
                    Some(words) => self.on_efuses(line, chip, &words),
                    None => Ok(Next::Wait),
                }
            }
            Stage::Attach => {
                answer.done(Opcode::SpiAttach)?;
                let board = self.board.take().ok_or(Error::NotReady)?;
                Ok(Next::Done(Event::Identified(board)))
            }
        }
    }

    fn on_security(&mut self, line: &mut Line, info: SecurityInfo) -> Result<Next, Error> {
        if info.secure_download() {
            return Err(Error::SecureDownload);
        }
        self.security = Ok(info);
        match info.chip_id {
            None => Ok(self.read_magic(line)),
            Some(id) => match Chip::from_id(id) {
                Some(chip) => self.read_efuses(line, chip),
                None => Err(Error::UnknownChip { id }),
            },
        }
    }

    fn on_efuses(&mut self, line: &mut Line, chip: Chip, words: &[u32]) -> Result<Next, Error> {
        let [low, high, security @ ..] = words else {
            return Err(Error::NotReady);
        };
        let mac = chip::mac_address(*low, *high).ok_or(Error::UnknownMac {
            words: [*low, *high],
        })?;
        let (secure_boot, flash_encryption) = match (&self.security, security) {
            (Ok(info), _) => (info.secure_boot(), info.flash_encryption()),
            (Err(_), [crypt_count, boot]) => (
                boot >> 4 & 0b11 != 0,
                (crypt_count >> 20 & 0x7F).count_ones() % 2 == 1,
            ),
            (Err(error), _) => return Err(error.clone()),
        };
        self.board = Some(Board {
            chip,
            mac,
            secure_boot,
            flash_encryption,
        });
        self.stage = Stage::Attach;
        line.ask(Request::spi_attach());
        Ok(Next::Wait)
    }

    fn read_magic(&mut self, line: &mut Line) -> Next {
        self.stage = Stage::Magic(Registers::read(line, vec![chip::MAGIC_REGISTER]));
        Next::Wait
    }

    fn without_security(&mut self, line: &mut Line, error: Error) -> Next {
        self.security = Err(error);
        self.read_magic(line)
    }

    fn read_efuses(&mut self, line: &mut Line, chip: Chip) -> Result<Next, Error> {
        let mut addresses = chip.mac_registers().to_vec();
        match &self.security {
            Ok(_) => {}
            Err(_) if chip == Chip::Esp32 => {
                addresses.extend([ESP32_CRYPT_COUNT, ESP32_SECURE_BOOT]);
            }
            // Any other has told nothing about its locks, and its eFuses are elsewhere.
            Err(error) => return Err(error.clone()),
        }
        self.stage = Stage::Efuses(chip, Registers::read(line, addresses));
        Ok(Next::Wait)
    }
}

impl Task for Identify {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        match wake {
            Wake::Start => {
                line.tell_phase(Phase::Identifying);
                line.ask(Request::security_info());
                Ok(Next::Wait)
            }
            Wake::Answer(answer) => self.on_answer(line, answer),
            // The oldest chips say nothing to a request that they do not know.
            Wake::Silence(command @ Opcode::SecurityInfo) => {
                Ok(self.without_security(line, Error::Silent { command }))
            }
            Wake::Silence(command) => Err(Error::Silent { command }),
            Wake::Timer => Ok(Next::Wait),
        }
    }
}

/// Believes what was said twice in a row.
struct Twice<T> {
    last: Option<T>,
    passes_left: u8,
}

impl<T: PartialEq> Twice<T> {
    fn new() -> Self {
        Self {
            last: None,
            passes_left: PASSES,
        }
    }

    /// The value if it is the same as the last; `None` if it must be asked again.
    fn take(&mut self, value: Option<T>, command: Opcode) -> Result<Option<T>, Error> {
        if value.is_some() && value == self.last {
            return Ok(value);
        }
        self.last = value;
        self.passes_left = self
            .passes_left
            .checked_sub(1)
            .ok_or(Error::Garbled { command })?;
        Ok(None)
    }
}

/// Reads several registers in turn, all of them twice.
pub(super) struct Registers {
    addresses: Vec<u32>,
    words: Vec<u32>,
    twice: Twice<Vec<u32>>,
}

impl Registers {
    pub(super) fn read(line: &mut Line, addresses: Vec<u32>) -> Self {
        let registers = Self {
            addresses,
            words: Vec::new(),
            twice: Twice::new(),
        };
        registers.ask(line);
        registers
    }

    /// The words if that was the last of them; otherwise it has asked for the next.
    pub(super) fn take(
        &mut self,
        line: &mut Line,
        answer: Answer,
    ) -> Result<Option<Vec<u32>>, Error> {
        self.words.push(answer.done(Opcode::ReadRegister)?.value);
        if self.words.len() == self.addresses.len() {
            let words = core::mem::take(&mut self.words);
            if let Some(words) = self.twice.take(Some(words), Opcode::ReadRegister)? {
                return Ok(Some(words));
            }
        }
        self.ask(line);
        Ok(None)
    }

    fn ask(&self, line: &mut Line) {
        if let Some(&address) = self.addresses.get(self.words.len()) {
            line.ask(Request::read_register(address));
        }
    }
}
