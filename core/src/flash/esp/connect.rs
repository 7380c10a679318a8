//! Reset into the serial loader, and the first word with it.

use super::identify::Identify;
use super::line::{Line, Wake};
use super::reset::{Step as Change, Wiring};
use super::{Error, Next, Phase, Task};

/// How often all reset sequences are tried.
const ROUNDS: usize = 2;
/// `SYNC`s after each: half a second, enough for the slowest ROM to come up.
const SYNCS: u8 = 5;

/// Tries one reset sequence after the other until the ROM answers.
pub(super) struct Connect {
    wiring: Wiring,
    sequences_tried: usize,
    changes: &'static [Change],
    syncs_left: u8,
    greeted: bool,
}

impl Connect {
    pub(super) fn new(wiring: Wiring) -> Self {
        Self {
            wiring,
            sequences_tried: 0,
            changes: &[],
            syncs_left: 0,
            greeted: false,
        }
    }

    fn next_sequence(&mut self, line: &mut Line) -> Result<Next, Error> {
        let entries = self.wiring.entries();
        if self.sequences_tried == ROUNDS * entries.len() {
            return Err(failure(line));
        }
        let sequence = self.sequences_tried % entries.len();
        self.changes = entries.get(sequence).copied().unwrap_or_default();
        self.sequences_tried += 1;
        self.syncs_left = SYNCS;
        self.follow(line)
    }

    /// Makes the changes up to the next pause, and greets after the last.
    fn follow(&mut self, line: &mut Line) -> Result<Next, Error> {
        while let Some((change, rest)) = self.changes.split_first() {
            self.changes = rest;
            line.set_signals(change.dtr, change.rts);
            if change.wait > 0 {
                line.pause(change.wait);
                return Ok(Next::Wait);
            }
        }
        self.greet(line)
    }

    fn greet(&mut self, line: &mut Line) -> Result<Next, Error> {
        match self.syncs_left.checked_sub(1) {
            Some(left) => {
                self.syncs_left = left;
                line.greet();
                Ok(Next::Wait)
            }
            None => self.next_sequence(line),
        }
    }
}

impl Task for Connect {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        match wake {
            Wake::Start => {
                line.tell_phase(Phase::Connecting);
                line.boot_log.clear();
                self.next_sequence(line)
            }
            Wake::Timer if self.greeted => Ok(Next::Then(Box::new(Identify::new()))),
            Wake::Timer => self.follow(line),
            Wake::Silence(_) => self.greet(line),
            // The stubs that other flashers load answer a SYNC with zero here, ROMs never do.
            Wake::Answer(answer) if answer.reply.value == 0 => Err(Error::StubRunning),
            Wake::Answer(_) => {
                self.greeted = true;
                line.drain();
                Ok(Next::Wait)
            }
        }
    }
}

/// What the chip printed tells the reasons for its silence apart.
fn failure(line: &Line) -> Error {
    let log = &line.boot_log;
    if log.waits_for_download() {
        Error::LoaderSilent
    } else if let Some(boot) = log.boot_mode() {
        Error::LoaderNotReached { boot }
    } else if log.received() > 0 {
        Error::NotTheLoader {
            received: log.received(),
        }
    } else {
        Error::NoAnswer
    }
}

/// Resets into the application.
pub(super) struct Leave {
    changes: &'static [Change],
}

impl Leave {
    pub(super) fn new(wiring: Wiring) -> Self {
        Self {
            changes: wiring.leave(),
        }
    }
}

impl Task for Leave {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        if matches!(wake, Wake::Start) {
            line.tell_phase(Phase::Leaving);
        }
        let Some((change, rest)) = self.changes.split_first() else {
            return Ok(Next::Done(super::Event::Left));
        };
        self.changes = rest;
        line.set_signals(change.dtr, change.rts);
        line.pause(change.wait);
        Ok(Next::Wait)
    }
}
