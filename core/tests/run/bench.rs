//! A whole line without a world: a simulated board, a cloud that issues, a journal, and a clock that
//! jumps to whatever is waited for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signet_boards::{EspRom, Mode, Output as Said};
use signet_core::csr::VerifiedCsr;
use signet_core::http::{Method, Request, Response};
use signet_core::recipe::Recipe;
use signet_core::run::{Command, Context, Decision, Entry, Input, Output, Run, Stage, Verdict};
use signet_core::{Millis, Now, UnixTime};

use super::common::{self, Draft, key, key_usage, purpose};

/// Where the credential partition of a simulated board lies.
pub const PARTITION: usize = 0xD000;

/// The MAC address of the usual board.
pub const MAC: [u8; 6] = [0x7C, 0xDF, 0xA1, 0, 0, 1];

/// Everything around a run.
pub struct Bench {
    pub recipe: Arc<Recipe>,
    pub board: EspRom,
    pub cloud: Cloud,
    pub journal: BTreeMap<String, Entry>,
    /// Which writes into the journal fail.
    pub deaf: fn(&Entry) -> bool,
    /// The run is dropped, as by a reload, once this was saved.
    pub stop_after: Option<(Stage, usize)>,
    pub tick: u64,
    /// Seconds that have passed since [`common::NOW`], on the calendar only.
    pub later: u64,
    pub runs: u32,
    /// The cable is out.
    pub unplugged: bool,
}

/// How a drive came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The card says so: PASS, FAIL, or a person is asked.
    Card(Verdict),
    /// Dropped after the journal was told.
    Reloaded,
}

/// A DPS that issues.
#[derive(Default)]
pub struct Cloud {
    /// Answers that are given first, `None` for none at all.
    pub script: VecDeque<Option<Response>>,
    /// Answers that are given first to a question about an operation.
    pub lookups: VecDeque<Option<Response>>,
    /// Serial numbers of what was issued.
    pub issued: u8,
    /// Operations that were accepted: registration ID and SPKI.
    operations: Vec<(String, Vec<u8>)>,
    pub requests: Vec<Method>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(json!({"from": "mac", "template": "sn-{mac}"}))
    }

    /// A line whose recipe names boards in that way.
    pub fn with(naming: Value) -> Self {
        let root = common::sign(&common::chain()).pop().unwrap();
        let root: String = Sha256::digest(root)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut recipe: Value =
            serde_json::from_str(include_str!("../common/recipe.json")).unwrap();
        recipe["registrationId"] = naming;
        recipe["issued"]["rootSha256"] = json!([root]);
        Self {
            recipe: Arc::new(Recipe::parse(recipe.to_string().as_bytes()).unwrap()),
            board: EspRom::builder().mac(MAC).build(),
            cloud: Cloud::default(),
            journal: BTreeMap::new(),
            deaf: |_| false,
            stop_after: None,
            tick: 0,
            later: 0,
            runs: 0,
            unplugged: false,
        }
    }

    /// The line changes to a recipe that differs in one field.
    pub fn amend(&mut self, pointer: &str, value: Value) {
        let mut recipe = serde_json::to_value(&*self.recipe).unwrap();
        *recipe.pointer_mut(pointer).unwrap() = value;
        self.recipe = Arc::new(Recipe::parse(recipe.to_string().as_bytes()).unwrap());
    }

    pub fn now(&self) -> Now {
        Now {
            tick: Millis(self.tick),
            utc: UnixTime(common::NOW.0 + self.tick / 1000 + self.later),
        }
    }

    /// A run for whatever board is plugged in.
    pub fn begin(&mut self, serial: Option<&str>) -> Run {
        self.runs += 1;
        let context = Context {
            run: format!("run-{}", self.runs),
            operator: "Somebody".to_owned(),
            attestation_key: None,
        };
        let mut run = Run::new(Arc::clone(&self.recipe), context, self.now());
        if let Some(serial) = serial {
            let order = Command::Serial(serial.to_owned());
            run.handle(self.now(), Input::Command(order));
        }
        self.plug(&mut run);
        run
    }

    /// The cable goes in.
    pub fn plug(&mut self, run: &mut Run) {
        self.unplugged = false;
        if self.board.mode() == Mode::Unplugged {
            self.board.replug(Millis(self.tick));
        }
        run.handle(self.now(), Input::Opened { usb: None });
    }

    /// The cable is pulled.
    pub fn unplug(&mut self, run: &mut Run) {
        self.unplugged = true;
        self.board.unplug();
        run.handle(self.now(), Input::Closed);
    }

    /// Begins a run and drives it to its end, or to a question.
    pub fn go(&mut self) -> (Run, Stop) {
        let mut run = self.begin(None);
        let stop = self.drive(&mut run);
        (run, stop)
    }

    pub fn say(&mut self, run: &mut Run, command: Command) -> Stop {
        run.handle(self.now(), Input::Command(command));
        self.drive(run)
    }

    /// Lets everything happen until the card shows an end or a question.
    pub fn drive(&mut self, run: &mut Run) -> Stop {
        let mut saved: Vec<Stage> = Vec::new();
        for _ in 0..200_000 {
            let mut wait = None;
            match run.poll() {
                Output::Transmit(bytes) => self.board.handle(Millis(self.tick), &bytes),
                Output::SetSignals { dtr, rts } => {
                    self.board.set_signals(Millis(self.tick), dtr, rts);
                }
                Output::Request(request) => self.ask(run, &request),
                Output::NeedEntropy => {
                    let seed = u8::try_from(self.runs).unwrap();
                    run.handle(self.now(), Input::Entropy(&[0x40 + seed; 48]));
                }
                Output::Recall {
                    mac,
                    registration_id,
                } => self.recall(run, &mac, &registration_id),
                Output::Journal(entry) => {
                    saved.push(entry.stage);
                    self.save(run, &entry);
                    let same = |stage| saved.iter().filter(|saved| **saved == stage).count();
                    if self.stop_after.is_some_and(|(s, times)| same(s) == times) {
                        self.stop_after = None;
                        return Stop::Reloaded;
                    }
                }
                Output::Changed => {}
                Output::WaitUntil(moment) => wait = Some(Some(moment)),
                Output::Idle => wait = Some(None),
            }
            let Some(until) = wait else { continue };
            if self.hear(run) {
                continue;
            }
            match run.card().verdict {
                Verdict::Running | Verdict::Ready => {}
                verdict => return Stop::Card(verdict),
            }
            self.sleep(run, until);
        }
        panic!("the run does not come to an end: {:?}", run.card());
    }

    /// Gives the run what the board says; `true` if it said something.
    fn hear(&mut self, run: &mut Run) -> bool {
        self.board.tick(Millis(self.tick));
        match self.board.poll() {
            Said::Transmit(bytes) if !self.unplugged => {
                run.handle(self.now(), Input::Bytes(&bytes));
                true
            }
            Said::Unplugged if !self.unplugged => {
                self.unplugged = true;
                run.handle(self.now(), Input::Closed);
                true
            }
            _ => false,
        }
    }

    /// Jumps to the next moment at which anything happens.
    fn sleep(&mut self, run: &mut Run, until: Option<Millis>) {
        let board = match self.board.poll() {
            Said::WaitUntil(moment) => Some(moment),
            _ => None,
        };
        let next = until.into_iter().chain(board).min();
        let next = next.unwrap_or_else(|| panic!("nothing will ever happen: {:?}", run.card()));
        self.tick = self.tick.max(next.0);
        if until.is_some_and(|until| until.0 <= self.tick) {
            run.handle(self.now(), Input::Deadline);
        }
    }

    fn ask(&mut self, run: &mut Run, request: &Request) {
        match self.cloud.answer(request) {
            Some(response) => run.handle(self.now(), Input::Response(&response)),
            None => run.handle(self.now(), Input::Unreachable("the wire is cut")),
        }
    }

    fn recall(&mut self, run: &mut Run, mac: &str, registration_id: &str) {
        let twin = self
            .journal
            .values()
            .find(|entry| entry.record.registration_id == registration_id && entry.mac != mac);
        let board = self.journal.get(mac);
        run.handle(self.now(), Input::Recalled { board, twin });
    }

    fn save(&mut self, run: &mut Run, entry: &Entry) {
        if (self.deaf)(entry) {
            return run.handle(self.now(), Input::NotSaved("the disk is full"));
        }
        // What is kept has to survive the way through its file format.
        let text = serde_json::to_string(entry).unwrap();
        assert!(!text.contains("PRIVATE"), "{text}");
        let entry: Entry = serde_json::from_str(&text).unwrap();
        self.journal.insert(entry.mac.clone(), entry);
        run.handle(self.now(), Input::Saved);
    }

    /// What the board holds.
    pub fn partition(&self) -> &[u8] {
        &self.board.flash().bytes()[PARTITION..PARTITION + 0x2000]
    }
}

/// The code that the card shows.
pub fn code(run: &Run) -> &str {
    run.card().fault.as_ref().map_or("", |fault| &fault.code)
}

/// Whether a person is asked just that, for that reason.
pub fn asks(run: &Run, stop: Stop, decision: Decision, expected: &str) {
    assert_eq!(stop, Stop::Card(Verdict::Action), "{:?}", run.card());
    assert_eq!(run.card().decision, Some(decision), "{:?}", run.card());
    assert_eq!(code(run), expected);
}

pub fn refusal(status: u16, number: u32) -> Option<Response> {
    answer(status, json!({"errorCode": number, "message": "no"}))
}

/// The relay's own trouble.
pub fn relay(status: u16, fault: &str) -> Option<Response> {
    answer(status, json!({"relayError": fault, "message": ""}))
}

fn answer(status: u16, body: Value) -> Option<Response> {
    Some(Response {
        status,
        retry_after: (status == 202).then_some(1),
        date: None,
        body: body.to_string().into_bytes(),
    })
}

/// DPS has accepted the request and is at work.
pub fn accepted() -> Option<Response> {
    answer(
        202,
        json!({"operationId": "4.op.scripted", "status": "assigning"}),
    )
}

/// The enrollment was disabled, perhaps after its certificate was issued.
pub fn disabled() -> Option<Response> {
    answer(
        200,
        json!({"operationId": "4.op.scripted", "status": "disabled"}),
    )
}

impl Cloud {
    fn answer(&mut self, request: &Request) -> Option<Response> {
        self.requests.push(request.method);
        if let Some(scripted) = self.script.pop_front() {
            return scripted;
        }
        if request.method == Method::Get
            && let Some(scripted) = self.lookups.pop_front()
        {
            return scripted;
        }
        match request.method {
            Method::Put => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let csr = Base64::decode_vec(body["csr"].as_str().unwrap()).unwrap();
                let csr = VerifiedCsr::from_der(&csr).unwrap();
                assert_eq!(body["registrationId"], csr.common_name);
                self.operations.push((csr.common_name, csr.spki_der));
                let id = format!("4.op.{}", self.operations.len());
                answer(202, json!({"operationId": id, "status": "assigning"}))
            }
            _ => {
                let (name, spki) = self.operations.last().unwrap().clone();
                let chain = self.issue(&name, spki);
                answer(
                    200,
                    json!({"operationId": "4.op.1", "status": "assigned", "registrationState": {
                        "registrationId": name, "deviceId": name, "assignedHub": "hub.example",
                        "status": "assigned", "issuedCertificateChain": chain,
                    }}),
                )
            }
        }
    }

    fn issue(&mut self, name: &str, spki: Vec<u8>) -> Vec<String> {
        self.issued += 1;
        let mut leaf = Draft::new(name, "Issuing", &key(1));
        leaf.spki = spki;
        leaf.serial = vec![2, 1, self.issued];
        leaf.extensions = vec![key_usage(0x80), purpose(2)];
        leaf.not_before = "270101000000Z";
        leaf.not_after = "270131000000Z";
        let [_, issuing, root] = common::chain();
        let ders = [
            leaf.sign(&key(2)),
            issuing.sign(&key(3)),
            root.sign(&key(3)),
        ];
        ders.iter().map(|der| Base64::encode_string(der)).collect()
    }
}
