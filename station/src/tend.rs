//! What people do with a station's folder from the command line, beside running it.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::ledger::{self, Event, Kind, Ledger, Verdict, Write as Change};
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

/// Checks a station's ledger from its first entry to its last, also while it runs.
///
/// # Errors
///
/// Says the first thing that is not in order.
pub fn verify_ledger(data: &Path) -> Result<Verdict> {
    ledger::verify(&ledger::open_to_read(data)?)
}

/// Writes out a station's ledger as `csv` or `jsonl`, also while it runs.
///
/// # Errors
///
/// If the format is another, or the ledger cannot be read.
pub fn export_ledger(data: &Path, format: &str, out: &mut impl Write) -> Result<()> {
    let format = format.parse()?;
    ledger::export(&ledger::open_to_read(data)?, format, 0, out)
}

/// Revokes a certificate of a station that does not run.
///
/// # Errors
///
/// If the station runs, or has issued no such certificate.
pub fn revoke(data: &Path, serial: &str, reason: &str) -> Result<()> {
    ensure!(
        namespace::exists(data),
        "there is no station in {}",
        data.display()
    );
    let _lock = namespace::lock(data)?;
    revoke_in(&Ledger::open(data)?, serial, reason)
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
