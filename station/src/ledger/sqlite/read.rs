//! Questions to the ledger.

use anyhow::{Context, Result, anyhow};
use base64ct::{Base64, Encoding};
use rusqlite::{Connection, OptionalExtension, Row, params};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::apply::seconds;
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::model::{
    Certificate, Counts, Filter, Look, Operation, Record, Revocation, SOON,
};

const REGISTRATION: &str = "SELECT registration_id, device_id, enrollment, attestation, created, \
    updated, etag, operation_id, csr, policy, polls_left, done, version FROM registrations";

pub(super) fn look(sql: &Connection, id: &RegistrationId) -> Result<Look> {
    let disabled = sql
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM disabled WHERE registration_id = ?1)")?
        .query_row([id.as_str()], |row| row.get(0))?;
    let record = sql
        .prepare_cached(&format!("{REGISTRATION} WHERE registration_id = ?1"))?
        .query_row([id.as_str()], |row| Ok(registration(row)))
        .optional()?
        .transpose()?;
    let record = record.map(|record| with_chain(sql, record)).transpose()?;
    Ok(Look { record, disabled })
}

pub(super) fn registrations(sql: &Connection, after: &str, limit: u32) -> Result<Vec<Look>> {
    let mut statement = sql.prepare_cached(&format!(
        "{REGISTRATION} WHERE registration_id > ?1 ORDER BY registration_id LIMIT ?2"
    ))?;
    let rows = statement.query_map(params![after, limit], |row| {
        Ok(registration(row).map(|record| record.registration_id))
    })?;
    rows.map(|row| look(sql, &row??)).collect()
}

fn with_chain(sql: &Connection, mut record: Record) -> Result<Record> {
    if record.operation.done {
        let statement = format!("{CERTIFICATE} WHERE registration_id = ?1 AND operation_id = ?2");
        let found = sql
            .prepare_cached(&statement)?
            .query_row(
                params![record.registration_id.as_str(), record.operation.id],
                |row| Ok(certificate_row(row)),
            )
            .optional()?;
        if let Some(found) = found {
            let chain = complete(sql, found?)?.chain;
            record.operation.chain = chain.iter().map(|der| Base64::encode_string(der)).collect();
        }
    }
    Ok(record)
}

fn registration(row: &Row<'_>) -> Result<Record> {
    Ok(Record {
        registration_id: id(row, 0)?,
        device_id: row.get(1)?,
        enrollment: row.get(2)?,
        attestation: row.get(3)?,
        created: time(row, 4)?,
        updated: time(row, 5)?,
        etag: row.get(6)?,
        version: row.get(12)?,
        operation: Operation {
            id: row.get(7)?,
            csr: row.get(8)?,
            policy: row.get(9)?,
            polls_left: row.get(10)?,
            done: row.get(11)?,
            chain: Vec::new(),
        },
    })
}

const CERTIFICATE: &str = "SELECT serial, registration_id, operation_id, policy, issued_at, \
    not_after, der, issuer, revoked_at, revocation_reason FROM certificates";

pub(super) fn certificate(sql: &Connection, serial: &str) -> Result<Option<Certificate>> {
    sql.prepare_cached(&format!("{CERTIFICATE} WHERE serial = ?1"))?
        .query_row([serial], |row| Ok(certificate_row(row)))
        .optional()?
        .map(|found| complete(sql, found?))
        .transpose()
}

pub(super) fn certificates(sql: &Connection, filter: &Filter) -> Result<Vec<Certificate>> {
    let mut statement = sql.prepare_cached(&format!(
        "{CERTIFICATE} WHERE serial > ?1 AND (?2 IS NULL OR registration_id = ?2)
         AND (?3 = 0 OR revoked_at IS NOT NULL) AND (?4 IS NULL OR not_after <= ?4)
         ORDER BY serial LIMIT ?5"
    ))?;
    let ends_by = filter.ends_by.map(seconds).transpose()?;
    let (after, limit) = (&filter.after, filter.limit);
    let wanted = params![
        after,
        filter.registration_id,
        filter.revoked,
        ends_by,
        limit
    ];
    let rows = statement.query_map(wanted, |row| Ok(certificate_row(row)))?;
    rows.map(|row| Ok(row??.0)).collect()
}

pub(super) fn counts(sql: &Connection, now: UnixTime) -> Result<Counts> {
    let count = |statement: &str, arguments: &[i64]| -> Result<u64> {
        let arguments = rusqlite::params_from_iter(arguments);
        let count: i64 = sql
            .prepare_cached(statement)?
            .query_row(arguments, |row| row.get(0))?;
        Ok(u64::try_from(count)?)
    };
    let moment = seconds(now)?;
    let mut ending = [0; 4];
    for (place, days) in ending.iter_mut().zip(SOON) {
        let end = seconds(UnixTime(now.0 + days * 86_400))?;
        *place = count(
            "SELECT count(*) FROM certificates
             WHERE not_after > ?1 AND not_after <= ?2 AND revoked_at IS NULL",
            &[moment, end],
        )?;
    }
    Ok(Counts {
        entries: count("SELECT coalesce(max(seq), 0) FROM entries", &[])?,
        registrations: count("SELECT count(*) FROM registrations", &[])?,
        disabled: count("SELECT count(*) FROM disabled", &[])?,
        valid: count(
            "SELECT count(*) FROM certificates WHERE not_after > ?1 AND revoked_at IS NULL",
            &[moment],
        )?,
        expired: count(
            "SELECT count(*) FROM certificates WHERE not_after <= ?1",
            &[moment],
        )?,
        revoked: count(
            "SELECT count(*) FROM certificates WHERE revoked_at IS NOT NULL",
            &[],
        )?,
        ending,
    })
}

fn certificate_row(row: &Row<'_>) -> Result<(Certificate, i64)> {
    let revoked_at: Option<i64> = row.get(8)?;
    let revocation = match revoked_at {
        Some(_) => Some(Revocation {
            at: time(row, 8)?,
            reason: row.get(9)?,
        }),
        None => None,
    };
    let certificate = Certificate {
        serial: row.get(0)?,
        registration_id: id(row, 1)?,
        operation_id: row.get(2)?,
        policy: row.get(3)?,
        issued_at: time(row, 4)?,
        not_after: time(row, 5)?,
        chain: vec![row.get(6)?],
        revocation,
    };
    Ok((certificate, row.get(7)?))
}

/// Adds the authorities above a leaf.
fn complete(sql: &Connection, found: (Certificate, i64)) -> Result<Certificate> {
    let (mut certificate, issuer) = found;
    let mut next = Some(issuer);
    while let Some(id) = next
        && certificate.chain.len() < signet_core::dps::CHAIN_LIMIT
    {
        let (der, above) = sql
            .prepare_cached("SELECT der, issuer FROM authorities WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        certificate.chain.push(der);
        next = above;
    }
    Ok(certificate)
}

pub(super) fn last(sql: &Connection, kind: Kind, limit: u32) -> Result<Vec<Entry>> {
    let mut statement = sql.prepare_cached(
        "SELECT seq, at, kind, subject, facts, hash FROM entries
         WHERE kind = ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![kind.as_str(), limit], |row| Ok(entry(row)))?;
    rows.map(|row| row?).collect()
}

pub(super) fn entries(
    sql: &Connection,
    after: u64,
    subject: Option<&str>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let mut statement = sql.prepare_cached(
        "SELECT seq, at, kind, subject, facts, hash FROM entries
         WHERE seq > ?1 AND (?2 IS NULL OR subject = ?2) ORDER BY seq LIMIT ?3",
    )?;
    let after = i64::try_from(after)?;
    let rows = statement.query_map(params![after, subject, limit], |row| Ok(entry(row)))?;
    rows.map(|row| row?).collect()
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        seq: u64::try_from(row.get::<_, i64>(0)?)?,
        at: time(row, 1)?,
        kind: row.get(2)?,
        subject: row.get(3)?,
        facts: row.get(4)?,
        hash: row.get(5)?,
    })
}

fn id(row: &Row<'_>, column: usize) -> Result<RegistrationId> {
    let text: String = row.get(column)?;
    RegistrationId::new(&text).map_err(|error| anyhow!("{error}"))
}

fn time(row: &Row<'_>, column: usize) -> Result<UnixTime> {
    let seconds: i64 = row.get(column)?;
    Ok(UnixTime(
        u64::try_from(seconds).context("a moment before 1970")?,
    ))
}
