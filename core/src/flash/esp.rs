//! Espressif's ROM loader over a serial line: connect, identify, write one partition, prove it.
//!
//! The loader is in the chip's mask ROM, so no program of ours has to be loaded into the chip first,
//! and at 115 200 baud, the speed it starts with, a credential partition takes a fraction of a second.
//! Protocol: Espressif, *Serial Protocol* (esptool documentation). What the ROM of an ESP32-C3 does
//! beyond that page when something goes wrong was measured, and stands where it is used.
//!
//! What no client can help: requests other than blocks carry no checksum, so a bit that flips in a
//! `FLASH_DEFL_BEGIN` on its way to the chip can erase another place. If that happens the partition
//! does not get what it should, and the session ends in [`Error::DigestDiffers`] instead of trying
//! again. A single lost byte in a request does no harm (see `write.rs` and `blocks.rs`).

use zeroize::Zeroizing;

use crate::Millis;
use crate::image::partition::{Partition, TABLE_OFFSET};

mod blocks;
mod boot;
mod capacity;
mod chip;
mod command;
mod connect;
mod deflate;
mod error;
mod identify;
mod line;
mod locate;
mod reply;
mod reset;
mod security;
mod slip;
mod verify;
mod write;

pub use chip::Chip;
pub use command::Opcode;
use connect::{Connect, Leave};
pub use error::Error;
use line::{Line, Wake};
use locate::Locate;
pub use reply::{Refusal, Reply};
use reset::Wiring;
pub use security::SecurityInfo;
pub use slip::{Decoder, Found, MAX_FRAME, encode};
use write::{Digest, Write};

/// One chip on one serial line, from reset into the bootloader to reset into the application.
///
/// Contract: after every [`Session::handle`] call [`Session::poll`] until it returns
/// [`Output::WaitUntil`] (or `Output::Idle`). The session starts idle; [`Command::Connect`] starts it.
pub struct Session {
    line: Line,
    task: Option<Box<dyn Task>>,
    wiring: Wiring,
    table_offset: u32,
    verification: Verification,
    board: Option<Board>,
    partition: Option<Partition>,
}

/// What happens to a session.
pub enum Input<'a> {
    /// Bytes that arrived, in any pieces.
    Bytes(&'a [u8]),
    /// The port was lost or closed.
    Closed,
    /// An order from the layer above.
    Command(Command),
    /// A moment given by [`Output::WaitUntil`] has passed.
    Deadline,
}

/// What the layer above may order. One at a time: each ends in its event or in [`Event::Failed`].
pub enum Command {
    /// Reset into the bootloader, synchronise, identify, read security info. Ends in [`Event::Identified`].
    Connect,
    /// Read and check the partition table and find the partition of that name. Ends in [`Event::Located`].
    Locate {
        /// The partition's label.
        label: String,
    },
    /// MD5 of the located partition as it is now. Ends in [`Event::Digest`].
    Digest,
    /// Make the located partition equal to `image` (shorter images are padded with 0xFF): MD5 first,
    /// deflated write only if it differs, MD5 after, read back. Ends in [`Event::Written`].
    Write {
        /// The plain bytes; wiped after use.
        image: Zeroizing<Vec<u8>>,
    },
    /// Reset into the application. Ends in [`Event::Left`].
    Leave,
}

/// What a session wants.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes. Wiped by whoever sent them: they may hold a private key.
    Transmit(Zeroizing<Vec<u8>>),
    /// Set the control lines; `None` leaves a line as it is. In this order: first DTR, then RTS.
    SetSignals {
        /// Data Terminal Ready; `true` is asserted (IO0 low on the usual auto-reset circuit).
        dtr: Option<bool>,
        /// Request To Send; `true` is asserted (EN low: chip held in reset).
        rts: Option<bool>,
    },
    /// Something to tell.
    Event(Event),
    /// Drained: come back with bytes, or with [`Input::Deadline`] at that moment.
    WaitUntil(Millis),
    /// Drained, and nothing is under way.
    Idle,
}

/// What the layer above is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The phase changed, in words for a person.
    Phase(Phase),
    /// The chip is known and may be written.
    Identified(Board),
    /// The partition was found, and the table around it is sound.
    Located(Partition),
    /// MD5 of the located partition.
    Digest([u8; 16]),
    /// Bytes of the current phase that are done.
    Progress {
        /// Bytes done.
        done: u32,
        /// Bytes in all.
        total: u32,
    },
    /// The partition holds exactly the image: MD5 matched, and what was read back was equal.
    Written {
        /// `true` if it already did and nothing was written.
        unchanged: bool,
        /// MD5 that the chip computed over the whole partition after the write.
        md5: [u8; 16],
    },
    /// The chip was reset into its application.
    Left,
    /// The order failed. The session is back to idle; only `Connect` is accepted.
    Failed(Error),
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Trying reset sequences and waiting for the ROM.
    Connecting,
    /// Reading chip, MAC address and security state.
    Identifying,
    /// Reading the partition table.
    Locating,
    /// Comparing what is there.
    Comparing,
    /// Writing.
    Writing,
    /// MD5 after and reading back.
    Verifying,
    /// Resetting into the application.
    Leaving,
}

/// What the ROM told about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The chip.
    pub chip: Chip,
    /// Factory MAC address, most significant byte first.
    pub mac: [u8; 6],
    /// Whether secure boot is on (its images are refused elsewhere; a data partition may be written).
    pub secure_boot: bool,
    /// Whether flash encryption is on; a partition that it covers is refused by [`Command::Locate`].
    pub flash_encryption: bool,
}

/// How much proof a write needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// The MD5 that the chip computes over the whole partition.
    Digest,
    /// That, and every byte that is not 0xFF read back and compared. The ROM gives 64 bytes a turn: at
    /// 115 200 baud 1.6 KB of credentials take 26 more turns and 0.2 s more on the wire, 7.5 KB take 118
    /// and 1.0 s (`tests/interop/examples/wire_cost.rs`).
    #[default]
    ReadBack,
}

/// What went over the line since the session was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes to the board.
    pub sent: u64,
    /// Bytes from the board.
    pub received: u64,
    /// Requests, each of which waits for an answer.
    pub turns: u64,
}

impl Session {
    /// An idle session.
    pub fn new(now: Millis) -> Self {
        Self {
            line: Line::new(now),
            task: None,
            wiring: Wiring::default(),
            table_offset: TABLE_OFFSET,
            verification: Verification::default(),
            board: None,
            partition: None,
        }
    }

    /// Says what the port is, by its USB vendor and product ID: the unit inside Espressif's chips
    /// wants another reset sequence than a bridge.
    #[must_use]
    pub fn with_usb_id(mut self, vendor: u16, product: u16) -> Self {
        self.wiring = Wiring::from_usb(vendor, product);
        self
    }

    /// Says where the partition table stands if it is not at [`TABLE_OFFSET`].
    #[must_use]
    pub fn with_table_offset(mut self, offset: u32) -> Self {
        self.table_offset = offset;
        self
    }

    /// Says how much proof a write needs.
    #[must_use]
    pub fn with_verification(mut self, verification: Verification) -> Self {
        self.verification = verification;
        self
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        self.line.set_now(now);
        let wake = match input {
            Input::Bytes(bytes) => self.line.receive(bytes),
            Input::Closed => return self.close(),
            Input::Command(_) if self.task.is_some() => return self.fail(Error::Busy),
            Input::Command(command) => match self.task_for(command) {
                Ok(task) => {
                    self.task = Some(task);
                    Some(Wake::Start)
                }
                Err(error) => return self.fail(error),
            },
            Input::Deadline => self.line.check_deadline(),
        };
        if let Some(wake) = wake {
            self.wake(wake);
        }
    }

    /// Gives the next output.
    pub fn poll(&mut self) -> Output {
        self.line.poll()
    }

    /// What went over the line so far.
    pub fn traffic(&self) -> Traffic {
        self.line.traffic()
    }

    fn task_for(&mut self, command: Command) -> Result<Box<dyn Task>, Error> {
        let board = self.board.as_ref().ok_or(Error::NotReady);
        let partition = self.partition.as_ref().ok_or(Error::NotReady);
        Ok(match command {
            Command::Connect => {
                (self.board, self.partition) = (None, None);
                self.line.clear();
                Box::new(Connect::new(self.wiring))
            }
            Command::Locate { label } => {
                let task = Locate::new(board?.clone(), label, self.table_offset);
                self.partition = None;
                Box::new(task)
            }
            Command::Digest => Box::new(Digest::new(partition?.clone())),
            Command::Write { image } => {
                let partition = partition?.clone();
                Box::new(Write::new(
                    &image,
                    partition,
                    board?.chip,
                    self.verification,
                )?)
            }
            Command::Leave => {
                board?;
                (self.board, self.partition) = (None, None);
                Box::new(Leave::new(self.wiring))
            }
        })
    }

    /// Wakes the task, and the ones that follow it: at most three, as none is made by two others.
    fn wake(&mut self, mut wake: Wake) {
        while let Some(task) = &mut self.task {
            match task.wake(&mut self.line, wake) {
                Ok(Next::Wait) => return,
                Ok(Next::Then(next)) => {
                    self.task = Some(next);
                    wake = Wake::Start;
                }
                Ok(Next::Done(event)) => return self.finish(event),
                Err(error) => return self.fail(error),
            }
        }
    }

    fn finish(&mut self, event: Event) {
        self.task = None;
        self.line.stop();
        match &event {
            Event::Identified(board) => self.board = Some(board.clone()),
            Event::Located(partition) => self.partition = Some(partition.clone()),
            _ => {}
        }
        self.line.tell(event);
    }

    fn fail(&mut self, error: Error) {
        (self.board, self.partition) = (None, None);
        self.finish(Event::Failed(error));
    }

    fn close(&mut self) {
        let busy = self.task.is_some();
        (self.task, self.board, self.partition) = (None, None, None);
        self.line.clear();
        if busy {
            self.fail(Error::Closed);
        }
    }
}

/// One stretch of a session. Each question it asks and each pause it makes wakes it exactly once.
trait Task: Send {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error>;
}

/// What a task wants after it was woken.
enum Next {
    /// It has asked something or made a pause.
    Wait,
    /// Another task goes on.
    Then(Box<dyn Task>),
    /// The order is done.
    Done(Event),
}
