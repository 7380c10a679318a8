use std::net::IpAddr;
use std::sync::Arc;

use leptos::prelude::*;
use signet_core::UnixTime;
use signet_core::path::{Answers, PeerName, Profile, Question, Report, Revocation};
use signet_core::trust;

use super::places::{Places, Stand, bytes};
use super::{Judged, profiles};
use crate::bench::bag::Bench;
use crate::bench::item::{Item, Kind};
use crate::proof;

/// Beyond this many certificates only those that could issue others are looked at for a path: a fleet
/// has thousands of leaves that could not.
const ALL_UP_TO: usize = 200;

/// How many other ways up are drawn beside the one that holds.
const ALTERNATIVES: u32 = 3;

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

    /// The verdict of each profile.
    pub(super) async fn judge(&self, at: UnixTime, answers: &mut Answers) -> Judged {
        let mut reports = Vec::new();
        for profile in profiles(&self.expected) {
            reports.push(self.report(at, &profile, answers).await);
        }
        Judged {
            reports,
            places: Arc::clone(&self.places),
        }
    }

    /// The verdict of one.
    pub(super) async fn report(
        &self,
        at: UnixTime,
        profile: &Profile,
        answers: &mut Answers,
    ) -> Report {
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

    /// The profiles with what is expected of the leaf.
    pub(super) fn profile(&self, index: usize) -> Option<Profile> {
        profiles(&self.expected).into_iter().nth(index)
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
