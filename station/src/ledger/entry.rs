//! One entry of the chain, and its hash.

use anyhow::Result;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use signet_core::UnixTime;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Asked,
    BatchClosed,
    BatchOpened,
    Disabled,
    Enabled,
    Issued,
    OperatorAdded,
    OperatorRemoved,
    PolicyAdded,
    PolicyDeleted,
    Refused,
    Registered,
    Renewed,
    Revoked,
    Started,
    Unit,
}

impl Kind {
    /// The word in the ledger. Words are never changed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::BatchClosed => "batch-closed",
            Self::BatchOpened => "batch-opened",
            Self::Disabled => "device-disabled",
            Self::Enabled => "device-enabled",
            Self::Issued => "issued",
            Self::OperatorAdded => "operator-added",
            Self::OperatorRemoved => "operator-removed",
            Self::PolicyAdded => "policy-added",
            Self::PolicyDeleted => "policy-deleted",
            Self::Refused => "refused",
            Self::Registered => "registered",
            Self::Renewed => "renewed",
            Self::Revoked => "revoked",
            Self::Started => "station-started",
            Self::Unit => "unit",
        }
    }
}

/// Something that happened, before it has its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    /// Whom or what it concerns: a registration ID, a serial number, a batch.
    pub(crate) subject: String,
    /// Nothing secret.
    pub(crate) facts: Map<String, Value>,
}

impl Event {
    pub(crate) fn new(kind: Kind, subject: impl Into<String>, facts: Value) -> Self {
        let facts = match facts {
            Value::Object(facts) => facts,
            _ => Map::new(),
        };
        Self {
            kind,
            subject: subject.into(),
            facts,
        }
    }
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// 1, 2, 3, …
    pub(crate) seq: u64,
    /// Seconds since 1970.
    pub(crate) at: UnixTime,
    pub(crate) kind: String,
    pub(crate) subject: String,
    /// JSON, as it is hashed.
    pub(crate) facts: String,
    /// See [`Entry::hash`].
    pub(crate) hash: Hash,
}

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// What stands before the first entry.
pub(crate) const BEGINNING: Hash = [0; 32];

/// The last entry.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: Hash,
}

impl Head {
    /// From what the table has last.
    pub(super) fn of(last: Option<(i64, Hash)>) -> Result<Self> {
        let (seq, hash) = last.unwrap_or((0, BEGINNING));
        let seq = u64::try_from(seq)?;
        Ok(Self { seq, hash })
    }

    /// The entry that an event becomes behind this one, which is then the last.
    pub(super) fn append(&mut self, at: UnixTime, event: Event) -> Entry {
        let entry = Entry::after(self.seq, &self.hash, at, event);
        (self.seq, self.hash) = (entry.seq, entry.hash);
        entry
    }
}

impl Entry {
    /// Puts an event behind the entry with this number and hash.
    fn after(seq: u64, previous: &Hash, at: UnixTime, event: Event) -> Self {
        let mut entry = Self {
            seq: seq + 1,
            at,
            kind: event.kind.as_str().to_owned(),
            subject: event.subject,
            facts: Value::Object(event.facts).to_string(),
            hash: BEGINNING,
        };
        entry.hash = entry.hash(previous);
        entry
    }

    /// SHA-256 over: hash of the entry before (32 bytes), number and moment (8 bytes each, big-endian),
    /// then kind, subject and facts, each as its length in bytes (8 bytes, big-endian) and its UTF-8.
    pub(crate) fn hash(&self, previous: &Hash) -> Hash {
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.0.to_be_bytes());
        for text in [&self.kind, &self.subject, &self.facts] {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }
}
