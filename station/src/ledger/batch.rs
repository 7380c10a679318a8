//! Batches: which units were expected, and what became of each.

use serde::Serialize;

/// A unit of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UnitState {
    pub(crate) registration_id: String,
    /// Whether it stood in the list with which the batch was opened.
    pub(crate) expected: bool,
    /// `done`, `failed` or `remaining`.
    pub(crate) state: &'static str,
    /// The run that decided.
    pub(crate) run: Option<String>,
}

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchState {
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) opened_at: i64,
    pub(crate) closed_at: Option<i64>,
    /// Units in the list with which it was opened.
    pub(crate) expected: u32,
    /// Units that passed.
    pub(crate) done: u32,
    /// Units whose last run failed.
    pub(crate) failed: u32,
    /// Expected units that had no run.
    pub(crate) remaining: u32,
    /// Units that nobody had expected, with a run.
    pub(crate) unexpected: u32,
}

impl UnitState {
    /// The word for whether a unit passed, if it had a run.
    pub(super) fn word(passed: Option<bool>) -> &'static str {
        match passed {
            Some(true) => "done",
            Some(false) => "failed",
            None => "remaining",
        }
    }
}
