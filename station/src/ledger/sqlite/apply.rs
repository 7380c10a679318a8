//! Changes, as SQL.

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OptionalExtension, params};
use signet_core::dps::RegistrationId;
use signet_core::{UnixTime, run};

use crate::ledger::entry::{Event, Hash, Head};
use crate::ledger::model::{Certificate, Record, Write, overtaken, same_namespace};
use crate::ledger::told::{self, Told};

/// The last entry.
pub(super) fn head(connection: &Connection) -> Result<Head> {
    let last = connection
        .query_row(
            "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get::<_, Hash>(1)?)),
        )
        .optional()?;
    Head::of(last)
}

/// Carries out changes and appends entries, within the transaction of the caller.
pub(super) fn apply(
    sql: &Connection,
    head: &mut Head,
    at: UnixTime,
    writes: Vec<Write>,
    events: Vec<Event>,
) -> Result<()> {
    for write in writes {
        if !change(sql, at, write)? {
            return Ok(());
        }
    }
    for event in events {
        let entry = head.append(at, event);
        sql.prepare_cached("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                i64::try_from(entry.seq)?,
                seconds(entry.at)?,
                entry.kind,
                entry.subject,
                entry.facts,
                entry.hash
            ])?;
    }
    Ok(())
}

/// One change. `false`: it had been made before, and leaves no entry.
fn change(sql: &Connection, at: UnixTime, write: Write) -> Result<bool> {
    match write {
        Write::BatchClosed { name } => {
            let count = sql.execute(
                "UPDATE batches SET closed_at = ?2 WHERE name = ?1 AND closed_at IS NULL",
                params![name, seconds(at)?],
            )?;
            ensure!(count == 1, "there is no open batch {name:?}");
        }
        Write::BatchOpened { name, expected } => {
            sql.execute(
                "INSERT INTO batches VALUES (?1, ?2, NULL)",
                params![name, seconds(at)?],
            )
            .with_context(|| format!("there is already a batch {name:?}"))?;
            let mut insert =
                sql.prepare_cached("INSERT INTO batch_units VALUES (?1, ?2, 1, NULL, NULL)")?;
            for id in &expected {
                insert
                    .execute(params![name, id.as_str()])
                    .with_context(|| format!("{id} stands twice in the batch"))?;
            }
        }
        Write::Certificate(certificate) => insert_certificate(sql, &certificate)?,
        Write::Disabled { id, disabled } => {
            let statement = match disabled {
                true => "INSERT OR IGNORE INTO disabled VALUES (?1)",
                false => "DELETE FROM disabled WHERE registration_id = ?1",
            };
            return Ok(sql.execute(statement, [id.as_str()])? == 1);
        }
        Write::Namespace { root_sha256 } => put_namespace(sql, &root_sha256)?,
        Write::Registration(record) => put_registration(sql, &record)?,
        Write::Revoked { serial, reason } => {
            let count = sql.execute(
                "UPDATE certificates SET revoked_at = ?2, revocation_reason = ?3
                 WHERE serial = ?1 AND revoked_at IS NULL",
                params![serial, seconds(at)?, reason],
            )?;
            return Ok(count == 1);
        }
        Write::Unit { id, record, batch } => {
            let id = id.as_ref().map(RegistrationId::as_str);
            return put_run(sql, at, id, &record, batch.as_deref());
        }
    }
    Ok(true)
}

fn insert_certificate(sql: &Connection, certificate: &Certificate) -> Result<()> {
    let (leaf, authorities) = certificate.chain.split_first().context("an empty chain")?;
    // From the root down, so that each finds its issuer.
    let mut issuer: Option<i64> = None;
    for der in authorities.iter().rev() {
        sql.prepare_cached("INSERT OR IGNORE INTO authorities (der, issuer) VALUES (?1, ?2)")?
            .execute(params![der, issuer])?;
        let id = sql
            .prepare_cached("SELECT id FROM authorities WHERE der = ?1")?
            .query_row([der], |row| row.get(0))?;
        issuer = Some(id);
    }
    sql.prepare_cached(
        "INSERT INTO certificates VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL)",
    )?
    .execute(params![
        certificate.serial,
        certificate.registration_id.as_str(),
        certificate.operation_id,
        certificate.policy,
        seconds(certificate.issued_at)?,
        seconds(certificate.not_after)?,
        leaf,
        issuer
    ])?;
    Ok(())
}

fn put_namespace(sql: &Connection, root_sha256: &str) -> Result<()> {
    sql.execute(
        "INSERT OR IGNORE INTO meta VALUES ('root', ?1)",
        [root_sha256],
    )?;
    let recorded: String =
        sql.query_row("SELECT value FROM meta WHERE name = 'root'", [], |row| {
            row.get(0)
        })?;
    same_namespace(&recorded, root_sha256)
}

fn put_registration(sql: &Connection, record: &Record) -> Result<()> {
    let operation = &record.operation;
    let count = sql
        .prepare_cached(
            "INSERT INTO registrations
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 + 1)
         ON CONFLICT (registration_id) DO UPDATE SET device_id = ?2, enrollment = ?3,
             attestation = ?4, created = ?5, updated = ?6, etag = ?7, operation_id = ?8, csr = ?9,
             policy = ?10, polls_left = ?11, done = ?12, version = ?13 + 1
         WHERE version = ?13",
        )?
        .execute(params![
            record.registration_id.as_str(),
            record.device_id,
            record.enrollment,
            record.attestation,
            seconds(record.created)?,
            seconds(record.updated)?,
            record.etag,
            operation.id,
            operation.csr,
            operation.policy,
            operation.polls_left,
            operation.done,
            record.version
        ])?;
    if count == 0 {
        return Err(overtaken(&record.registration_id));
    }
    Ok(())
}

/// A run that is new, or another record of one that is known. `false`: this very record is known.
fn put_run(
    sql: &Connection,
    at: UnixTime,
    id: Option<&str>,
    record: &run::Record,
    batch: Option<&str>,
) -> Result<bool> {
    let (run, passed) = (record.run.as_str(), told::passed(record));
    let known = sql
        .query_row(
            "SELECT registration_id, passed FROM runs WHERE run = ?1",
            [run],
            |row| {
                let (id, passed) = (row.get(0)?, row.get(1)?);
                Ok(Told { id, passed })
            },
        )
        .optional()?;
    if let Some(told) = &known {
        if is_told(sql, told.subject(run), record)? {
            return Ok(false);
        }
        told.ensure_corrected(id.unwrap_or_default(), record)?;
    }
    sql.execute(
        "INSERT INTO runs VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (run) DO UPDATE SET passed = ?3, at = ?4",
        params![run, id.unwrap_or_default(), passed, seconds(at)?],
    )?;
    let decides = known.is_none_or(|told| told.passed != passed);
    if let Some(batch) = batch.filter(|_| decides) {
        put_unit(sql, batch, id, run, passed)?;
    }
    Ok(true)
}

/// Whether there is an entry with this very record.
fn is_told(sql: &Connection, subject: &str, record: &run::Record) -> Result<bool> {
    // The plus keeps SQLite from going through all units of the line.
    let mut statement = sql.prepare_cached(
        "SELECT facts FROM entries WHERE subject = ?1 AND +kind = 'unit'
         AND json_extract(facts, '$.record.run') = ?2 ORDER BY seq DESC LIMIT ?3",
    )?;
    let mut rows = statement.query(params![subject, record.run, told::NEWEST])?;
    while let Some(row) = rows.next()? {
        if told::has(row.get_ref(0)?.as_str()?, record) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The last word on a unit counts, but one that has passed stays so.
fn put_unit(
    sql: &Connection,
    batch: &str,
    id: Option<&str>,
    run: &str,
    passed: bool,
) -> Result<()> {
    let open: Option<bool> = sql
        .query_row(
            "SELECT closed_at IS NULL FROM batches WHERE name = ?1",
            [batch],
            |row| row.get(0),
        )
        .optional()?;
    ensure!(open == Some(true), "there is no open batch {batch:?}");
    let Some(id) = id else {
        return Ok(());
    };
    sql.execute(
        "INSERT INTO batch_units VALUES (?1, ?2, 0, ?3, ?4)
         ON CONFLICT (batch, registration_id) DO UPDATE SET passed = ?3, run = ?4
         WHERE passed IS NOT 1",
        params![batch, id, passed, run],
    )?;
    Ok(())
}

/// SQLite's integers are signed.
pub(super) fn seconds(time: UnixTime) -> Result<i64> {
    Ok(i64::try_from(time.0)?)
}
