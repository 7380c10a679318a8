//! Answers of the device API, in the service's words.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, json};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;
use signet_core::dps::wire::{
    ErrorDetails, OperationStatus, RegistrationState, Status, TpmRegistrationResult,
};
use signet_core::http::format_date;

use super::Manners;
use crate::clock;
use crate::ledger::Record;
use crate::route::Version;

/// An answer, however it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    problem: Option<Problem>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: u32,
    /// One sentence, which the device's owner reads.
    pub(crate) message: Cow<'static, str>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: u32, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn not_found(message: &'static str) -> Self {
        Self::new(404, 404_201, message)
    }

    /// Whether it is the station's trouble and not the device's.
    pub(crate) fn server_side(&self) -> bool {
        self.status >= 500
    }

    pub(crate) fn unauthorized(message: &'static str) -> Self {
        Self::new(401, 401_002, message)
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let status = problem.status;
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            problem: Some(problem),
        }
    }
}

impl Answer {
    /// 202, and for a registration where to ask.
    pub(super) fn assigning(record: &Record, manners: &Manners, located: bool) -> Self {
        let state = RegistrationState {
            registration_id: Some(record.registration_id.to_string()),
            status: Some(Status::Assigning),
            ..RegistrationState::default()
        };
        let mut answer = Self::operation(202, record, Status::Assigning, state)
            .retry_after(Some(manners.retry_after));
        if located {
            // Relative to `…/register`, so that it holds behind the relay too.
            let location = format!("operations/{}", record.operation.id);
            answer.headers.push(("Location", location));
        }
        answer
    }

    /// The hub's key is for a TPM only, if one has proved the device.
    pub(super) fn assigned(
        record: &Record,
        manners: &Manners,
        version: Version,
        hub_key: Option<String>,
    ) -> Self {
        let mut state = state(record, manners, version);
        if let Some(tpm) = &mut state.tpm {
            tpm.authentication_key = hub_key;
        }
        let chain = &record.operation.chain;
        state.issued_certificate_chain = (!chain.is_empty()).then(|| chain.clone());
        Self::operation(200, record, Status::Assigned, state)
    }

    /// What is known of a device, without its certificates.
    pub(super) fn lookup(record: &Record, manners: &Manners, version: Version) -> Self {
        Self::json(200, &state(record, manners, version))
    }

    /// The lookup of a device that may not register.
    pub(super) fn disabled_lookup(id: &RegistrationId) -> Self {
        Self::json(200, &disabled_state(id))
    }

    /// 401, with a key for the TPM to sign with.
    pub(super) fn challenge(authentication_key: &str) -> Self {
        let body = json!({
            "message": "Authorization required",
            "authenticationKey": authentication_key,
            "keyName": "registration",
        });
        Self::json(401, &body)
    }

    pub(super) fn failed(record: &Record) -> Self {
        let state = RegistrationState {
            registration_id: Some(record.registration_id.to_string()),
            status: Some(Status::Failed),
            error_code: Some(400_207),
            error_message: Some("Custom allocation failed with status code: 400".to_owned()),
            ..RegistrationState::default()
        };
        Self::operation(200, record, Status::Failed, state)
    }

    pub(super) fn disabled(id: &RegistrationId) -> Self {
        let status = OperationStatus {
            operation_id: Some(String::new()),
            status: Status::Disabled,
            registration_state: Some(disabled_state(id)),
        };
        Self::json(200, &status)
    }

    /// What a proxy sends to a browser.
    pub(super) fn page(status: u16) -> Self {
        let body =
            b"<!DOCTYPE html><html><head><title>Access blocked</title></head></html>".to_vec();
        let headers = vec![("Content-Type", "text/html; charset=utf-8".to_owned())];
        Self {
            status,
            headers,
            body,
            problem: None,
        }
    }

    pub(super) fn retry_after(mut self, seconds: Option<u32>) -> Self {
        self.headers
            .extend(seconds.map(|seconds| ("Retry-After", seconds.to_string())));
        self
    }

    /// Adds what every answer has, and the body of a refusal.
    pub(super) fn finish(mut self, request_id: &str, now: UnixTime) -> Self {
        if let Some(problem) = self.problem.take() {
            let details = ErrorDetails {
                error_code: Some(problem.code),
                tracking_id: Some(request_id.to_owned()),
                message: Some(problem.message.into_owned()),
                timestamp_utc: Some(clock::timestamp(now)),
                authentication_key: None,
            };
            self.body = encode(&details);
            self.headers.push(("Content-Type", JSON.to_owned()));
            self.headers
                .push(("x-ms-error-code", problem.code.to_string()));
        }
        self.headers
            .push(("x-ms-request-id", request_id.to_owned()));
        self.headers.push(("Date", format_date(now)));
        self.headers.push(("Cache-Control", "no-store".to_owned()));
        self
    }

    fn operation(status: u16, record: &Record, word: Status, state: RegistrationState) -> Self {
        let operation = OperationStatus {
            operation_id: Some(record.operation.id.clone()),
            status: word,
            registration_state: Some(state),
        };
        Self::json(status, &operation)
    }

    fn json(status: u16, value: &impl Serialize) -> Self {
        let headers = vec![("Content-Type", JSON.to_owned())];
        Self {
            status,
            headers,
            body: encode(value),
            problem: None,
        }
    }
}

fn disabled_state(id: &RegistrationId) -> RegistrationState {
    RegistrationState {
        registration_id: Some(id.to_string()),
        status: Some(Status::Disabled),
        ..RegistrationState::default()
    }
}

fn state(record: &Record, manners: &Manners, version: Version) -> RegistrationState {
    let (status, hub) = match record.operation.done {
        true => (Status::Assigned, Some(manners.hub.clone())),
        false => (Status::Assigning, None),
    };
    let proof = |name: &str| (record.attestation == name).then(Map::new);
    RegistrationState {
        registration_id: Some(record.registration_id.to_string()),
        created_date_time_utc: Some(clock::timestamp(record.created)),
        assigned_hub: hub,
        device_id: Some(record.device_id.clone()),
        status: Some(status),
        substatus: Some("initialAssignment".to_owned()),
        last_updated_date_time_utc: Some(clock::timestamp(record.updated)),
        etag: Some(record.etag.clone()),
        connection_profile: version.connection_profile.then(|| "Classic".to_owned()),
        symmetric_key: proof("symmetricKey"),
        tpm: (record.attestation == "tpm").then(TpmRegistrationResult::default),
        x509: proof("x509"),
        ..RegistrationState::default()
    }
}

/// The wire's types are plain data: they always have a JSON form.
fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

const JSON: &str = "application/json; charset=utf-8";
