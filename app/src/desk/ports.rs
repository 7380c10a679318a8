//! Boards that come and go.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::slot::{Sender, Wire};
use super::{Desk, Refusal, Slot, SlotId, Stage};
use crate::clock;
use crate::link::{Event, Feed, Link};
use crate::serial::{Change, Hub, Port, PortId, Usb};

/// How often a port is tried that has just come back: the system still sets it up.
const REOPEN_ATTEMPTS: u32 = 6;
const REOPEN_PAUSE_MS: u64 = 250;

/// A board that resets is back within this time.
const RESET_GAP_MS: u64 = 3_000;

/// A board resets within this time after its run has ended. Who leaves later was unplugged, and what comes
/// then is the next board, however quick the person is.
const RESET_AFTER_MS: u64 = 2_000;

impl Desk {
    /// The one dominant action: starts the boards that wait, or lets a person choose a port.
    pub fn connect(self) {
        self.heard();
        if self.loaded.with_untracked(|loaded| loaded.line().is_none()) {
            self.refuse(&Refusal::NoRecipe);
            return;
        }
        let Some(hub) = self.back().hub.borrow().clone() else {
            return;
        };
        spawn_local(async move {
            let mut any = false;
            for (port, usb) in hub.granted().await {
                let slot = self.slot_for(port, usb);
                if slot.stage.get_untracked() == Stage::Ready {
                    any = true;
                    self.start_by_itself(slot);
                }
            }
            if !any {
                self.choose_from(&hub).await;
            }
        });
    }

    /// Lets a person choose a port, even if there are others.
    pub fn choose(self) {
        self.heard();
        if let Some(hub) = self.back().hub.borrow().clone() {
            spawn_local(async move { self.choose_from(&hub).await });
        }
    }

    pub(super) fn open_ports(self) {
        let hub = Rc::new(Hub::new(move |change| match change {
            Change::Came(port, usb) => self.came(port, usb),
            Change::Went(port) => self.went(port),
        }));
        self.support.set(hub.support());
        *self.back().hub.borrow_mut() = Some(Rc::clone(&hub));
        // Chromium tells no page of boards that come and go before it was asked for them once.
        spawn_local(async move { drop(hub.granted().await) });
    }

    async fn choose_from(self, hub: &Hub) {
        match hub.choose().await {
            Ok((port, usb)) => {
                let slot = self.slot_for(port, usb);
                if slot.stage.get_untracked().busy() {
                    // Its run may have lost the port; if not, it cannot be opened twice.
                    self.reopen(slot);
                } else {
                    self.start(slot);
                }
            }
            Err(Some(why)) => self.refuse(&Refusal::PortRefused { why }),
            Err(None) => {}
        }
    }

    fn came(self, port: PortId, usb: Usb) {
        // A run that lost its board comes first: boards change their port when they reset.
        if let Some(slot) = self.bereft(port, usb) {
            self.give(slot, port, usb);
            self.reopen(slot);
            return;
        }
        // A board that has just passed resets itself; with a USB port of its own that looks like a visitor.
        if let Some(slot) = self.just_left(usb) {
            self.give(slot, port, usb);
            self.wire(slot, |wire| wire.left = None);
            return;
        }
        let slot = self.slot_for(port, usb);
        if self.armed.get_untracked() && !slot.stage.get_untracked().busy() {
            self.start_by_itself(slot);
        } else if slot.stage.get_untracked() == Stage::Over {
            slot.reset();
        }
    }

    fn went(self, port: PortId) {
        let Some(slot) = self.slot_of(port) else {
            return;
        };
        slot.present.set(false);
        let running = slot.stage.get_untracked().busy();
        self.wire(slot, |wire| {
            let now = clock::tick();
            let soon = wire.ended.is_some_and(|ended| now - ended < RESET_AFTER_MS);
            wire.left = (running || soon).then_some(now);
        });
        if matches!(slot.stage.get_untracked(), Stage::Ready | Stage::Held) {
            self.remove(slot.id);
        }
    }

    /// The slot of a port: its own, else one whose board is done and gone, else a new one.
    fn slot_for(self, port: PortId, usb: Usb) -> Slot {
        if let Some(slot) = self.slot_of(port) {
            slot.present.set(true);
            return slot;
        }
        let free = self.slots.with_untracked(|slots| {
            let done = |slot: &&Slot| {
                !slot.practice
                    && slot.stage.get_untracked() == Stage::Over
                    && !slot.present.get_untracked()
            };
            slots.iter().find(done).copied()
        });
        let slot = free.unwrap_or_else(|| self.new_slot(usb.name(), false));
        slot.reset();
        self.give(slot, port, usb);
        slot
    }

    /// A slot whose run goes on without its board, of the same kind of USB device.
    fn bereft(self, port: PortId, usb: Usb) -> Option<Slot> {
        let back = self.back();
        let wires = back.wires.borrow();
        self.slots.with_untracked(|slots| {
            let fits = |slot: &&Slot| {
                let wire = wires.get(&slot.id).and_then(|wire| wire.port);
                slot.stage.get_untracked() == Stage::Running
                    && !slot.present.get_untracked()
                    && wire.is_some_and(|(old, kind)| old == port || kind == usb)
            };
            slots.iter().find(fits).copied()
        })
    }

    /// A slot whose run is over and whose board, a chip with USB of its own, went away only a moment ago.
    /// A bridge chip stays when its board resets: what comes there is a new board.
    fn just_left(self, usb: Usb) -> Option<Slot> {
        if !usb.is_chip() {
            return None;
        }
        let back = self.back();
        let wires = back.wires.borrow();
        self.slots.with_untracked(|slots| {
            let fits = |slot: &&Slot| {
                let same = |wire: &&Wire| {
                    wire.port.is_some_and(|(_, kind)| kind == usb)
                        && wire
                            .left
                            .is_some_and(|left| clock::tick() - left < RESET_GAP_MS)
                };
                slot.stage.get_untracked() == Stage::Over
                    && !slot.present.get_untracked()
                    && wires.get(&slot.id).filter(same).is_some()
            };
            slots.iter().find(fits).copied()
        })
    }

    fn slot_of(self, port: PortId) -> Option<Slot> {
        let back = self.back();
        let wires = back.wires.borrow();
        self.slots.with_untracked(|slots| {
            let same = |slot: &&Slot| {
                let wire = wires.get(&slot.id).and_then(|wire| wire.port);
                wire.is_some_and(|(known, _)| known == port)
            };
            slots.iter().find(same).copied()
        })
    }

    fn give(self, slot: Slot, port: PortId, usb: Usb) {
        self.wire(slot, |wire| wire.port = Some((port, usb)));
        slot.present.set(true);
    }

    /// Notes something about a slot's wire.
    pub(super) fn wire(self, slot: Slot, note: impl FnOnce(&mut Wire)) {
        if let Some(wire) = self.back().wires.borrow_mut().get_mut(&slot.id) {
            note(wire);
        }
    }

    /// Gives a run its board back, or tells it why it cannot have it.
    pub(super) fn reopen(self, slot: Slot) {
        let back = self.back();
        let known = back.wires.borrow();
        let wire = known.get(&slot.id);
        let port = wire.and_then(|wire| wire.port);
        let line = wire.and_then(|wire| wire.line.clone());
        let hub = back.hub.borrow().clone();
        let (Some((port, _)), Some(Sender::Port(feed)), Some(hub)) = (port, line, hub) else {
            return;
        };
        spawn_local(async move {
            let event = match open_soon(&hub, port, &feed).await {
                Ok(open) => Event::Arrived(open),
                Err(why) => Event::Refused(why),
            };
            if let Err(late) = feed.unbounded_send(event)
                && let Event::Arrived(open) = late.into_inner()
            {
                // The run has ended meanwhile.
                open.close().await;
            }
        });
    }

    pub(super) fn new_slot(self, title: &'static str, practice: bool) -> Slot {
        let back = self.back();
        let id = SlotId(back.next_slot.replace(back.next_slot.get() + 1));
        let slot = back.owner.with(|| Slot::new(id, title, practice));
        let wire = Wire {
            port: None,
            ended: None,
            left: None,
            serial: None,
            line: None,
        };
        back.wires.borrow_mut().insert(id, wire);
        self.slots.update(|slots| slots.push(slot));
        slot
    }

    /// Takes a slot off the screen.
    pub fn remove(self, id: SlotId) {
        self.back().wires.borrow_mut().remove(&id);
        self.slots
            .update(|slots| slots.retain(|slot| slot.id != id));
    }
}

/// Opens a port that may have come a moment ago.
pub(super) async fn open_soon(hub: &Hub, port: PortId, feed: &Feed<Port>) -> Result<Port, String> {
    let mut attempt = 0;
    loop {
        match hub.open(port, feed.clone()).await {
            Err(_) if attempt < REOPEN_ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
        clock::sleep(REOPEN_PAUSE_MS).await;
    }
}
