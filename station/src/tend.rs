//! What people do with a station's folder from the command line, beside running it.

use std::io::Write;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::ledger::{
    self, Certificate, Event, Kind, Ledger, LedgerPlace, Verdict, View, Write as Change,
};
use crate::{clock, namespace};

/// Why a person revokes a certificate (RFC 5280, section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reason {
    Unspecified,
    KeyCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    PrivilegeWithdrawn,
}

impl Reason {
    const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The word of the RFC.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
        }
    }
}

impl FromStr for Reason {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|reason| reason.as_str() == text);
        known.with_context(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("{text:?} is no reason: {all}")
        })
    }
}

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
    let reason = reason.parse()?;
    match place.into() {
        LedgerPlace::Database(url) => revoke_serial(&Ledger::connect(&url)?, serial, reason),
        LedgerPlace::Folder(data) => {
            ensure!(
                ledger::is_in(&data),
                "there is no ledger in {}",
                data.display()
            );
            let _lock = namespace::lock(&data)?;
            revoke_serial(&Ledger::open(&data)?, serial, reason)
        }
    }
}

fn revoke_serial(ledger: &Ledger, serial: &str, reason: Reason) -> Result<()> {
    let serial = serial.replace(':', "").to_ascii_uppercase();
    let certificate = ledger.certificate(&serial)?;
    let certificate =
        certificate.with_context(|| format!("no certificate {serial} was issued here"))?;
    ensure!(
        !certificate.is_foreign(),
        "{} issued the certificate {serial}, and only that service can revoke it: revoke it there, and \
         disable the device here",
        certificate.policy
    );
    revoke_in(ledger, &certificate, reason, None)
}

/// Revokes a certificate. One that is revoked already stays as it is, and nothing is written.
pub(crate) fn revoke_in(
    ledger: &Ledger,
    certificate: &Certificate,
    reason: Reason,
    by: Option<&str>,
) -> Result<()> {
    let (serial, reason) = (certificate.serial.clone(), reason.as_str());
    let facts = json!({ "serial": serial, "reason": reason, "by": by });
    let event = Event::new(Kind::Revoked, certificate.registration_id.as_str(), facts);
    let change = Change::Revoked {
        serial,
        reason: reason.to_owned(),
    };
    ledger.commit(clock::now(), vec![change], vec![event])
}
