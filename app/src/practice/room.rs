//! The practice line: its recipe, its cloud, its journal, and a new board for every run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use futures::future::LocalBoxFuture;
use leptos::task::spawn_local;
use sha2::{Digest, Sha256};
use signet_core::http::Request;
use signet_core::key::ENTROPY_BYTES;
use signet_core::recipe::Recipe;
use signet_core::run::Entry;
use signet_core::{Now, UnixTime};
use zeroize::Zeroizing;

use super::Wire;
use super::authority::Authority;
use super::cloud::Cloud;
use crate::driver::Outside;
use crate::link::{Event, Feed, Memory};
use crate::{clock, entropy};

/// How long the simulated cloud takes to answer.
const ANSWER_MS: u64 = 350;

/// The practice line. It lives as long as the tab.
pub(crate) struct Room {
    /// What is done to each board.
    pub(crate) recipe: Arc<Recipe>,
    cloud: Cloud,
    journal: RefCell<BTreeMap<String, Entry>>,
    boards: Cell<u8>,
}

impl Room {
    /// A fresh line; `None` if the browser gives no random bytes.
    pub(crate) fn new(now: UnixTime) -> Option<Self> {
        let authority = Authority::new(now)?;
        let recipe = recipe(&authority.root)?;
        Some(Self {
            recipe: Arc::new(recipe),
            cloud: Cloud::new(authority),
            journal: RefCell::default(),
            boards: Cell::new(0),
        })
    }

    /// A wire to a board that nobody has seen before.
    pub(crate) fn board(&self, feed: Feed<Wire>) -> Wire {
        let number = self.boards.get().wrapping_add(1);
        self.boards.set(number);
        Wire::new([0x7c, 0xdf, 0xa1, 0x00, 0x00, number], feed)
    }
}

/// The practice line as a run sees it.
pub(crate) struct Playground(pub(crate) Rc<Room>);

impl Outside<Wire> for Playground {
    fn now(&self) -> Now {
        clock::now()
    }

    fn sleep(&self, millis: u64) -> LocalBoxFuture<'static, ()> {
        Box::pin(clock::sleep(millis))
    }

    fn entropy(&self) -> Result<Zeroizing<[u8; ENTROPY_BYTES]>, String> {
        entropy::for_key()
    }

    /// A simulated board is never unplugged.
    fn reconnect(&self, _feed: Feed<Wire>) {}

    fn request(&self, request: Request, feed: Feed<Wire>) {
        let room = Rc::clone(&self.0);
        spawn_local(async move {
            clock::sleep(ANSWER_MS).await;
            let response = room.cloud.answer(&request, clock::utc());
            tell(&feed, Event::Answered(Ok(response)));
        });
    }

    fn recall(&self, mac: String, registration_id: String, feed: Feed<Wire>) {
        let journal = self.0.journal.borrow();
        let twin = journal
            .values()
            .find(|entry| entry.record.registration_id == registration_id && entry.mac != mac);
        let memory = Memory {
            board: journal.get(&mac).cloned(),
            twin: twin.cloned(),
        };
        tell(&feed, Event::Recalled(Ok(Box::new(memory))));
    }

    fn save(&self, entry: Entry, feed: Feed<Wire>) {
        let mut journal = self.0.journal.borrow_mut();
        journal.insert(entry.mac.clone(), entry);
        tell(&feed, Event::Saved(Ok(())));
    }
}

/// Nobody listens any more if the run has been given up meanwhile.
fn tell(feed: &Feed<Wire>, event: Event<Wire>) {
    drop(feed.unbounded_send(event));
}

/// The practice recipe, which trusts the practice authority alone.
fn recipe(root: &[u8]) -> Option<Recipe> {
    let digest: String = Sha256::digest(root)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let json = serde_json::json!({
        "signet": 1,
        "name": "Practice line",
        "endpoint": {
            "url": "/practice", "idScope": "0nePRACTICE", "apiVersion": "2025-07-01-preview"
        },
        "registrationId": {"from": "mac", "template": "practice-{mac}"},
        "attestation": {"kind": "relay"},
        "board": {
            "chips": ["esp32c3"],
            "partition": "esp_secure_cert",
            "preset": {"format": "esp-secure-cert"}
        },
        "roots": [
            "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f",
            "c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0"
        ],
        "issued": {"rootSha256": [digest], "validityDays": [1, 90]}
    });
    Recipe::parse(json.to_string().as_bytes()).ok()
}
