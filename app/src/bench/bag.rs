use std::cell::{Cell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use signet_core::file::{Object, Secret};
use signet_core::{Fault, UnixTime};
use zeroize::Zeroizing;

use super::fleet::FleetState;
use super::found::{Found, Identity, Ids, Private};
use super::item::{Id, Item};
use super::problems::ProblemList;
use super::tabs::Tab;
use super::verdict::{Judged, Route, Span};
use super::waiting::{Unlocked, Waiting};

/// The Bench's state, which outlives its screen: a look at the line must not empty the Bench.
#[derive(Clone, Copy)]
pub(crate) struct Bench {
    /// What lies there, in the order in which it came.
    pub(super) items: RwSignal<Vec<Item>>,
    /// The one that is shown.
    pub(super) chosen: RwSignal<Option<Id>>,
    /// The certificates that are trusted.
    pub(super) trusted: RwSignal<BTreeSet<Id>>,
    /// Which view of it.
    pub(super) tab: RwSignal<Tab>,
    /// Whether Azure's public roots are trusted, too.
    pub(super) catalogue: RwSignal<bool>,
    /// Which of the profiles is shown, by its place.
    pub(super) profile: RwSignal<usize>,
    /// The moment of judgement; now, if nobody chose one.
    pub(super) at: RwSignal<Option<UnixTime>>,
    /// Whom the certificate must be for: a host name, an address or a registration ID.
    pub(super) expected: RwSignal<String>,
    /// What could not be read.
    pub(super) problems: RwSignal<ProblemList>,
    /// The verdicts on the chosen certificate.
    pub(super) judged: RwSignal<Option<Arc<Judged>>>,
    /// The same over time, in the chosen profile.
    pub(super) spans: RwSignal<Arc<[Span]>>,
    /// Which of its paths is shown, if somebody chose one.
    pub(super) route: RwSignal<Option<Route>>,
    /// All certificates at once.
    pub(super) fleet: FleetState,
    vault: StoredValue<Rc<Vault>, LocalStorage>,
}

/// What is no signal, so that no effect, no log and no debugger of signals ever holds it: private keys,
/// and the bytes of files that wait for a password. It dies with the tab.
#[derive(Default)]
struct Vault {
    ids: Ids,
    keys: RefCell<BTreeMap<Id, Rc<Secret>>>,
    waiting: RefCell<BTreeMap<Id, Waiting>>,
    /// Counts the keys whose other half is not known.
    halves: Cell<u32>,
    /// Counts how often the Bench was cleared.
    turn: Cell<u32>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self::unjudged();
        super::verdict::keep_judging(bench);
        bench.fleet.keep_watch(bench);
        bench
    }

    /// One on which nothing is judged by itself.
    fn unjudged() -> Self {
        Self {
            items: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(None),
            trusted: RwSignal::new(BTreeSet::new()),
            tab: RwSignal::new(Tab::default()),
            catalogue: RwSignal::new(true),
            profile: RwSignal::new(0),
            at: RwSignal::new(None),
            expected: RwSignal::new(String::new()),
            problems: RwSignal::new(ProblemList::default()),
            judged: RwSignal::new(None),
            route: RwSignal::new(None),
            spans: RwSignal::new([].into()),
            fleet: FleetState::new(),
            vault: StoredValue::new_local(Rc::default()),
        }
    }

    /// Reads a file and lays what is in it on the Bench.
    pub(super) fn open(self, name: &str, bytes: &[u8]) {
        self.lay(self.read(name, bytes));
    }

    /// Reads a file. What is in it is still to be laid on the Bench.
    pub(super) fn read(self, name: &str, bytes: &[u8]) -> Found {
        self.vault(|vault| Found::read(&vault.ids, name, bytes))
    }

    /// Opens what waits for a password, as far as the password goes.
    ///
    /// # Errors
    /// The password opens nothing more of it.
    pub(super) fn unlock(
        self,
        sealed: Id,
        password: &Zeroizing<String>,
    ) -> Result<Unlocked, Fault> {
        let file = self.items.with_untracked(|items| {
            let item = items.iter().find(|item| item.id == sealed);
            item.map(|item| Arc::clone(&item.file))
        });
        let waiting = self.vault(|vault| vault.waiting.borrow_mut().remove(&sealed));
        let (Some(file), Some(mut waiting)) = (file, waiting) else {
            return Err(gone());
        };
        let (found, answer) =
            self.vault(|vault| waiting.open(&vault.ids, &file, password.as_str()));
        // It must not look empty in between: that would be the end of all that was chosen here.
        self.lay(found);
        if answer == Ok(Unlocked::Whole) {
            self.take_away(sealed);
        } else {
            self.vault(|vault| vault.waiting.borrow_mut().insert(sealed, waiting));
            self.chosen.set(Some(sealed));
        }
        answer
    }

    /// Takes what was made here.
    pub(super) fn keep(self, file: &str, objects: Vec<Object>) {
        let found = self.vault(|vault| Found::made(&vault.ids, file, objects));
        self.lay(found);
    }

    /// The private key of an item, for the moment of an export.
    pub(super) fn secret(self, id: Id) -> Option<Rc<Secret>> {
        self.vault(|vault| vault.keys.borrow().get(&id).cloned())
    }

    /// The item with that name.
    pub(super) fn item(self, id: Id) -> Option<Item> {
        self.items
            .with(|items| items.iter().find(|item| item.id == id).cloned())
    }

    pub(super) fn remove(self, id: Id) {
        self.take_away(id);
        if self.items.with_untracked(Vec::is_empty) {
            self.begin_anew();
        }
    }

    /// Takes everything away, keys first, and what is still being read as well.
    pub(super) fn clear(self) {
        self.vault(|vault| {
            vault.turn.set(vault.turn.get().wrapping_add(1));
            vault.keys.borrow_mut().clear();
            vault.waiting.borrow_mut().clear();
        });
        self.items.set(Vec::new());
        self.trusted.set(BTreeSet::new());
        self.chosen.set(None);
        self.begin_anew();
    }

    /// Another one than before if the Bench was cleared meanwhile.
    pub(super) fn turn(self) -> u32 {
        self.vault(|vault| vault.turn.get())
    }

    /// Adds what is not there already, and shows the most telling of it.
    pub(super) fn lay(self, found: Found) {
        let Found { things, problems } = found;
        if !problems.is_empty() {
            self.problems.update(|all| all.append(problems));
        }
        if things.is_empty() {
            return;
        }
        let wanted = best(things.iter().map(|thing| &thing.item));
        let mut shown = None;
        let mut known = self.known();
        let mut fresh = Vec::new();
        for mut thing in things {
            let mine = thing.item.id;
            let here = match known.entry(thing.identity()) {
                Entry::Occupied(same) => *same.get(),
                Entry::Vacant(free) => {
                    free.insert(mine);
                    if thing.item.is_half() {
                        thing.item.title = self.numbered(&thing.item.title);
                    }
                    self.lock_up(mine, thing.private);
                    fresh.push(thing.item);
                    mine
                }
            };
            if wanted == Some(mine) {
                shown = Some(here);
            }
        }
        let roots = fresh.iter().filter(|item| item.is_root());
        let roots: Vec<Id> = roots.map(|item| item.id).collect();
        self.trusted.update(|trusted| trusted.extend(roots));
        self.items.update(|items| items.extend(fresh));
        self.tab.set(Tab::default());
        self.chosen.set(shown);
    }

    /// The title of a key that has no digest to be told by.
    fn numbered(self, title: &str) -> Arc<str> {
        self.vault(|vault| {
            vault.halves.set(vault.halves.get().wrapping_add(1));
            format!("{title} no. {}", vault.halves.get()).into()
        })
    }

    fn known(self) -> BTreeMap<Identity, Id> {
        let identity = |item: &Item| {
            let secret = self.secret(item.id);
            (Identity::of(item, secret.as_deref()), item.id)
        };
        self.items
            .with_untracked(|items| items.iter().map(identity).collect())
    }

    fn lock_up(self, id: Id, private: Private) {
        self.vault(|vault| match private {
            Private::Nothing => {}
            Private::Key(secret) => {
                vault.keys.borrow_mut().insert(id, secret);
            }
            Private::File(waiting) => {
                vault.waiting.borrow_mut().insert(id, waiting);
            }
        });
    }

    fn take_away(self, id: Id) {
        self.vault(|vault| {
            vault.keys.borrow_mut().remove(&id);
            vault.waiting.borrow_mut().remove(&id);
        });
        self.trusted.update(|trusted| {
            trusted.remove(&id);
        });
        self.items
            .update(|items| items.retain(|item| item.id != id));
        if self.chosen.get_untracked() == Some(id) {
            self.chosen
                .set(self.items.with_untracked(|items| best(items.iter())));
        }
    }

    /// Forgets what was asked and said about what lay here. An audit ends with its fleet
    /// ([`FleetState::keep_watch`]).
    fn begin_anew(self) {
        self.fleet.shown.set(false);
        self.problems.set(ProblemList::default());
        self.at.set(None);
        self.expected.set(String::new());
        self.vault(|vault| vault.halves.set(0));
    }

    fn vault<T>(self, look: impl FnOnce(&Vault) -> T) -> T {
        self.vault.with_value(|vault| look(vault))
    }
}

/// What a person most likely came for: a certificate that issued none of the others, then whatever was
/// first.
fn best<'i>(mut items: impl Iterator<Item = &'i Item> + Clone) -> Option<Id> {
    let leaf = |item: &&Item| item.facts().is_some_and(|facts| !facts.is_ca);
    let found = items.clone().find(leaf);
    let found = found.or_else(|| items.clone().find(|item| item.facts().is_some()));
    found.or_else(|| items.next()).map(|item| item.id)
}

fn gone() -> Fault {
    Fault {
        code: "bench.file-gone".to_owned(),
        what: "The file is not in this tab's memory any more.".to_owned(),
        next: "Open it again.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
