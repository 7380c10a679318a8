//! Certificates that this station has issued, or its relay has brought.

use serde::Deserialize;
use serde_json::{Value, json};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::call::{Call, Limit, broken, page};
use super::error::Error;
use super::moment;
use super::reply::Reply;
use crate::ledger::{Certificate, Filter};
use crate::namespace::to_pem;
use crate::tend::{self, Reason};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Which {
    registration_id: Option<RegistrationId>,
    #[serde(default)]
    revoked: bool,
    #[serde(default, deserialize_with = "moment::read")]
    ends_by: Option<UnixTime>,
    after: Option<String>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /certificates`
pub(super) fn list(call: &Call) -> Result<Reply, Error> {
    let which: Which = call.query()?;
    let after = which.after.as_deref().map(serial).transpose();
    let filter = Filter {
        registration_id: which.registration_id.map(String::from),
        revoked: which.revoked,
        ends_by: which.ends_by,
        after: after
            .map_err(|why| Error::Query { why })?
            .unwrap_or_default(),
        limit: which.limit.0,
    };
    let found = call.ledger().certificates(&filter).map_err(broken)?;
    let last = found.last().map(|certificate| certificate.serial.clone());
    let certificates: Vec<Value> = found.iter().map(shown).collect();
    let page = page("certificates", &certificates, which.limit, last);
    Ok(Reply::json(&page))
}

/// `GET /certificates/{serial}`
pub(super) fn one(call: &Call) -> Result<Reply, Error> {
    let certificate = find(call)?;
    with_chain(&certificate).map(|value| Reply::json(&value))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    reason: Reason,
}

/// `POST /certificates/{serial}/revoke`
pub(super) fn revoke(call: &Call) -> Result<Reply, Error> {
    let Revoke { reason } = call.json()?;
    let certificate = find(call)?;
    if certificate.is_foreign() {
        let issuer = certificate.policy;
        return Err(Error::IssuedElsewhere { issuer });
    }
    tend::revoke_in(call.ledger(), &certificate, reason, call.by()).map_err(broken)?;
    let certificate = find(call)?;
    with_chain(&certificate).map(|value| Reply::json(&value))
}

fn find(call: &Call) -> Result<Certificate, Error> {
    let serial = serial(&call.name).map_err(|why| Error::Path { why })?;
    let found = call.ledger().certificate(&serial).map_err(broken)?;
    found.ok_or(Error::CertificateUnknown { serial })
}

/// As the ledger writes it.
fn serial(text: &str) -> Result<String, String> {
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && (2..=40).contains(&text.len()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err(format!(
        "{text:?} is no serial number: 2 to 40 hex digits, without colons"
    ))
}

fn with_chain(certificate: &Certificate) -> Result<Value, Error> {
    let pems = certificate.chain.iter().map(|der| to_pem(der));
    let chain: String = pems.collect::<anyhow::Result<_>>().map_err(broken)?;
    let mut value = shown(certificate);
    value["chain"] = chain.into();
    Ok(value)
}

/// The facts of a certificate.
pub(super) fn shown(certificate: &Certificate) -> Value {
    let revocation = certificate.revocation.as_ref();
    json!({
        "serial": certificate.serial,
        "registrationId": certificate.registration_id,
        "operationId": certificate.operation_id,
        "policy": certificate.policy,
        "issuedHere": !certificate.is_foreign(),
        "issuedAt": certificate.issued_at.to_string(),
        "notAfter": certificate.not_after.to_string(),
        "sha256": certificate.sha256(),
        "revoked": revocation
            .map(|it| json!({ "at": it.at.to_string(), "reason": it.reason })),
    })
}
