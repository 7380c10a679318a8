//! Authorities, and the policies for which they issue.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::{Call, broken, unreadable};
use super::error::Error;
use super::reply::Reply;
use crate::ledger::{Event, Kind};
use crate::namespace::{Policy, to_pem};
use crate::random::to_hex;
use crate::{clock, enrollment, pki};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Pem,
}

/// `GET /authorities`: behind a relay only the root, under which reports are signed.
pub(super) fn list(call: &Call) -> Result<Reply, Error> {
    let Wish { format } = call.query()?;
    let namespace = call.namespace();
    let issuers = namespace.issuers();
    let issuing = || {
        let here = call.desk.elsewhere.is_none();
        issuers.values().filter(move |_| here)
    };
    match format {
        Format::Json => {
            let root = shown(namespace.root()).map_err(broken)?;
            let issuing = issuing().map(|(policy, authority)| {
                let mut value = shown(&authority.certificate)?;
                value["policy"] = policy.name.clone().into();
                value["validityDays"] = policy.validity_days.into();
                Ok(value)
            });
            let issuing: Vec<Value> = issuing.collect::<anyhow::Result<_>>().map_err(broken)?;
            Ok(Reply::json(&json!({ "root": root, "issuing": issuing })))
        }
        Format::Pem => {
            let issuing = issuing().map(|(_, own)| own.certificate.as_slice());
            let all = std::iter::once(namespace.root()).chain(issuing).map(to_pem);
            let bundle: String = all.collect::<anyhow::Result<_>>().map_err(broken)?;
            let named = "attachment; filename=\"authorities.pem\"";
            Ok(Reply::download("application/x-pem-file", named, bundle))
        }
    }
}

/// `POST /policies`
pub(super) fn add(call: &Call) -> Result<Reply, Error> {
    call.issues_here()?;
    let policy: Policy = call.json()?;
    policy.check().map_err(unreadable)?;
    let (now, name) = (clock::now(), policy.name.clone());
    let note = |sha256: &str| {
        let facts = json!({
            "validityDays": policy.validity_days,
            "authoritySha256": sha256,
            "by": call.by(),
        });
        let event = Event::new(Kind::PolicyAdded, name.as_str(), facts);
        call.ledger().commit(now, Vec::new(), vec![event])
    };
    let added = call.namespace().add_policy(policy.clone(), now, note);
    if !added.map_err(broken)? {
        return Err(Error::PolicyExists { name });
    }
    let issuers = call.namespace().issuers();
    let authority = issuers.get(&name).map(|(_, own)| shown(&own.certificate));
    let mut value = authority.ok_or(Error::Internal)?.map_err(broken)?;
    value["policy"] = name.into();
    value["validityDays"] = policy.validity_days.into();
    Ok(Reply::created(&value))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Force {
    #[serde(default)]
    force: bool,
}

/// `DELETE /policies/{name}`
pub(super) fn delete(call: &Call) -> Result<Reply, Error> {
    call.issues_here()?;
    let Force { force } = call.query()?;
    let name = call.plain_name()?;
    let namespace = call.namespace();
    let (known, count) = {
        let issuers = namespace.issuers();
        (issuers.contains_key(name), issuers.len())
    };
    let name = name.to_owned();
    if !known {
        return Err(Error::PolicyUnknown { name });
    }
    if count == 1 {
        return Err(Error::PolicyLast { name });
    }
    let enrollments = enrollment::load(&namespace.data).map_err(broken)?;
    let mut named = enrollments
        .into_iter()
        .filter(|entry| entry.policy.as_deref() == Some(&name) && !entry.disabled);
    if let Some(entry) = named.next().filter(|_| !force) {
        let by = entry.name;
        return Err(Error::PolicyInUse { name, by });
    }
    let note = || {
        let facts = json!({ "force": force, "by": call.by() });
        let event = Event::new(Kind::PolicyDeleted, name.as_str(), facts);
        call.ledger().commit(clock::now(), Vec::new(), vec![event])
    };
    namespace.delete_policy(&name, note).map_err(broken)?;
    Ok(Reply::done())
}

fn shown(der: &[u8]) -> anyhow::Result<Value> {
    Ok(json!({
        "sha256": to_hex(&Sha256::digest(der)),
        "notAfter": pki::facts(der)?.not_after.to_string(),
        "pem": to_pem(der)?,
    }))
}
