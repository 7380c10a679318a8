//! What a place for the ledger has to be able to do.

use anyhow::Result;
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::batch::{BatchState, UnitState};
use super::entry::{Entry, Event, Kind};
use super::model::{Certificate, Counts, Filter, Look, Write};

/// A place for the ledger. The questions and changes are those of [`super::Ledger`].
pub(super) trait Backend: Send + Sync {
    fn commit(&self, at: UnixTime, writes: Vec<Write>, events: Vec<Event>) -> Result<()>;
    fn ensure_room(&self) -> Result<()>;
    fn free_bytes(&self) -> Result<Option<u64>>;

    /// Takes an ID away from the other stations. `false`: one of them has it.
    fn lock(&self, id: &RegistrationId) -> Result<bool>;
    /// Gives it back.
    fn unlock(&self, id: &RegistrationId);

    fn look(&self, id: &RegistrationId) -> Result<Look>;
    fn certificate(&self, serial: &str) -> Result<Option<Certificate>>;
    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>>;
    fn registrations(&self, after: &str, limit: u32) -> Result<Vec<Look>>;
    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>>;
    fn last(&self, kind: Kind, limit: u32) -> Result<Vec<Entry>>;
    fn counts(&self, now: UnixTime) -> Result<Counts>;
    fn batch(&self, name: &str) -> Result<Option<BatchState>>;
    fn batches(&self, limit: u32) -> Result<Vec<BatchState>>;
    fn units(&self, batch: &str) -> Result<Vec<UnitState>>;

    /// Everything as it is at one moment, while stations may go on writing.
    fn view(&self) -> Result<Box<dyn View>>;
}

/// A ledger as it was at one moment.
pub(crate) trait View {
    /// Whether the place itself says that it is in order.
    fn check(&self) -> Result<()>;
    /// As [`super::Ledger::entries`].
    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>>;
    /// As [`super::Ledger::certificates`].
    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>>;
}

impl<T: View + ?Sized> View for Box<T> {
    fn check(&self) -> Result<()> {
        (**self).check()
    }

    fn entries(&self, after: u64, subject: Option<&str>, limit: u32) -> Result<Vec<Entry>> {
        (**self).entries(after, subject, limit)
    }

    fn certificates(&self, filter: &Filter) -> Result<Vec<Certificate>> {
        (**self).certificates(filter)
    }
}
