use std::cell::{Cell, LazyCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::trust;

use super::summary::{Found, Row};
use crate::bench::bag::Bench;
use crate::bench::item::{Item, Kind};
use crate::bench::verdict::profiles;
use crate::clock;
use crate::fleet::{self, Audit, Crew, Fate, Order, Pile};

/// Whether the audit is shown, and how far it is.
#[derive(Clone, Copy)]
pub(crate) struct FleetState {
    pub(in crate::bench) shown: RwSignal<bool>,
    pub(super) stage: RwSignal<Stage>,
    /// Whether something on the Bench is not as it was when the audit began.
    pub(super) changed: RwSignal<bool>,
    /// Workers that wait for the next audit.
    crew: StoredValue<Option<Crew>, LocalStorage>,
    /// Those at work. They die when this is emptied.
    audit: StoredValue<Option<Audit>, LocalStorage>,
    /// Counts starts and cancellations, so that workers that come too late are sent away.
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
            changed: RwSignal::new(false),
            crew: StoredValue::new_local(None),
            audit: StoredValue::new_local(None),
            turn: StoredValue::new(0),
        }
    }

    /// Judges everything that lies on the Bench now.
    pub(super) fn start(self, bench: Bench) {
        let turn = self.next_turn();
        self.changed.set(false);
        let (order, rows) = bench.items.with_untracked(|items| order(bench, items));
        let fleet = rows.iter().map(|row| Arc::clone(&row.der)).collect();
        let of = rows.len();
        let at = order.at;
        let profile = profiles("").into_iter().nth(order.profile);
        let profile = profile.map_or("", |profile| profile.title);
        self.stage.set(Stage::Running { done: 0, of });
        // Found out while the workers are busy, or at the latest when they are done.
        let found = Rc::new(LazyCell::new(move || {
            Cell::new(Found::before(profile, at, rows))
        }));
        let early = Rc::clone(&found);
        let progress = move |done| self.stage.set(Stage::Running { done, of });
        let done = move |fates: Result<Vec<Fate>, String>| {
            self.stage.set(match fates {
                Ok(fates) => Stage::Done(Arc::new(found.take().after(fates))),
                Err(why) => Stage::Failed(why),
            });
            // Not from within a call of the worker's own.
            spawn_local(async move {
                if self.turn.get_value() == turn {
                    self.audit.set_value(None);
                    self.gather(of);
                }
            });
        };
        spawn_local(async move {
            let waiting = self.crew.try_update_value(Option::take).flatten();
            let crew = match waiting.filter(|crew| crew.is_enough(of)) {
                Some(crew) => Ok(crew),
                None => fleet::gather(of).await,
            };
            match crew {
                Ok(crew) if self.turn.get_value() == turn => {
                    let audit = crew.begin(&order, fleet, progress, done);
                    self.audit.set_value(Some(audit));
                    LazyCell::force(&early);
                }
                Err(why) if self.turn.get_value() == turn => self.stage.set(Stage::Failed(why)),
                Ok(_) | Err(_) => {}
            }
        });
    }

    /// Has workers ready before they are wanted: they take a moment to start.
    pub(super) fn gather(self, certificates: usize) {
        let turn = self.turn.get_value();
        spawn_local(async move {
            // Whoever starts an audit without them hears why there are none.
            let Ok(crew) = fleet::gather(certificates).await else {
                return;
            };
            // Nor do they wait behind an audit that went ahead with others.
            if self.shown.get_untracked() && self.turn.get_value() == turn {
                self.crew.set_value(Some(crew));
            }
        });
    }

    /// Sends those away that wait.
    pub(super) fn dismiss(self) {
        self.crew.set_value(None);
    }

    /// Stops at once; what was judged is forgotten.
    pub(super) fn cancel(self) {
        self.next_turn();
        self.audit.set_value(None);
        self.stage.set(Stage::Idle);
    }

    /// Keeps in mind that what was judged is no more what lies there. With no fleet left there is nothing
    /// to be told, nor to be judged: the audit ends.
    pub(in crate::bench) fn keep_watch(self, bench: Bench) {
        Effect::new(move |before: Option<()>| {
            let is_gone = bench.items.with(|items| fleet(items).next().is_none());
            bench.trusted.track();
            bench.catalogue.track();
            if before.is_none() {
                return;
            }
            if is_gone && self.stage.get_untracked() != Stage::Idle {
                self.cancel();
            }
            self.changed.set(true);
        });
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
        anchors: Pile::default(),
        bag: Pile::default(),
        crls: Pile::default(),
        at: bench.at.get_untracked().unwrap_or_else(clock::utc),
        profile: bench.profile.get_untracked(),
    };
    let rows = fleet(items).filter_map(Row::new).collect();
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
