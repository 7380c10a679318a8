//! The board's side: connect, identify, locate, write, leave.

use md5::{Digest as _, Md5};

use super::{Decision, Error, Issuance, Output, Phase, State, Step, Verdict, hex, mac_key};
use crate::flash::esp::{self, Board};
use crate::recipe::{Attestation, Source};
use crate::run::recall::Proof;
use crate::{Explain, Now};

impl State {
    /// The port is open: start, or go on with the board that comes back.
    pub(super) fn opened(&mut self, now: Now, usb: Option<(u16, u16)>) {
        self.open = true;
        if matches!(
            self.step,
            Step::Over | Step::Recording | Step::Proving | Step::Leaving
        ) {
            return;
        }
        let session = esp::Session::new(now.tick);
        self.usb = usb;
        self.flash = Some(match usb {
            Some((vendor, product)) => session.with_usb_id(vendor, product),
            None => session,
        });
        if matches!(self.step, Step::Waiting | Step::Absent) {
            self.settle();
            let phase = Phase::Connecting;
            self.enter(
                now,
                if self.chain.is_some() {
                    Step::Absent
                } else {
                    Step::Identifying
                },
                phase,
            );
        }
        self.order(now, esp::Command::Connect);
    }

    pub(super) fn order(&mut self, now: Now, command: esp::Command) {
        self.feed(now, esp::Input::Command(command));
    }

    /// Gives the flash session an input and carries out what it wants.
    pub(super) fn feed(&mut self, now: Now, input: esp::Input<'_>) {
        let Some(flash) = &mut self.flash else { return };
        flash.handle(now.tick, input);
        let mut events = Vec::new();
        self.flash_waits = loop {
            match flash.poll() {
                esp::Output::Transmit(bytes) => self.out.push_back(Output::Transmit(bytes)),
                esp::Output::SetSignals { dtr, rts } => {
                    self.out.push_back(Output::SetSignals { dtr, rts });
                }
                esp::Output::Event(event) => events.push(event),
                esp::Output::WaitUntil(at) => break Some(at),
                esp::Output::Idle => break None,
            }
        };
        for event in events {
            self.event(now, event);
        }
    }

    fn event(&mut self, now: Now, event: esp::Event) {
        match event {
            esp::Event::Phase(phase) => self.flash_phase(now, phase),
            esp::Event::Identified(board) => self.identified(now, board),
            esp::Event::Located(partition) => {
                self.partition = Some(partition);
                self.located(now);
            }
            esp::Event::Digest(md5) => self.compared(now, &hex(&md5)),
            esp::Event::Progress { done, total } => self.card.bytes = Some((done, total)),
            esp::Event::Written { md5, .. } => self.written(now, &hex(&md5)),
            esp::Event::Left => {
                if self.step == Step::Leaving {
                    self.pass(now);
                }
            }
            esp::Event::Failed(error) => self.flash_failed(now, &error),
        }
    }

    /// While DPS is at work, the card tells of DPS, not of a board that was plugged in again; and what is
    /// compared before anything is issued is not about to be written.
    fn flash_phase(&mut self, now: Now, phase: esp::Phase) {
        if matches!(
            self.step,
            Step::Comparing
                | Step::Registering
                | Step::Stalled
                | Step::Keeping
                | Step::Intending
                | Step::Keying
        ) {
            return;
        }
        let phase = match phase {
            esp::Phase::Connecting => Phase::Connecting,
            esp::Phase::Identifying => Phase::Identifying,
            esp::Phase::Locating => Phase::Locating,
            esp::Phase::Comparing | esp::Phase::Writing => Phase::Writing,
            esp::Phase::Verifying => Phase::Verifying,
            esp::Phase::Leaving => Phase::Finishing,
        };
        self.set_phase(now, phase);
    }

    fn identified(&mut self, now: Now, board: Board) {
        let expected = self.board.as_ref().or(self.labelled.as_ref());
        if let Some(expected) = expected.filter(|expected| expected.mac != board.mac) {
            let error = Error::OtherBoard {
                expected: mac_text(expected),
                found: mac_text(&board),
            };
            self.flash = None;
            self.flash_waits = None;
            if matches!(self.step, Step::Absent | Step::Identifying) {
                self.ask(Step::Absent, Decision::Reconnect, error.fault());
            }
            return;
        }
        if self.board.is_none()
            && let Err(error) = self.name(&board)
        {
            return self.fail(now, error.fault());
        }
        let label = self.recipe.board.partition.clone();
        if self.step == Step::Identifying {
            self.step = Step::Locating;
        }
        self.order(now, esp::Command::Locate { label });
    }

    /// Puts the board's identity on the card and makes its registration ID.
    fn name(&mut self, board: &Board) -> Result<(), Error> {
        self.card.chip = Some(board.chip.name().to_owned());
        self.card.mac = Some(mac_text(board));
        let key = mac_key(board);
        self.board = Some(board.clone());
        if !self.recipe.board.chips.contains(&board.chip) {
            return Err(Error::WrongChip {
                found: board.chip.name().to_owned(),
            });
        }
        let naming = &self.recipe.registration_id;
        let part = match (naming.from, &self.serial) {
            (Source::Mac, _) => key,
            (_, Some(serial)) => serial.clone(),
            (_, None) => return Err(Error::SerialMissing),
        };
        let id = naming.make(&part).map_err(Error::NameRefused)?;
        self.card.registration_id = Some(id.to_string());
        self.name = Some(id);
        Ok(())
    }

    /// The partition is there: on to the journal, or back to the write that was interrupted.
    fn located(&mut self, now: Now) {
        match self.step {
            Step::Locating => {
                if let Err(error) = self.check_room() {
                    return self.fail(now, error.fault());
                }
                self.step = Step::Recalling;
                self.recall();
            }
            Step::Absent => {
                self.settle();
                self.prepare(now);
            }
            _ => {}
        }
    }

    /// Asks the journal about this board and its name.
    pub(super) fn recall(&mut self) {
        if let Some(mac) = self.board.as_ref().map(mac_key) {
            let registration_id = self.card.registration_id.clone().unwrap_or_default();
            self.out.push_back(Output::Recall {
                mac,
                registration_id,
            });
        }
    }

    /// A board that was finished before: untouched, changed, or with a certificate that has ended.
    fn compared(&mut self, now: Now, found_md5: &str) {
        if self.step != Step::Comparing {
            return;
        }
        let finished = |entry| Some((entry, Proof::of(entry)?));
        let Some((entry, Proof { image_md5, leaf })) = self.memory.as_ref().and_then(finished)
        else {
            return self.compared_with_erased(now, found_md5);
        };
        let error = if image_md5 != found_md5 {
            Error::Changed { at: entry.at }
        } else if leaf.not_after <= now.utc {
            let not_after = leaf.not_after;
            Error::Expired { not_after }
        } else {
            self.proved_md5 = Some(image_md5.to_owned());
            self.unchanged = true;
            return self.leave(now);
        };
        self.ask_to_issue(error);
    }

    /// A board for which nothing was issued that the journal knows of: if its partition holds something
    /// all the same, another station has, or somebody with another tool.
    fn compared_with_erased(&mut self, now: Now, found_md5: &str) {
        let Some(partition) = &self.partition else {
            return;
        };
        if found_md5 == hex(&erased_md5(partition.size)) {
            return self.begin_key(now);
        }
        let partition = partition.label.clone();
        self.ask_to_issue(Error::Occupied { partition });
    }

    /// The board is there, and its port cannot be opened.
    pub(super) fn refused(&mut self, reason: &str) {
        if matches!(self.step, Step::Waiting | Step::Absent) && !self.open {
            let reason = reason.to_owned();
            let fault = Error::PortRefused { reason }.fault();
            self.ask(self.step, Decision::Reconnect, fault);
        }
    }

    /// The port is gone. Nothing that was issued is lost with it.
    pub(super) fn closed(&mut self, now: Now) {
        self.open = false;
        self.flash = None;
        self.flash_waits = None;
        match self.step {
            Step::Identifying
            | Step::Locating
            | Step::Recalling
            | Step::Comparing
            | Step::Deciding => {
                self.forget_board(now);
                self.card.verdict = Verdict::Action;
                self.card.decision = None;
                self.card.fault = Some(Error::Unplugged.fault());
            }
            Step::Absent | Step::Promising | Step::Writing => {
                self.partition = None;
                self.ask(Step::Absent, Decision::Reconnect, Error::Unplugged.fault());
            }
            // The proof is complete; only the reset button is left to press.
            Step::Leaving => self.pass(now),
            // DPS goes on without the board; it is missed when its turn comes.
            Step::Keying | Step::Intending | Step::Registering | Step::Stalled | Step::Keeping => {
                self.partition = None;
            }
            Step::Waiting | Step::Proving | Step::Recording | Step::Over => {}
        }
    }

    /// Back to the start, for a board for which nothing was issued yet. A serial number that was
    /// scanned from its label, and a key of its own, are for no other board.
    fn forget_board(&mut self, now: Now) {
        let own = self.recipe.registration_id.from == Source::Scan
            || matches!(self.recipe.attestation, Attestation::DeviceKey {});
        let board = self.board.take().filter(|_| own);
        self.labelled = board.or(self.labelled.take());
        self.partition = None;
        self.memory = None;
        self.earlier = Issuance::None;
        self.replaces = None;
        self.card.registration_id = None;
        self.name = None;
        self.step = Step::Waiting;
        self.set_phase(now, Phase::Waiting);
    }

    fn flash_failed(&mut self, now: Now, error: &esp::Error) {
        match self.step {
            Step::Leaving => self.pass(now),
            Step::Absent | Step::Promising | Step::Writing => {
                self.ask(Step::Absent, Decision::Reconnect, error.fault());
            }
            Step::Keying | Step::Intending | Step::Registering | Step::Stalled | Step::Keeping => {
                self.partition = None;
            }
            Step::Proving | Step::Recording | Step::Over => {}
            _ => self.fail(now, error.fault()),
        }
    }

    /// Resets the board into its application.
    pub(super) fn leave(&mut self, now: Now) {
        self.enter(now, Step::Leaving, Phase::Finishing);
        if self.flash.is_some() {
            self.order(now, esp::Command::Leave);
        } else {
            self.pass(now);
        }
    }
}

/// MD5 of that many bytes of erased flash, in whole sectors as any partition.
fn erased_md5(size: u32) -> [u8; 16] {
    const SECTOR: u32 = 0x1000;
    let mut md5 = Md5::new();
    (0..size / SECTOR).for_each(|_| md5.update([0xFF; 0x1000]));
    md5.finalize().into()
}

/// `7c:df:a1:00:00:01`.
fn mac_text(board: &Board) -> String {
    let bytes: Vec<String> = board.mac.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}
