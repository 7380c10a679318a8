//! What the whole page knows, and every long task on it.
//!
//! Components come and go with the screen that shows them; a task that outlives one must not touch its
//! signals. So all tasks live here, all signals that they write live as long as the page, and
//! components only look. What JavaScript hands out (ports, the database) is kept apart from signals.

mod keep;
mod ledger;
mod line;
mod outside;
mod ports;
mod practise;
mod refusal;
mod slot;
mod start;
mod tally;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;
use signet_core::run::Record;
use zeroize::Zeroizing;

pub use line::{Line, Loaded, Origin};
pub use refusal::Refusal;
pub use slot::{Slot, SlotId, Stage};
pub(crate) use start::midnight;
pub use tally::Tally;
use tally::{next_serial, serials_left, used_ids};

use crate::journal::Journal;
use crate::serial::{Hub, Support};
use crate::station::Station;
use slot::Wire;

/// The page's state, for components to look at and to give orders to.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The recipe.
    pub loaded: RwSignal<Loaded>,
    /// One per board, in the order in which they came.
    pub slots: RwSignal<Vec<Slot>>,
    /// What was done, oldest first.
    pub records: RwSignal<Vec<Kept>>,
    /// Who stands at the line.
    pub operator: RwSignal<String>,
    /// Whether a board that is plugged in starts by itself.
    pub armed: RwSignal<bool>,
    /// Whether an attestation key is held in memory.
    pub key_held: RwSignal<bool>,
    /// The serial number for the next board, as scanned.
    pub scanned: RwSignal<Option<String>>,
    /// Whether boards can be reached from this browser.
    pub support: RwSignal<Support>,
    /// Whether another tab is at work.
    pub elsewhere: RwSignal<bool>,
    /// Whether the browser may delete what is stored here when the disk fills up.
    pub evictable: RwSignal<bool>,
    /// What the page has to say about the last order.
    pub notice: RwSignal<Option<Fault>>,
    /// Whether a newer version of the page lies ready.
    pub update: RwSignal<bool>,
    /// The station that serves this page.
    pub station: Station,
    back: StoredValue<Rc<Back>, LocalStorage>,
}

/// A record on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The record.
    pub record: Record,
    /// Whether the board was a simulated one: shown, but never stored.
    pub practice: bool,
}

/// What is no signal: handles of the browser, and the attestation key.
struct Back {
    owner: Owner,
    hub: RefCell<Option<Rc<Hub>>>,
    /// Nothing while it is being opened.
    journal: RefCell<Option<Result<Journal, String>>>,
    key: RefCell<Option<Zeroizing<Vec<u8>>>>,
    wires: RefCell<HashMap<SlotId, Wire>>,
    next_slot: Cell<u32>,
    turn: Cell<Turn>,
    /// Whether what was read at the start is on the page.
    opened: Cell<bool>,
    /// Why records or marks could not be read, the last time.
    unread: RefCell<Option<String>>,
    /// Whether the station is being told of records.
    telling: Cell<bool>,
    #[cfg(feature = "practice")]
    practice: RefCell<Option<Rc<crate::practice::Room>>>,
}

/// Whose the line is. Only one tab of a browser may begin runs, settle the journal and tell the station.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    /// Another tab's, as far as is known.
    #[default]
    Waits,
    /// This tab holds the lock, and reads what the tab before has left.
    Reads,
    /// This tab's.
    Has,
}

impl Desk {
    /// A desk without a recipe. It does nothing by itself until [`Desk::open`].
    pub fn new() -> Self {
        let back = Back {
            owner: Owner::current().unwrap_or_default(),
            hub: RefCell::new(None),
            journal: RefCell::new(None),
            key: RefCell::new(None),
            wires: RefCell::new(HashMap::new()),
            next_slot: Cell::new(1),
            turn: Cell::default(),
            opened: Cell::new(false),
            unread: RefCell::new(None),
            telling: Cell::new(false),
            #[cfg(feature = "practice")]
            practice: RefCell::new(None),
        };
        Self {
            loaded: RwSignal::new(Loaded::Looking),
            slots: RwSignal::new(Vec::new()),
            records: RwSignal::new(Vec::new()),
            operator: RwSignal::new(String::new()),
            armed: RwSignal::new(true),
            key_held: RwSignal::new(false),
            scanned: RwSignal::new(None),
            support: RwSignal::new(Support::Present),
            elsewhere: RwSignal::new(false),
            evictable: RwSignal::new(false),
            notice: RwSignal::new(None),
            update: RwSignal::new(false),
            station: Station::new(),
            back: StoredValue::new_local(Rc::new(back)),
        }
    }

    /// Connects the desk with the browser: journal, ports, recipe, the other tabs.
    pub fn open(self) {
        self.station.recall();
        self.open_ports();
        self.open_tab();
        spawn_local(async move {
            self.open_journal().await;
            spawn_local(self.open_station());
            self.look_for_recipe().await;
            self.start_held();
        });
    }

    /// Whether a board is being worked on: then nothing may be closed, changed or updated.
    pub fn busy(self) -> bool {
        let slots = self.slots.get();
        slots.iter().any(|slot| slot.stage.get().busy())
    }

    /// Shows what stands in the way of an order.
    pub fn refuse(self, refusal: &Refusal) {
        use signet_core::Explain;
        self.notice.set(Some(refusal.fault()));
    }

    /// Closes the notice.
    pub fn heard(self) {
        self.notice.set(None);
    }

    /// Puts a card on the screen that no run stands behind.
    #[cfg(feature = "gallery")]
    pub(crate) fn show(self, title: &'static str, stage: Stage, card: signet_core::run::Card) {
        let slot = self.new_slot(title, false);
        slot.stage.set(stage);
        slot.card.set(card);
    }

    fn back(self) -> Rc<Back> {
        self.back.get_value()
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
