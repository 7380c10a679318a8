//! The ledger: what was registered, issued, written and judged. It forgets nothing.
//!
//! One SQLite file, `ledger.db`. Beside the tables that say how things stand there is one that says
//! how they came to stand so: each of its entries holds the hash of the one before ([`Entry`]), and
//! nothing in this program changes or deletes one. A change and its entry are one transaction, and
//! durable before anybody is told of it.

mod apply;
mod batch;
mod entry;
mod export;
mod model;
mod read;
mod room;
mod schema;
mod verify;
mod writer;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

pub use verify::Verdict;

pub(crate) use batch::{BatchState, UnitState};
pub(crate) use entry::{Entry, Event, Kind};
pub(crate) use export::{Format, entry_csv, entry_json, export};
pub(crate) use model::{Certificate, Counts, Filter, Look, Operation, Record, Write};
pub(crate) use verify::verify;

use read::Readers;
use writer::Writer;

/// The ledger of a running station.
pub(crate) struct Ledger {
    writer: Writer,
    readers: Readers,
    folder: PathBuf,
}

impl Ledger {
    /// Opens or makes the ledger in a station's folder.
    pub(crate) fn open(data: &Path) -> Result<Self> {
        let path = data.join(FILE);
        let connection = schema::open(&path)
            .with_context(|| format!("cannot open the ledger {}", path.display()))?;
        Ok(Self {
            writer: Writer::start(connection)?,
            readers: Readers::new(path),
            folder: data.to_owned(),
        })
    }

    /// Carries out changes and writes their entries, all or none. They are durable when this returns.
    pub(crate) fn commit(
        &self,
        at: UnixTime,
        writes: Vec<Write>,
        events: Vec<Event>,
    ) -> Result<()> {
        self.writer.commit(at, writes, events)
    }

    /// Refuses when there is not enough room on the disk for what is about to be issued.
    pub(crate) fn ensure_room(&self) -> Result<()> {
        room::ensure(&self.folder)
    }

    /// How things stand with a device.
    pub(crate) fn look(&self, id: &RegistrationId) -> Result<Look> {
        self.readers.with(|connection| read::look(connection, id))
    }

    /// A certificate, by its serial number in upper-case hex.
    pub(crate) fn certificate(&self, serial: &str) -> Result<Option<Certificate>> {
        self.readers.with(|sql| read::certificate(sql, serial))
    }

    /// Certificates in the order of their serial numbers, with the leaf only.
    pub(crate) fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        self.readers.with(|sql| read::certificates(sql, filter))
    }

    /// Registrations in the order of their IDs, behind one.
    pub(crate) fn registrations(&self, after: &str, limit: u32) -> Result<Vec<Look>> {
        self.readers
            .with(|sql| read::registrations(sql, after, limit))
    }

    /// Entries behind a number, in their order; of one subject, if it is given.
    pub(crate) fn entries(
        &self,
        after: u64,
        subject: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Entry>> {
        self.readers
            .with(|sql| read::entries(sql, after, subject, limit))
    }

    /// The last entries of one kind, the youngest first.
    pub(crate) fn last(&self, kind: Kind, limit: u32) -> Result<Vec<Entry>> {
        self.readers.with(|sql| read::last(sql, kind, limit))
    }

    /// How much there is of everything.
    pub(crate) fn counts(&self, now: UnixTime) -> Result<Counts> {
        self.readers.with(|sql| read::counts(sql, now))
    }

    /// A batch.
    pub(crate) fn batch(&self, name: &str) -> Result<Option<BatchState>> {
        self.readers.with(|sql| BatchState::of(sql, name))
    }

    /// All batches, the youngest first.
    pub(crate) fn batches(&self, limit: u32) -> Result<Vec<BatchState>> {
        self.readers.with(|sql| BatchState::all(sql, limit))
    }

    /// The units of a batch, in the order of their IDs.
    pub(crate) fn units(&self, batch: &str) -> Result<Vec<UnitState>> {
        self.readers.with(|sql| UnitState::of(sql, batch))
    }

    /// Checks everything, see [`verify()`].
    pub(crate) fn verify(&self) -> Result<Verdict> {
        self.readers.with(verify)
    }

    /// Bytes that are free on the ledger's disk.
    pub(crate) fn free_bytes(&self) -> Result<u64> {
        room::free(&self.folder)
    }
}

/// Opens the ledger of a station for reading, also while the station runs.
pub(crate) fn open_to_read(data: &Path) -> Result<rusqlite::Connection> {
    let path = data.join(FILE);
    anyhow::ensure!(path.is_file(), "there is no ledger in {}", data.display());
    schema::open_to_read(&path)
}

const FILE: &str = "ledger.db";

#[cfg(test)]
mod tests;
