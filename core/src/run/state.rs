//! The run's state: who is asked for what, and what is known so far.

mod board;
mod cloud;
mod ending;
mod pace;

use std::collections::VecDeque;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::recall::Memory;
use super::{
    Card, Command, Context, Decision, Entry, Error, Input, Issuance, Outcome, Output, Phase, Record,
};
use super::{Stage, Verdict};
use crate::chain::VerifiedChain;
use crate::csr::Csr;
use crate::dps::{Assignment, Registration, RegistrationId};
use crate::flash::esp::{self, Board};
use crate::image::partition::Partition;
use crate::key::PrivateKey;
use crate::recipe::{Recipe, Source};
use crate::{Explain, Fault, Now, UnixTime};
use pace::Pace;

pub(super) struct State {
    recipe: Arc<Recipe>,
    context: Context,
    step: Step,
    out: VecDeque<Output>,
    card: Card,
    pace: Pace,
    started: UnixTime,
    /// The serial number for this board, if the recipe wants one.
    serial: Option<String>,
    /// USB vendor and product ID of the port, as it was opened last.
    usb: Option<(u16, u16)>,
    /// The board's port is open, even where no session goes over it.
    open: bool,
    flash: Option<esp::Session>,
    flash_waits: Option<crate::Millis>,
    board: Option<Board>,
    /// The board that was there before an unplug, where the serial number or the key is its own.
    labelled: Option<Board>,
    name: Option<RegistrationId>,
    partition: Option<Partition>,
    key: Option<PrivateKey>,
    csr: Option<Csr>,
    registration: Option<Registration>,
    dps_waits: Option<crate::Millis>,
    operation_id: Option<String>,
    assignment: Option<Assignment>,
    chain: Option<VerifiedChain>,
    image: Option<Image>,
    issuance: Issuance,
    /// What became of a request to DPS is not known, so that a later refusal does not prove that
    /// nothing was issued.
    doubtful: bool,
    /// What had come out of the runs before, if a person wants a new certificate in its place.
    earlier: Issuance,
    replaces: Option<String>,
    /// Journal entries that are not yet durable.
    unsaved: u32,
    record: Option<Record>,
    /// What the journal knows of this board.
    memory: Option<Entry>,
    /// MD5 of the partition that the board proved, hex.
    proved_md5: Option<String>,
    /// The board already held what was recorded.
    unchanged: bool,
}

/// The partition as meant.
struct Image {
    bytes: Zeroizing<Vec<u8>>,
    sha256: String,
    md5: String,
}

/// What the run waits for. The board's own steps are inside its flash session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The board.
    Waiting,
    /// The chip's identity.
    Identifying,
    /// The journal's memory of this board.
    Recalling,
    /// The partition.
    Locating,
    /// The MD5 of a board that was finished before, or of one that must be new.
    Comparing,
    /// A person.
    Deciding,
    /// Random bytes.
    Keying,
    /// The journal, before DPS is asked.
    Intending,
    /// DPS.
    Registering,
    /// A person, while DPS may be at work.
    Stalled,
    /// The journal, before the chain is used.
    Keeping,
    /// The board that holds the place of this run, gone or in trouble.
    Absent,
    /// The journal, before the board is written.
    Promising,
    /// The board's proof.
    Writing,
    /// The journal, after the proof.
    Proving,
    /// The board's reset.
    Leaving,
    /// The journal, with the record.
    Recording,
    /// Nothing.
    Over,
}

impl State {
    pub(super) fn new(recipe: Arc<Recipe>, context: Context, now: Now) -> Self {
        Self {
            recipe,
            context,
            step: Step::Waiting,
            out: VecDeque::new(),
            card: Card::default(),
            pace: Pace::new(now.tick),
            started: now.utc,
            serial: None,
            usb: None,
            open: false,
            flash: None,
            flash_waits: None,
            board: None,
            labelled: None,
            name: None,
            partition: None,
            key: None,
            csr: None,
            registration: None,
            dps_waits: None,
            operation_id: None,
            assignment: None,
            chain: None,
            image: None,
            issuance: Issuance::None,
            doubtful: false,
            earlier: Issuance::None,
            replaces: None,
            unsaved: 0,
            record: None,
            memory: None,
            proved_md5: None,
            unchanged: false,
        }
    }

    pub(super) fn card(&self) -> &Card {
        &self.card
    }

    pub(super) fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    pub(super) fn handle(&mut self, now: Now, input: Input<'_>) {
        match input {
            Input::Opened { usb } => self.opened(now, usb),
            Input::Bytes(bytes) => self.feed(now, esp::Input::Bytes(bytes)),
            Input::Closed => self.closed(now),
            Input::Response(response) => {
                self.doubt(response.status >= 500);
                self.answer(now, crate::dps::Input::Response(response));
            }
            Input::Unreachable(why) => {
                self.doubt(true);
                self.answer(now, crate::dps::Input::Unreachable(why));
            }
            Input::Refused(why) => self.refused(why),
            Input::Entropy(random) => self.make_key(now, random),
            Input::NoEntropy(why) => self.no_key(now, why),
            Input::Recalled { board, twin } => self.recalled(now, board, twin),
            Input::NotRecalled(why) => self.not_recalled(now, why),
            Input::Saved => self.saved(now),
            Input::NotSaved(why) => self.not_saved(now, why),
            Input::Command(command) => self.command(now, command),
            Input::Deadline => {
                if self.flash_waits.is_some_and(|at| at <= now.tick) {
                    self.feed(now, esp::Input::Deadline);
                }
                if self.dps_waits.is_some_and(|at| at <= now.tick) {
                    self.answer(now, crate::dps::Input::Deadline);
                }
            }
        }
        self.pace.tell(now.tick, &mut self.card);
        self.changed();
    }

    pub(super) fn poll(&mut self) -> Output {
        if let Some(output) = self.out.pop_front() {
            return output;
        }
        match self.flash_waits.into_iter().chain(self.dps_waits).min() {
            Some(at) => Output::WaitUntil(at),
            None => Output::Idle,
        }
    }

    fn command(&mut self, now: Now, command: Command) {
        match command {
            Command::Serial(serial) => self.serial = Some(serial),
            Command::Abandon => match self.step {
                // What the board proved stays proved.
                Step::Proving | Step::Leaving | Step::Over => {}
                Step::Recording => {
                    if self.card.decision == Some(Decision::SaveAgain) {
                        self.over();
                    }
                }
                _ => {
                    let fault = self.card.fault.clone();
                    self.fail(now, fault.unwrap_or_else(|| Error::Abandoned.fault()));
                }
            },
            Command::Accept => match self.card.decision {
                Some(Decision::AskAgain) if self.step == Step::Stalled => {
                    self.settle();
                    self.resume(now);
                }
                Some(Decision::IssueAgain) if self.step == Step::Deciding => {
                    self.settle();
                    self.begin_key(now);
                }
                Some(Decision::Reconnect) if self.step == Step::Absent && self.open => {
                    self.opened(now, self.usb);
                }
                Some(Decision::SaveAgain) if self.step == Step::Recording => {
                    self.settle();
                    self.save_record(now);
                }
                _ => {}
            },
        }
    }

    /// Asks the journal to remember `stage`.
    fn journal(&mut self, now: Now, stage: Stage) {
        let Some(mac) = self.board.as_ref().map(mac_key) else {
            return;
        };
        self.unsaved = self.unsaved.saturating_add(1);
        let record = match &self.record {
            Some(record) => record.clone(),
            None => self.make_record(now, Outcome::Fail, None),
        };
        self.out.push_back(Output::Journal(Box::new(Entry {
            mac,
            at: now.utc,
            stage,
            record,
        })));
    }

    /// One entry became durable; with the last one, the step that waited for it goes on.
    fn saved(&mut self, now: Now) {
        self.unsaved = self.unsaved.saturating_sub(1);
        if self.unsaved > 0 {
            return;
        }
        match self.step {
            Step::Intending => self.register(now),
            Step::Keeping => self.judge(now),
            Step::Promising => self.write(now),
            Step::Proving => self.leave(now),
            Step::Recording => self.over(),
            _ => {}
        }
    }

    /// Before DPS is asked a deaf journal ends the run; after that the run goes on, because the board
    /// is a safer place for the certificate than a page, and a person is asked in the end if the
    /// record cannot be saved either.
    fn not_saved(&mut self, now: Now, reason: &str) {
        self.unsaved = self.unsaved.saturating_sub(1);
        let fault = Error::JournalFailed {
            reason: reason.to_owned(),
        }
        .fault();
        match self.step {
            Step::Intending => {
                self.issuance = Issuance::None;
                self.fail(now, fault);
            }
            Step::Recording => {
                self.ask(Step::Recording, Decision::SaveAgain, fault);
            }
            _ => {
                self.unsaved = self.unsaved.saturating_add(1);
                self.saved(now);
            }
        }
    }

    fn enter(&mut self, now: Now, step: Step, phase: Phase) {
        self.step = step;
        self.set_phase(now, phase);
        if !matches!(self.card.verdict, Verdict::Action) {
            self.card.verdict = Verdict::Running;
        }
    }

    fn set_phase(&mut self, now: Now, phase: Phase) {
        if self.card.phase != phase {
            self.card.phase = phase;
            self.card.bytes = None;
            self.pace.enter(now.tick, phase);
        }
    }

    /// A person is asked.
    fn ask(&mut self, step: Step, decision: Decision, fault: Fault) {
        self.step = step;
        self.card.verdict = Verdict::Action;
        self.card.decision = Some(decision);
        self.card.fault = Some(fault);
    }

    /// The question is settled.
    fn settle(&mut self) {
        self.card.verdict = Verdict::Running;
        self.card.decision = None;
        self.card.fault = None;
    }

    fn changed(&mut self) {
        if !matches!(self.out.back(), Some(Output::Changed)) {
            self.out.push_back(Output::Changed);
        }
    }

    /// What became of a request is not known. Once DPS has named the operation, it can be asked.
    fn doubt(&mut self, unknown: bool) {
        self.doubtful |= unknown && self.operation_id.is_none();
    }

    fn not_recalled(&mut self, now: Now, reason: &str) {
        if self.step == Step::Recalling {
            // Without its memory a run might issue a second certificate.
            let reason = reason.to_owned();
            self.fail(now, Error::JournalUnreadable { reason }.fault());
        }
    }

    /// Reads what the journal knows; a person decides where a new certificate would replace one.
    fn recalled(&mut self, now: Now, board: Option<&Entry>, twin: Option<&Entry>) {
        if self.step != Step::Recalling {
            return;
        }
        if let Some(own) = board.and_then(|entry| self.own_number(entry)) {
            self.card.registration_id = Some(own.to_string());
            self.name = Some(own);
            return self.recall();
        }
        let registration_id = self.card.registration_id.clone().unwrap_or_default();
        if let Some(twin) = twin.filter(|twin| twin.holds_its_id()) {
            let (mac, at) = (twin.mac.clone(), twin.at);
            let error = Error::DuplicateId {
                registration_id,
                mac,
                at,
            };
            return self.fail(now, error.fault());
        }
        self.memory = board.cloned();
        match Memory::of(board, &registration_id, &self.recipe) {
            // Another station may know more.
            Memory::Fresh if self.recipe.board.preset.is_erased_when_new() => {
                self.enter(now, Step::Comparing, Phase::Locating);
                self.order(now, esp::Command::Digest);
            }
            Memory::Fresh => self.begin_key(now),
            Memory::Finished(_) => {
                self.enter(now, Step::Comparing, Phase::Verifying);
                self.order(now, esp::Command::Digest);
            }
            Memory::Ask(error) => self.ask_to_issue(error),
        }
    }

    /// A certificate was, or may have been, issued: whether another one is, a person says.
    fn ask_to_issue(&mut self, error: Error) {
        if let Some(entry) = &self.memory {
            self.earlier = entry.record.standing();
            self.replaces = entry.record.serial();
        }
        self.ask(Step::Deciding, Decision::IssueAgain, error.fault());
    }

    /// The registration ID that the board got from the recipe's list before. It keeps it: the number
    /// that was offered is for a new board.
    fn own_number(&self, entry: &Entry) -> Option<RegistrationId> {
        let naming = &self.recipe.registration_id;
        let own = &entry.record.registration_id;
        let other = naming.from == Source::List
            && entry.holds_its_id()
            && self.card.registration_id.as_ref() != Some(own);
        let mut listed = naming
            .serials
            .iter()
            .filter_map(|serial| naming.make(serial).ok());
        listed.find(|id| other && id.as_str() == own)
    }
}

/// Twelve lower-case hex digits.
fn mac_key(board: &Board) -> String {
    board.mac.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
