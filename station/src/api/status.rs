//! How the station is.

use serde::Deserialize;
use serde_json::{Value, json};
use signet_core::UnixTime;

use super::call::{Call, broken};
use super::error::Error;
use super::reply::Reply;
use super::{batches, call::Limit};
use crate::ledger::{Counts, Kind, Ledger, entry_json};
use crate::namespace::Namespace;
use crate::random::to_hex;
use crate::signer::KeyPlace;
use crate::{clock, protect};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// How many refusals are shown.
const REFUSALS: u32 = 20;

/// `GET /status`
pub(super) fn status(call: &Call) -> Result<Reply, Error> {
    let Nothing {} = call.query()?;
    status_of(call)
        .map(|value| Reply::json(&value))
        .map_err(broken)
}

fn status_of(call: &Call) -> anyhow::Result<Value> {
    let (ledger, namespace) = (call.ledger(), call.namespace());
    let refusals = ledger.last(Kind::Refused, REFUSALS)?;
    let refusals: Vec<Value> = refusals.iter().map(entry_json).collect();
    let batches = ledger.batches(u32::MAX)?;
    let open = batches.iter().filter(|batch| batch.closed_at.is_none());
    let policies: Vec<Value> = match call.desk.elsewhere {
        Some(_) => Vec::new(),
        None => policies(namespace),
    };
    let you = call.by.as_ref();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "idScope": call.desk.id_scope(),
        "relaysTo": call.desk.elsewhere.as_ref().map(|dps| &dps.url),
        "started": call.desk.started.to_string(),
        "now": clock::now().to_string(),
        "you": you.map(|who| json!({ "name": who.name, "role": who.role.as_str() })),
        "policies": policies,
        "counts": counts(&ledger.counts(clock::now())?),
        "lastRefusals": refusals,
        "openBatches": open.map(batches::shown).collect::<Vec<_>>(),
        "freeBytes": ledger.free_bytes()?,
        "keys": keys(namespace)?,
        "ledger": head(ledger)?,
    }))
}

fn policies(namespace: &Namespace) -> Vec<Value> {
    let issuers = namespace.issuers();
    let policies = issuers.values().map(|(policy, _)| policy);
    policies
        .map(|policy| json!({ "name": policy.name, "validityDays": policy.validity_days }))
        .collect()
}

fn counts(counts: &Counts) -> Value {
    let [one, seven, thirty, ninety] = counts.ending;
    json!({
        "entries": counts.entries,
        "registrations": counts.registrations,
        "disabled": counts.disabled,
        "valid": counts.valid,
        "expired": counts.expired,
        "revoked": counts.revoked,
        "endingWithinDays": { "1": one, "7": seven, "30": thirty, "90": ninety },
    })
}

/// Where the authorities' keys are, and whether all key files are encrypted.
fn keys(namespace: &Namespace) -> anyhow::Result<Value> {
    let (kind, token) = match &namespace.place {
        KeyPlace::File => ("file", None),
        KeyPlace::Pkcs11(place) => ("pkcs11", Some(&place.token)),
    };
    let sealed = protect::plain(&namespace.data)? == 0;
    Ok(json!({ "kind": kind, "token": token, "filesEncrypted": sealed }))
}

/// Number and hash of the last entry.
pub(super) fn head(ledger: &Ledger) -> anyhow::Result<Value> {
    let entries = ledger.counts(UnixTime(0))?.entries;
    let last = ledger.entries(entries.saturating_sub(1), None, 1)?;
    let (seq, hash) = last.first().map_or((0, [0; 32]), |e| (e.seq, e.hash));
    Ok(json!({ "seq": seq, "hash": to_hex(&hash) }))
}

/// What every list takes that has nothing else.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    pub(super) after: Option<String>,
    #[serde(default)]
    pub(super) limit: Limit,
}
