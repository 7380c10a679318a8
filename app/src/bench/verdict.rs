//! The verdicts on the chosen certificate: now, and over time.

mod ask;
mod places;
mod span;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use futures::lock::Mutex;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::path::{Answers, Place, Profile, Report};

use super::bag::Bench;
use super::item::Id;
use crate::clock;
use ask::Ask;
use places::Places;
pub(super) use span::Span;

/// What was found out about one certificate.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// One report per profile, in the order of [`profiles`].
    pub(super) reports: Vec<Report>,
    /// What the reports' places mean.
    pub(super) places: Arc<Places>,
}

impl Judged {
    /// Whether it is about that one.
    pub(super) fn is_about(&self, id: Id) -> bool {
        self.places.item(Place::Leaf) == Some(id)
    }
}

/// The profiles that are shown side by side. `expected` is the registration ID, if anything is.
pub(crate) fn profiles(expected: &str) -> [Profile; 4] {
    let expected = Some(expected.trim().to_owned()).filter(|text| !text.is_empty());
    [
        Profile::rfc5280(),
        Profile::device(),
        Profile::azure(expected),
        Profile::web(),
    ]
}

/// Judges whenever something changes that could change the verdict.
pub(super) fn keep_judging(bench: Bench) {
    // A signature that was checked once is never checked again.
    let answers = Rc::new(Mutex::new(Answers::default()));
    let turn = Rc::new(Cell::new(0_u64));
    let old = Rc::clone(&turn);
    let known = Rc::clone(&answers);
    Effect::new(move |_| {
        let mine = next(&old);
        let ask = Ask::gather(bench);
        let at = bench.at.get().unwrap_or_else(clock::utc);
        let (turn, answers) = (Rc::clone(&old), Rc::clone(&known));
        let Some(ask) = ask else {
            bench.judged.set(None);
            return;
        };
        spawn_local(async move {
            let mut answers = answers.lock().await;
            if turn.get() != mine {
                return;
            }
            let judged = ask.judge(at, &mut answers).await;
            if turn.get() == mine {
                bench.judged.set(Some(Arc::new(judged)));
            }
        });
    });
    let turn = Rc::new(Cell::new(0_u64));
    Effect::new(move |_| {
        let mine = next(&turn);
        let ask = Ask::gather(bench);
        let profile = bench.profile.get();
        let (turn, answers) = (Rc::clone(&turn), Rc::clone(&answers));
        let Some(ask) = ask else {
            bench.spans.set([].into());
            return;
        };
        spawn_local(async move {
            let mut answers = answers.lock().await;
            if turn.get() != mine {
                return;
            }
            let spans = span::over_time(&ask, profile, &mut answers).await;
            if turn.get() == mine {
                bench.spans.set(spans.into());
            }
        });
    });
}

fn next(turn: &Cell<u64>) -> u64 {
    turn.set(turn.get() + 1);
    turn.get()
}
