//! Jobs of the common kind, all of them in a few statements: what the database costs is mostly the way
//! there and back.

use anyhow::{Context, Result, bail, ensure};

use super::apply::{self, seconds};
use super::session::Session;
use crate::ledger::entry::Entry;
use crate::ledger::model::{Certificate, Record, Write};
use crate::ledger::writer::Job;

/// Whether all of them can be written in this way: they register and issue.
pub(super) fn fits(jobs: &[Job]) -> bool {
    let common = |write: &Write| matches!(write, Write::Certificate(_) | Write::Registration(_));
    jobs.iter().all(|job| job.look().0.iter().all(common))
}

/// Writes all of them within the transaction that has begun. An error says that this is not possible,
/// and not whose fault that is.
pub(super) fn write(session: &mut Session, jobs: &[Job]) -> Result<()> {
    let mut head = apply::head(session)?;
    let (mut records, mut certificates, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        let (writes, events) = job.look();
        for write in writes {
            match write {
                Write::Certificate(certificate) => certificates.push(certificate),
                Write::Registration(record) => records.push(record),
                _ => bail!("not of the common kind"),
            }
        }
        entries.extend(
            events
                .iter()
                .map(|event| head.append(job.at, event.clone())),
        );
    }
    put_registrations(session, &records)?;
    put_certificates(session, &certificates)?;
    put_entries(session, &entries)
}

/// A column of many rows.
fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn put_registrations(session: &mut Session, records: &[&Record]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let created = column(records, |record| seconds(record.created));
    let updated = column(records, |record| seconds(record.updated));
    let count = session.change(
        "INSERT INTO registrations SELECT * FROM unnest($1::text[], $2::text[], $3::text[],
             $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
             $10::text[], $11::bigint[], $12::boolean[], $13::bigint[])
         ON CONFLICT (registration_id) DO UPDATE SET device_id = excluded.device_id,
             enrollment = excluded.enrollment, attestation = excluded.attestation,
             created = excluded.created, updated = excluded.updated, etag = excluded.etag,
             operation_id = excluded.operation_id, csr = excluded.csr, policy = excluded.policy,
             polls_left = excluded.polls_left, done = excluded.done, version = excluded.version
         WHERE registrations.version = excluded.version - 1",
        &[
            &column(records, |record| record.registration_id.as_str()),
            &column(records, |record| record.device_id.as_str()),
            &column(records, |record| record.enrollment.as_str()),
            &column(records, |record| record.attestation.as_str()),
            &created.into_iter().collect::<Result<Vec<_>>>()?,
            &updated.into_iter().collect::<Result<Vec<_>>>()?,
            &column(records, |record| record.etag.as_str()),
            &column(records, |record| record.operation.id.as_str()),
            &column(records, |record| record.operation.csr.as_deref()),
            &column(records, |record| record.operation.policy.as_deref()),
            &column(records, |record| i64::from(record.operation.polls_left)),
            &column(records, |record| record.operation.done),
            &column(records, |record| i64::from(record.version) + 1),
        ],
    )?;
    ensure!(
        usize::try_from(count)? == records.len(),
        "one was overtaken"
    );
    Ok(())
}

fn put_certificates(session: &mut Session, issued: &[&Certificate]) -> Result<()> {
    if issued.is_empty() {
        return Ok(());
    }
    let (mut leaves, mut issuers) = (Vec::new(), Vec::new());
    for certificate in issued {
        let (leaf, issuer) = apply::issuer(session, certificate)?;
        leaves.push(leaf);
        issuers.push(issuer);
    }
    let issued_at = column(issued, |certificate| seconds(certificate.issued_at));
    let not_after = column(issued, |certificate| seconds(certificate.not_after));
    session.change(
        "INSERT INTO certificates SELECT *, NULL, NULL FROM unnest($1::text[], $2::text[],
             $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bigint[])",
        &[
            &column(issued, |certificate| certificate.serial.as_str()),
            &column(issued, |certificate| certificate.registration_id.as_str()),
            &column(issued, |certificate| certificate.operation_id.as_str()),
            &column(issued, |certificate| certificate.policy.as_str()),
            &issued_at.into_iter().collect::<Result<Vec<_>>>()?,
            &not_after.into_iter().collect::<Result<Vec<_>>>()?,
            &leaves,
            &issuers,
        ],
    )?;
    Ok(())
}

fn put_entries(session: &mut Session, entries: &[Entry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let seqs = column(entries, |entry| i64::try_from(entry.seq));
    let moments = column(entries, |entry| seconds(entry.at));
    session
        .change(
            "INSERT INTO entries SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[],
                 $4::text[], $5::text[], $6::bytea[])",
            &[
                &seqs.into_iter().collect::<Result<Vec<_>, _>>()?,
                &moments.into_iter().collect::<Result<Vec<_>>>()?,
                &column(entries, |entry| entry.kind.as_str()),
                &column(entries, |entry| entry.subject.as_str()),
                &column(entries, |entry| entry.facts.as_str()),
                &column(entries, |entry| entry.hash.as_slice()),
            ],
        )
        .context("the entries")?;
    Ok(())
}
