use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::trust;

use super::summary::{Found, Row};
use crate::bench::bag::Bench;
use crate::bench::item::{Item, Kind};
use crate::bench::verdict::profiles;
use crate::clock;
use crate::fleet::{self, Audit, Fate, Order, Pile};

/// Whether the audit is shown, and how far it is.
#[derive(Clone, Copy)]
pub(crate) struct FleetState {
    pub(in crate::bench) shown: RwSignal<bool>,
    pub(super) stage: RwSignal<Stage>,
    /// The worker. It dies when this is emptied.
    audit: StoredValue<Option<Audit>, LocalStorage>,
    /// Counts starts and cancellations, so that a worker that comes too late is sent away.
    turn: StoredValue<u32>,
}

/// How far an audit is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    Idle,
    Running { done: usize, of: usize },
    Done(Arc<Found>),
    Failed(String),
}

impl FleetState {
    pub(in crate::bench) fn new() -> Self {
        Self {
            shown: RwSignal::new(false),
            stage: RwSignal::new(Stage::Idle),
            audit: StoredValue::new_local(None),
            turn: StoredValue::new(0),
        }
    }

    /// Judges everything that lies on the Bench now.
    pub(super) fn start(self, bench: Bench) {
        let turn = self.next_turn();
        let (order, rows) = bench.items.with_untracked(|items| order(bench, items));
        let of = rows.len();
        let at = order.at;
        let profile = profiles("").into_iter().nth(order.profile);
        let profile = profile.map_or("", |profile| profile.title);
        self.stage.set(Stage::Running { done: 0, of });
        let progress = move |done| self.stage.set(Stage::Running { done, of });
        let done = move |fates: Result<Vec<Fate>, String>| {
            self.stage.set(match fates {
                Ok(fates) => Stage::Done(Arc::new(Found::new(profile, at, rows, fates))),
                Err(why) => Stage::Failed(why),
            });
            // Not from within a call of the worker's own.
            spawn_local(async move {
                if self.turn.get_value() == turn {
                    self.audit.set_value(None);
                }
            });
        };
        spawn_local(async move {
            match fleet::begin(order, progress, done).await {
                Ok(audit) if self.turn.get_value() == turn => self.audit.set_value(Some(audit)),
                Ok(_too_late) => {}
                Err(why) => self.stage.set(Stage::Failed(why)),
            }
        });
    }

    /// Stops at once; what was judged is forgotten.
    pub(in crate::bench) fn cancel(self) {
        self.next_turn();
        self.audit.set_value(None);
        self.stage.set(Stage::Idle);
    }

    fn next_turn(self) -> u32 {
        self.turn.update_value(|turn| *turn += 1);
        self.turn.get_value()
    }
}

/// The certificates of devices: those of no authority.
pub(super) fn fleet(items: &[Item]) -> impl Iterator<Item = &Item> {
    let of_device = |item: &&Item| item.facts().is_some_and(|facts| !facts.is_ca);
    items
        .iter()
        .filter(of_device)
        .filter(|item| !item.is_root())
}

fn order(bench: Bench, items: &[Item]) -> (Order, Vec<Row>) {
    let mut order = Order {
        fleet: Pile::default(),
        anchors: Pile::default(),
        bag: Pile::default(),
        crls: Pile::default(),
        at: bench.at.get_untracked().unwrap_or_else(clock::utc),
        profile: bench.profile.get_untracked(),
    };
    let rows = fleet(items).filter_map(Row::new).collect();
    for item in fleet(items) {
        order.fleet.push(&item.der);
    }
    let trusted = bench.trusted.get_untracked();
    for item in items {
        if item.kind == Kind::RevocationList {
            order.crls.push(&item.der);
        } else if trusted.contains(&item.id) {
            order.anchors.push(&item.der);
        } else if item.may_issue() {
            order.bag.push(&item.der);
        }
    }
    if bench.catalogue.get_untracked() {
        for root in trust::ROOTS {
            order.anchors.push(root.der);
        }
    }
    (order, rows)
}
