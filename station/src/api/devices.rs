//! Devices: what is known of each, and whether it may register.

use serde_json::{Value, json};
use signet_core::dps::RegistrationId;

use super::call::{Call, MOST, broken, page};
use super::certificates;
use super::error::Error;
use super::reply::Reply;
use super::status::Paging;
use crate::clock;
use crate::ledger::{Event, Filter, Kind, Look, Record, Write, entry_json};

/// `GET /devices`
pub(super) fn list(call: &Call) -> Result<Reply, Error> {
    let Paging { after, limit } = call.query()?;
    let after = after.map(|after| RegistrationId::new(&after)).transpose();
    let after = after.map_err(|error| Error::Query {
        why: error.to_string(),
    })?;
    let after = after.as_ref().map_or("", |id| id.as_str());
    let found = call
        .ledger()
        .registrations(after, limit.0)
        .map_err(broken)?;
    let records = found
        .iter()
        .filter_map(|look| Some((look.record.as_ref()?, look.disabled)));
    let devices: Vec<Value> = records
        .map(|(record, disabled)| {
            let mut device = registration(record);
            device["disabled"] = disabled.into();
            device
        })
        .collect();
    let last = found.last().and_then(|look| look.record.as_ref());
    let last = last.map(|record| record.registration_id.as_str());
    Ok(Reply::json(&page("devices", &devices, limit, last)))
}

/// `GET /devices/{registrationId}`
pub(super) fn one(call: &Call) -> Result<Reply, Error> {
    let id = call.id()?;
    let ledger = call.ledger();
    let Look { record, disabled } = ledger.look(&id).map_err(broken)?;
    let entries = ledger.entries(0, Some(id.as_str()), MOST).map_err(broken)?;
    if record.is_none() && !disabled && entries.is_empty() {
        return Err(Error::DeviceUnknown { id: id.to_string() });
    }
    let filter = Filter {
        registration_id: Some(id.to_string()),
        limit: MOST,
        ..Filter::default()
    };
    let certificates = ledger.certificates(&filter).map_err(broken)?;
    let certificates: Vec<Value> = certificates.iter().map(certificates::shown).collect();
    Ok(Reply::json(&json!({
        "registrationId": id,
        "disabled": disabled,
        "registration": record.as_ref().map(registration),
        "certificates": certificates,
        "entries": entries.iter().map(entry_json).collect::<Vec<_>>(),
    })))
}

/// `POST /devices/{registrationId}/disable`
pub(super) fn disable(call: &Call) -> Result<Reply, Error> {
    set(call, true)
}

/// `POST /devices/{registrationId}/enable`
pub(super) fn enable(call: &Call) -> Result<Reply, Error> {
    set(call, false)
}

fn set(call: &Call, disabled: bool) -> Result<Reply, Error> {
    let id = call.id()?;
    let kind = match disabled {
        true => Kind::Disabled,
        false => Kind::Enabled,
    };
    let event = Event::new(kind, id.as_str(), json!({ "by": call.by() }));
    let write = Write::Disabled {
        id: id.clone(),
        disabled,
    };
    call.ledger()
        .commit(clock::now(), vec![write], vec![event])
        .map_err(broken)?;
    let state = json!({ "registrationId": id, "disabled": disabled });
    Ok(Reply::json(&state))
}

fn registration(record: &Record) -> Value {
    json!({
        "registrationId": record.registration_id,
        "deviceId": record.device_id,
        "enrollment": record.enrollment,
        "attestation": record.attestation,
        "created": record.created.to_string(),
        "updated": record.updated.to_string(),
        "operationId": record.operation.id,
        "policy": record.operation.policy,
        "assigned": record.operation.done,
    })
}
