//! The device API: what is asked, by whom, and what is answered. Without sockets.

mod answer;
mod body;
mod hub;
mod issue;
mod pace;
mod tpm;

use std::convert::Infallible;

use anyhow::Result;
use serde_json::json;
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;
use tokio::sync::mpsc::Sender;

pub(crate) use answer::{Answer, Problem};
pub(crate) use pace::Pace;

use body::{read_body, verify_csr};

use crate::admission::{Admitted, Gate, Presented, Refusal};
use crate::enrollment::Enrollment;
use crate::faults::{self, Fault, Faults};
use crate::ledger::{Event, Kind, Ledger, Look, Operation, Record, Write};
use crate::mqtt::Seats;
use crate::namespace::Namespace;
use crate::route::{NoRoute, Route, Version, What};
use crate::{clock, log, random};

/// A request, however it came.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) presented: Presented,
    pub(crate) body: Vec<u8>,
}

/// How the embedded DPS behaves where the contract leaves it free.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    /// Host name of the hub to which every device is assigned.
    pub(crate) hub: String,
    /// How many polls are answered with `assigning`.
    pub(crate) assigning_polls: u32,
    /// Seconds for `Retry-After`.
    pub(crate) retry_after: u32,
    /// How often one device may ask within ten seconds (the service: 5); 0 for any number.
    pub(crate) polls_per_ten_seconds: u32,
}

/// The embedded DPS.
pub(crate) struct DeviceApi {
    pub(crate) namespace: Namespace,
    pub(crate) gate: Gate,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    /// Who is connected over MQTT.
    pub(crate) seats: Seats,
    manners: Manners,
    pace: Pace,
    /// Dropped last: tells the station that nothing works on its folder any more.
    _alive: Sender<Infallible>,
}

impl DeviceApi {
    pub(crate) fn new(
        namespace: Namespace,
        gate: Gate,
        ledger: Ledger,
        manners: Manners,
        alive: Sender<Infallible>,
    ) -> Self {
        let faults = Faults::default();
        let pace = Pace::new(manners.polls_per_ten_seconds);
        Self {
            namespace,
            gate,
            faults,
            ledger,
            seats: Seats::default(),
            manners,
            pace,
            _alive: alive,
        }
    }

    /// Answers one request. Blocks for as long as the disk takes.
    pub(crate) fn handle(&self, ask: &Ask) -> Answer {
        let request_id = random::uuid().unwrap_or_default();
        let now = clock::now();
        let fault = self.faults.any_request();
        let answer = match fault {
            Some(Fault::Html { status }) => Answer::page(status),
            Some(Fault::ServerError { status }) => {
                Problem::new(status, u32::from(status) * 1000, "Internal server error").into()
            }
            Some(Fault::Throttle { retry_after }) => {
                let problem = Problem::new(429, 429_001, "Too many requests");
                Answer::from(problem).retry_after(retry_after)
            }
            _ => self
                .route(ask, fault.as_ref(), now)
                .unwrap_or_else(Answer::from),
        };
        let answer = answer.finish(&request_id, now);
        log::line(
            "dps",
            &[
                ("method", &ask.method),
                ("path", &ask.path),
                ("status", &answer.status),
                ("request", &request_id),
            ],
        );
        answer
    }

    fn route(&self, ask: &Ask, fault: Option<&Fault>, now: UnixTime) -> Result<Answer, Problem> {
        let route =
            Route::parse(&ask.method, &ask.path, &ask.query).map_err(|none| match none {
                NoRoute::Method => Problem::new(405, 405_000, "Method not allowed"),
                NoRoute::Path => Problem::new(404, 404_000, "Resource not found"),
            })?;
        let note = |problem: &Problem| self.note_refusal(&route.id, problem, now);
        if let Some(answer) = self.challenge(&route, ask, now).inspect_err(note)? {
            return Ok(answer);
        }
        let version = route.api_version.as_deref().unwrap_or_default();
        let (id, version, admitted) = self
            .admit(&route.id_scope, &route.id, version, &ask.presented, now)
            .inspect_err(note)?;
        let Some(_turn) = self.ledger.turn(&id).map_err(broken)? else {
            return Err(Problem::new(412, 412_001, "Precondition failed"));
        };
        self.faults.hold(fault);
        match route.what {
            What::Register => {
                let registration = read_body(&ask.body, &id, version.csr)?;
                tpm::same_keys(&registration, admitted.tpm.as_ref()).inspect_err(note)?;
                let wish = Wish {
                    csr: registration.csr,
                    force: route.force,
                };
                let answer = self.register(&id, &admitted, wish, now);
                if let (Ok(_), Some(session)) = (&answer, &admitted.tpm) {
                    self.gate.challenges.settle(id.as_str(), session);
                }
                answer.inspect_err(note)
            }
            What::Operation(operation) => {
                if !self.pace.allows(&id, now) {
                    let problem = Problem::new(429, 429_001, "Too many requests");
                    return Ok(Answer::from(problem).retry_after(Some(self.manners.retry_after)));
                }
                self.operation(&id, &admitted, &operation, version, now)
            }
            What::Lookup => {
                read_body(&ask.body, &id, false)?;
                let look = self.ledger.look(&id).map_err(broken)?;
                if self.stopped(&admitted.enrollment, &look) {
                    return Ok(Answer::disabled_lookup(&id));
                }
                let record = look.record.filter(|record| !record.is_foreign());
                let record = record.ok_or(Problem::not_found("Registration not found"))?;
                Ok(Answer::lookup(&record, &self.manners, version))
            }
        }
    }

    /// Whether somebody may speak for a registration ID, before anything is asked.
    pub(crate) fn greet(
        &self,
        id_scope: &str,
        id: &str,
        version: &str,
        presented: &Presented,
    ) -> Result<(), Problem> {
        let now = clock::now();
        self.admit(id_scope, id, version, presented, now)
            .map(|_| ())
            .inspect_err(|problem| self.note_refusal(id, problem, now))
    }

    fn admit(
        &self,
        id_scope: &str,
        id: &str,
        api_version: &str,
        presented: &Presented,
        now: UnixTime,
    ) -> Result<(RegistrationId, Version, Admitted), Problem> {
        let (registration_id, version) = self.addressed(id_scope, id, api_version)?;
        let admitted = self.gate.admit(presented, id, now).map_err(refused)?;
        Ok((registration_id, version, admitted))
    }

    /// Whether a request is for this service, in a version that it speaks.
    fn addressed(
        &self,
        id_scope: &str,
        id: &str,
        api_version: &str,
    ) -> Result<(RegistrationId, Version), Problem> {
        if id_scope != self.namespace.id_scope {
            return Err(Problem::unauthorized("Unauthorized"));
        }
        let version = Version::parse(api_version).ok_or(Problem::new(
            400,
            400_000,
            "Unsupported api-version",
        ))?;
        let registration_id = RegistrationId::new(id)
            .map_err(|_| Problem::new(400, 400_004, "Invalid registration ID"))?;
        Ok((registration_id, version))
    }

    /// An attempt that was refused is remembered too. One that cannot be remembered is still refused.
    fn note_refusal(&self, id: &str, problem: &Problem, now: UnixTime) {
        let Ok(id) = RegistrationId::new(id) else {
            return;
        };
        if problem.server_side() || !self.pace.notes(&id, &problem.code.to_string(), now) {
            return;
        }
        let facts = json!({ "code": problem.code, "message": &problem.message });
        let event = Event::new(Kind::Refused, id.as_str(), facts);
        if let Err(error) = self.ledger.commit(now, Vec::new(), vec![event]) {
            log::line("broken", &[("error", &format!("{error:#}"))]);
        }
    }

    fn register(
        &self,
        id: &RegistrationId,
        admitted: &Admitted,
        wish: Wish,
        now: UnixTime,
    ) -> Result<Answer, Problem> {
        let enrollment = &admitted.enrollment;
        let look = self.ledger.look(id).map_err(broken)?;
        if self.stopped(enrollment, &look) {
            return Ok(Answer::disabled(id));
        }
        let Wish { csr, force } = wish;
        if let Some(csr) = &csr {
            verify_csr(csr, id)?;
        }
        let policy = csr.as_ref().and(enrollment.policy.clone());
        let known = look.record;
        // The same request again, before it was done: the first answer was lost on the way.
        if let Some(record) = &known
            && !force
            && !record.operation.done
            && record.operation.csr == csr
            && record.operation.policy == policy
            && record.enrollment == enrollment.name
        {
            return Ok(Answer::assigning(record, &self.manners, true));
        }
        self.ledger.ensure_room().map_err(full)?;
        let record = Record {
            registration_id: id.clone(),
            device_id: enrollment
                .device_id
                .clone()
                .unwrap_or_else(|| id.to_string()),
            enrollment: enrollment.name.clone(),
            attestation: admitted.by.to_owned(),
            version: known.as_ref().map_or(0, |record| record.version),
            created: known.map_or(now, |record| record.created),
            updated: now,
            etag: random::hex::<8>().map_err(broken)?,
            operation: Operation {
                id: operation_id().map_err(broken)?,
                policy,
                csr,
                polls_left: self.manners.assigning_polls,
                done: false,
                chain: Vec::new(),
            },
        };
        let facts = json!({
            "operationId": record.operation.id,
            "enrollment": record.enrollment,
            "attestation": record.attestation,
            "csr": record.operation.csr.is_some(),
        });
        let event = Event::new(Kind::Registered, id.as_str(), facts);
        let answer = Answer::assigning(&record, &self.manners, true);
        self.ledger
            .commit(now, vec![Write::Registration(record)], vec![event])
            .map_err(broken)?;
        Ok(answer)
    }

    fn operation(
        &self,
        id: &RegistrationId,
        admitted: &Admitted,
        operation: &str,
        version: Version,
        now: UnixTime,
    ) -> Result<Answer, Problem> {
        let look = self.ledger.look(id).map_err(broken)?;
        if self.stopped(&admitted.enrollment, &look) {
            return Ok(Answer::disabled(id));
        }
        let record = look.record;
        // An operation belongs to the enrollment that began it, and ends with its policy.
        let stands = |record: &Record| {
            record.operation.id == operation
                && record.enrollment == admitted.enrollment.name
                && (record.operation.done || self.has_policy(&record.operation))
        };
        let mut record = record
            .filter(stands)
            .ok_or(Problem::not_found("Operation not found"))?;
        if !record.operation.done && record.operation.polls_left > 0 {
            record.operation.polls_left -= 1;
            let answer = Answer::assigning(&record, &self.manners, false);
            self.ledger
                .commit(now, vec![Write::Registration(record)], Vec::new())
                .map_err(broken)?;
            return Ok(answer);
        }
        // The fault first: what it prevents is not issued behind its back.
        let fault = self.faults.assignment();
        let prevented = fault.as_ref().is_some_and(Fault::prevents_issuance);
        if !record.operation.done && !prevented {
            self.ledger.ensure_room().map_err(full)?;
            self.assign(&mut record, now).map_err(broken)?;
        }
        let hub_key = self.hub_key(admitted)?;
        match fault {
            Some(Fault::Failed) => Ok(Answer::failed(&record)),
            Some(Fault::Disabled) => Ok(Answer::disabled(id)),
            Some(fault) => {
                let csr = record
                    .operation
                    .csr
                    .as_deref()
                    .map(|csr| verify_csr(csr, id))
                    .transpose()?;
                let policy = record.operation.policy.as_deref();
                let chain = &record.operation.chain;
                record.operation.chain =
                    faults::distort(&fault, chain, csr.as_ref(), policy, &self.namespace, now)
                        .map_err(broken)?;
                // For this answer only: nothing of it is kept.
                record.operation.done = true;
                Ok(Answer::assigned(&record, &self.manners, version, hub_key))
            }
            None => Ok(Answer::assigned(&record, &self.manners, version, hub_key)),
        }
    }

    /// Whether a device may not register: it or its enrollment is disabled, or its policy is deleted.
    fn stopped(&self, enrollment: &Enrollment, look: &Look) -> bool {
        let policy = enrollment.policy.as_ref();
        enrollment.disabled
            || look.disabled
            || policy.is_some_and(|name| !self.namespace.has_policy(name))
    }

    fn has_policy(&self, operation: &Operation) -> bool {
        operation
            .policy
            .as_ref()
            .is_none_or(|name| self.namespace.has_policy(name))
    }
}

/// What a registration asks for.
struct Wish {
    csr: Option<String>,
    /// Begin anew, even if the same request is already being worked on.
    force: bool,
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::CaNotFound => Problem::unauthorized("CA certificate not found."),
        Refusal::InvalidCertificate => Problem::unauthorized("Invalid certificate."),
        Refusal::NotFound => Problem::not_found("Enrollment not found"),
        Refusal::Unauthorized => Problem::unauthorized("Unauthorized"),
    }
}

/// Trouble of our own: told to the log, not to the client.
fn broken(error: anyhow::Error) -> Problem {
    log::line("broken", &[("error", &format!("{error:#}"))]);
    Problem::new(500, 500_000, "Internal server error")
}

/// No room to write down what would be issued, so nothing is.
fn full(error: anyhow::Error) -> Problem {
    log::line("full", &[("error", &format!("{error:#}"))]);
    Problem::new(503, 503_001, "Service unavailable")
}

/// In the service's form: a digit, a partition, a UUID.
fn operation_id() -> Result<String> {
    Ok(format!("5.{}.{}", random::hex::<8>()?, random::uuid()?))
}
