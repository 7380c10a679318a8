//! What must survive a reload: where each board's run stands.

use serde::{Deserialize, Serialize};

use super::{Error, Issuance, Outcome, Record};
use crate::{Explain, UnixTime};

/// One board's line in the journal, keyed by its MAC address. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// MAC address, twelve lower-case hex digits: the key.
    pub mac: String,
    /// When the entry was written.
    pub at: UnixTime,
    /// Where the run stands.
    pub stage: Stage,
    /// What is known so far; complete once the run has ended.
    pub record: Record,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// About to ask DPS, or asking: from here on a certificate may have been issued.
    Registering,
    /// DPS answered with a chain.
    Issued,
    /// About to write, or writing.
    Writing,
    /// Written and read back; not yet recorded as passed.
    Written,
    /// Over.
    Ended,
}

impl Entry {
    /// Whether the board of this entry has, or may have, a certificate in its registration ID.
    pub fn holds_its_id(&self) -> bool {
        self.record.standing() != Issuance::None
    }

    /// The record of a run that could not write its own, because the page, the browser or the computer
    /// stopped; `None` for one that did. What was proved before is a PASS all the same.
    pub fn cut_off(&self) -> Option<Record> {
        let outcome = match self.stage {
            Stage::Ended => return None,
            Stage::Written => Outcome::Pass,
            Stage::Registering | Stage::Issued | Stage::Writing => Outcome::Fail,
        };
        let fault = (outcome == Outcome::Fail).then(|| Error::Interrupted.fault());
        Some(Record {
            outcome,
            fault,
            ..self.record.clone()
        })
    }
}
