//! A board that stands at the port of another run than its own.
//!
//! Identical boards that lose their hub together come back in any order, and nothing tells whose port is
//! whose before the boards say their MAC addresses.

use leptos::prelude::*;
use signet_core::run::Decision;

use super::{Desk, Slot, SlotId, Stage};

/// What counts of a run that goes on when somebody else finds a board.
struct Going {
    id: SlotId,
    /// The board that it is about.
    mac: Option<String>,
    /// Its port is there.
    present: bool,
    /// It does not get on with what is at its port: a person is asked, or another board is there.
    stuck: bool,
}

/// The run that waits for the board with that MAC address. One that is at work with it keeps it.
fn taker(going: &[Going], mac: &str) -> Option<SlotId> {
    let waits = |run: &&Going| run.mac.as_deref() == Some(mac) && (!run.present || run.stuck);
    going.iter().find(waits).map(|run| run.id)
}

impl Desk {
    /// The run that waits for the board that `slot` has found: called, it gets the board, and `slot` the
    /// port of that run.
    pub(super) fn taker(self, slot: Slot, mac: &str, own: bool) -> Option<Box<dyn FnOnce()>> {
        let id = taker(&self.going(slot), mac);
        // Its own board may be found by another run soon.
        self.wire(slot, |wire| wire.stranger = !own);
        let slots = self.slots.get_untracked();
        let to = slots.into_iter().find(|other| Some(other.id) == id)?;
        Some(Box::new(move || self.hand_over(slot, to)))
    }

    /// The runs that go on, but for that of `slot`.
    fn going(self, slot: Slot) -> Vec<Going> {
        let back = self.back();
        let wires = back.wires.borrow();
        let slots = self.slots.get_untracked();
        let others = slots.into_iter().filter(|other| {
            let running = other.stage.get_untracked() == Stage::Running;
            running && !other.practice && other.id != slot.id
        });
        let going = others.map(|other| {
            let card = other.card.get_untracked();
            let stranger = wires.get(&other.id).is_some_and(|wire| wire.stranger);
            Going {
                id: other.id,
                mac: card.mac,
                present: other.present.get_untracked(),
                stuck: stranger || card.decision == Some(Decision::Reconnect),
            }
        });
        going.collect()
    }

    /// Exchanges the ports of two runs. That of `from` is closed.
    fn hand_over(self, from: Slot, to: Slot) {
        let back = self.back();
        let port = |slot: Slot| back.wires.borrow().get(&slot.id).and_then(|wire| wire.port);
        let (left, found) = (port(to), port(from));
        let present = to.present.get_untracked();
        if let Some(line) = back
            .wires
            .borrow()
            .get(&to.id)
            .and_then(|wire| wire.line.clone())
        {
            line.gone();
        }
        for (slot, port) in [(from, left), (to, found)] {
            self.wire(slot, |wire| {
                wire.port = port;
                wire.stranger = false;
            });
        }
        from.present.set(present);
        to.present.set(true);
        self.reopen(to);
        if present {
            self.reopen(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn going(id: u32, mac: Option<&str>, present: bool, stuck: bool) -> Going {
        let mac = mac.map(str::to_owned);
        Going {
            id: SlotId(id),
            mac,
            present,
            stuck,
        }
    }

    #[test]
    fn a_board_goes_to_the_run_that_waits_for_it() {
        let runs = [
            going(1, None, false, false),
            going(2, Some("a"), false, false),
            going(3, Some("b"), true, true),
            going(4, Some("c"), true, false),
        ];
        assert_eq!(taker(&runs, "a"), Some(SlotId(2)));
        assert_eq!(taker(&runs, "b"), Some(SlotId(3)));
        // At work with its board, or nobody's.
        assert_eq!(taker(&runs, "c"), None);
        assert_eq!(taker(&runs, "d"), None);
    }
}
