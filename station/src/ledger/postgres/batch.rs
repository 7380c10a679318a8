//! Questions about batches.

use anyhow::Result;
use postgres::Row;

use super::session::Session;
use crate::ledger::batch::{BatchState, UnitState};

macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT name, opened_at, closed_at,
    (SELECT count(*) FROM batch_units WHERE batch = name AND expected),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed),
    (SELECT count(*) FROM batch_units WHERE batch = name AND NOT passed),
    (SELECT count(*) FROM batch_units WHERE batch = name AND passed IS NULL),
    (SELECT count(*) FROM batch_units WHERE batch = name AND NOT expected)
    FROM batches ",
            $rest
        )
    };
}

pub(super) fn batch(session: &mut Session, name: &str) -> Result<Option<BatchState>> {
    let found = session.row(batches!("WHERE name = $1"), &[&name])?;
    found.as_ref().map(state).transpose()
}

pub(super) fn batches(session: &mut Session, limit: u32) -> Result<Vec<BatchState>> {
    let found = session.rows(
        batches!("ORDER BY opened_at DESC, name LIMIT $1"),
        &[&i64::from(limit)],
    )?;
    found.iter().map(state).collect()
}

fn state(row: &Row) -> Result<BatchState> {
    let count = |column: usize| -> Result<u32> {
        let count: i64 = row.try_get(column)?;
        Ok(u32::try_from(count)?)
    };
    Ok(BatchState {
        name: row.try_get(0)?,
        opened_at: row.try_get(1)?,
        closed_at: row.try_get(2)?,
        expected: count(3)?,
        done: count(4)?,
        failed: count(5)?,
        remaining: count(6)?,
        unexpected: count(7)?,
    })
}

pub(super) fn units(session: &mut Session, batch: &str) -> Result<Vec<UnitState>> {
    let found = session.rows(
        "SELECT registration_id, expected, passed, run FROM batch_units
         WHERE batch = $1 ORDER BY registration_id",
        &[&batch],
    )?;
    let unit = |row: &Row| {
        Ok(UnitState {
            registration_id: row.try_get(0)?,
            expected: row.try_get(1)?,
            state: UnitState::word(row.try_get(2)?),
            run: row.try_get(3)?,
        })
    };
    found.iter().map(unit).collect()
}
