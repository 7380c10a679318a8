//! From a board that is there to a run, and from its end to a record.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::recipe::{Attestation, Naming, Recipe, Source};
use signet_core::run::{Card, Command, Context, Input, Record, Run, Verdict};
use signet_core::{Explain, UnixTime};

use super::outside::World;
use super::ports::open_soon;
use super::slot::Sender;
use super::{Desk, Refusal, Slot, Stage, next_serial, used_ids};
use crate::driver::drive;
use crate::link::{Event, close_arrived, queue};
use crate::station::Presence;
use crate::{clock, entropy, net, tab};

impl Desk {
    /// Starts the slot's board, or says on its card what it waits for.
    pub fn start(self, slot: Slot) {
        if slot.stage.get_untracked().busy() {
            return;
        }
        #[cfg(feature = "practice")]
        if slot.practice {
            self.start_practice(slot);
            return;
        }
        match self.prepare(slot) {
            Ok((recipe, run)) => self.run_port(slot, &recipe, run),
            Err(refusal) => hold(slot, &refusal),
        }
    }

    /// Starts the boards that waited for a scan, a key or a recipe.
    pub(super) fn start_held(self) {
        for slot in self.slots.get_untracked() {
            if slot.stage.get_untracked() == Stage::Held {
                self.start_by_itself(slot);
            }
        }
    }

    /// Starts the slot's board, unless a label was scanned that may be another board's.
    pub(super) fn start_by_itself(self, slot: Slot) {
        match self.doubtful_label(slot) {
            Some(label) => hold(slot, &Refusal::ScanWhose { label }),
            None => self.start(slot),
        }
    }

    /// The label that was scanned, if another board waits for one, too: whose it is only a person can see.
    fn doubtful_label(self, slot: Slot) -> Option<String> {
        let label = self.scanned.get_untracked()?;
        let waits = |other: &Slot| {
            let stage = other.stage.get_untracked();
            other.id != slot.id && matches!(stage, Stage::Ready | Stage::Held)
        };
        let others = self.slots.with_untracked(|slots| slots.iter().any(waits));
        others.then_some(label)
    }

    /// Takes a scanned or typed serial number for the next board.
    pub fn scan(self, text: &str) {
        let loaded = self.loaded.get_untracked();
        let Some(line) = loaded
            .line()
            .filter(|_| loaded.source() == Some(Source::Scan))
        else {
            return;
        };
        let text = text.trim();
        match line.recipe.registration_id.make(text) {
            Err(error) => self.refuse(&Refusal::ScanUnusable {
                why: error.to_string(),
            }),
            Ok(id) if self.is_given(&line.recipe.registration_id, id.as_str()) => {
                self.refuse(&Refusal::ScanUsed { id: id.to_string() });
            }
            // Whether it is that board again, or another with its label, the run sees by its MAC.
            Ok(_) => {
                self.heard();
                self.scanned.set(Some(text.to_owned()));
                self.start_held();
            }
        }
    }

    /// A person's answer to a card's question.
    pub fn command(self, slot: Slot, command: Command) {
        let back = self.back();
        let line = back
            .wires
            .borrow()
            .get(&slot.id)
            .and_then(|wire| wire.line.clone());
        if let Some(line) = line {
            line.command(command);
        }
    }

    /// Everything that must be known before a board is touched.
    fn prepare(self, slot: Slot) -> Result<(Arc<Recipe>, Run), Refusal> {
        let loaded = self.loaded.get_untracked();
        let recipe = Arc::clone(&loaded.line().ok_or(Refusal::NoRecipe)?.recipe);
        self.has_line(&recipe.registration_id)?;
        let name = entropy::run_name().map_err(|why| Refusal::JournalClosed { why })?;
        if recipe.attestation != (Attestation::Relay {}) && !self.key_held.get_untracked() {
            return Err(Refusal::KeyMissing);
        }
        let relay = recipe.attestation == (Attestation::Relay {});
        let locked = self.station.presence.get_untracked() == Presence::Locked;
        if relay && locked && net::is_own(&recipe.endpoint.url) {
            return Err(Refusal::SignedOut);
        }
        let serial = self.serial_for(slot, &recipe)?;
        slot.batch.set(self.begin_in_batch(&name));
        let context = Context {
            run: name,
            operator: self.operator.get_untracked(),
            attestation_key: self.key_for(&recipe),
        };
        let mut run = Run::new(Arc::clone(&recipe), context, clock::now());
        if let Some(serial) = serial {
            run.handle(clock::now(), Input::Command(Command::Serial(serial)));
        }
        Ok((recipe, run))
    }

    fn run_port(self, slot: Slot, recipe: &Recipe, run: Run) {
        let back = self.back();
        let (Ok(journal), Some(hub)) = (self.journal(), back.hub.borrow().clone()) else {
            return;
        };
        let port = back.wires.borrow().get(&slot.id).and_then(|wire| wire.port);
        let Some((port, _)) = port else {
            return;
        };
        let (feed, events) = queue();
        self.began(slot, Sender::Port(feed.clone()));
        let world = World {
            url: recipe.endpoint.url.clone(),
            journal,
            desk: self,
            slot,
        };
        spawn_local(async move {
            match open_soon(&hub, port, &feed).await {
                Ok(open) => {
                    // Cannot fail: the queue is right here.
                    drop(feed.unbounded_send(Event::Arrived(open)));
                    let shown = |card: &Card| slot.card.set(card.clone());
                    let record = drive(run, (feed, events), world, shown).await;
                    self.ended(slot, record).await;
                }
                Err(why) => {
                    close_arrived(events).await;
                    self.ended(slot, None).await;
                    hold(slot, &Refusal::PortRefused { why });
                }
            }
        });
    }

    /// Says that a run has begun.
    pub(super) fn began(self, slot: Slot, line: Sender) {
        self.wire(slot, |wire| {
            wire.line = Some(line);
            wire.ended = None;
        });
        slot.card.set(Card {
            verdict: Verdict::Running,
            ..Card::default()
        });
        slot.stage.set(Stage::Running);
        tab::stay_awake(true);
    }

    /// Says that a run has ended, and keeps its record.
    pub(super) async fn ended(self, slot: Slot, record: Option<Record>) {
        if let Some(record) = record {
            self.keep(record, slot.practice).await;
        }
        self.wire(slot, |wire| {
            wire.line = None;
            wire.serial = None;
            wire.ended = Some(clock::tick());
        });
        slot.stage.set(Stage::Over);
        if !untrack(|| self.busy()) {
            tab::stay_awake(false);
        }
    }

    /// The serial number for the slot's board. Never the one of the run before: nobody knows whether
    /// the same board is still plugged in.
    fn serial_for(self, slot: Slot, recipe: &Recipe) -> Result<Option<String>, Refusal> {
        let naming = &recipe.registration_id;
        let serial = match naming.from {
            Source::Mac => return Ok(None),
            Source::List => {
                let mut used = self.used();
                used.extend(self.given(naming));
                let next = next_serial(naming, &used).map(str::to_owned);
                next.ok_or(Refusal::ListUsedUp {
                    serials: naming.serials.len(),
                })?
            }
            Source::Scan => {
                let scanned = self.scanned.get_untracked();
                self.scanned.set(None);
                scanned.ok_or(Refusal::ScanMissing)?
            }
        };
        self.wire(slot, |wire| wire.serial = Some(serial.clone()));
        Ok(Some(serial))
    }

    /// Whether a board that is at work has that registration ID.
    fn is_given(self, naming: &Naming, id: &str) -> bool {
        self.given(naming).iter().any(|given| given == id)
    }

    /// The registration IDs of the boards that are at work.
    fn given(self, naming: &Naming) -> Vec<String> {
        let back = self.back();
        let wires = back.wires.borrow();
        let given = wires.values().filter_map(|wire| wire.serial.as_deref());
        given
            .filter_map(|serial| Some(naming.make(serial).ok()?.to_string()))
            .collect()
    }

    /// The attestation key for one run. A device's own key is good for one device.
    fn key_for(self, recipe: &Recipe) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        let back = self.back();
        match recipe.attestation {
            Attestation::Relay {} => None,
            Attestation::GroupKey {} => back.key.borrow().clone(),
            Attestation::DeviceKey {} => {
                self.key_held.set(false);
                back.key.borrow_mut().take()
            }
        }
    }

    fn used(self) -> std::collections::HashSet<String> {
        self.records
            .with_untracked(|kept| used_ids(kept.iter().map(|kept| &kept.record)))
    }
}

/// The start of the day on this computer's clock.
pub(crate) fn midnight() -> UnixTime {
    let day = js_sys::Date::new_0();
    day.set_hours(0);
    day.set_minutes(0);
    day.set_seconds(0);
    UnixTime(clock::whole(day.get_time()) / 1000)
}

fn hold(slot: Slot, refusal: &Refusal) {
    slot.card.set(Card {
        verdict: Verdict::Action,
        fault: Some(refusal.fault()),
        ..Card::default()
    });
    slot.stage.set(Stage::Held);
}
