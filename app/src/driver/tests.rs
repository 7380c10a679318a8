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
