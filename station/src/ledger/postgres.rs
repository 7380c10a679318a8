//! The ledger in a PostgreSQL database, for the stations of one line together.
//!
//! One transaction at a time appends, whichever station's it is: it holds an advisory lock from its
//! first statement to its end, so the chain has no gaps and no forks. A registration is written only
//! by who read it last ([`Record::version`](super::Record::version)), and a second certificate for one
//! operation breaks a unique index. The turns of registration IDs come before both: locks of a session
//! that keep a second station from beginning in vain.

mod address;
mod apply;
mod batch;
mod bulk;
mod crew;
mod read;
mod schema;
mod session;
mod turns;

use std::sync::Arc;

use anyhow::Result;
use sha2::{Digest, Sha256};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::backend::{Backend, View};
use super::batch::{BatchState, UnitState};
use super::entry::{Entry, Event, Kind};
use super::model::{Certificate, Counts, Filter, Look, Write};
use super::place::LedgerUrl;
use super::writer::{Job, Sink, Writer};
use address::Address;
use crew::{Crew, Seat};
use session::Session;
use turns::Turns;

/// Connections that answer questions. With the writer's and the one that holds the turns, a station
/// has at most two more.
const READERS: usize = 6;

/// A database, shared with other stations.
pub(super) struct Postgres {
    address: Arc<Address>,
    writer: Writer,
    readers: Crew,
    turns: Turns,
}

impl Postgres {
    pub(super) fn open(url: &LedgerUrl) -> Result<Self> {
        let address = Arc::new(Address::of(url)?);
        let readers = Crew::start(READERS, &address)?;
        readers.ask(schema::prepare)?;
        let seat = Seat::new(&address);
        Ok(Self {
            writer: Writer::start(Scribe { seat })?,
            turns: Turns::start(&address)?,
            readers,
            address,
        })
    }
}

impl Backend for Postgres {
    fn commit(&self, at: UnixTime, writes: Vec<Write>, events: Vec<Event>) -> Result<()> {
        self.writer.commit(at, writes, events)
    }

    /// The disk is the database's: a commit that finds no room there fails, and nothing is told of it.
    fn ensure_room(&self) -> Result<()> {
        Ok(())
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    fn lock(&self, id: &RegistrationId) -> Result<bool> {
        self.turns.take(turn_key(id))
    }

    fn unlock(&self, id: &RegistrationId) {
        self.turns.give_back(turn_key(id));
    }

    fn look(&self, id: &RegistrationId) -> Result<Look> {
        let id = id.clone();
        self.readers.ask(move |session| read::look(session, &id))
    }

    fn certificate(&self, serial: &str) -> Result<Option<Certificate>> {
        let serial = serial.to_owned();
        self.readers
            .ask(move |session| read::certificate(session, &serial))
    }

    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        let filter = filter.clone();
        self.readers
            .ask(move |session| read::certificates(session, &filter))
    }

    fn registrations(&self, after: &str, limit: u32) -> Result<Vec<Look>> {
        let after = after.to_owned();
        self.readers
            .ask(move |session| read::registrations(session, &after, limit))
    }

    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>> {
        let subject = subject.map(str::to_owned);
        self.readers
            .ask(move |session| read::entries(session, after, subject.as_deref(), limit))
    }

    fn last(&self, kind: Kind, limit: u32) -> Result<Vec<Entry>> {
        self.readers
            .ask(move |session| read::last(session, kind, limit))
    }

    fn counts(&self, now: UnixTime) -> Result<Counts> {
        self.readers.ask(move |session| read::counts(session, now))
    }

    fn batch(&self, name: &str) -> Result<Option<BatchState>> {
        let name = name.to_owned();
        self.readers
            .ask(move |session| batch::batch(session, &name))
    }

    fn batches(&self, limit: u32) -> Result<Vec<BatchState>> {
        self.readers
            .ask(move |session| batch::batches(session, limit))
    }

    fn units(&self, batch: &str) -> Result<Vec<UnitState>> {
        let batch = batch.to_owned();
        self.readers
            .ask(move |session| batch::units(session, &batch))
    }

    fn view(&self) -> Result<Box<dyn View>> {
        Ok(Box::new(Snapshot::open(&self.address)?))
    }
}

/// Opens the ledger of a database for reading, also while stations write it.
pub(super) fn view(url: &LedgerUrl) -> Result<Box<dyn View>> {
    let address = Arc::new(Address::of(url)?);
    Ok(Box::new(Snapshot::open(&address)?))
}

/// A session in the middle of a transaction that only reads.
struct Snapshot(Crew);

impl Snapshot {
    fn open(address: &Arc<Address>) -> Result<Self> {
        let crew = Crew::start(1, address)?;
        crew.ask(|session| {
            schema::check(session)?;
            session.run(
                "SET idle_in_transaction_session_timeout = 0;
                 BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            )
        })?;
        Ok(Self(crew))
    }

    /// A question to this very session: another would see another moment.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.at_seat(|seat| seat.held(question))
    }
}

impl View for Snapshot {
    /// The database checks itself.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>> {
        let subject = subject.map(str::to_owned);
        self.ask(move |session| read::entries(session, after, subject.as_deref(), limit))
    }

    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        let filter = filter.clone();
        self.ask(move |session| read::certificates(session, &filter))
    }
}

/// What the writing thread works with.
struct Scribe {
    seat: Seat,
}

impl Scribe {
    /// Nothing has been written yet: on a connection that has died this may be tried again. One that
    /// has waited for the other stations in vain is in the middle of a transaction, and of no more use.
    fn begin(&mut self) -> Result<()> {
        let begun = self.seat.ask(&|session| session.run(schema::BEGIN));
        if begun.is_err() {
            self.seat.leave();
        }
        begun
    }

    /// Not tried again: nobody knows whether it was done.
    fn end(&mut self, how: &str) -> Result<()> {
        let ended = self.seat.held(|session| {
            if how != "COMMIT" {
                session.authorities.forget();
            }
            session.run(how)
        });
        if ended.is_err() {
            self.seat.leave();
        }
        ended
    }
}

impl Sink for Scribe {
    fn write(&mut self, jobs: &mut [Job]) -> Result<Vec<Result<()>>> {
        self.begin()?;
        if bulk::fits(jobs) {
            let written = self.seat.held(|session| bulk::write(session, jobs));
            if written.is_ok() {
                self.end("COMMIT")?;
                return Ok(jobs.iter().map(|_| Ok(())).collect());
            }
            // One is in the way of all: so each by itself, that it stands or falls alone.
            self.end("ROLLBACK")?;
            self.begin()?;
        }
        let written = self.seat.held(|session| together(session, jobs));
        if written.is_err() {
            // The database takes back what was not committed.
            self.seat.leave();
        }
        written
    }
}

/// The jobs of one transaction that has begun.
fn together(session: &mut Session, jobs: &mut [Job]) -> Result<Vec<Result<()>>> {
    let mut head = apply::head(session)?;
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        let (writes, events) = job.take();
        session.run("SAVEPOINT job")?;
        let mut next = head.clone();
        let result = apply::apply(session, &mut next, job.at, writes, events);
        match result {
            Ok(()) => {
                // Fails if anything before has: COMMIT would not.
                session.run("RELEASE SAVEPOINT job")?;
                head = next;
            }
            Err(_) => {
                session.authorities.forget();
                session.run("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job")?;
            }
        }
        results.push(result);
    }
    session.run("COMMIT")?;
    Ok(results)
}

/// The lock of an ID. Two IDs that share one would only wait for each other.
fn turn_key(id: &RegistrationId) -> i64 {
    let hash: [u8; 32] = Sha256::digest(id.as_str().as_bytes()).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests;
