//! One connection for each client: who comes under the same name takes the place of who is there
//! (MQTT 3.1.1, section 3.1.4).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Who is connected, at either port.
#[derive(Default)]
pub(crate) struct Seats(Mutex<HashMap<String, Arc<Notify>>>);

/// The place of one client, for as long as its connection lasts.
pub(super) struct Seat<'a> {
    seats: &'a Seats,
    client: String,
    lost: Arc<Notify>,
}

impl Seats {
    /// Takes the place of a client. Whoever has it hears so.
    pub(super) fn take(&self, client: String) -> Seat<'_> {
        let lost = Arc::new(Notify::new());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = all.insert(client.clone(), Arc::clone(&lost)) {
            before.notify_one();
        }
        Seat {
            seats: self,
            client,
            lost,
        }
    }
}

impl Seat<'_> {
    /// Waits until somebody else has the place, and tells whose it was.
    pub(super) async fn lost(&self) -> &str {
        self.lost.notified().await;
        &self.client
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut all = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all
            .get(&self.client)
            .is_some_and(|it| Arc::ptr_eq(it, &self.lost))
        {
            all.remove(&self.client);
        }
    }
}
