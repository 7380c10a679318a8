//! The record of one unit: who, what, when, and the proof.

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

use crate::cert::Summary;
use crate::chain::LeafFacts;
use crate::recipe::Recipe;
use crate::{Fault, UnixTime, csv};

/// What is kept of one run. Holds no secret. Field names are stable: people import them elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Version of this shape: 1.
    pub version: u32,
    /// The run's own name, unique on this station.
    pub run: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The recipe's name.
    pub recipe: String,
    /// SHA-256 of the recipe's bytes, hex.
    pub recipe_sha256: String,
    /// SHA-256 of what in the recipe decides what a board gets, hex, see
    /// [`Recipe::essence_sha256`]; `None` in records from before it was kept.
    #[serde(default)]
    pub essence_sha256: Option<String>,
    /// Who stood at the line, as entered.
    pub operator: String,
    /// Registration ID.
    pub registration_id: String,
    /// Device ID that DPS assigned.
    pub device_id: Option<String>,
    /// Hub that DPS assigned.
    pub assigned_hub: Option<String>,
    /// What DPS did to find the hub: anything but an initial assignment means that the ID was in use.
    #[serde(default)]
    pub substatus: Option<String>,
    /// Chip name.
    pub chip: Option<String>,
    /// MAC address, colon-separated.
    pub mac: Option<String>,
    /// Facts of the issued certificate.
    pub leaf: Option<LeafFacts>,
    /// Whether a certificate came out of this run.
    pub issuance: Issuance,
    /// Whether one had come out of an earlier run of the same board, and never reached it.
    #[serde(default)]
    pub earlier: Issuance,
    /// The registration operation, as DPS names it: what its support asks for.
    #[serde(default)]
    pub operation_id: Option<String>,
    /// The chain as issued, base64 of DER, in the order received.
    pub chain: Vec<String>,
    /// Label of the partition that was written.
    pub partition: Option<String>,
    /// SHA-256 of the whole partition as written, hex.
    pub image_sha256: Option<String>,
    /// MD5 of the whole partition as the board computed it, hex.
    pub image_md5: Option<String>,
    /// Serial number of an earlier certificate that this run's replaces, if a person chose so.
    pub replaces: Option<String>,
    /// Start of the run.
    pub started: UnixTime,
    /// End of the run.
    pub finished: UnixTime,
    /// Milliseconds by phase, in order.
    pub timings: Vec<Timing>,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Written, read back, equal.
    Pass,
    /// Already as recorded; nothing was issued or written.
    PassUnchanged,
    /// Not provisioned.
    #[default]
    Fail,
}

/// Whether DPS issued a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Issuance {
    /// It answered with a chain.
    Issued,
    /// It was not asked, or it refused.
    #[default]
    None,
    /// It was asked, and its answer never arrived.
    Possible,
}

impl Record {
    /// What is issued for this board, by this run or else by the ones before.
    pub fn standing(&self) -> Issuance {
        match self.issuance {
            Issuance::None => self.earlier,
            own => own,
        }
    }

    /// Whether `recipe` gives a board what it got by this record's recipe. Where the record does not
    /// say, only the same file is known to.
    pub(super) fn is_of(&self, recipe: &Recipe) -> bool {
        match &self.essence_sha256 {
            Some(essence) => *essence == recipe.essence_sha256(),
            None => self.recipe_sha256 == recipe.sha256(),
        }
    }

    /// Serial number of the newest certificate that is known, upper-case hex: of the one that was
    /// judged, else of the device certificate in the chain that came, else of the one before.
    pub(super) fn serial(&self) -> Option<String> {
        let judged = self.leaf.as_ref().map(|leaf| leaf.serial.clone());
        let came = || {
            let ders = self.chain.iter().map(|text| Base64::decode_vec(text));
            let read = ders
                .flatten()
                .filter_map(|der| Summary::from_der(&der).ok());
            let mut devices = read.filter(|summary| !summary.is_ca);
            devices.next().map(|summary| summary.serial)
        };
        judged.or_else(came).or_else(|| self.replaces.clone())
    }
}

/// How long one phase took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// The phase's word.
    pub phase: String,
    /// Milliseconds.
    pub ms: u64,
}

/// The records as CSV with a header line; see [`csv`].
pub fn to_csv(records: &[Record]) -> String {
    let mut out = String::new();
    csv::row(&mut out, &COLUMNS);
    for record in records {
        let leaf = record.leaf.as_ref();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let total: u64 = record.timings.iter().map(|timing| timing.ms).sum();
        let cells = [
            record.finished.to_string(),
            outcome_word(record.outcome).to_owned(),
            record.registration_id.clone(),
            text(&record.mac),
            text(&record.chip),
            text(&record.device_id),
            text(&record.assigned_hub),
            leaf.map(|leaf| leaf.serial.clone()).unwrap_or_default(),
            leaf.map(|leaf| leaf.sha1.clone()).unwrap_or_default(),
            leaf.map(|leaf| leaf.sha256.clone()).unwrap_or_default(),
            leaf.map(|leaf| leaf.not_before.to_string())
                .unwrap_or_default(),
            leaf.map(|leaf| leaf.not_after.to_string())
                .unwrap_or_default(),
            text(&record.partition),
            text(&record.image_sha256),
            text(&record.image_md5),
            text(&record.replaces),
            record.recipe.clone(),
            record.recipe_sha256.clone(),
            record.operator.clone(),
            total.to_string(),
            record
                .fault
                .as_ref()
                .map(|fault| fault.code.clone())
                .unwrap_or_default(),
            record
                .fault
                .as_ref()
                .map(|fault| fault.what.clone())
                .unwrap_or_default(),
            record.run.clone(),
            text(&record.operation_id),
            text(&record.substatus),
        ];
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        csv::row(&mut out, &cells);
    }
    out
}

const COLUMNS: [&str; 25] = [
    "finished",
    "outcome",
    "registrationId",
    "mac",
    "chip",
    "deviceId",
    "assignedHub",
    "serial",
    "sha1",
    "sha256",
    "notBefore",
    "notAfter",
    "partition",
    "imageSha256",
    "imageMd5",
    "replaces",
    "recipe",
    "recipeSha256",
    "operator",
    "totalMs",
    "faultCode",
    "fault",
    "run",
    "operationId",
    "substatus",
];

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::PassUnchanged => "PASS (unchanged)",
        Outcome::Fail => "FAIL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_and_defuses() {
        let record = Record {
            operator: "=HYPERLINK(\"x\")".into(),
            registration_id: "a,b".into(),
            ..Record::default()
        };
        let csv = to_csv(&[record]);
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].split(',').count(), COLUMNS.len());
        assert!(lines[1].contains("\"a,b\""));
        assert!(lines[1].contains("\"'=HYPERLINK(\"\"x\"\")\""));
    }
}
