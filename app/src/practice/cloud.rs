//! A DPS that knows one group of devices, and lets each of them wait a little, as the real one does.

use std::cell::RefCell;
use std::collections::HashMap;

use base64ct::{Base64, Encoding};
use serde::Serialize;
use signet_core::UnixTime;
use signet_core::csr::VerifiedCsr;
use signet_core::dps::wire::{
    DeviceRegistration, ErrorDetails, OperationStatus, RegistrationState, Status,
};
use signet_core::http::{Method, Request, Response};

use super::authority::Authority;

/// How often an operation answers "assigning" before it is done.
const PATIENCE: u32 = 1;

/// The simulated service.
pub(super) struct Cloud {
    authority: Authority,
    operations: RefCell<HashMap<String, Operation>>,
}

struct Operation {
    registration_id: String,
    chain: Vec<String>,
    asked: u32,
}

impl Cloud {
    pub(super) fn new(authority: Authority) -> Self {
        Self {
            authority,
            operations: RefCell::default(),
        }
    }

    /// Answers as the device API does.
    pub(super) fn answer(&self, request: &Request, now: UnixTime) -> Response {
        let path = request.path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (request.method, parts.as_slice()) {
            (Method::Put, [_, "registrations", _, "register"]) => self.register(request, now),
            (Method::Get, [_, "registrations", _, "operations", id]) => self.status(id),
            _ => refused(404, "There is no such thing here."),
        }
    }

    fn register(&self, request: &Request, now: UnixTime) -> Response {
        let body: DeviceRegistration = serde_json::from_slice(&request.body).unwrap_or_default();
        let csr = body.csr.and_then(|csr| Base64::decode_vec(&csr).ok());
        let csr = csr.and_then(|csr| VerifiedCsr::from_der(&csr).ok());
        let Some(csr) = csr.filter(|csr| Some(&csr.common_name) == body.registration_id.as_ref())
        else {
            return refused(400, "The request holds no usable CSR.");
        };
        let issued = self.authority.issue(&csr.common_name, &csr.spki_der, now);
        let Some(chain) = issued else {
            return refused(500, "The practice authority cannot issue.");
        };
        let mut operations = self.operations.borrow_mut();
        let id = format!("practice.{}", operations.len() + 1);
        let operation = Operation {
            registration_id: csr.common_name,
            chain: chain.iter().map(|der| Base64::encode_string(der)).collect(),
            asked: 0,
        };
        operations.insert(id.clone(), operation);
        assigning(id)
    }

    fn status(&self, id: &str) -> Response {
        let mut operations = self.operations.borrow_mut();
        let Some(operation) = operations.get_mut(id) else {
            return refused(404, "There is no such operation.");
        };
        operation.asked += 1;
        if operation.asked <= PATIENCE {
            return assigning(id.to_owned());
        }
        let state = RegistrationState {
            registration_id: Some(operation.registration_id.clone()),
            assigned_hub: Some("practice-hub.example".to_owned()),
            device_id: Some(operation.registration_id.clone()),
            status: Some(Status::Assigned),
            substatus: Some("initialAssignment".to_owned()),
            issued_certificate_chain: Some(operation.chain.clone()),
            ..RegistrationState::default()
        };
        let body = OperationStatus {
            operation_id: Some(id.to_owned()),
            status: Status::Assigned,
            registration_state: Some(state),
        };
        json(200, None, &body)
    }
}

fn assigning(operation_id: String) -> Response {
    let body = OperationStatus {
        operation_id: Some(operation_id),
        status: Status::Assigning,
        registration_state: None,
    };
    json(202, Some(1), &body)
}

fn refused(status: u16, message: &str) -> Response {
    let body = ErrorDetails {
        error_code: Some(u32::from(status) * 1000),
        message: Some(message.to_owned()),
        ..ErrorDetails::default()
    };
    json(status, None, &body)
}

fn json(status: u16, retry_after: Option<u32>, body: &impl Serialize) -> Response {
    Response {
        status,
        retry_after,
        date: None,
        body: serde_json::to_vec(body).unwrap_or_default(),
    }
}
