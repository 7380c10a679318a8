//! Questions to the ledger.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use base64ct::{Base64, Encoding};
use rusqlite::{Connection, OptionalExtension, Row, params};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::entry::Entry;
use super::model::{Certificate, Look, Operation, Record, Revocation};
use super::schema;

/// Connections that read, each by one thread at a time.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let idle = Mutex::default();
        Self { path, idle }
    }

    pub(super) fn with<T>(&self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let connection = match waiting {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        let answer = question(&connection)?;
        idle().push(connection);
        Ok(answer)
    }
}

const REGISTRATION: &str = "SELECT registration_id, device_id, enrollment, attestation, created, \
    updated, etag, operation_id, csr, policy, polls_left, done FROM registrations";

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

pub(super) fn by_device_id(sql: &Connection, device_id: &str) -> Result<Option<Record>> {
    sql.prepare_cached(&format!("{REGISTRATION} WHERE device_id = ?1"))?
        .query_row([device_id], |row| Ok(registration(row)))
        .optional()?
        .transpose()
}

fn with_chain(sql: &Connection, mut record: Record) -> Result<Record> {
    if record.operation.done && record.operation.csr.is_some() {
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

/// Which certificates, and how many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of this device.
    pub(crate) registration_id: Option<String>,
    /// Revoked ones only.
    pub(crate) revoked: bool,
    /// That end at this moment or earlier.
    pub(crate) ends_by: Option<UnixTime>,
    /// Serial number after which to go on.
    pub(crate) after: String,
    /// At most this many.
    pub(crate) limit: u32,
}

impl Filter {
    /// Certificates in the order of their serial numbers, with the leaf only.
    pub(crate) fn certificates(&self, sql: &Connection) -> Result<Vec<Certificate>> {
        let statement = format!(
            "{CERTIFICATE} WHERE serial > ?1 AND (?2 IS NULL OR registration_id = ?2)
             AND (?3 = 0 OR revoked_at IS NOT NULL) AND (?4 IS NULL OR not_after <= ?4)
             ORDER BY serial LIMIT ?5"
        );
        let ends_by = self.ends_by.map(super::apply::seconds).transpose()?;
        let mut statement = sql.prepare_cached(&statement)?;
        let wanted = params![
            self.after,
            self.registration_id,
            self.revoked,
            ends_by,
            self.limit
        ];
        let rows = statement.query_map(wanted, |row| Ok(certificate_row(row)))?;
        rows.map(|row| Ok(row??.0)).collect()
    }
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

/// Entries behind a number, in their order.
pub(crate) fn entries(
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
