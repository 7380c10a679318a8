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

use super::answer::REQUEST_ID;
use super::call::Call;
use super::issued;
use super::trouble::Trouble;
use crate::device_api::{DeviceApi, Pace};
use crate::ledger::{Certificate, Event, Kind, Operation, Record, TurnGuard, Write};
use crate::route::What;
use crate::{clock, log, random};

/// Where it is written down what passes.
pub(super) struct Books {
    /// It answers nobody here: its ledger is what counts.
    api: Arc<DeviceApi>,
    /// URL of the DPS.
    upstream: String,
    /// How the relay proves the devices, in the words of the device API.
    attestation: &'static str,
    pace: Pace,
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

/// Longest foreign text in an entry, in characters.
const TEXT: usize = 300;

impl Books {
    pub(super) fn new(api: Arc<DeviceApi>, upstream: String, attestation: &'static str) -> Self {
        Self {
            api,
            upstream,
            attestation,
            pace: Pace::new(0),
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
        if call.route.what != What::Lookup {
            matter.may_begin()?;
        }
        Ok(matter)
    }
}

impl Matter<'_> {
    fn may_begin(&self) -> Result<(), Trouble> {
        let ledger = &self.books.api.ledger;
        if ledger.look(&self.id).map_err(broken)?.disabled {
            let message = format!("A supervisor of this line has disabled {}.", self.id);
            let trouble = Trouble::new(RelayFault::DeviceDisabled, message);
            self.refused(trouble.fault.code(), &trouble.message, None)?;
            return Err(trouble);
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
        if self.call.route.what == What::Lookup {
            return Ok(());
        }
        let response = match result {
            Ok(response) => response,
            Err(trouble) => return self.refused(trouble.fault.code(), &trouble.message, None),
        };
        let request = response.headers().get(REQUEST_ID);
        let request = request.and_then(|id| id.to_str().ok());
        match response.status() {
            // It may pass, and the page asks again.
            StatusCode::TOO_MANY_REQUESTS => Ok(()),
            status if status.is_success() => match serde_json::from_slice(response.body()) {
                Ok(answer) => self.answered(answer, request),
                Err(error) => {
                    let message = format!("What came is no answer of the device API: {error}");
                    self.refused(status.as_u16(), &message, request)
                }
            },
            status => {
                let details: Result<ErrorDetails, _> = serde_json::from_slice(response.body());
                let details = details.unwrap_or_default();
                let code = details.error_code.unwrap_or(status.as_u16().into());
                let tracking = details.tracking_id.as_deref().or(request);
                self.refused(code, &details.message.unwrap_or_default(), tracking)
            }
        }
    }

    fn answered(&self, answer: OperationStatus, request: Option<&str>) -> Result<(), Trouble> {
        let state = answer.registration_state.unwrap_or_default();
        let operation = match (&self.call.route.what, answer.operation_id) {
            (_, Some(id)) if !id.is_empty() => id,
            (What::Operation(id), _) => id.clone(),
            _ => String::new(),
        };
        match answer.status {
            Status::Assigning | Status::Unassigned => self.assigning(&operation, request),
            Status::Assigned => self.assigned(&operation, &state, request),
            status => {
                let message = state.error_message.unwrap_or_default();
                match state.error_code {
                    Some(code) => self.refused(code, &message, request),
                    None => self.refused(status.as_str(), &message, request),
                }
            }
        }
    }

    /// The service works on it. That is news once.
    fn assigning(&self, operation: &str, request: Option<&str>) -> Result<(), Trouble> {
        let known = self.known()?;
        if known
            .as_ref()
            .is_some_and(|it| it.operation.id == operation)
        {
            return Ok(());
        }
        let record = self.record(known, operation).map_err(broken)?;
        let event = self.registered(operation, request);
        self.write(vec![Write::Registration(record)], vec![event])
    }

    /// The device has its place, and a certificate if it asked for one.
    fn assigned(
        &self,
        operation: &str,
        state: &RegistrationState,
        request: Option<&str>,
    ) -> Result<(), Trouble> {
        let known = self.known()?;
        let (mut record, mut events) = match known {
            Some(record) if record.operation.id == operation => (record, Vec::new()),
            other => {
                let record = self.record(other, operation).map_err(broken)?;
                (record, vec![self.registered(operation, request)])
            }
        };
        let items = state
            .issued_certificate_chain
            .as_deref()
            .unwrap_or_default();
        let kept = record.operation.chain.is_empty() == items.is_empty();
        if record.operation.done && kept {
            return Ok(());
        }
        record.operation.done = true;
        record.updated = clock::now();
        record.etag = random::hex::<8>().map_err(broken)?;
        if let Some(device) = &state.device_id {
            record.device_id.clone_from(device);
        }
        let mut writes = vec![Write::Registration(record)];
        if !items.is_empty() {
            match issued::read(items, &self.id, operation, clock::now()) {
                Ok(certificate) => {
                    events
                        .push(self.event(Kind::Issued, self.issued(&certificate, state, request)));
                    writes.push(Write::Certificate(certificate));
                }
                // The page says so, too: it judges the chain itself.
                Err(error) => {
                    let message = format!("The issued certificates cannot be kept: {error:#}");
                    events.push(self.refusal("relay.chain", &message, request));
                }
            }
        }
        self.write(writes, events)
    }

    fn issued(
        &self,
        certificate: &Certificate,
        state: &RegistrationState,
        request: Option<&str>,
    ) -> Value {
        json!({
            "serial": certificate.serial,
            "sha256": certificate.sha256(),
            "policy": certificate.policy,
            "operationId": certificate.operation_id,
            "notAfter": certificate.not_after.to_string(),
            "upstream": self.books.upstream,
            "hub": state.assigned_hub.as_deref().map(short),
            "request": request,
        })
    }

    fn registered(&self, operation: &str, request: Option<&str>) -> Event {
        let facts = json!({
            "operationId": operation,
            "upstream": self.books.upstream,
            "attestation": self.books.attestation,
            "csr": self.csr.is_some(),
            "request": request,
        });
        self.event(Kind::Registered, facts)
    }

    fn known(&self) -> Result<Option<Record>, Trouble> {
        let look = self.books.api.ledger.look(&self.id);
        look.map(|look| look.record).map_err(broken)
    }

    /// A registration with this operation, at its beginning.
    fn record(&self, known: Option<Record>, operation: &str) -> anyhow::Result<Record> {
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
                id: operation.to_owned(),
                csr: self.csr.clone(),
                policy: None,
                polls_left: 0,
                done: false,
                chain: Vec::new(),
            },
        })
    }

    /// Writes down a refusal, once a minute for the same one.
    fn refused(
        &self,
        code: impl Display,
        message: &str,
        request: Option<&str>,
    ) -> Result<(), Trouble> {
        let code = code.to_string();
        if !self.books.pace.notes(&self.id, &code, clock::now()) {
            return Ok(());
        }
        self.write(Vec::new(), vec![self.refusal(&code, message, request)])
    }

    fn refusal(&self, code: &str, message: &str, request: Option<&str>) -> Event {
        let code = code
            .parse::<u32>()
            .map_or_else(|_| code.into(), Value::from);
        let facts = json!({
            "code": code,
            "message": short(message),
            "upstream": self.books.upstream,
            "request": request,
        });
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

/// Foreign text of a length that an entry can bear.
fn short(text: &str) -> String {
    text.chars().take(TEXT).collect()
}

/// Trouble of our own: told to the log. Whoever asks again finds the ledger as it was.
fn broken(error: anyhow::Error) -> Trouble {
    log::line("broken", &[("error", &format!("{error:#}"))]);
    Trouble::new(RelayFault::Ledger, "The station's ledger cannot be used.")
}
