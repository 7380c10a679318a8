//! What people do with a station's folder from the command line, beside running it.

use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::ledger::{self, Certificate, Event, Kind, Ledger, Verdict, Write as Change};
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
    let reason = reason.parse()?;
    let serial = serial.replace(':', "").to_ascii_uppercase();
    let ledger = Ledger::open(data)?;
    let certificate = ledger.certificate(&serial)?;
    let certificate =
        certificate.with_context(|| format!("this station has issued no certificate {serial}"))?;
    revoke_in(&ledger, &certificate, reason, None)
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
