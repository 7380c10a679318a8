//! What people do with a station's folder from the command line, beside running it.

use std::io::Write;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::ledger::{self, Event, Kind, Ledger, LedgerPlace, Verdict, View, Write as Change};
use crate::{clock, namespace};

/// Reasons that a person may give (RFC 5280, section 5.3.1).
pub(crate) const REASONS: [&str; 6] = [
    "unspecified",
    "keyCompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
];

/// Checks a ledger from its first entry to its last, also while stations write it.
///
/// # Errors
///
/// Says the first thing that is not in order.
pub fn verify_ledger(place: impl Into<LedgerPlace>) -> Result<Verdict> {
    ledger::verify(&open_to_read(&place.into())?)
}

/// Writes out a ledger as `csv` or `jsonl`, also while stations write it.
///
/// # Errors
///
/// If the format is another, or the ledger cannot be read.
pub fn export_ledger(
    place: impl Into<LedgerPlace>,
    format: &str,
    out: &mut impl Write,
) -> Result<()> {
    let format = format.parse()?;
    ledger::export(&open_to_read(&place.into())?, format, 0, out)
}

fn open_to_read(place: &LedgerPlace) -> Result<Box<dyn View>> {
    match place {
        LedgerPlace::Database(url) => ledger::connect_to_read(url),
        LedgerPlace::Folder(data) => ledger::open_to_read(data),
    }
}

/// Revokes a certificate: in the folder of a station that does not run, or in a database.
///
/// # Errors
///
/// If the station runs, or no such certificate was issued.
pub fn revoke(place: impl Into<LedgerPlace>, serial: &str, reason: &str) -> Result<()> {
    let data = match place.into() {
        LedgerPlace::Database(url) => return revoke_in(&Ledger::connect(&url)?, serial, reason),
        LedgerPlace::Folder(data) => data,
    };
    ensure!(
        namespace::exists(&data),
        "there is no station in {}",
        data.display()
    );
    let _lock = namespace::lock(&data)?;
    revoke_in(&Ledger::open(&data)?, serial, reason)
}

/// Revokes a certificate.
pub(crate) fn revoke_in(ledger: &Ledger, serial: &str, reason: &str) -> Result<()> {
    if !REASONS.contains(&reason) {
        bail!("{reason:?} is no reason: {}", REASONS.join(", "));
    }
    let serial = serial.replace(':', "").to_ascii_uppercase();
    let certificate = ledger
        .certificate(&serial)?
        .with_context(|| format!("this station has issued no certificate {serial}"))?;
    let facts = json!({ "serial": serial, "reason": reason });
    let event = Event::new(Kind::Revoked, certificate.registration_id.as_str(), facts);
    let change = Change::Revoked {
        serial,
        reason: reason.to_owned(),
    };
    ledger.commit(clock::now(), vec![change], vec![event])
}
