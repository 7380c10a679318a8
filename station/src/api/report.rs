//! The signed report of a batch.

use anyhow::{Context, Result};
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::batches::{find, shown};
use super::call::{Call, MOST, broken};
use super::error::Error;
use super::reply::Reply;
use super::status::head;
use crate::clock;
use crate::ledger::{BatchState, Ledger, UnitState};
use crate::report::KIND;

/// `GET /batches/{name}/report`
pub(super) fn make(call: &Call) -> Result<Reply, Error> {
    let state = find(call, call.plain_name()?)?;
    signed(call, &state)
        .map(|value| Reply::json(&value))
        .map_err(broken)
}

fn signed(call: &Call, state: &BatchState) -> Result<Value> {
    let (ledger, now) = (call.ledger(), clock::now());
    let units = ledger.units(&state.name)?;
    let units: Vec<Value> = units
        .iter()
        .map(|unit| described(ledger, unit))
        .collect::<Result<_>>()?;
    let report = json!({
        "kind": KIND,
        "version": 1,
        "idScope": call.desk.id_scope(),
        "made": now.to_string(),
        "by": call.by(),
        "batch": shown(state),
        "units": units,
        "ledger": head(ledger)?,
    })
    .to_string();
    let (signature, certificate) = call.namespace().sign_report(&report, now)?;
    Ok(json!({
        "report": report,
        "signature": Base64::encode_string(&signature),
        "certificate": certificate,
    }))
}

fn described(ledger: &Ledger, unit: &UnitState) -> Result<Value> {
    let leaf = match &unit.run {
        Some(run) => leaf_of(ledger, &unit.registration_id, run)?,
        None => Value::Null,
    };
    let mut value = json!({
        "registrationId": unit.registration_id,
        "expected": unit.expected,
        "verdict": unit.state,
        "run": unit.run,
        "certificate": null,
    });
    let Some(serial) = leaf["serial"].as_str() else {
        return Ok(value);
    };
    // The ledger's own word counts; a certificate of another service is as the page told of it.
    value["certificate"] = match ledger.certificate(serial)? {
        Some(own) => json!({
            "serial": own.serial,
            "sha256": own.sha256(),
            "issuedHere": !own.is_foreign(),
            "revoked": own.revocation.is_some(),
        }),
        None => json!({
            "serial": serial,
            "sha256": leaf["sha256"].as_str().map(str::to_ascii_lowercase),
            "issuedHere": false,
            "revoked": false,
        }),
    };
    Ok(value)
}

/// What the record of a run says of its certificate.
fn leaf_of(ledger: &Ledger, id: &str, run: &str) -> Result<Value> {
    let mut after = 0;
    loop {
        let page = ledger.entries(after, Some(id), MOST)?;
        for entry in page.iter().filter(|entry| entry.kind == "unit") {
            let facts: Value = serde_json::from_str(&entry.facts)
                .with_context(|| format!("entry {} is not JSON", entry.seq))?;
            if facts["record"]["run"] == run {
                return Ok(facts["record"]["leaf"].clone());
            }
        }
        match page.last() {
            Some(last) => after = last.seq,
            None => return Ok(Value::Null),
        }
    }
}
