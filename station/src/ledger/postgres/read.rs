//! Questions to the ledger.

use anyhow::{Context, Result, anyhow};
use base64ct::{Base64, Encoding};
use postgres::Row;
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::apply::seconds;
use super::session::{Session, Values};
use crate::ledger::entry::{Entry, Hash, Kind};
use crate::ledger::model::{
    Certificate, Counts, Filter, Look, Operation, Record, Revocation, SOON,
};

macro_rules! registrations {
    ($rest:literal) => {
        concat!(
            "SELECT registration_id, device_id, enrollment, attestation, created, updated, etag, ",
            "operation_id, csr, policy, polls_left, done, version FROM registrations ",
            $rest
        )
    };
}

macro_rules! certificates {
    ($rest:literal) => {
        concat!(
            "SELECT serial, registration_id, operation_id, policy, issued_at, not_after, der, ",
            "issuer, revoked_at, revocation_reason FROM certificates ",
            $rest
        )
    };
}

macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT seq, at, kind, subject, facts, hash FROM entries ",
            $rest
        )
    };
}

pub(super) fn look(session: &mut Session, id: &RegistrationId) -> Result<Look> {
    let disabled = session.truth(
        "SELECT EXISTS (SELECT 1 FROM disabled WHERE registration_id = $1)",
        &[&id.as_str()],
    )?;
    let found = session.row(
        registrations!("WHERE registration_id = $1"),
        &[&id.as_str()],
    )?;
    let record = found.as_ref().map(registration).transpose()?;
    let record = record
        .map(|record| with_chain(session, record))
        .transpose()?;
    Ok(Look { record, disabled })
}

pub(super) fn registrations(session: &mut Session, after: &str, limit: u32) -> Result<Vec<Look>> {
    let found = session.rows(
        "SELECT registration_id FROM registrations
         WHERE registration_id > $1 ORDER BY registration_id LIMIT $2",
        &[&after, &i64::from(limit)],
    )?;
    let look = |row: &Row| look(session, &id(row, 0)?);
    found.iter().map(look).collect()
}

fn with_chain(session: &mut Session, mut record: Record) -> Result<Record> {
    if record.operation.done {
        let found = session.row(
            certificates!("WHERE registration_id = $1 AND operation_id = $2"),
            &[&record.registration_id.as_str(), &record.operation.id],
        )?;
        if let Some(row) = found {
            let chain = complete(session, &row)?.chain;
            record.operation.chain = chain.iter().map(|der| Base64::encode_string(der)).collect();
        }
    }
    Ok(record)
}

fn registration(row: &Row) -> Result<Record> {
    Ok(Record {
        registration_id: id(row, 0)?,
        device_id: row.try_get(1)?,
        enrollment: row.try_get(2)?,
        attestation: row.try_get(3)?,
        created: time(row, 4)?,
        updated: time(row, 5)?,
        etag: row.try_get(6)?,
        version: small(row, 12)?,
        operation: Operation {
            id: row.try_get(7)?,
            csr: row.try_get(8)?,
            policy: row.try_get(9)?,
            polls_left: small(row, 10)?,
            done: row.try_get(11)?,
            chain: Vec::new(),
        },
    })
}

pub(super) fn certificate(session: &mut Session, serial: &str) -> Result<Option<Certificate>> {
    let found = session.row(certificates!("WHERE serial = $1"), &[&serial])?;
    found.map(|row| complete(session, &row)).transpose()
}

pub(super) fn certificates(session: &mut Session, filter: &Filter) -> Result<Vec<Certificate>> {
    let ends_by = filter.ends_by.map(seconds).transpose()?;
    let found = session.rows(
        certificates!(
            "WHERE serial > $1 AND ($2::text IS NULL OR registration_id = $2)
             AND (NOT $3::boolean OR revoked_at IS NOT NULL)
             AND ($4::bigint IS NULL OR not_after <= $4) ORDER BY serial LIMIT $5"
        ),
        &[
            &filter.after,
            &filter.registration_id,
            &filter.revoked,
            &ends_by,
            &i64::from(filter.limit),
        ],
    )?;
    found.iter().map(leaf).collect()
}

pub(super) fn counts(session: &mut Session, now: UnixTime) -> Result<Counts> {
    let moment = seconds(now)?;
    let mut count = |statement: &'static str, values: Values<'_>| -> Result<u64> {
        let row = session.row(statement, values)?.context("no count")?;
        let count: i64 = row.try_get(0)?;
        Ok(u64::try_from(count)?)
    };
    let mut ending = [0; 4];
    for (place, days) in ending.iter_mut().zip(SOON) {
        let end = seconds(UnixTime(now.0 + days * 86_400))?;
        *place = count(
            "SELECT count(*) FROM certificates
             WHERE not_after > $1 AND not_after <= $2 AND revoked_at IS NULL",
            &[&moment, &end],
        )?;
    }
    Ok(Counts {
        entries: count("SELECT coalesce(max(seq), 0) FROM entries", &[])?,
        registrations: count("SELECT count(*) FROM registrations", &[])?,
        disabled: count("SELECT count(*) FROM disabled", &[])?,
        valid: count(
            "SELECT count(*) FROM certificates WHERE not_after > $1 AND revoked_at IS NULL",
            &[&moment],
        )?,
        expired: count(
            "SELECT count(*) FROM certificates WHERE not_after <= $1",
            &[&moment],
        )?,
        revoked: count(
            "SELECT count(*) FROM certificates WHERE revoked_at IS NOT NULL",
            &[],
        )?,
        ending,
    })
}

/// A certificate without the authorities above it.
fn leaf(row: &Row) -> Result<Certificate> {
    let revoked_at: Option<i64> = row.try_get(8)?;
    let revocation = match revoked_at {
        Some(_) => Some(Revocation {
            at: time(row, 8)?,
            reason: row.try_get(9)?,
        }),
        None => None,
    };
    Ok(Certificate {
        serial: row.try_get(0)?,
        registration_id: id(row, 1)?,
        operation_id: row.try_get(2)?,
        policy: row.try_get(3)?,
        issued_at: time(row, 4)?,
        not_after: time(row, 5)?,
        chain: vec![row.try_get(6)?],
        revocation,
    })
}

/// A certificate with the authorities above it.
fn complete(session: &mut Session, row: &Row) -> Result<Certificate> {
    let mut certificate = leaf(row)?;
    let mut next: Option<i64> = row.try_get(7)?;
    while let Some(id) = next
        && certificate.chain.len() < signet_core::dps::CHAIN_LIMIT
    {
        let above = session.row("SELECT der, issuer FROM authorities WHERE id = $1", &[&id])?;
        let above = above.context("an authority is missing")?;
        certificate.chain.push(above.try_get(0)?);
        next = above.try_get(1)?;
    }
    Ok(certificate)
}

pub(super) fn last(session: &mut Session, kind: Kind, limit: u32) -> Result<Vec<Entry>> {
    let found = session.rows(
        entries!("WHERE kind = $1 ORDER BY seq DESC LIMIT $2"),
        &[&kind.as_str(), &i64::from(limit)],
    )?;
    found.iter().map(entry).collect()
}

pub(super) fn entries(
    session: &mut Session,
    after: u64,
    subject: Option<&str>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let found = session.rows(
        entries!("WHERE seq > $1 AND ($2::text IS NULL OR subject = $2) ORDER BY seq LIMIT $3"),
        &[&i64::try_from(after)?, &subject, &i64::from(limit)],
    )?;
    found.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        seq: u64::try_from(row.try_get::<_, i64>(0)?)?,
        at: time(row, 1)?,
        kind: row.try_get(2)?,
        subject: row.try_get(3)?,
        facts: row.try_get(4)?,
        hash: hash(row, 5)?,
    })
}

pub(super) fn hash(row: &Row, column: usize) -> Result<Hash> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().context("a hash of another length")
}

fn id(row: &Row, column: usize) -> Result<RegistrationId> {
    let text: &str = row.try_get(column)?;
    RegistrationId::new(text).map_err(|error| anyhow!("{error}"))
}

fn small(row: &Row, column: usize) -> Result<u32> {
    let number: i64 = row.try_get(column)?;
    Ok(u32::try_from(number)?)
}

fn time(row: &Row, column: usize) -> Result<UnixTime> {
    let seconds: i64 = row.try_get(column)?;
    Ok(UnixTime(
        u64::try_from(seconds).context("a moment before 1970")?,
    ))
}
