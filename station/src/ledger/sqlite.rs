//! The ledger in one SQLite file, for one station.

mod apply;
mod batch;
mod read;
mod readers;
mod room;
mod schema;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use rusqlite::Connection;
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::backend::{Backend, View};
use super::batch::{BatchState, UnitState};
use super::entry::{Entry, Event, Head, Kind};
use super::model::{Certificate, Counts, Filter, Look, Write};
use super::writer::{Job, Sink, Writer};
use readers::Readers;

/// The file, opened by the one program that writes it.
pub(super) struct Sqlite {
    writer: Writer,
    readers: Readers,
    path: PathBuf,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Self::over(schema::open(path)?, path)
    }

    fn over(connection: Connection, path: &Path) -> Result<Self> {
        let head = apply::head(&connection)?;
        Ok(Self {
            writer: Writer::start(Scribe { connection, head })?,
            readers: Readers::new(path.to_owned()),
            path: path.to_owned(),
        })
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

impl Backend for Sqlite {
    fn commit(&self, at: UnixTime, writes: Vec<Write>, events: Vec<Event>) -> Result<()> {
        self.writer.commit(at, writes, events)
    }

    fn ensure_room(&self) -> Result<()> {
        room::ensure(self.folder())
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        room::free(self.folder()).map(Some)
    }

    /// The lock on the folder keeps other stations away.
    fn lock(&self, _id: &RegistrationId) -> Result<bool> {
        Ok(true)
    }

    fn unlock(&self, _id: &RegistrationId) {}

    fn look(&self, id: &RegistrationId) -> Result<Look> {
        self.readers.with(|sql| read::look(sql, id))
    }

    fn certificate(&self, serial: &str) -> Result<Option<Certificate>> {
        self.readers.with(|sql| read::certificate(sql, serial))
    }

    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        self.readers.with(|sql| read::certificates(sql, filter))
    }

    fn registrations(&self, after: &str, limit: u32) -> Result<Vec<Look>> {
        self.readers
            .with(|sql| read::registrations(sql, after, limit))
    }

    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>> {
        self.readers
            .with(|sql| read::entries(sql, after, subject, limit))
    }

    fn last(&self, kind: Kind, limit: u32) -> Result<Vec<Entry>> {
        self.readers.with(|sql| read::last(sql, kind, limit))
    }

    fn counts(&self, now: UnixTime) -> Result<Counts> {
        self.readers.with(|sql| read::counts(sql, now))
    }

    fn batch(&self, name: &str) -> Result<Option<BatchState>> {
        self.readers.with(|sql| batch::batch(sql, name))
    }

    fn batches(&self, limit: u32) -> Result<Vec<BatchState>> {
        self.readers.with(|sql| batch::batches(sql, limit))
    }

    fn units(&self, batch: &str) -> Result<Vec<UnitState>> {
        self.readers.with(|sql| batch::units(sql, batch))
    }

    fn view(&self) -> Result<Box<dyn View>> {
        view(&self.path)
    }
}

/// Opens the file for reading, also while a station writes it.
pub(super) fn view(path: &Path) -> Result<Box<dyn View>> {
    let connection = schema::open_to_read(path)?;
    connection.execute_batch("BEGIN")?;
    Ok(Box::new(Snapshot(connection)))
}

/// A connection in the middle of a transaction that only reads.
struct Snapshot(Connection);

impl View for Snapshot {
    fn check(&self) -> Result<()> {
        let said: String = self
            .0
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        ensure!(said == "ok", "the file is damaged: {said}");
        Ok(())
    }

    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>> {
        read::entries(&self.0, after, subject, limit)
    }

    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        read::certificates(&self.0, filter)
    }
}

/// What the writing thread works with. Nobody else writes, so it knows the last entry.
struct Scribe {
    connection: Connection,
    head: Head,
}

impl Sink for Scribe {
    fn write(&mut self, jobs: &mut [Job]) -> Result<Vec<Result<()>>> {
        let mut head = self.head.clone();
        let mut transaction = self.connection.transaction()?;
        let mut results = Vec::with_capacity(jobs.len());
        for job in jobs {
            let (writes, events) = job.take();
            let savepoint = transaction.savepoint()?;
            let mut next = head.clone();
            let result = apply::apply(&savepoint, &mut next, job.at, writes, events);
            match result {
                Ok(()) => {
                    savepoint.commit()?;
                    head = next;
                }
                Err(_) => savepoint.finish()?,
            }
            results.push(result);
        }
        transaction.commit()?;
        self.head = head;
        Ok(results)
    }
}

#[cfg(test)]
mod tests;
