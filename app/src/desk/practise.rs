//! The practice board.

use leptos::prelude::*;

use super::{Desk, Stage};
#[cfg(feature = "practice")]
use {
    super::Slot,
    super::slot::Sender,
    crate::driver::drive,
    crate::link::{Event, queue},
    crate::practice::{Playground, Room},
    crate::{clock, entropy},
    leptos::task::spawn_local,
    signet_core::run::{Card, Context, Run},
    std::rc::Rc,
    std::sync::Arc,
};

impl Desk {
    /// Whether a practice board is at work.
    pub fn practising(self) -> bool {
        let slots = self.slots.get();
        let mut practice = slots.iter().filter(|slot| slot.practice);
        practice.any(|slot| slot.stage.get() == Stage::Running)
    }

    /// Runs a fresh simulated board, in the place of the one before.
    pub fn practise(self) {
        let known = self
            .slots
            .with_untracked(|slots| slots.iter().find(|slot| slot.practice).copied());
        let slot = known.unwrap_or_else(|| self.new_slot("Simulated board", true));
        self.start(slot);
    }

    #[cfg(feature = "practice")]
    pub(super) fn start_practice(self, slot: Slot) {
        let Some((room, run)) = self.practice_run() else {
            return;
        };
        let (feed, events) = queue();
        self.began(slot, Sender::Practice(feed.clone()));
        // Cannot fail: the queue is right here.
        drop(feed.unbounded_send(Event::Arrived(room.board(feed.clone()))));
        spawn_local(async move {
            let shown = |card: &Card| slot.card.set(card.clone());
            let record = drive(run, (feed, events), Playground(room), shown).await;
            self.ended(slot, record).await;
        });
    }

    #[cfg(feature = "practice")]
    fn practice_run(self) -> Option<(Rc<Room>, Run)> {
        let back = self.back();
        let mut practice = back.practice.borrow_mut();
        let room = match practice.as_ref() {
            Some(room) => Rc::clone(room),
            None => Rc::clone(practice.insert(Rc::new(Room::new(clock::utc())?))),
        };
        let context = Context {
            run: entropy::run_name().ok()?,
            operator: self.operator.get_untracked(),
            attestation_key: None,
        };
        let run = Run::new(Arc::clone(&room.recipe), context, clock::now());
        Some((room, run))
    }
}
