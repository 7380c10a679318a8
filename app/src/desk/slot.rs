use leptos::prelude::*;
use signet_core::Millis;
use signet_core::run::{Card, Command};

use crate::link::{Event, Feed};
use crate::serial::{Port, PortId, Usb};

/// A slot's number on this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotId(pub u32);

/// One place for a board: a port, or the practice board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its number.
    pub id: SlotId,
    /// What is at the other end of the cable, such as `Espressif USB`.
    pub title: &'static str,
    /// Whether the board is a simulated one.
    pub practice: bool,
    /// What the run says.
    pub card: RwSignal<Card>,
    /// What the slot is doing.
    pub stage: RwSignal<Stage>,
    /// Whether the board is plugged in.
    pub present: RwSignal<bool>,
    /// The batch that was chosen when its run began.
    pub batch: RwSignal<Option<String>>,
}

/// What a slot is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// A board is there; nobody has started it.
    #[default]
    Ready,
    /// Waiting for something that the card names, such as a scan.
    Held,
    /// A run is going on.
    Running,
    /// A run has ended.
    Over,
}

impl Slot {
    pub(super) fn new(id: SlotId, title: &'static str, practice: bool) -> Self {
        Self {
            id,
            title,
            practice,
            card: RwSignal::new(Card::default()),
            stage: RwSignal::new(Stage::Ready),
            present: RwSignal::new(true),
            batch: RwSignal::new(None),
        }
    }

    /// Forgets the board that was here.
    pub(super) fn reset(self) {
        self.card.set(Card::default());
        self.stage.set(Stage::Ready);
    }
}

impl Stage {
    /// Whether something would be lost if the page was closed.
    pub const fn busy(self) -> bool {
        matches!(self, Self::Running)
    }
}

/// What the desk knows of a slot and components do not need.
pub(super) struct Wire {
    /// The port, unless it is the practice board.
    pub(super) port: Option<(PortId, Usb)>,
    /// When its run ended.
    pub(super) ended: Option<Millis>,
    /// When the board left in the way in which one leaves that resets itself.
    pub(super) left: Option<Millis>,
    /// The serial number that the run was given.
    pub(super) serial: Option<String>,
    /// The run that is going on.
    pub(super) line: Option<Sender>,
}

/// A way into the driver of a run.
#[derive(Clone)]
pub(super) enum Sender {
    Port(Feed<Port>),
    #[cfg(feature = "practice")]
    Practice(Feed<crate::practice::Wire>),
}

impl Sender {
    pub(super) fn command(&self, command: Command) {
        // The driver may have ended in this very moment; then there is nothing left to order.
        let _ = match self {
            Self::Port(feed) => feed.unbounded_send(Event::Command(command)).is_ok(),
            #[cfg(feature = "practice")]
            Self::Practice(feed) => feed.unbounded_send(Event::Command(command)).is_ok(),
        };
    }
}
