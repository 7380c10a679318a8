//! Questions about batches.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::ledger::batch::{BatchState, UnitState};

const COUNTS: &str = "SELECT name, opened_at, closed_at,
    (SELECT count(*) FROM batch_units WHERE batch = name AND expected = 1),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed = 1),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed = 0),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed IS NULL),
    (SELECT count(*) FROM batch_units WHERE batch = name AND expected = 0)
    FROM batches";

pub(super) fn batch(sql: &Connection, name: &str) -> Result<Option<BatchState>> {
    let statement = format!("{COUNTS} WHERE name = ?1");
    Ok(sql.query_row(&statement, [name], row).optional()?)
}

pub(super) fn batches(sql: &Connection, limit: u32) -> Result<Vec<BatchState>> {
    let mut statement =
        sql.prepare_cached(&format!("{COUNTS} ORDER BY opened_at DESC, name LIMIT ?1"))?;
    let rows = statement.query_map([limit], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<BatchState> {
    Ok(BatchState {
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

pub(super) fn units(sql: &Connection, batch: &str) -> Result<Vec<UnitState>> {
    let mut statement = sql.prepare_cached(
        "SELECT registration_id, expected, passed, run FROM batch_units
         WHERE batch = ?1 ORDER BY registration_id",
    )?;
    let rows = statement.query_map([batch], |row| {
        Ok(UnitState {
            registration_id: row.get(0)?,
            expected: row.get(1)?,
            state: UnitState::word(row.get(2)?),
            run: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
