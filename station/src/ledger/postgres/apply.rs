//! Changes, as SQL.

use anyhow::{Context, Result, ensure};
use signet_core::dps::RegistrationId;
use signet_core::{UnixTime, run};

use super::read::hash;
use super::session::Session;
use crate::ledger::entry::{Event, Head};
use crate::ledger::model::{Certificate, Record, Write, overtaken, same_namespace};
use crate::ledger::told::{self, Told};

/// The last entry.
pub(super) fn head(session: &mut Session) -> Result<Head> {
    let last = session.row(
        "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1",
        &[],
    )?;
    let last = last.map(|row| Ok::<_, anyhow::Error>((row.try_get(0)?, hash(&row, 1)?)));
    Head::of(last.transpose()?)
}

/// Carries out changes and appends entries, within the transaction of the caller.
pub(super) fn apply(
    session: &mut Session,
    head: &mut Head,
    at: UnixTime,
    writes: Vec<Write>,
    events: Vec<Event>,
) -> Result<()> {
    for write in writes {
        if !change(session, at, write)? {
            return Ok(());
        }
    }
    for event in events {
        let entry = head.append(at, event);
        session.change(
            "INSERT INTO entries VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &i64::try_from(entry.seq)?,
                &seconds(entry.at)?,
                &entry.kind,
                &entry.subject,
                &entry.facts,
                &entry.hash.as_slice(),
            ],
        )?;
    }
    Ok(())
}

/// One change. `false`: it had been made before, and leaves no entry.
fn change(session: &mut Session, at: UnixTime, write: Write) -> Result<bool> {
    let at = seconds(at)?;
    match write {
        Write::BatchClosed { name } => {
            let count = session.change(
                "UPDATE batches SET closed_at = $2 WHERE name = $1 AND closed_at IS NULL",
                &[&name, &at],
            )?;
            ensure!(count == 1, "there is no open batch {name:?}");
        }
        Write::BatchOpened { name, expected } => {
            session
                .change("INSERT INTO batches VALUES ($1, $2, NULL)", &[&name, &at])
                .with_context(|| format!("there is already a batch {name:?}"))?;
            for id in &expected {
                session
                    .change(
                        "INSERT INTO batch_units VALUES ($1, $2, true, NULL, NULL)",
                        &[&name, &id.as_str()],
                    )
                    .with_context(|| format!("{id} stands twice in the batch"))?;
            }
        }
        Write::Certificate(certificate) => insert_certificate(session, &certificate)?,
        Write::Disabled { id, disabled } => {
            let statement = match disabled {
                true => "INSERT INTO disabled VALUES ($1) ON CONFLICT DO NOTHING",
                false => "DELETE FROM disabled WHERE registration_id = $1",
            };
            return Ok(session.change(statement, &[&id.as_str()])? == 1);
        }
        Write::Namespace { root_sha256 } => put_namespace(session, &root_sha256)?,
        Write::Registration(record) => put_registration(session, &record)?,
        Write::Revoked { serial, reason } => {
            let count = session.change(
                "UPDATE certificates SET revoked_at = $2, revocation_reason = $3
                 WHERE serial = $1 AND revoked_at IS NULL",
                &[&serial, &at, &reason],
            )?;
            return Ok(count == 1);
        }
        Write::Unit { id, record, batch } => {
            let id = id.as_ref().map(RegistrationId::as_str);
            return put_run(session, at, id, &record, batch.as_deref());
        }
    }
    Ok(true)
}

/// The leaf of a chain, and the number of its issuer. Authorities that are new are put in.
pub(super) fn issuer<'a>(
    session: &mut Session,
    certificate: &'a Certificate,
) -> Result<(&'a [u8], Option<i64>)> {
    let (leaf, authorities) = certificate.chain.split_first().context("an empty chain")?;
    // From the root down, so that each finds its issuer.
    let mut issuer: Option<i64> = None;
    for der in authorities.iter().rev() {
        issuer = Some(authority(session, der, issuer)?);
    }
    Ok((leaf, issuer))
}

fn insert_certificate(session: &mut Session, certificate: &Certificate) -> Result<()> {
    let (leaf, issuer) = issuer(session, certificate)?;
    session.change(
        "INSERT INTO certificates VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL)",
        &[
            &certificate.serial,
            &certificate.registration_id.as_str(),
            &certificate.operation_id,
            &certificate.policy,
            &seconds(certificate.issued_at)?,
            &seconds(certificate.not_after)?,
            &leaf,
            &issuer,
        ],
    )?;
    Ok(())
}

/// The number of an authority, which is put in if it is new.
fn authority(session: &mut Session, der: &[u8], issuer: Option<i64>) -> Result<i64> {
    const FIND: &str = "SELECT id FROM authorities WHERE sha256(der) = sha256($1)";
    const PUT: &str = "INSERT INTO authorities (der, issuer) VALUES ($1, $2) RETURNING id";
    if let Some(number) = session.authorities.get(der) {
        return Ok(number);
    }
    let found = match session.row(FIND, &[&der])? {
        Some(found) => found,
        None => session.row(PUT, &[&der, &issuer])?.context("no number")?,
    };
    let number = found.try_get(0)?;
    session.authorities.put(der, number);
    Ok(number)
}

fn put_namespace(session: &mut Session, root_sha256: &str) -> Result<()> {
    session.change(
        "INSERT INTO meta VALUES ('root', $1) ON CONFLICT DO NOTHING",
        &[&root_sha256],
    )?;
    let row = session.row("SELECT value FROM meta WHERE name = 'root'", &[])?;
    let recorded: String = row.context("no root")?.try_get(0)?;
    same_namespace(&recorded, root_sha256)
}

fn put_registration(session: &mut Session, record: &Record) -> Result<()> {
    let operation = &record.operation;
    let version = i64::from(record.version);
    let count = session.change(
        "INSERT INTO registrations
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::bigint + 1)
         ON CONFLICT (registration_id) DO UPDATE SET device_id = $2, enrollment = $3,
             attestation = $4, created = $5, updated = $6, etag = $7, operation_id = $8, csr = $9,
             policy = $10, polls_left = $11, done = $12, version = $13::bigint + 1
         WHERE registrations.version = $13::bigint",
        &[
            &record.registration_id.as_str(),
            &record.device_id,
            &record.enrollment,
            &record.attestation,
            &seconds(record.created)?,
            &seconds(record.updated)?,
            &record.etag,
            &operation.id,
            &operation.csr,
            &operation.policy,
            &i64::from(operation.polls_left),
            &operation.done,
            &version,
        ],
    )?;
    if count == 0 {
        return Err(overtaken(&record.registration_id));
    }
    Ok(())
}

/// A run that is new, or another record of one that is known. `false`: this very record is known.
fn put_run(
    session: &mut Session,
    at: i64,
    id: Option<&str>,
    record: &run::Record,
    batch: Option<&str>,
) -> Result<bool> {
    let (run, passed) = (record.run.as_str(), told::passed(record));
    let found = session.row(
        "SELECT registration_id, passed FROM runs WHERE run = $1",
        &[&run],
    )?;
    let known = match found {
        Some(row) => Some(Told {
            id: row.try_get(0)?,
            passed: row.try_get(1)?,
        }),
        None => None,
    };
    if let Some(told) = &known {
        if is_told(session, told.subject(run), record)? {
            return Ok(false);
        }
        told.ensure_corrected(id.unwrap_or_default(), record)?;
    }
    session.change(
        "INSERT INTO runs VALUES ($1, $2, $3, $4)
         ON CONFLICT (run) DO UPDATE SET passed = $3, at = $4",
        &[&run, &id.unwrap_or_default(), &passed, &at],
    )?;
    let decides = known.is_none_or(|told| told.passed != passed);
    if let Some(batch) = batch.filter(|_| decides) {
        put_unit(session, batch, id, run, passed)?;
    }
    Ok(true)
}

/// Whether there is an entry with this very record.
fn is_told(session: &mut Session, subject: &str, record: &run::Record) -> Result<bool> {
    let rows = session.rows(
        "SELECT facts FROM entries WHERE subject = $1 AND kind = 'unit'
         AND facts::json #>> '{record,run}' = $2 ORDER BY seq DESC LIMIT $3",
        &[&subject, &record.run, &i64::from(told::NEWEST)],
    )?;
    for row in rows {
        if told::has(row.try_get(0)?, record) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The last word on a unit counts, but one that has passed stays so.
fn put_unit(
    session: &mut Session,
    batch: &str,
    id: Option<&str>,
    run: &str,
    passed: bool,
) -> Result<()> {
    let found = session.row(
        "SELECT closed_at IS NULL FROM batches WHERE name = $1",
        &[&batch],
    )?;
    let open = match found {
        Some(row) => row.try_get(0)?,
        None => false,
    };
    ensure!(open, "there is no open batch {batch:?}");
    let Some(id) = id else {
        return Ok(());
    };
    session.change(
        "INSERT INTO batch_units VALUES ($1, $2, false, $3, $4)
         ON CONFLICT (batch, registration_id) DO UPDATE SET passed = $3, run = $4
         WHERE batch_units.passed IS DISTINCT FROM true",
        &[&batch, &id, &passed, &run],
    )?;
    Ok(())
}

/// PostgreSQL's integers are signed.
pub(super) fn seconds(time: UnixTime) -> Result<i64> {
    Ok(i64::try_from(time.0)?)
}
