//! The world as a board's run sees it: clocks, randomness, the endpoint, the journal.

use futures::future::LocalBoxFuture;
use leptos::task::spawn_local;
use signet_core::Now;
use signet_core::http::Request;
use signet_core::key::ENTROPY_BYTES;
use signet_core::run::Entry;
use zeroize::Zeroizing;

use super::{Desk, Slot};
use crate::driver::Outside;
use crate::journal::Journal;
use crate::link::{Event, Feed};
use crate::serial::Port;
use crate::station::TOKEN;
use crate::{clock, entropy, net};

/// The real one.
pub(super) struct World {
    /// The recipe's endpoint.
    pub(super) url: String,
    pub(super) journal: Journal,
    /// Where the board's port is.
    pub(super) desk: Desk,
    pub(super) slot: Slot,
}

impl Outside<Port> for World {
    fn now(&self) -> Now {
        clock::now()
    }

    fn sleep(&self, millis: u64) -> LocalBoxFuture<'static, ()> {
        Box::pin(clock::sleep(millis))
    }

    fn entropy(&self) -> Result<Zeroizing<[u8; ENTROPY_BYTES]>, String> {
        entropy::for_key()
    }

    fn reconnect(&self, _feed: Feed<Port>) {
        self.desk.reopen(self.slot);
    }

    fn request(&self, request: Request, feed: Feed<Port>) {
        let url = self.url.clone();
        let token = self.desk.station.token();
        spawn_local(async move {
            let own = token.as_ref().map(|token| (TOKEN, token.as_str()));
            answer(&feed, Event::Answered(net::send(&url, &request, own).await));
        });
    }

    fn recall(&self, mac: String, registration_id: String, feed: Feed<Port>) {
        let journal = self.journal.clone();
        spawn_local(async move {
            let memory = journal.recall(&mac, &registration_id).await;
            answer(&feed, Event::Recalled(memory.map(Box::new)));
        });
    }

    fn save(&self, entry: Entry, feed: Feed<Port>) {
        let journal = self.journal.clone();
        spawn_local(async move {
            answer(&feed, Event::Saved(journal.save(&entry).await));
        });
    }
}

/// Nobody listens any more if the run has been given up meanwhile.
fn answer<L>(feed: &Feed<L>, event: Event<L>) {
    drop(feed.unbounded_send(event));
}
