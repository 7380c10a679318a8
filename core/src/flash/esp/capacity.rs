//! How large the flash chip is, by its own word: its JEDEC ID (`RDID`, 0x9F), asked for through the
//! registers of the SPI controller.
//!
//! The ROM has no request for it; Espressif's esptool goes the same way (`run_spiflash_command`). The
//! registers are put back as they were: the ROM reads flash with what stands in them.

use super::Error;
use super::chip::{Chip, Spi};
use super::command::{Opcode, Request};
use super::identify::Registers;
use super::line::{Answer, Line};

/// The controller's orders in USER: send a command, and receive.
const COMMAND_AND_ANSWER: u32 = 1 << 31 | 1 << 28;
/// The command in USER2, eight bits long.
const READ_ID: u32 = 7 << 28 | 0x9F;
const ID_BITS: u32 = 24;
/// In CMD: go, until it is done.
const GO: u32 = 1 << 18;
/// How often the controller is asked whether it is done.
const POLLS: u8 = 10;

/// Asks one flash chip for its ID.
///
/// A request that loses a byte on its way, or in which one changes, can end in another register, or with
/// another value. None of that erases or writes: the ID is asked for without a write enable, and no bit of
/// CMD is set but the one (the others erase; with a mask a byte that is lost moves both).
pub(super) struct Capacity {
    spi: Spi,
    stage: Stage,
    polls_left: u8,
}

/// A register and its value.
type Write = (u32, u32);

enum Stage {
    /// What has to be put back: USER and USER2.
    Before(Registers),
    /// What is still to be written, the last first, and then what has to be put back.
    Asking(Vec<Write>, [u32; 2]),
    /// CMD and the ID.
    Answer(Registers, [u32; 2]),
    /// What is still to be put back, all of what has to be, and the ID.
    After(Vec<Write>, [u32; 2], u32),
    /// Whether it was put back.
    Check(Registers, [u32; 2], u32),
}

impl Capacity {
    /// Asks the first question.
    pub(super) fn ask(line: &mut Line, chip: Chip) -> Self {
        let spi = chip.spi();
        let before = Registers::read(line, vec![spi.user, spi.user2]);
        Self {
            spi,
            stage: Stage::Before(before),
            polls_left: POLLS,
        }
    }

    /// The chip's ID if that was the last answer; otherwise it has asked the next question.
    pub(super) fn take(&mut self, line: &mut Line, answer: Answer) -> Result<Option<u32>, Error> {
        let spi = self.spi;
        match &mut self.stage {
            Stage::Before(registers) => {
                if let Some(before) = pair(registers.take(line, answer)?)? {
                    // Left there by a question that was cut off; what stood there before, nobody knows.
                    if before == [COMMAND_AND_ANSWER, READ_ID] {
                        return Err(Error::Garbled {
                            command: Opcode::WriteRegister,
                        });
                    }
                    let writes = vec![
                        (spi.command, GO),
                        (spi.data, 0),
                        (spi.user2, READ_ID),
                        (spi.user, COMMAND_AND_ANSWER),
                    ];
                    self.write(line, (spi.answer_bits, ID_BITS - 1));
                    self.stage = Stage::Asking(writes, before);
                }
            }
            Stage::Asking(writes, before) => {
                answer.done(Opcode::WriteRegister)?;
                let (next, before) = (writes.pop(), *before);
                match next {
                    Some(write) => self.write(line, write),
                    None => self.stage = Stage::Answer(self.look(line), before),
                }
            }
            Stage::Answer(registers, before) => {
                let before = *before;
                let Some([state, id]) = pair(registers.take(line, answer)?)? else {
                    return Ok(None);
                };
                if state & GO != 0 && self.polls_left > 0 {
                    self.polls_left -= 1;
                    self.stage = Stage::Answer(self.look(line), before);
                    return Ok(None);
                }
                // What it had not come to say is no ID.
                let id = if state & GO == 0 { id } else { 0 };
                let [user, user2] = before;
                self.write(line, (spi.user, user));
                self.stage = Stage::After(vec![(spi.user2, user2)], before, id);
            }
            Stage::After(writes, before, id) => {
                answer.done(Opcode::WriteRegister)?;
                let (next, before, id) = (writes.pop(), *before, *id);
                match next {
                    Some(write) => self.write(line, write),
                    None => {
                        let after = Registers::read(line, vec![spi.user, spi.user2]);
                        self.stage = Stage::Check(after, before, id);
                    }
                }
            }
            Stage::Check(registers, before, id) => {
                let (before, id) = (*before, *id);
                return match pair(registers.take(line, answer)?)? {
                    None => Ok(None),
                    Some(after) if after == before => Ok(Some(id)),
                    Some(_) => Err(Error::Garbled {
                        command: Opcode::WriteRegister,
                    }),
                };
            }
        }
        Ok(None)
    }

    fn write(&self, line: &mut Line, (address, value): Write) {
        let mask = if address == self.spi.command {
            GO
        } else {
            u32::MAX
        };
        line.ask(Request::write_register(address, value, mask));
    }

    fn look(&self, line: &mut Line) -> Registers {
        Registers::read(line, vec![self.spi.command, self.spi.data])
    }
}

/// The words of two registers, if they have come.
fn pair(words: Option<Vec<u32>>) -> Result<Option<[u32; 2]>, Error> {
    let pair = words.map(|words| words.try_into()).transpose();
    pair.map_err(|_| Error::NotReady)
}

/// Bytes of the flash chip with that ID: manufacturer in the lowest byte, size in the third, except for
/// Adesto's. `None` if the ID is none, or of a kind that is not known (esptool's list).
pub(super) fn size(id: u32) -> Option<u32> {
    let [maker, family, size, _] = id.to_le_bytes();
    let power = match (maker, size) {
        (0x1F, _) => match family & 0x1F {
            size @ 0x04..=0x09 => size + 15,
            _ => return None,
        },
        (_, 0x12..=0x1C) => size,
        (_, 0x20..=0x22) => size - 6,
        (_, 0x32..=0x3A) => size - 32,
        _ => return None,
    };
    1_u32.checked_shl(power.into())
}

#[cfg(test)]
mod tests {
    use super::size;

    /// `DETECTED_FLASH_SIZES` of esptool 5.6.0.
    #[test]
    fn sizes_are_esptools() {
        let kib = |id| size(id).map(|size| size >> 10);
        for (id, expected) in [
            (0x0012_40EF, 256),
            (0x0016_40C8, 4096),
            (0x001C_40C8, 256 << 10),
            (0x0020_BA20, 64 << 10),
            (0x0022_BA20, 256 << 10),
            (0x0032_25C2, 256),
            (0x003A_25C2, 64 << 10),
            (0x0001_841F, 512),
            (0x0001_891F, 16 << 10),
        ] {
            assert_eq!(kib(id), Some(expected), "{id:#x}");
        }
        for id in [0, 0x00FF_FFFF, 0x0011_40C8, 0x001D_40C8, 0x0016_0A1F] {
            assert_eq!(size(id), None, "{id:#x}");
        }
    }
}
