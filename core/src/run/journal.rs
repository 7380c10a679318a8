//! What must survive a reload: where each board's run stands.

use serde::{Deserialize, Serialize};

use super::record::Record;
use crate::UnixTime;
use crate::chain::LeafFacts;

/// One board's line in the journal, keyed by its MAC address. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// MAC address, twelve lower-case hex digits: the key.
    pub mac: String,
    /// The run that wrote this entry.
    pub run: String,
    /// The registration ID.
    pub registration_id: String,
    /// When the entry was written.
    pub at: UnixTime,
    /// Where the run stands.
    pub stage: Stage,
}

/// How far a run came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "stage",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Stage {
    /// About to ask DPS: from here on a certificate may have been issued.
    Registering {
        /// The operation to ask about, once known.
        operation_id: Option<String>,
    },
    /// DPS answered with a chain.
    Issued {
        /// The chain as received, DER in base64.
        chain: Vec<String>,
    },
    /// About to write, or writing.
    Writing {
        /// Facts of the certificate that is being written.
        leaf: LeafFacts,
        /// MD5 of the whole partition as meant, hex.
        image_md5: String,
    },
    /// Written and read back; not yet recorded as passed.
    Written {
        /// Facts of the certificate that was written.
        leaf: LeafFacts,
        /// MD5 of the whole partition as proved by the board, hex.
        image_md5: String,
    },
    /// Over, with this record.
    Ended {
        /// The unit's record.
        record: Box<Record>,
    },
}
