//! The ledger: what was registered, issued, written and judged. It forgets nothing.
//!
//! It lies in one SQLite file, `ledger.db`, or, for several stations of one line, in a PostgreSQL
//! database. Beside the tables that say how things stand there is one that says how they came to stand
//! so: each of its entries holds the hash of the one before ([`Entry`]), and nothing in this program
//! changes or deletes one. A change and its entry are one transaction, and durable before anybody is
//! told of it.

mod backend;
mod batch;
mod entry;
mod export;
mod model;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod told;
mod turn;
mod verify;
mod version;
mod writer;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

pub use place::{LedgerPlace, LedgerUrl};
pub use verify::Verdict;

pub(crate) use backend::View;
pub(crate) use batch::{BatchState, UnitState};
pub(crate) use entry::{Entry, Event, Kind};
pub(crate) use export::{Format, entry_csv, entry_json, export};
pub(crate) use model::{Certificate, Counts, Filter, Look, Operation, Record, Write};
pub(crate) use told::Settled;
pub(crate) use turn::TurnGuard;
pub(crate) use verify::verify;

use crate::namespace::{self, Lock};
use backend::Backend;

/// The ledger of a running station.
pub(crate) struct Ledger {
    backend: Box<dyn Backend>,
    /// On the folder, when that is not the station's own.
    _lock: Option<Lock>,
    /// IDs on which this process works right now.
    busy: Mutex<HashSet<RegistrationId>>,
}

impl Ledger {
    /// Opens or makes the ledger in a station's folder.
    pub(crate) fn open(data: &Path) -> Result<Self> {
        let path = data.join(FILE);
        let file = sqlite::Sqlite::open(&path)
            .with_context(|| format!("cannot open the ledger {}", path.display()))?;
        Ok(Self::over(Box::new(file)))
    }

    /// Opens or makes the ledger in a folder of its own, which no other station may use meanwhile.
    pub(crate) fn open_apart(folder: &Path) -> Result<Self> {
        ensure!(
            folder.is_dir(),
            "there is no folder {} for the ledger: make it",
            folder.display()
        );
        let lock = namespace::lock(folder)?;
        let ledger = Self::open(folder)?;
        Ok(Self {
            _lock: Some(lock),
            ..ledger
        })
    }

    /// Opens or makes the ledger in a database.
    pub(crate) fn connect(url: &LedgerUrl) -> Result<Self> {
        Ok(Self::over(connect(url)?))
    }

    fn over(backend: Box<dyn Backend>) -> Self {
        let busy = Mutex::default();
        let _lock = None;
        Self {
            backend,
            _lock,
            busy,
        }
    }

    /// Refuses a ledger that another namespace has begun: writes down whose it is when it is new.
    pub(crate) fn belong_to(&self, root_sha256: String, now: UnixTime) -> Result<()> {
        self.commit(now, vec![Write::Namespace { root_sha256 }], Vec::new())
    }

    /// Carries out changes and writes their entries, all or none. They are durable when this returns.
    pub(crate) fn commit(
        &self,
        at: UnixTime,
        writes: Vec<Write>,
        events: Vec<Event>,
    ) -> Result<()> {
        self.backend.commit(at, writes, events)
    }

    /// The right to work on one registration ID, across all stations that share this ledger. `None`
    /// while another request has it.
    pub(crate) fn turn(&self, id: &RegistrationId) -> Result<Option<TurnGuard<'_>>> {
        TurnGuard::take(&self.busy, self.backend.as_ref(), id)
    }

    /// Refuses when there is not enough room on the disk for what is about to be issued.
    pub(crate) fn ensure_room(&self) -> Result<()> {
        self.backend.ensure_room()
    }

    /// How things stand with a device.
    pub(crate) fn look(&self, id: &RegistrationId) -> Result<Look> {
        self.backend.look(id)
    }

    /// A certificate, by its serial number in upper-case hex.
    pub(crate) fn certificate(&self, serial: &str) -> Result<Option<Certificate>> {
        self.backend.certificate(serial)
    }

    /// Certificates in the order of their serial numbers, with the leaf only.
    pub(crate) fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        self.backend.certificates(filter)
    }

    /// Registrations in the order of their IDs, behind one.
    pub(crate) fn registrations(&self, after: &str, limit: u32) -> Result<Vec<Look>> {
        self.backend.registrations(after, limit)
    }

    /// Entries behind a number, in their order; of one subject, if it is given.
    pub(crate) fn entries(
        &self,
        after: u64,
        subject: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Entry>> {
        self.backend.entries(after, subject, limit)
    }

    /// The last entries of one kind, the youngest first.
    pub(crate) fn last(&self, kind: Kind, limit: u32) -> Result<Vec<Entry>> {
        self.backend.last(kind, limit)
    }

    /// How much there is of everything.
    pub(crate) fn counts(&self, now: UnixTime) -> Result<Counts> {
        self.backend.counts(now)
    }

    /// A batch.
    pub(crate) fn batch(&self, name: &str) -> Result<Option<BatchState>> {
        self.backend.batch(name)
    }

    /// All batches, the youngest first.
    pub(crate) fn batches(&self, limit: u32) -> Result<Vec<BatchState>> {
        self.backend.batches(limit)
    }

    /// The units of a batch, in the order of their IDs.
    pub(crate) fn units(&self, batch: &str) -> Result<Vec<UnitState>> {
        self.backend.units(batch)
    }

    /// Checks everything, see [`verify()`].
    pub(crate) fn verify(&self) -> Result<Verdict> {
        verify(&self.view()?)
    }

    /// Everything as it is at this moment.
    pub(crate) fn view(&self) -> Result<Box<dyn View>> {
        self.backend.view()
    }

    /// Bytes that are free on the ledger's disk; `None` when that is a database's.
    pub(crate) fn free_bytes(&self) -> Result<Option<u64>> {
        self.backend.free_bytes()
    }
}

/// Whether there is a ledger in a station's folder.
pub(crate) fn is_in(data: &Path) -> bool {
    data.join(FILE).is_file()
}

/// Opens the ledger of a station for reading, also while the station runs.
pub(crate) fn open_to_read(data: &Path) -> Result<Box<dyn View>> {
    let path = data.join(FILE);
    ensure!(is_in(data), "there is no ledger in {}", data.display());
    sqlite::view(&path)
}

/// Opens the ledger in a database for reading.
#[cfg(feature = "postgres")]
pub(crate) fn connect_to_read(url: &LedgerUrl) -> Result<Box<dyn View>> {
    postgres::view(url)
}

#[cfg(feature = "postgres")]
fn connect(url: &LedgerUrl) -> Result<Box<dyn Backend>> {
    Ok(Box::new(postgres::Postgres::open(url)?))
}

#[cfg(not(feature = "postgres"))]
pub(crate) fn connect_to_read(url: &LedgerUrl) -> Result<Box<dyn View>> {
    anyhow::bail!("{url}: {WITHOUT}")
}

#[cfg(not(feature = "postgres"))]
fn connect(url: &LedgerUrl) -> Result<Box<dyn Backend>> {
    anyhow::bail!("{url}: {WITHOUT}")
}

#[cfg(not(feature = "postgres"))]
const WITHOUT: &str =
    "this program was built without PostgreSQL: build it with its default features";

const FILE: &str = "ledger.db";

#[cfg(test)]
mod tests;
