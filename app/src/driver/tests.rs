//! The loop alone, without a browser: time is a number, and answers come at once.
#![allow(clippy::unwrap_used, clippy::use_self, reason = "a test")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use futures::executor::block_on;
use signet_core::UnixTime;
use signet_core::recipe::Recipe;
use signet_core::run::{Context, Outcome};

use super::*;
use crate::link::{Broken, queue};

const RECIPE: &str = include_str!("../../../core/tests/common/recipe.json");

/// A world in which sleeping moves the clock, and nothing else happens.
#[derive(Clone, Default)]
struct Still {
    tick: Rc<Cell<u64>>,
    /// A board that another run waits for, and what happened.
    missed: Option<(&'static str, Rc<RefCell<Vec<&'static str>>>)>,
}

impl<L> Outside<L> for Still {
    fn now(&self) -> Now {
        Now {
            tick: Millis(self.tick.get()),
            utc: UnixTime(1_800_000_000),
        }
    }

    fn sleep(&self, millis: u64) -> LocalBoxFuture<'static, ()> {
        let tick = Rc::clone(&self.tick);
        Box::pin(async move { tick.set(tick.get() + millis) })
    }

    fn entropy(&self) -> Result<Zeroizing<[u8; ENTROPY_BYTES]>, String> {
        Err("none".to_owned())
    }

    fn reconnect(&self, _: Feed<L>) {}

    fn taker(&self, mac: &str, _: bool) -> Option<Box<dyn FnOnce()>> {
        let (_, asked) = self.missed.as_ref().filter(|(missed, _)| *missed == mac)?;
        let asked = Rc::clone(asked);
        Some(Box::new(move || asked.borrow_mut().push("taken")))
    }

    fn request(&self, _: Request, _: Feed<L>) {}

    fn recall(&self, _: String, _: String, _: Feed<L>) {}

    fn save(&self, _: Entry, _: Feed<L>) {}
}

/// A wire that says what was asked of it, and breaks when bytes are sent; its port tells that too.
struct Frail(Rc<RefCell<Vec<&'static str>>>, Feed<Frail>);

impl Link for Frail {
    async fn send(&mut self, _: &[u8]) -> Result<(), Broken> {
        self.0.borrow_mut().push("send");
        assert!(self.1.unbounded_send(Event::Gone).is_ok());
        Err(Broken)
    }

    async fn signals(&mut self, _: Option<bool>, _: Option<bool>) -> Result<(), Broken> {
        self.0.borrow_mut().push("signals");
        Ok(())
    }

    async fn close(self) {
        self.0.borrow_mut().push("close");
    }
}

/// Drives a run over that wire; a person gives up as soon as the card asks for something.
fn driven() -> (Vec<&'static str>, Vec<Verdict>, Option<Record>) {
    let recipe = Recipe::parse(RECIPE.as_bytes()).unwrap();
    let context = Context {
        run: "1".to_owned(),
        operator: String::new(),
        attestation_key: None,
    };
    let world = Still::default();
    let now = Outside::<Frail>::now(&world);
    let run = Run::new(Arc::new(recipe), context, now);
    let (feed, events) = queue();
    let asked = Rc::new(RefCell::new(Vec::new()));
    let wire = Frail(Rc::clone(&asked), feed.clone());
    assert!(feed.unbounded_send(Event::Arrived(wire)).is_ok());
    let mut seen = Vec::new();
    let person = feed.clone();
    let shown = |card: &Card| {
        if seen.last() != Some(&card.verdict) {
            seen.push(card.verdict);
            if card.verdict == Verdict::Action {
                let order = Event::Command(Command::Abandon);
                assert!(person.unbounded_send(order).is_ok());
            }
        }
    };
    let record = block_on(drive(run, (feed, events), world, shown));
    let asked = asked.borrow().clone();
    (asked, seen, record)
}

#[test]
fn a_wire_that_breaks_is_told_once_and_closed() {
    let (asked, seen, record) = driven();
    assert_eq!(asked.iter().filter(|what| **what == "close").count(), 1);
    assert_eq!(asked.last(), Some(&"close"));
    assert_eq!(asked.iter().filter(|what| **what == "send").count(), 1);
    assert_eq!(seen, [Verdict::Running, Verdict::Action, Verdict::Fail]);
    let record = record.unwrap();
    assert_eq!(record.outcome, Outcome::Fail);
    assert_eq!(record.fault.unwrap().code, "run.unplugged");
}

#[test]
fn a_wire_that_comes_too_late_is_closed() {
    let (feed, events) = queue();
    let asked = Rc::new(RefCell::new(Vec::new()));
    let late = Frail(Rc::clone(&asked), feed.clone());
    for event in [Event::Gone, Event::Arrived(late)] {
        assert!(feed.unbounded_send(event).is_ok());
    }
    block_on(close_arrived(events));
    assert_eq!(*asked.borrow(), ["close"]);
    assert!(feed.unbounded_send(Event::Gone).is_err());
}

/// A wire to a simulated board, whose time is the world's.
#[cfg(feature = "practice")]
struct Board(signet_boards::EspRom, Still, Feed<Board>);

#[cfg(feature = "practice")]
impl Board {
    fn hear(&mut self) {
        use signet_boards::Output as Said;
        loop {
            match self.0.poll() {
                Said::Transmit(bytes) => drop(self.2.unbounded_send(Event::Bytes(bytes))),
                Said::WaitUntil(moment) => {
                    self.1.tick.set(moment.0.max(self.1.tick.get()));
                    self.0.tick(moment);
                }
                Said::Unplugged | Said::Idle => return,
            }
        }
    }
}

#[cfg(feature = "practice")]
impl Link for Board {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.0.handle(Millis(self.1.tick.get()), bytes);
        self.hear();
        Ok(())
    }

    async fn signals(&mut self, dtr: Option<bool>, rts: Option<bool>) -> Result<(), Broken> {
        self.0.set_signals(Millis(self.1.tick.get()), dtr, rts);
        self.hear();
        Ok(())
    }

    async fn close(self) {
        let asked = self.1.missed.map(|(_, asked)| asked);
        asked.unwrap().borrow_mut().push("close");
    }
}

/// What happens to a run that gets each of those boards in turn, while another one waits for `missed`. It
/// is given up when all have been refused.
#[cfg(feature = "practice")]
fn shared(missed: &'static str, boards: &[u8]) -> (Vec<&'static str>, Option<Record>) {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let world = Still {
        missed: Some((missed, Rc::clone(&asked))),
        ..Still::default()
    };
    let recipe = RECIPE.replace(
        r#""mac", "template": "sn-{mac}""#,
        r#""scan", "template": "sn-{serial}""#,
    );
    let context = Context {
        run: "1".to_owned(),
        operator: String::new(),
        attestation_key: None,
    };
    let now = Outside::<Board>::now(&world);
    let recipe = Recipe::parse(recipe.as_bytes()).unwrap();
    let mut run = Run::new(Arc::new(recipe), context, now);
    run.handle(now, Input::Command(Command::Serial("1".to_owned())));
    let (feed, events) = queue();
    let mut rest = boards.iter().map(|last| {
        let board = signet_boards::EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, *last]);
        Board(board.build(), world.clone(), feed.clone())
    });
    let mut next = |feed: &Feed<Board>| match rest.next() {
        Some(board) => feed.unbounded_send(Event::Arrived(board)).is_ok(),
        None => {
            let order = Event::Command(Command::Abandon);
            feed.unbounded_send(order).is_ok()
        }
    };
    assert!(next(&feed));
    let mut before = Verdict::Ready;
    let person = feed.clone();
    let shown = |card: &Card| {
        // The journal gives no answer: the board is pulled, and the next one comes.
        if card.phase == signet_core::run::Phase::Locating {
            drop(person.unbounded_send(Event::Gone));
        }
        if card.verdict == Verdict::Action && before != Verdict::Action {
            assert!(next(&person));
        }
        before = card.verdict;
    };
    let record = block_on(drive(run, (feed.clone(), events), world.clone(), shown));
    let asked = asked.borrow().clone();
    (asked, record)
}

#[cfg(feature = "practice")]
#[test]
fn a_board_that_another_run_waits_for_is_handed_over_and_the_run_goes_on() {
    let (asked, record) = shared("7c:df:a1:00:00:02", &[1, 2]);
    assert_eq!(asked, ["close", "close", "taken"]);
    let record = record.unwrap();
    assert_eq!(record.mac.as_deref(), Some("7c:df:a1:00:00:01"));
    assert_eq!(record.fault.unwrap().code, "run.unplugged");
}

#[cfg(feature = "practice")]
#[test]
fn a_run_that_began_with_a_board_of_another_run_ends_without_a_record() {
    let (asked, record) = shared("7c:df:a1:00:00:01", &[1]);
    assert_eq!(asked, ["close", "taken"]);
    assert_eq!(record, None);
}
