//! Batches: which units were expected, and what became of each.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension};
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

const COUNTS: &str = "SELECT name, opened_at, closed_at,
    (SELECT count(*) FROM batch_units WHERE batch = name AND expected = 1),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed = 1),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed = 0),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed IS NULL),
    (SELECT count(*) FROM batch_units WHERE batch = name AND expected = 0)
    FROM batches";

impl BatchState {
    /// The batch of that name.
    pub(crate) fn of(sql: &Connection, name: &str) -> Result<Option<Self>> {
        let statement = format!("{COUNTS} WHERE name = ?1");
        Ok(sql.query_row(&statement, [name], Self::row).optional()?)
    }

    /// All batches, the youngest first.
    pub(crate) fn all(sql: &Connection, limit: u32) -> Result<Vec<Self>> {
        let mut statement =
            sql.prepare_cached(&format!("{COUNTS} ORDER BY opened_at DESC, name LIMIT ?1"))?;
        let rows = statement.query_map([limit], Self::row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            opened_at: row.get(1)?,
            closed_at: row.get(2)?,
            expected: row.get(3)?,
            done: row.get(4)?,
            failed: row.get(5)?,
            remaining: row.get(6)?,
            unexpected: row.get(7)?,
        })
    }
}

impl UnitState {
    /// The units of a batch, in the order of their IDs.
    pub(crate) fn of(sql: &Connection, batch: &str) -> Result<Vec<Self>> {
        let mut statement = sql.prepare_cached(
            "SELECT registration_id, expected, passed, run FROM batch_units
             WHERE batch = ?1 ORDER BY registration_id",
        )?;
        let rows = statement.query_map([batch], |row| {
            Ok(Self {
                registration_id: row.get(0)?,
                expected: row.get(1)?,
                state: match row.get(2)? {
                    Some(true) => "done",
                    Some(false) => "failed",
                    None => "remaining",
                },
                run: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
