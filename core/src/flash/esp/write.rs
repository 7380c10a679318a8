//! Makes a partition equal to an image, if it is not already.

use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::command::{Opcode, Request};
use super::deflate;
use super::line::{Answer, Line, Wake};
use super::locate::parse_md5;
use super::reply::Refusal;
use super::verify::ReadBack;
use super::{Chip, Error, Event, Next, Phase, Task, Verification};
use crate::image::partition::Partition;

/// How often a write is begun at most.
const ROUNDS: u8 = 5;
/// How often a digest is asked for before it is believed to differ.
const DIGESTS: u8 = 3;

/// MD5 of the partition as it is.
pub(super) struct Digest {
    partition: Partition,
    asked: u8,
}

impl Digest {
    pub(super) fn new(partition: Partition) -> Self {
        Self {
            partition,
            asked: 0,
        }
    }

    fn ask(&mut self, line: &mut Line) -> Result<Next, Error> {
        if self.asked == DIGESTS {
            return Err(Error::Garbled {
                command: Opcode::FlashMd5,
            });
        }
        self.asked += 1;
        line.ask(Request::flash_md5(
            self.partition.offset,
            self.partition.size,
        ));
        Ok(Next::Wait)
    }
}

impl Task for Digest {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        match wake {
            Wake::Start => {
                line.tell_phase(Phase::Comparing);
                self.ask(line)
            }
            Wake::Answer(answer) => match parse_md5(&answer.done(Opcode::FlashMd5)?.data) {
                Some(md5) => Ok(Next::Done(Event::Digest(md5))),
                None => self.ask(line),
            },
            Wake::Silence(command) => Err(Error::Silent { command }),
            Wake::Timer => Ok(Next::Wait),
        }
    }
}

/// MD5, deflated write if it differs, MD5, read back.
pub(super) struct Write {
    image: Zeroizing<Vec<u8>>,
    md5: [u8; 16],
    partition: Partition,
    verification: Verification,
    chip: Chip,
    packed: Zeroizing<Vec<u8>>,
    blocks: Vec<Block>,
    stage: Stage,
    rounds: u8,
    /// Whether something went wrong on the line in this round, so that a wrong digest is no wonder.
    disturbed: bool,
    digests: u8,
}

#[derive(Clone, Copy)]
enum Stage {
    Comparing,
    /// A `SYNC` in front of the one request that erases, see [`Write::begin`].
    Greeting,
    Beginning,
    /// The block of that number is on its way.
    Sending(usize),
    Proving,
}

impl Write {
    /// `image` is at most as long as the partition; it is padded with 0xFF.
    pub(super) fn new(
        image: &[u8],
        partition: Partition,
        chip: Chip,
        verification: Verification,
    ) -> Result<Self, Error> {
        let size = usize::try_from(partition.size).unwrap_or(usize::MAX);
        if image.len() > size {
            let image = u32::try_from(image.len()).unwrap_or(u32::MAX);
            return Err(Error::ImageTooLarge {
                image,
                partition: partition.size,
            });
        }
        // Reserved at once: growing would leave an unwiped copy behind.
        let mut padded = Zeroizing::new(Vec::with_capacity(size));
        padded.extend(image);
        padded.resize(size, 0xFF);
        Ok(Self {
            md5: Md5::digest(&*padded).into(),
            image: padded,
            partition,
            verification,
            chip,
            packed: Zeroizing::new(Vec::new()),
            blocks: Vec::new(),
            stage: Stage::Comparing,
            rounds: 0,
            disturbed: false,
            digests: 0,
        })
    }

    fn on_answer(&mut self, line: &mut Line, answer: Answer) -> Result<Next, Error> {
        match self.stage {
            Stage::Comparing => {
                let reply = answer.done(Opcode::FlashMd5)?;
                if parse_md5(&reply.data) == Some(self.md5) {
                    return Ok(self.prove(line, true));
                }
                line.tell_phase(Phase::Writing);
                self.packed = deflate::pack(&self.image);
                self.blocks = blocks::cut(&self.packed);
                self.begin(line)
            }
            Stage::Greeting => {
                line.drain();
                Ok(Next::Wait)
            }
            Stage::Beginning => match answer.refusal() {
                Some(reason) => self.begin_again(line, Opcode::DeflateBegin, reason),
                None => self.send(line, 0),
            },
            Stage::Sending(block) => match answer.refusal() {
                None => self.send(line, block + 1),
                // The ROM takes each number once: the first copy arrived, and its answer was lost.
                Some(Refusal::INVALID) if answer.repeated => {
                    self.disturbed = true;
                    self.send(line, block + 1)
                }
                Some(reason) => self.begin_again(line, Opcode::DeflateData, reason),
            },
            Stage::Proving => {
                let reply = answer.done(Opcode::FlashMd5)?;
                self.on_proof(line, parse_md5(&reply.data))
            }
        }
    }

    /// Begins a round.
    ///
    /// The ROM does not check how long a request really is: with a byte lost on the way it takes the
    /// rest from whatever stood in its buffer, and `FLASH_DEFL_BEGIN` would erase another place. A
    /// `SYNC` leaves its 0x55 there. They slip into the last word, "encrypted", and the ROM refuses;
    /// measured on an ESP32-C3 for each single byte of the request.
    fn begin(&mut self, line: &mut Line) -> Result<Next, Error> {
        if self.rounds == ROUNDS {
            return Err(Error::Unstable { rounds: ROUNDS });
        }
        self.rounds += 1;
        self.disturbed = false;
        self.digests = 0;
        self.stage = Stage::Greeting;
        line.ask(Request::sync());
        Ok(Next::Wait)
    }

    fn erase(&mut self, line: &mut Line) -> Next {
        self.stage = Stage::Beginning;
        let blocks = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        let (size, offset) = (self.partition.size, self.partition.offset);
        let has_encrypt_word = self.chip.begin_has_encrypt_word();
        line.ask(Request::deflate_begin(
            size,
            blocks,
            offset,
            has_encrypt_word,
        ));
        Next::Wait
    }

    /// A refused block is counted as received, so that only a new beginning helps.
    fn begin_again(
        &mut self,
        line: &mut Line,
        command: Opcode,
        reason: Refusal,
    ) -> Result<Next, Error> {
        if self.rounds == ROUNDS {
            return Err(Error::Refused { command, reason });
        }
        self.begin(line)
    }

    fn send(&mut self, line: &mut Line, number: usize) -> Result<Next, Error> {
        let block = self.blocks.get(number);
        let done = block.map_or(self.packed.len(), |block| block.range.start);
        let bytes = |count| u32::try_from(count).unwrap_or(u32::MAX);
        line.tell(Event::Progress {
            done: bytes(done),
            total: bytes(self.packed.len()),
        });
        let content = block.and_then(|block| self.packed.get(block.range.clone()));
        let (Some(Block { guard, .. }), Some(content)) = (block, content) else {
            line.tell_phase(Phase::Verifying);
            self.stage = Stage::Proving;
            return Ok(self.ask_digest(line));
        };
        let guard = self.chip.takes_guards().then_some(*guard);
        let room = self.partition.size;
        line.ask(Request::deflate_data(bytes(number), content, guard, room));
        self.stage = Stage::Sending(number);
        Ok(Next::Wait)
    }

    fn on_proof(&mut self, line: &mut Line, found: Option<[u8; 16]>) -> Result<Next, Error> {
        match found {
            Some(md5) if md5 == self.md5 => Ok(self.prove(line, false)),
            _ if self.digests < DIGESTS => Ok(self.ask_digest(line)),
            _ if self.disturbed => self.begin(line),
            // Nothing went wrong that could be seen: not the time to erase once more.
            Some(found) => Err(Error::DigestDiffers {
                expected: self.md5,
                found,
            }),
            None => Err(Error::Garbled {
                command: Opcode::FlashMd5,
            }),
        }
    }

    fn ask_digest(&mut self, line: &mut Line) -> Next {
        self.digests += 1;
        line.ask(Request::flash_md5(
            self.partition.offset,
            self.partition.size,
        ));
        Next::Wait
    }

    fn prove(&mut self, line: &mut Line, unchanged: bool) -> Next {
        let written = Event::Written {
            unchanged,
            md5: self.md5,
        };
        if unchanged {
            line.tell_phase(Phase::Verifying);
        }
        match self.verification {
            Verification::Digest => Next::Done(written),
            Verification::ReadBack => {
                let image = core::mem::take(&mut self.image);
                Next::Then(Box::new(ReadBack::new(
                    image,
                    self.partition.offset,
                    written,
                )))
            }
        }
    }
}

impl Task for Write {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        match wake {
            Wake::Start => {
                line.tell_phase(Phase::Comparing);
                line.ask(Request::flash_md5(
                    self.partition.offset,
                    self.partition.size,
                ));
                Ok(Next::Wait)
            }
            Wake::Answer(answer) => self.on_answer(line, answer),
            Wake::Silence(command) => Err(Error::Silent { command }),
            Wake::Timer => Ok(self.erase(line)),
        }
    }
}
