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
pub(crate) use entry::{Event, Kind};
pub(crate) use export::{Format, entry_json, export};
pub(crate) use model::{Certificate, Look, Operation, Record, Revocation, Write};
pub(crate) use read::{Filter, entries};
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

    /// The device of that name in the hub.
    pub(crate) fn by_device_id(&self, device_id: &str) -> Result<Option<Record>> {
        self.readers
            .with(|connection| read::by_device_id(connection, device_id))
    }

    /// A certificate, by its serial number in upper-case hex.
    pub(crate) fn certificate(&self, serial: &str) -> Result<Option<Certificate>> {
        self.readers
            .with(|connection| read::certificate(connection, serial))
    }

    /// Entries and certificates, as a filter wants them.
    pub(crate) fn read<T>(
        &self,
        question: impl FnOnce(&rusqlite::Connection) -> Result<T>,
    ) -> Result<T> {
        self.readers.with(question)
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
