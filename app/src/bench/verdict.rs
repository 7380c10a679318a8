//! The verdicts on the chosen certificate: now, and over time.

mod ask;
mod dates;
mod places;
mod route;
#[cfg(test)]
mod samples;
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
pub(super) use route::Route;
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

impl Bench {
    /// The verdicts, if they are about the chosen certificate: those on the one before it stand there until
    /// its own signatures are checked.
    pub(super) fn verdicts(self) -> Option<Arc<Judged>> {
        let chosen = self.chosen.get()?;
        let judged = self.judged.get()?;
        judged.is_about(chosen).then_some(judged)
    }

    /// The number of the path that is shown and given out: the chosen one, or else the nearest.
    pub(super) fn path(self, report: &Report) -> Option<usize> {
        self.route
            .with(|route| route::shown(route.as_ref(), report))
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
    // What was found out, and chosen, about one certificate is not about the next.
    Effect::new(move |before: Option<Option<Id>>| {
        let chosen = bench.chosen.get();
        if before.is_some_and(|before| before != chosen) {
            bench.spans.set([].into());
            bench.route.set(None);
        }
        chosen
    });
    // A signature that was checked once is never checked again.
    let answers = Rc::new(Mutex::new(Answers::default()));
    keep_judging_now(bench, Rc::clone(&answers));
    keep_judging_over_time(bench, answers);
}

fn keep_judging_now(bench: Bench, answers: Rc<Mutex<Answers>>) {
    let turn = Turn::default();
    Effect::new(move |_| {
        let wanted = turn.next();
        let ask = Ask::gather(bench);
        let at = bench.at.get().unwrap_or_else(clock::utc);
        let answers = Rc::clone(&answers);
        let Some(ask) = ask else {
            bench.judged.set(None);
            return;
        };
        spawn_local(async move {
            let judged = ask.judge(at, &answers, &wanted).await;
            if let Some(judged) = judged.filter(|_| wanted()) {
                bench.judged.set(Some(Arc::new(judged)));
            }
        });
    });
}

fn keep_judging_over_time(bench: Bench, answers: Rc<Mutex<Answers>>) {
    let turn = Turn::default();
    Effect::new(move |_| {
        let wanted = turn.next();
        let ask = Ask::gather(bench);
        let profile = bench.profile.get();
        let answers = Rc::clone(&answers);
        let Some(ask) = ask else {
            bench.spans.set([].into());
            return;
        };
        spawn_local(async move {
            let spans = ask.over_time(profile, &answers, &wanted).await;
            if let Some(spans) = spans.filter(|_| wanted()) {
                bench.spans.set(spans.into());
            }
        });
    });
}

/// Whose turn it is: each new task makes the one before it needless.
#[derive(Default)]
struct Turn(Rc<Cell<u64>>);

impl Turn {
    /// Begins a turn, and says for as long as there is no later one that it is wanted.
    fn next(&self) -> impl Fn() -> bool + use<> {
        let turn = Rc::clone(&self.0);
        let mine = turn.get() + 1;
        turn.set(mine);
        move || turn.get() == mine
    }
}
