//! What the ledger is told of requests that go to a DPS elsewhere.
//!
//! An attempt is in the ledger before it goes out, and what the service issued is there before the page
//! hears of it. One request at a time is under way for a device, across all stations that share the
//! ledger: two of them cannot have certificates issued for one board at the same moment.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};
use signet_core::Explain;
use signet_core::dps::wire::{
    DeviceRegistration, ErrorDetails, OperationStatus, RegistrationState, Status,
};
use signet_core::dps::{RegistrationId, RelayFault};
use tokio::sync::Semaphore;

use super::answer::{REQUEST_ID, Source};
use super::call::{Call, word};
use super::issued;
use super::trouble::Trouble;
use crate::device_api::{DeviceApi, Pace};
use crate::ledger::{Certificate, Event, Kind, Operation, Record, TurnGuard, Write};
use crate::route::What;
use crate::{clock, log, random, threads};

/// Where it is written down what passes.
pub(super) struct Books {
    /// It answers nobody here: its ledger is what counts.
    api: Arc<DeviceApi>,
    /// URL of the DPS.
    upstream: String,
    /// How the relay proves the devices, in the words of the device API.
    attestation: &'static str,
    pace: Pace,
    /// For requests that are under way; more wait. Each keeps a thread until its answer is there, and of
    /// those the API needs some, too.
    pub(super) room: Arc<Semaphore>,
}

/// One request that is under way.
pub(super) struct Matter<'a> {
    books: &'a Books,
    call: &'a Call,
    id: RegistrationId,
    /// Base64 of the request's DER, if it has one.
    csr: Option<String>,
    /// Whose token came with it.
    by: Option<String>,
    _turn: TurnGuard<'a>,
}

/// Where an answer came from, and what its service calls it.
#[derive(Default)]
struct Answer {
    upstream: Option<String>,
    request: Option<String>,
    /// `unknown`: the request may have been carried out all the same.
    outcome: Option<&'static str>,
}

/// Certificates that came with an answer.
enum Brought {
    Nothing,
    /// The ledger has it.
    Known,
    New(Box<Certificate>),
    /// The ledger cannot have it, for this reason.
    Unkept(String),
}

/// Longest foreign text in an entry, in characters.
const TEXT: usize = 300;

/// The code of certificates that cannot be kept.
const UNKEPT: &str = "relay.chain";

/// An operation that the service has given no name.
const UNNAMED: &str = "unnamed";

impl Books {
    pub(super) fn new(api: Arc<DeviceApi>, upstream: String, attestation: &'static str) -> Self {
        Self {
            api,
            upstream,
            attestation,
            pace: Pace::new(0),
            room: Arc::new(Semaphore::new(threads::AT_WORK / 2)),
        }
    }

    /// Writes down an attempt, before it goes out. `Err` keeps it here. Blocks.
    pub(super) fn begin<'a>(
        &'a self,
        call: &'a Call,
        body: &[u8],
        by: Option<String>,
    ) -> Result<Matter<'a>, Trouble> {
        let ledger = &self.api.ledger;
        let id = RegistrationId::new(&call.route.id)
            .map_err(|error| Trouble::new(RelayFault::NotAnOperation, error.to_string()))?;
        let turn = ledger.turn(&id).map_err(broken)?.ok_or_else(|| {
            let message = format!("Another request about {id} is under way.");
            Trouble::new(RelayFault::Busy, message)
        })?;
        let read: Option<DeviceRegistration> = serde_json::from_slice(body).ok();
        let matter = Matter {
            books: self,
            call,
            csr: read.and_then(|read| read.csr),
            by,
            _turn: turn,
            id,
        };
        matter.may_begin()?;
        Ok(matter)
    }
}

impl Matter<'_> {
    fn may_begin(&self) -> Result<(), Trouble> {
        let ledger = &self.books.api.ledger;
        if ledger.look(&self.id).map_err(broken)?.disabled {
            let message = format!("A supervisor of this line has disabled {}.", self.id);
            let trouble = Trouble::new(RelayFault::DeviceDisabled, message);
            self.refused(trouble.fault.code(), &trouble.message, &Answer::default())?;
            return Err(trouble);
        }
        if self.call.route.what == What::Lookup {
            return Ok(());
        }
        if let Err(error) = ledger.ensure_room() {
            log::line("full", &[("error", &format!("{error:#}"))]);
            let message = "The ledger has no room left, so nothing is asked for.";
            return Err(Trouble::new(RelayFault::LedgerFull, message));
        }
        if self.call.route.what == What::Register {
            let facts = json!({
                "upstream": self.books.upstream,
                "idScope": self.call.route.id_scope,
                "csr": self.csr.is_some(),
                "by": self.by,
            });
            self.write(Vec::new(), vec![self.event(Kind::Asked, facts)])?;
        }
        Ok(())
    }

    /// Writes down what came of it, before the page hears. `Err` is what it hears instead. Blocks.
    pub(super) fn end(&self, result: &Result<Response<Bytes>, Trouble>) -> Result<(), Trouble> {
        let response = match result {
            Ok(response) => response,
            Err(trouble) => return self.without_answer(trouble),
        };
        let mut answer = Answer::of(response);
        let written = match (&self.call.route.what, response.status()) {
            // It may pass, and the page asks again.
            (_, StatusCode::TOO_MANY_REQUESTS) => Ok(()),
            // A lookup is not to bring certificates; what is brought all the same is kept.
            (What::Lookup, _) => match serde_json::from_slice::<RegistrationState>(response.body())
            {
                Ok(state) if state.issued_certificate_chain.is_some() => {
                    self.assigned(None, &state, &answer)
                }
                _ => Ok(()),
            },
            (_, status) if status.is_success() => match serde_json::from_slice(response.body()) {
                Ok(read) => self.answered(read, &answer),
                Err(error) => {
                    let message = format!("What came is no answer of the device API: {error}");
                    self.refused(status.as_u16(), &message, &answer)
                }
            },
            (_, status) => {
                let details: Result<ErrorDetails, _> = serde_json::from_slice(response.body());
                let details = details.unwrap_or_default();
                let code = details.error_code.unwrap_or(status.as_u16().into());
                if let Some(tracking) = &details.tracking_id {
                    answer.request = Some(short(tracking));
                }
                self.refused(code, &details.message.unwrap_or_default(), &answer)
            }
        };
        written.map_err(|trouble| {
            let message = "The service answered, but the station could not write it down.";
            Trouble::new(trouble.fault, message)
        })
    }

    /// Whether the service has begun something nobody knows, if the request reached it.
    fn without_answer(&self, trouble: &Trouble) -> Result<(), Trouble> {
        if self.call.route.what == What::Lookup {
            return Ok(());
        }
        let unknown = matches!(
            trouble.fault,
            RelayFault::AnswerNotJson
                | RelayFault::AnswerTooLarge
                | RelayFault::UpstreamCut
                | RelayFault::UpstreamTimeout
        );
        let answer = Answer {
            outcome: unknown.then_some("unknown"),
            ..Answer::default()
        };
        self.refused(trouble.fault.code(), &trouble.message, &answer)
    }

    fn answered(&self, read: OperationStatus, answer: &Answer) -> Result<(), Trouble> {
        let state = read.registration_state.unwrap_or_default();
        let own = |found: &String| found.eq_ignore_ascii_case(self.id.as_str());
        if let Some(found) = state.registration_id.as_ref().filter(|found| !own(found)) {
            let message = format!("The answer is about another device, {found}.");
            return self.refused("dps.wrong-device", &message, answer);
        }
        let operation = match &self.call.route.what {
            What::Operation(id) => Some(id.clone()),
            _ => read.operation_id.filter(|id| word(id)),
        };
        match read.status {
            Status::Assigning | Status::Unassigned => self.assigning(operation, answer),
            Status::Assigned => self.assigned(operation, &state, answer),
            status => {
                let message = state.error_message.unwrap_or_default();
                match state.error_code {
                    Some(code) => self.refused(code, &message, answer),
                    None => self.refused(status.as_str(), &message, answer),
                }
            }
        }
    }

    /// The service works on it. That is news once.
    fn assigning(&self, operation: Option<String>, answer: &Answer) -> Result<(), Trouble> {
        let Some(operation) = operation else {
            return Ok(());
        };
        let known = self.known()?;
        if known
            .as_ref()
            .is_some_and(|it| it.operation.id == operation)
        {
            return Ok(());
        }
        let event = self.registered(&operation, answer);
        let record = self.record(known, operation).map_err(broken)?;
        self.write(vec![Write::Registration(record)], vec![event])
    }

    /// The device has its place, and a certificate if it asked for one.
    fn assigned(
        &self,
        operation: Option<String>,
        state: &RegistrationState,
        answer: &Answer,
    ) -> Result<(), Trouble> {
        let items = state
            .issued_certificate_chain
            .as_deref()
            .unwrap_or_default();
        let (mut writes, mut events) = (Vec::new(), Vec::new());
        let known = self.known()?;
        let brought = self.brought(items, operation.as_deref(), known.as_ref())?;
        let operation = match (operation, &brought) {
            (Some(operation), _) => operation,
            (None, Brought::New(certificate)) => certificate.operation_id.clone(),
            (None, _) => UNNAMED.to_owned(),
        };
        let (mut record, is_new) = match known {
            Some(record) if record.operation.id == operation => (record, false),
            other => {
                events.push(self.registered(&operation, answer));
                (self.record(other, operation).map_err(broken)?, true)
            }
        };
        let is_done = !is_new && record.operation.done;
        match brought {
            // Perhaps under the operation before this one.
            Brought::Known if is_new || is_done => return Ok(()),
            Brought::Nothing if is_done => return Ok(()),
            Brought::Known | Brought::Nothing => {}
            Brought::New(certificate) => {
                events.push(self.event(Kind::Issued, facts(&certificate, state, answer)));
                writes.push(Write::Certificate(*certificate));
            }
            // The page hears it all the same, and judges the chain itself.
            Brought::Unkept(message) => match self.unkept(&message, items, answer) {
                None if is_done => return Ok(()),
                event => events.extend(event),
            },
        }
        record.operation.done = true;
        record.updated = clock::now();
        record.etag = random::hex::<8>().map_err(broken)?;
        if let Some(device) = &state.device_id {
            record.device_id = short(device);
        }
        writes.insert(0, Write::Registration(record));
        self.write(writes, events)
    }

    /// What came beside the news that the device is assigned.
    fn brought(
        &self,
        items: &[String],
        operation: Option<&str>,
        known: Option<&Record>,
    ) -> Result<Brought, Trouble> {
        if items.is_empty() {
            return Ok(Brought::Nothing);
        }
        let came = match issued::read(items, &self.id, operation, clock::now()) {
            Ok(came) => came,
            Err(error) => {
                let message = format!("The issued certificates cannot be kept: {error:#}");
                return Ok(Brought::Unkept(message));
            }
        };
        let serial = &came.serial;
        let kept = self.books.api.ledger.certificate(serial).map_err(broken)?;
        let is_second = known.is_some_and(|record| {
            record.operation.id == came.operation_id && !record.operation.chain.is_empty()
        });
        Ok(match kept {
            Some(kept) if kept.chain.first() == came.chain.first() => Brought::Known,
            Some(_) => Brought::Unkept(format!(
                "Another certificate has the serial number {serial} already."
            )),
            None if is_second => Brought::Unkept(format!(
                "The same operation has brought another certificate before this one, {serial}."
            )),
            None => Brought::New(Box::new(came)),
        })
    }

    /// What is told of certificates that cannot be kept, once a minute.
    fn unkept(&self, message: &str, items: &[String], answer: &Answer) -> Option<Event> {
        if !self.books.pace.notes(&self.id, UNKEPT, clock::now()) {
            return None;
        }
        let mut event = self.refusal(UNKEPT, message, answer);
        let print = issued::print(items).map_or(Value::Null, Value::from);
        event.facts.insert("sha256".to_owned(), print);
        Some(event)
    }

    fn registered(&self, operation: &str, answer: &Answer) -> Event {
        let mut facts = json!({
            "operationId": operation,
            "upstream": answer.upstream,
            "attestation": self.books.attestation,
            "request": answer.request,
        });
        // Who asks for an operation does not say what began it.
        if self.call.route.what == What::Register {
            facts["csr"] = self.csr.is_some().into();
        }
        self.event(Kind::Registered, facts)
    }

    fn known(&self) -> Result<Option<Record>, Trouble> {
        let look = self.books.api.ledger.look(&self.id);
        look.map(|look| look.record).map_err(broken)
    }

    /// A registration with this operation, at its beginning.
    fn record(&self, known: Option<Record>, operation: String) -> anyhow::Result<Record> {
        let now = clock::now();
        Ok(Record {
            registration_id: self.id.clone(),
            device_id: self.id.to_string(),
            enrollment: self.books.upstream.clone(),
            attestation: self.books.attestation.to_owned(),
            version: known.as_ref().map_or(0, |record| record.version),
            created: known.map_or(now, |record| record.created),
            updated: now,
            etag: random::hex::<8>()?,
            operation: Operation {
                id: operation,
                csr: self.csr.clone(),
                policy: None,
                polls_left: 0,
                done: false,
                chain: Vec::new(),
            },
        })
    }

    /// Writes down a refusal, once a minute for the same one.
    fn refused(&self, code: impl Display, message: &str, answer: &Answer) -> Result<(), Trouble> {
        let code = short(&code.to_string());
        if !self.books.pace.notes(&self.id, &code, clock::now()) {
            return Ok(());
        }
        self.write(Vec::new(), vec![self.refusal(&code, message, answer)])
    }

    fn refusal(&self, code: &str, message: &str, answer: &Answer) -> Event {
        let code = code
            .parse::<u32>()
            .map_or_else(|_| code.into(), Value::from);
        let mut facts = json!({
            "code": code,
            "message": short(message),
            "upstream": answer.upstream.as_ref().unwrap_or(&self.books.upstream),
            "request": answer.request,
        });
        if let Some(outcome) = answer.outcome {
            facts["outcome"] = outcome.into();
        }
        self.event(Kind::Refused, facts)
    }

    fn event(&self, kind: Kind, facts: Value) -> Event {
        Event::new(kind, self.id.as_str(), facts)
    }

    fn write(&self, writes: Vec<Write>, events: Vec<Event>) -> Result<(), Trouble> {
        let ledger = &self.books.api.ledger;
        ledger.commit(clock::now(), writes, events).map_err(broken)
    }
}

impl Answer {
    fn of(response: &Response<Bytes>) -> Self {
        let request = response.headers().get(REQUEST_ID);
        let source = response.extensions().get::<Source>();
        Self {
            request: request.and_then(|id| id.to_str().ok()).map(short),
            upstream: source.map(|Source(url)| url.clone()),
            outcome: None,
        }
    }
}

fn facts(certificate: &Certificate, state: &RegistrationState, answer: &Answer) -> Value {
    json!({
        "serial": certificate.serial,
        "sha256": certificate.sha256(),
        "policy": certificate.policy,
        "operationId": certificate.operation_id,
        "notAfter": certificate.not_after.to_string(),
        "upstream": answer.upstream,
        "hub": state.assigned_hub.as_deref().map(short),
        "request": answer.request,
    })
}

/// Foreign text of a length that an entry can bear, on one line.
fn short(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(TEXT).map(plain).collect()
}

/// Trouble of our own: told to the log. Whoever asks again finds the ledger as it was.
fn broken(error: anyhow::Error) -> Trouble {
    log::line("broken", &[("error", &format!("{error:#}"))]);
    Trouble::new(RelayFault::Ledger, "The station's ledger cannot be used.")
}
