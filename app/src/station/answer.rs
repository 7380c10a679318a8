//! What the station answers, as far as the page shows it. Fields that are not known are left alone, and
//! one that is missing is empty: a newer or an older station is no reason to show nothing.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use signet_core::Fault;

/// `GET status`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    pub(crate) version: String,
    pub(crate) id_scope: String,
    /// URL of the DPS that is asked instead of the station's own.
    pub(crate) relays_to: Option<String>,
    pub(crate) started: String,
    pub(crate) you: Option<You>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) counts: Counts,
    pub(crate) last_refusals: Vec<Entry>,
    pub(crate) open_batches: Vec<Batch>,
    /// `None` where the ledger is in a database, whose disk the station does not see.
    pub(crate) free_bytes: Option<u64>,
    pub(crate) keys: Keys,
    pub(crate) ledger: Head,
}

/// Who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct You {
    pub(crate) name: String,
    pub(crate) role: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) validity_days: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Counts {
    pub(crate) registrations: u64,
    pub(crate) disabled: u64,
    pub(crate) valid: u64,
    pub(crate) expired: u64,
    pub(crate) revoked: u64,
    pub(crate) ending_within_days: Ending,
}

/// How many of the valid ones end within so many days; each counts those before it, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Ending {
    #[serde(rename = "1")]
    pub(crate) one: u64,
    #[serde(rename = "7")]
    pub(crate) seven: u64,
    #[serde(rename = "30")]
    pub(crate) thirty: u64,
    #[serde(rename = "90")]
    pub(crate) ninety: u64,
}

/// Where the authorities' keys are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Keys {
    pub(crate) kind: String,
    pub(crate) token: Option<String>,
    pub(crate) files_encrypted: bool,
}

/// The last entry of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: String,
}

/// An entry of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) kind: String,
    pub(crate) subject: String,
    /// JSON, as it was hashed.
    pub(crate) facts: String,
}

impl Entry {
    /// One of its facts, if it is a text or a number; `part/of` looks further in.
    pub(crate) fn fact(&self, path: &str) -> Option<String> {
        let facts: serde_json::Value = serde_json::from_str(&self.facts).ok()?;
        match facts.pointer(&format!("/{path}"))? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// How far a batch is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Batch {
    pub(crate) name: String,
    pub(crate) opened_at: String,
    pub(crate) closed_at: Option<String>,
    pub(crate) expected: u64,
    pub(crate) done: u64,
    pub(crate) failed: u64,
    pub(crate) remaining: u64,
    pub(crate) unexpected: u64,
}

/// `GET batches/NAME`, of which the page wants the units alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Units {
    pub(crate) units: Vec<Unit>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Unit {
    pub(crate) registration_id: String,
    pub(crate) expected: bool,
}

/// `GET devices`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Devices {
    pub(crate) devices: Vec<Registration>,
    pub(crate) next: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Registration {
    pub(crate) registration_id: String,
    pub(crate) enrollment: String,
    pub(crate) updated: String,
    pub(crate) policy: Option<String>,
    pub(crate) assigned: bool,
    pub(crate) disabled: bool,
}

/// `GET devices/ID`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Device {
    pub(crate) registration_id: String,
    pub(crate) disabled: bool,
    pub(crate) registration: Option<Registration>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Certificate {
    pub(crate) serial: String,
    pub(crate) policy: String,
    /// `false` if another service did, which alone can revoke it.
    pub(crate) issued_here: Option<bool>,
    pub(crate) issued_at: String,
    pub(crate) not_after: String,
    pub(crate) revoked: Option<Revocation>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Revocation {
    pub(crate) at: String,
    pub(crate) reason: String,
}

/// `GET relay/status`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Service {
    pub(crate) reachable: bool,
    pub(crate) error: Option<Unreachable>,
    /// Seconds by which the station's clock is ahead of the service's.
    pub(crate) clock_skew_seconds: Option<i64>,
}

/// Why the service cannot be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Unreachable {
    pub(crate) message: String,
    pub(crate) next: String,
}

/// A refusal, in the station's own words.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    message: String,
    #[serde(default)]
    next: String,
}

/// Reads an answer of the API; `None` if it is none.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// Reads a status; of a station that says which it is, and of nobody else.
pub(crate) fn status(body: &[u8]) -> Option<Status> {
    read(body).filter(|status: &Status| !status.id_scope.is_empty())
}

/// Reads a refusal.
pub(crate) fn refusal(body: &[u8]) -> Option<Fault> {
    let refusal: Refusal = read(body)?;
    refusal.code.starts_with("api.").then_some(Fault {
        code: refusal.code,
        what: refusal.message,
        next: refusal.next,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_whatever_else_it_says() {
        let text = r#"{"version":"1.2.3","idScope":"0ne00000001","started":"2026-11-23T12:00:00Z",
            "you":{"name":"ann","role":"supervisor","since":1},"policies":[{"name":"short","validityDays":7}],
            "counts":{"registrations":3,"valid":2,"endingWithinDays":{"1":0,"7":1,"30":2,"90":2,"365":2}},
            "lastRefusals":[{"seq":4,"at":"2026-11-23T12:00:01Z","kind":"refused","subject":"dev-1",
              "facts":"{\"code\":401002,\"message\":\"no\"}","hash":"00"}],
            "openBatches":[{"name":"lot-1","expected":2,"done":1,"remaining":1}],
            "freeBytes":5000000000,"keys":{"kind":"file","token":null,"filesEncrypted":true},
            "ledger":{"seq":9,"hash":"ab"},"weather":{"sun":true}}"#;
        let status = status(text.as_bytes()).unwrap();
        assert_eq!(status.you.unwrap().role, "supervisor");
        assert_eq!(status.counts.ending_within_days.seven, 1);
        assert_eq!(status.open_batches[0].remaining, 1);
        let refused = &status.last_refusals[0];
        assert_eq!(refused.fact("code").as_deref(), Some("401002"));
        assert_eq!(refused.fact("message").as_deref(), Some("no"));
        assert_eq!(refused.fact("record/run"), None);
        assert!(status.keys.files_encrypted);
    }

    #[test]
    fn an_older_station_leaves_fields_out() {
        let status = status(br#"{"idScope":"0ne00000001","you":null}"#).unwrap();
        assert_eq!((status.you, status.ledger.seq), (None, 0));
    }

    #[test]
    fn what_is_no_station_is_none() {
        for text in ["<!doctype html><p>404", "", "{}", "[]", r#"{"idScope":7}"#] {
            assert_eq!(status(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_a_web_servers_own() {
        let text = br#"{"code":"api.private-key","message":"No.","next":"Take it out.","more":1}"#;
        let fault = refusal(text).unwrap();
        assert_eq!(
            (fault.what.as_str(), fault.next.as_str()),
            ("No.", "Take it out.")
        );
        assert_eq!(refusal(br#"{"code":"E1","message":"No."}"#), None);
        assert_eq!(refusal(b"<html>"), None);
    }
}
