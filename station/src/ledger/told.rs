//! Records of runs that the ledger knows already. A page sends one again when it cannot know whether it
//! arrived; another one of the same run corrects what was said too early.

use std::fmt;

use signet_core::run::{Outcome, Record};

/// Newest entries of a run among which a record is looked for: a page has one, or corrects it once.
pub(super) const NEWEST: u32 = 16;

/// How a run stands.
pub(super) struct Told {
    /// The unit's registration ID; empty for a run that failed before it had one.
    pub(super) id: String,
    pub(super) passed: bool,
}

impl Told {
    /// The subject of its entries.
    pub(super) fn subject<'a>(&'a self, run: &'a str) -> &'a str {
        match self.id.as_str() {
            "" => run,
            id => id,
        }
    }

    /// Refuses a record that cannot correct what was told: a run is of one unit, and proved stays proved.
    pub(super) fn ensure_corrected(&self, id: &str, record: &Record) -> Result<(), Settled> {
        if self.id == id && (passed(record) || !self.passed) {
            return Ok(());
        }
        Err(Settled)
    }
}

/// Whether a run provisioned its unit.
pub(super) fn passed(record: &Record) -> bool {
    record.outcome != Outcome::Fail
}

/// Whether an entry with these facts has this very record.
pub(super) fn has(facts: &str, record: &Record) -> bool {
    #[derive(serde::Deserialize)]
    struct Facts {
        record: Record,
    }
    serde_json::from_str::<Facts>(facts).is_ok_and(|facts| facts.record == *record)
}

/// The ledger has the run otherwise, and the record cannot correct that.
#[derive(Debug)]
pub(crate) struct Settled;

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the run is known, and this record cannot correct what is known of it")
    }
}

impl std::error::Error for Settled {}
