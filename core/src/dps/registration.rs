//! One registration from PUT to `assigned`.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};

use super::answer::{self, Meaning, Transient};
use super::sas::percent_encode;
use super::wire::DeviceRegistration;
use super::{Assignment, Credential, Error, Settings, device_key, sas_token};
use crate::csr::Csr;
use crate::http::{Method, Request, Response};
use crate::{Millis, Now, UnixTime};

/// One registration with a CSR, from PUT to `assigned`.
///
/// The driver gives up on a request after [`crate::http::ANSWER_TIMEOUT_MS`] and reports
/// [`Input::Unreachable`]. Sending the same CSR again is harmless: the service issues again, and what
/// it issued before was never seen.
#[derive(Debug)]
pub struct Registration {
    settings: Settings,
    limits: Limits,
    body: Vec<u8>,
    state: State,
    started: Millis,
    polls: u32,
    failures: u32,
    /// A PUT was sent whose answer never came, so that the service may be at work on it.
    lost: bool,
    /// Given up because of trouble that passes, or of slowness.
    passing: bool,
    operation: Option<String>,
    out: VecDeque<Output>,
}

/// What happens to a registration.
#[derive(Debug)]
pub enum Input<'a> {
    /// An answer arrived.
    Response(&'a Response),
    /// No answer came, with the transport's own words.
    Unreachable(&'a str),
    /// A moment given by [`Output::WaitUntil`] has passed.
    Deadline,
}

/// What a registration wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this.
    Request(Request),
    /// The service is at work.
    Assigning {
        /// How often it was asked.
        polls: u32,
        /// The operation, with which [`Registration::resume`] takes up after a break.
        operation_id: String,
    },
    /// Done.
    Assigned(Assignment),
    /// Given up.
    Failed(Error),
    /// Drained.
    WaitUntil(Millis),
    /// Drained, and over, or waiting for an answer.
    Idle,
}

/// How patient a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From start to end, in milliseconds.
    pub total_ms: u64,
    /// Shortest time between two polls, in milliseconds, and the time when the service names none.
    pub poll_ms: u64,
    /// Attempts in a row that may meet trouble that passes.
    pub attempts: u32,
    /// First pause after such trouble, in milliseconds; it doubles each time.
    pub backoff_ms: u64,
    /// Longest of these pauses, unless the service asks for a longer one.
    pub backoff_max_ms: u64,
}

impl Default for Limits {
    /// Five minutes in all; polls no faster than every 2 s, as the service's own clients do (its
    /// limit is 5 polls in 10 s per device).
    fn default() -> Self {
        Self {
            total_ms: 300_000,
            poll_ms: 2_000,
            attempts: 6,
            backoff_ms: 1_000,
            backoff_max_ms: 30_000,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    Asking(Ask),
    Over,
    Waiting { due: Millis, then: Ask },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Lookup,
    Register,
}

impl Registration {
    /// Starts: the first [`Registration::poll`] gives the PUT.
    pub fn new(settings: Settings, csr: &Csr, now: Now) -> Self {
        Self::register(settings, csr.to_base64(), now)
    }

    /// Takes up a registration whose operation is known: polls only, and sends no CSR.
    pub fn resume(settings: Settings, operation_id: &str, now: Now) -> Self {
        let mut this = Self::idle(settings, now);
        this.operation = Some(operation_id.to_owned()).filter(|id| usable(id));
        match this.operation {
            Some(_) => this.ask(now, Ask::Lookup),
            None => this.fail(Error::NoOperation),
        }
        this
    }

    /// Replaces the default patience.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes one input. Inputs that do not fit the moment are ignored.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        match (self.state, input) {
            (State::Asking(ask), Input::Response(response)) => self.answer(now, ask, response),
            (State::Asking(ask), Input::Unreachable(reason)) => {
                self.lost |= ask == Ask::Register;
                let trouble = Transient::Unreachable(answer::clean(reason, REASON_LIMIT));
                self.retry(now, ask, trouble);
            }
            (State::Waiting { due, then }, Input::Deadline) if now.tick >= due => {
                self.ask(now, then);
            }
            _ => {}
        }
    }

    /// Gives the next output.
    pub fn poll(&mut self) -> Output {
        match (self.out.pop_front(), self.state) {
            (Some(output), _) => output,
            (None, State::Waiting { due, .. }) => Output::WaitUntil(due),
            (None, State::Asking(_) | State::Over) => Output::Idle,
        }
    }

    /// The operation, as soon as the service has named it.
    pub fn operation_id(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// The operation of a registration that was given up because of trouble that passes: the service
    /// goes on with it, and [`Registration::resume`] can ask what came of it.
    pub fn resumable(&self) -> Option<&str> {
        self.operation_id().filter(|_| self.passing)
    }

    fn register(settings: Settings, csr: String, now: Now) -> Self {
        let mut this = Self::idle(settings, now);
        let body = DeviceRegistration {
            registration_id: Some(this.settings.registration_id.to_string()),
            csr: Some(csr),
            ..DeviceRegistration::default()
        };
        // Three strings always have a JSON form.
        this.body = serde_json::to_vec(&body).unwrap_or_default();
        this.ask(now, Ask::Register);
        this
    }

    fn idle(settings: Settings, now: Now) -> Self {
        Self {
            settings,
            limits: Limits::default(),
            body: Vec::new(),
            state: State::Over,
            started: now.tick,
            polls: 0,
            failures: 0,
            lost: false,
            passing: false,
            operation: None,
            out: VecDeque::new(),
        }
    }

    fn ask(&mut self, now: Now, ask: Ask) {
        self.state = State::Asking(ask);
        let request = self.request(now.utc, ask);
        self.out.push_back(Output::Request(request));
    }

    fn request(&self, now: UnixTime, ask: Ask) -> Request {
        let Settings {
            id_scope,
            registration_id,
            api_version,
            credential,
        } = &self.settings;
        let mut path = String::from("/");
        percent_encode(&mut path, id_scope);
        path.push_str("/registrations/");
        percent_encode(&mut path, registration_id.as_str());
        match ask {
            Ask::Lookup => {
                path.push_str("/operations/");
                percent_encode(&mut path, self.operation.as_deref().unwrap_or_default());
            }
            Ask::Register => path.push_str("/register"),
        }
        path.push_str("?api-version=");
        percent_encode(&mut path, api_version);

        let mut headers = vec![("Accept", "application/json".to_owned())];
        let id = registration_id.as_str();
        let token = |key: &[u8]| sas_token(id_scope, id, key, UnixTime(now.0 + TOKEN_SECONDS));
        match credential {
            Credential::Relay => {}
            Credential::DeviceKey(key) => headers.push(("Authorization", token(key))),
            Credential::GroupKey(key) => {
                headers.push(("Authorization", token(&device_key(key, id))));
            }
        }
        let (method, body) = match ask {
            Ask::Lookup => (Method::Get, Vec::new()),
            Ask::Register => {
                headers.push(("Content-Type", "application/json; charset=utf-8".to_owned()));
                (Method::Put, self.body.clone())
            }
        };
        Request {
            method,
            path,
            headers,
            body,
        }
    }

    fn answer(&mut self, now: Now, ask: Ask, response: &Response) {
        // Our own earlier PUT, whose answer was lost, may still be at work.
        if self.lost && ask == Ask::Register && matches!(response.status, 409 | 412) {
            let trouble = Transient::ServiceDown(response.status, response.retry_after);
            return self.retry(now, ask, trouble);
        }
        let id = self.settings.registration_id.as_str();
        let attestation = self.settings.credential.attestation();
        match answer::read(response, id, attestation, now.utc) {
            Meaning::Assigned(mut assignment) => {
                if assignment.operation_id.is_empty() {
                    assignment.operation_id = self.operation.take().unwrap_or_default();
                }
                self.state = State::Over;
                self.out.push_back(Output::Assigned(assignment));
            }
            Meaning::Assigning(operation) => self.assigning(now, operation, response.retry_after),
            Meaning::Failed(Error::Refused { status: 404, .. }) if ask == Ask::Lookup => {
                let operation_id = self.operation.take().unwrap_or_default();
                self.fail(Error::OperationGone { operation_id });
            }
            Meaning::Failed(error) => self.fail(error),
            Meaning::Transient(trouble) => {
                // Neither a relay whose connection broke nor the front of a service knows what became of
                // the request behind it.
                let behind = matches!(trouble, Transient::Relay(..) | Transient::ServiceDown(..));
                self.lost |= ask == Ask::Register && behind;
                self.retry(now, ask, trouble);
            }
        }
    }

    fn assigning(&mut self, now: Now, operation: Option<String>, retry_after: Option<u32>) {
        self.failures = 0;
        if let Some(operation) = operation.filter(|id| usable(id)) {
            self.operation = Some(operation);
        }
        let Some(operation_id) = self.operation.clone() else {
            return self.fail(Error::NoOperation);
        };
        let asked = retry_after.map_or(0, |seconds| u64::from(seconds).saturating_mul(1000));
        let due = now.tick + asked.max(self.limits.poll_ms);
        if due - self.started > self.limits.total_ms {
            let seconds = (now.tick - self.started) / 1000;
            let operation_id = Some(operation_id);
            self.passing = true;
            return self.fail(Error::TimedOut {
                polls: self.polls,
                seconds,
                operation_id,
            });
        }
        self.out.push_back(Output::Assigning {
            polls: self.polls,
            operation_id,
        });
        self.polls = self.polls.saturating_add(1);
        self.state = State::Waiting {
            due,
            then: Ask::Lookup,
        };
    }

    /// Waits and asks the same again, unless patience is at its end. `Retry-After` counts for every
    /// status that has one (RFC 9110, section 10.2.3).
    fn retry(&mut self, now: Now, ask: Ask, trouble: Transient) {
        self.failures = self.failures.saturating_add(1);
        let asked = match trouble {
            Transient::ServiceDown(_, seconds) | Transient::Throttled(seconds) => {
                u64::from(seconds.unwrap_or(0)).saturating_mul(1000)
            }
            Transient::Relay(..) | Transient::Unreachable(_) => 0,
        };
        // A longer wait than the budget is not begun.
        let due = now.tick + asked.max(self.backoff());
        if self.failures >= self.limits.attempts || due - self.started > self.limits.total_ms {
            self.passing = true;
            return self.fail(trouble.into_error(self.failures));
        }
        self.state = State::Waiting { due, then: ask };
    }

    /// Exponential, with up to a half more, so that stations that failed together do not come back
    /// together. The spread comes from the ID, because this crate has no source of randomness.
    fn backoff(&self) -> u64 {
        let doublings = self.failures.saturating_sub(1).min(16);
        let pause = self.limits.backoff_ms.saturating_mul(1 << doublings);
        let pause = pause.min(self.limits.backoff_max_ms);
        let mut hash = Sha256::new();
        hash.update(self.settings.registration_id.as_str());
        hash.update(self.failures.to_be_bytes());
        let spread = hash.finalize().first().copied().unwrap_or_default();
        pause.saturating_add(pause.saturating_mul(u64::from(spread)) / 512)
    }

    fn fail(&mut self, error: Error) {
        self.state = State::Over;
        self.out.push_back(Output::Failed(error));
    }
}

/// Whether a text can name an operation in a path and in a journal.
fn usable(operation_id: &str) -> bool {
    (1..=OPERATION_LIMIT).contains(&operation_id.len())
        && operation_id.bytes().all(|b| b.is_ascii_graphic())
}

/// How long a token holds. Short, so that one that leaks in a log is soon worthless; long enough for
/// the difference of clocks that [`super::answer`] tolerates.
const TOKEN_SECONDS: u64 = 600;

/// Longest operation ID in bytes. The service's have 55.
const OPERATION_LIMIT: usize = 256;

/// Characters that are kept of a transport's words.
const REASON_LIMIT: usize = 200;

#[cfg(test)]
mod tests;
