use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use futures::lock::Mutex;
use leptos::prelude::*;
use signet_core::UnixTime;
use signet_core::path::{Answers, PeerName, Profile, Question, Report, Revocation};
use signet_core::trust;

use super::places::{Places, Stand, bytes};
use super::{Judged, Span, dates, profiles, span};
use crate::bench::bag::Bench;
use crate::bench::item::{Item, Kind};
use crate::{clock, proof};

/// Beyond this many certificates only those that could issue others are looked at for a path: a fleet
/// has thousands of leaves that could not.
const ALL_UP_TO: usize = 200;

/// How many other ways up are drawn beside the one that holds.
const ALTERNATIVES: u32 = 3;

/// For so many milliseconds the page may stand still: less than one frame.
const BREATH_MS: u64 = 10;

/// Everything that a verdict depends on, except the moment.
pub(super) struct Ask {
    places: Arc<Places>,
    expected: String,
}

impl Ask {
    /// `None` unless a certificate is chosen. Whoever calls it hears of each change.
    pub(super) fn gather(bench: Bench) -> Option<Self> {
        let chosen = bench.chosen.get()?;
        let items = bench.items.get();
        let trusted = bench.trusted.get();
        let leaf = items.iter().find(|item| item.id == chosen)?;
        leaf.facts()?;
        let mut places = Places {
            leaf: stand(leaf),
            anchors: Vec::new(),
            bag: Vec::new(),
            crls: Vec::new(),
        };
        let all = items.len() <= ALL_UP_TO;
        for item in &items {
            if item.kind == Kind::RevocationList {
                places.crls.push(stand(item));
            } else if item.facts().is_some() && trusted.contains(&item.id) {
                places.anchors.push(stand(item));
            } else if item.id != chosen && (item.may_issue() || all && item.facts().is_some()) {
                places.bag.push(stand(item));
            }
        }
        if bench.catalogue.get() {
            add_catalogue(&mut places, &items);
        }
        Some(Self {
            places: Arc::new(places),
            expected: bench.expected.get(),
        })
    }

    /// The verdict of each profile, unless it is not `wanted` any more.
    pub(super) async fn judge(
        &self,
        at: UnixTime,
        answers: &Mutex<Answers>,
        wanted: impl Fn() -> bool,
    ) -> Option<Judged> {
        let mut answers = answers.lock().await;
        let mut reports = Vec::new();
        for profile in profiles(&self.expected) {
            if !wanted() {
                return None;
            }
            reports.push(self.report(at, &profile, &mut answers).await);
        }
        Some(Judged {
            reports,
            places: Arc::clone(&self.places),
        })
    }

    /// The verdict of one profile over time, unless it is not `wanted` any more.
    pub(super) async fn over_time(
        &self,
        profile: usize,
        answers: &Mutex<Answers>,
        wanted: impl Fn() -> bool,
    ) -> Option<Vec<Span>> {
        let profile = profiles(&self.expected).into_iter().nth(profile)?;
        let lists = dates::of_lists(&self.places);
        let paused = Cell::new(clock::tick());
        let report = async |at| {
            if clock::tick().0.saturating_sub(paused.get().0) > BREATH_MS {
                clock::sleep(0).await;
                paused.set(clock::tick());
            }
            // Given back after each report: what is shown now has not to wait for what will be.
            let mut answers = answers.lock().await;
            if !wanted() {
                return None;
            }
            Some(self.report(at, &profile, &mut answers).await)
        };
        span::over_time(clock::utc(), &lists, report).await
    }

    /// The verdict of one.
    async fn report(&self, at: UnixTime, profile: &Profile, answers: &mut Answers) -> Report {
        let places = &*self.places;
        let (anchors, bag) = (bytes(&places.anchors), bytes(&places.bag));
        let crls = bytes(&places.crls);
        let peers = peers(&self.expected, profile);
        let mut question = Question::new(&places.leaf.der, &anchors, at, profile);
        question.bag = &bag;
        question.crls = &crls;
        question.peers = &peers;
        question.alternatives = ALTERNATIVES;
        if !crls.is_empty() {
            question.revocation = Revocation::Consult { indirect: true };
        }
        proof::judge(&question, answers).await
    }
}

fn stand(item: &Item) -> Stand {
    Stand {
        id: Some(item.id),
        der: Arc::clone(&item.der),
    }
}

fn add_catalogue(places: &mut Places, items: &[Item]) {
    for root in trust::ROOTS {
        if !places.anchors.iter().any(|it| *it.der == *root.der) {
            let same = items.iter().find(|item| *item.der == *root.der);
            places.anchors.push(Stand {
                id: same.map(|item| item.id),
                der: root.der.into(),
            });
        }
    }
}

/// Only a server is asked for by a host name.
fn peers(expected: &str, profile: &Profile) -> Vec<PeerName> {
    let expected = expected.trim();
    if expected.is_empty() || !profile.lint.web {
        return Vec::new();
    }
    let address = expected.parse::<IpAddr>().map(PeerName::Address);
    vec![address.unwrap_or_else(|_| PeerName::Dns(expected.to_owned()))]
}
