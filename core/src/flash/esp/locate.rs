//! The partition table, and the one partition in it that may be written.

use md5::{Digest, Md5};

use super::capacity::{self, Capacity};
use super::command::{Opcode, PIECE, Request};
use super::line::{Answer, Line, Wake};
use super::{Board, Error, Event, Next, Phase, Task};
use crate::image::partition::{self, Partition, PartitionTable};

/// How often the table is read if it does not come out sound: a line may be disturbed.
const PASSES: u8 = 3;
/// Smallest unit that flash can erase.
const SECTOR: u32 = 0x1000;
/// What is taken for the size of a flash chip that does not tell it, unless the table needs more.
const USUAL_FLASH: u32 = 4 << 20;

/// Reads as much of the table as there is, and finds the partition.
pub(super) struct Locate {
    board: Board,
    label: String,
    table_offset: u32,
    bytes: Vec<u8>,
    passes_left: u8,
    stage: Stage,
}

enum Stage {
    Reading,
    /// A table without a digest of its own: the chip is asked for one.
    Digest(PartitionTable),
    /// The table's end must not be behind that of the flash chip.
    Capacity {
        partition: Partition,
        end: u32,
        question: Box<Capacity>,
        /// A size that is too small: it is asked for once more, for a line may be disturbed.
        doubted: Option<u32>,
    },
    Parameters(Partition),
}

impl Locate {
    pub(super) fn new(board: Board, label: String, table_offset: u32) -> Self {
        let (bytes, stage) = (Vec::new(), Stage::Reading);
        Self {
            board,
            label,
            table_offset,
            bytes,
            passes_left: PASSES,
            stage,
        }
    }

    fn ask_piece(&self, line: &mut Line) -> Next {
        let (Ok(done), Ok(length)) = (u32::try_from(self.bytes.len()), u32::try_from(PIECE)) else {
            return Next::Wait;
        };
        line.ask(Request::read_flash_slow(
            self.table_offset.saturating_add(done),
            length,
        ));
        Next::Wait
    }

    fn on_answer(&mut self, line: &mut Line, answer: Answer) -> Result<Next, Error> {
        match core::mem::replace(&mut self.stage, Stage::Reading) {
            Stage::Reading => {
                let reply = answer.done(Opcode::ReadFlashSlow)?;
                // A shorter piece would be asked for again and again.
                if reply.data.len() != PIECE {
                    let command = Opcode::ReadFlashSlow;
                    return self.again(line, Error::Garbled { command });
                }
                self.bytes.extend(reply.data.iter());
                self.on_piece(line)
            }
            Stage::Digest(table) => {
                let reply = answer.done(Opcode::FlashMd5)?;
                if parse_md5(&reply.data) == Some(Md5::digest(&self.bytes).into()) {
                    self.choose(line, &table)
                } else {
                    self.again(
                        line,
                        Error::Garbled {
                            command: Opcode::ReadFlashSlow,
                        },
                    )
                }
            }
            Stage::Capacity {
                partition,
                end,
                mut question,
                doubted,
            } => match question.take(line, answer)?.map(capacity::size) {
                None => {
                    self.stage = Stage::Capacity {
                        partition,
                        end,
                        question,
                        doubted,
                    };
                    Ok(Next::Wait)
                }
                Some(Some(flash)) if flash < end => {
                    let passes_left = self.passes_left.checked_sub(1);
                    match passes_left.filter(|_| doubted != Some(flash)) {
                        None => Err(Error::TableBeyondFlash { end, flash }),
                        Some(passes_left) => {
                            self.passes_left = passes_left;
                            Ok(self.ask_size(line, partition, end, Some(flash)))
                        }
                    }
                }
                Some(flash) => {
                    let least = end.max(USUAL_FLASH);
                    let guess = || least.checked_next_power_of_two().unwrap_or(least);
                    line.ask(Request::spi_set_parameters(flash.unwrap_or_else(guess)));
                    self.stage = Stage::Parameters(partition);
                    Ok(Next::Wait)
                }
            },
            Stage::Parameters(partition) => {
                answer.done(Opcode::SpiSetParameters)?;
                Ok(Next::Done(Event::Located(partition)))
            }
        }
    }

    fn on_piece(&mut self, line: &mut Line) -> Result<Next, Error> {
        match PartitionTable::parse(&self.bytes) {
            Err(partition::Error::Truncated) if self.bytes.len() < partition::TABLE_LENGTH => {
                Ok(self.ask_piece(line))
            }
            // The table is encrypted as well, so it cannot look sound from outside.
            Err(_) if self.board.flash_encryption => Err(self.encrypted()),
            Err(error) => self.again(line, Error::PartitionTable(error)),
            Ok(table) if !table.has_digest() => {
                let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
                line.ask(Request::flash_md5(self.table_offset, length));
                self.stage = Stage::Digest(table);
                Ok(Next::Wait)
            }
            Ok(table) => self.choose(line, &table),
        }
    }

    fn again(&mut self, line: &mut Line, error: Error) -> Result<Next, Error> {
        self.passes_left = self.passes_left.checked_sub(1).ok_or(error.clone())?;
        if self.passes_left == 0 {
            return Err(error);
        }
        self.bytes.clear();
        Ok(self.ask_piece(line))
    }

    fn choose(&mut self, line: &mut Line, table: &PartitionTable) -> Result<Next, Error> {
        let partition = table
            .find(&self.label)
            .ok_or_else(|| Error::PartitionMissing {
                label: self.label.clone(),
                present: table
                    .partitions()
                    .iter()
                    .map(|entry| entry.label.clone())
                    .collect(),
            })?;
        self.check(partition)?;
        Ok(self.ask_size(line, partition.clone(), table.end(), None))
    }

    fn ask_size(
        &mut self,
        line: &mut Line,
        partition: Partition,
        end: u32,
        doubted: Option<u32>,
    ) -> Next {
        self.stage = Stage::Capacity {
            partition,
            end,
            question: Box::new(Capacity::ask(line, self.board.chip)),
            doubted,
        };
        Next::Wait
    }

    fn check(&self, partition: &Partition) -> Result<(), Error> {
        let label = partition.label.clone();
        if !partition.holds_data() {
            return Err(Error::AppPartition { label });
        }
        let (offset, size) = (partition.offset, partition.size);
        // What stands before the table is the bootloader's (`gen_esp32part.py` has the same rule).
        let behind_table = self.table_offset.saturating_add(SECTOR);
        if offset < behind_table || offset % SECTOR != 0 || size % SECTOR != 0 {
            return Err(Error::PartitionMisplaced {
                label,
                offset,
                size,
            });
        }
        if partition.encrypted && self.board.flash_encryption {
            return Err(self.encrypted());
        }
        Ok(())
    }

    fn encrypted(&self) -> Error {
        Error::FlashEncrypted {
            label: self.label.clone(),
        }
    }
}

impl Task for Locate {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        match wake {
            Wake::Start => {
                line.tell_phase(Phase::Locating);
                Ok(self.ask_piece(line))
            }
            Wake::Answer(answer) => self.on_answer(line, answer),
            Wake::Silence(command) => Err(Error::Silent { command }),
            Wake::Timer => Ok(Next::Wait),
        }
    }
}

/// The digest in an answer to `SPI_FLASH_MD5`: 32 hexadecimal digits.
pub(super) fn parse_md5(data: &[u8]) -> Option<[u8; 16]> {
    let digits: &[u8; 32] = data.try_into().ok()?;
    let mut md5 = [0; 16];
    let (pairs, _) = digits.as_chunks::<2>();
    for (byte, pair) in md5.iter_mut().zip(pairs) {
        // `from_str_radix` alone would take a sign.
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(md5)
}
