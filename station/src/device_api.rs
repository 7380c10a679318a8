//! The device API: what is asked, by whom, and what is answered. Without sockets.

mod answer;
mod body;
mod turn;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Mutex;

use anyhow::{Result, anyhow};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;
use tokio::sync::mpsc::Sender;

pub(crate) use answer::{Answer, Problem};

use body::{read_body, verify_csr};
use turn::Turn;

use crate::admission::{Admitted, Gate, Presented, Refusal};
use crate::faults::{self, Fault, Faults};
use crate::namespace::Namespace;
use crate::route::{NoRoute, Route, What, version};
use crate::store::{Operation, Record, Store};
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
}

/// The embedded DPS.
pub(crate) struct DeviceApi {
    pub(crate) namespace: Namespace,
    pub(crate) gate: Gate,
    pub(crate) faults: Faults,
    store: Store,
    manners: Manners,
    /// IDs on which a request works right now.
    busy: Mutex<HashSet<RegistrationId>>,
    /// Dropped last: tells the station that nothing works on its folder any more.
    _alive: Sender<Infallible>,
}

impl DeviceApi {
    pub(crate) fn new(
        namespace: Namespace,
        gate: Gate,
        store: Store,
        manners: Manners,
        alive: Sender<Infallible>,
    ) -> Self {
        let (faults, busy) = (Faults::default(), Mutex::default());
        Self {
            namespace,
            gate,
            faults,
            store,
            manners,
            busy,
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
        if route.id_scope != self.namespace.description.id_scope {
            return Err(Problem::unauthorized("Unauthorized"));
        }
        let takes_csr = route
            .api_version
            .as_deref()
            .and_then(version)
            .ok_or(Problem::new(400, 400_000, "Unsupported api-version"))?;
        let id = RegistrationId::new(&route.id)
            .map_err(|_| Problem::new(400, 400_004, "Invalid registration ID"))?;
        let admitted = self
            .gate
            .admit(&ask.presented, &route.id, now)
            .map_err(refused)?;
        let Some(_turn) = Turn::take(&self.busy, &id) else {
            return Err(Problem::new(412, 412_001, "Precondition failed"));
        };
        self.faults.hold(fault);
        match route.what {
            What::Register => {
                let registration = read_body(&ask.body, &id, takes_csr)?;
                self.register(&id, &admitted, registration.csr, now)
            }
            What::Operation(operation) => self.operation(&id, &admitted, &operation, now),
            What::Lookup => {
                read_body(&ask.body, &id, false)?;
                let record = self.store.load(&id).map_err(broken)?;
                let record = record.ok_or(Problem::not_found("Registration not found"))?;
                Ok(Answer::lookup(&record, &self.manners))
            }
        }
    }

    fn register(
        &self,
        id: &RegistrationId,
        admitted: &Admitted,
        csr: Option<String>,
        now: UnixTime,
    ) -> Result<Answer, Problem> {
        let enrollment = &admitted.enrollment;
        if enrollment.disabled {
            return Ok(Answer::disabled(id));
        }
        if let Some(csr) = &csr {
            verify_csr(csr, id)?;
        }
        let policy = csr.as_ref().and(enrollment.policy.clone());
        let known = self.store.load(id).map_err(broken)?;
        // The same request again, before it was done: the first answer was lost on the way.
        if let Some(record) = &known
            && !record.operation.done
            && record.operation.csr == csr
            && record.operation.policy == policy
            && record.enrollment == enrollment.name
        {
            return Ok(Answer::assigning(record, &self.manners, true));
        }
        let record = Record {
            registration_id: id.clone(),
            device_id: enrollment
                .device_id
                .clone()
                .unwrap_or_else(|| id.to_string()),
            enrollment: enrollment.name.clone(),
            attestation: admitted.by.to_owned(),
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
        self.store.save(&record).map_err(broken)?;
        Ok(Answer::assigning(&record, &self.manners, true))
    }

    fn operation(
        &self,
        id: &RegistrationId,
        admitted: &Admitted,
        operation: &str,
        now: UnixTime,
    ) -> Result<Answer, Problem> {
        if admitted.enrollment.disabled {
            return Ok(Answer::disabled(id));
        }
        let record = self.store.load(id).map_err(broken)?;
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
            self.store.save(&record).map_err(broken)?;
            return Ok(Answer::assigning(&record, &self.manners, false));
        }
        // The fault first: what it prevents is not issued behind its back.
        let fault = self.faults.assignment();
        let prevented = fault.as_ref().is_some_and(Fault::prevents_issuance);
        if !record.operation.done && !prevented {
            self.assign(&mut record, now).map_err(broken)?;
        }
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
                Ok(Answer::assigned(&record, &self.manners))
            }
            None => Ok(Answer::assigned(&record, &self.manners)),
        }
    }

    fn has_policy(&self, operation: &Operation) -> bool {
        operation
            .policy
            .as_ref()
            .is_none_or(|name| self.namespace.has_policy(name))
    }

    /// Issues, and answers only when the certificate and the registration are durable.
    fn assign(&self, record: &mut Record, now: UnixTime) -> Result<()> {
        let id = &record.registration_id;
        if let (Some(csr), Some(policy)) = (&record.operation.csr, &record.operation.policy) {
            let csr = verify_csr(csr, id).map_err(|problem| anyhow!(problem.message))?;
            let chain = self
                .namespace
                .issue(policy, id.as_str(), &csr.spki_der, now)?;
            let leaf = chain.first().ok_or_else(|| anyhow!("an empty chain"))?;
            let serial = self.store.issued(leaf, policy, record, now)?;
            log::line(
                "issued",
                &[("id", id), ("policy", policy), ("serial", &serial)],
            );
            record.operation.chain = faults::items(&chain);
        }
        record.operation.done = true;
        record.updated = now;
        record.etag = random::hex::<8>()?;
        self.store.save(record)
    }
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

/// In the service's form: a digit, a partition, a UUID.
fn operation_id() -> Result<String> {
    Ok(format!("5.{}.{}", random::hex::<8>()?, random::uuid()?))
}
