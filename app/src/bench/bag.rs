use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use signet_core::cert::{Certificate, Sketch};
use signet_core::file::{self, Content, Secret};
use signet_core::{Explain, Fault, UnixTime};
use zeroize::Zeroizing;

use super::fleet::FleetState;
use super::item::{Id, Item, Kind};
use super::problems::ProblemList;
use super::tabs::Tab;
use super::verdict::{Judged, Route, Span};

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
    next: RefCell<u32>,
    keys: RefCell<BTreeMap<Id, Rc<Secret>>>,
    sealed: RefCell<BTreeMap<Id, Rc<Zeroizing<Vec<u8>>>>>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self {
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
        };
        super::verdict::keep_judging(bench);
        bench.fleet.keep_watch(bench);
        bench
    }

    /// Reads a file and lays what is in it on the Bench.
    pub(super) fn open(self, name: &str, bytes: &[u8]) {
        let found = self.read(name, bytes);
        self.lay(found);
    }

    /// Reads a file. What is in it is still to be laid on the Bench.
    pub(super) fn read(self, name: &str, bytes: &[u8]) -> Vec<Item> {
        let file: Arc<str> = name.into();
        let opened = file::open(bytes, None);
        let mut found = self.items_of(&file, opened.objects);
        if opened.wants_password {
            let id = self.next_id();
            self.vault(|vault| {
                vault
                    .sealed
                    .borrow_mut()
                    .insert(id, Rc::new(Zeroizing::new(bytes.to_vec())))
            });
            found.push(Item::sealed(id, &file));
        }
        let mut problems = ProblemList::default();
        for flaw in &opened.flaws {
            problems.add(&file, flaw.fault());
        }
        if !problems.is_empty() {
            self.problems.update(|all| all.append(problems));
        }
        found
    }

    /// Opens what waits for a password.
    ///
    /// # Errors
    /// The password is wrong, or what is inside cannot be read.
    pub(super) fn unlock(self, sealed: Id, password: &Zeroizing<String>) -> Result<(), Fault> {
        let bytes = self.vault(|vault| vault.sealed.borrow().get(&sealed).cloned());
        let item = self.item(sealed);
        let (Some(bytes), Some(item)) = (bytes, item) else {
            return Ok(());
        };
        let opened = file::open(&bytes, Some(password.as_str()));
        if opened.wants_password
            && let Some(flaw) = opened.flaws.first()
        {
            return Err(flaw.fault());
        }
        let found = self.items_of(&item.file, opened.objects);
        self.remove(sealed);
        self.lay(found);
        Ok(())
    }

    /// Takes what was made here.
    pub(super) fn keep(self, file: &str, objects: Vec<file::Object>) {
        let found = self.items_of(&file.into(), objects);
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
        self.vault(|vault| {
            vault.keys.borrow_mut().remove(&id);
            vault.sealed.borrow_mut().remove(&id);
        });
        self.trusted.update(|trusted| {
            trusted.remove(&id);
        });
        self.items
            .update(|items| items.retain(|item| item.id != id));
        if self.chosen.get_untracked() == Some(id) {
            self.chosen
                .set(self.items.with_untracked(|items| best(items)));
        }
    }

    /// Takes everything away, keys first.
    pub(super) fn clear(self) {
        self.vault(|vault| {
            vault.keys.borrow_mut().clear();
            vault.sealed.borrow_mut().clear();
        });
        self.fleet.cancel();
        self.fleet.shown.set(false);
        self.items.set(Vec::new());
        self.trusted.set(BTreeSet::new());
        self.problems.set(ProblemList::default());
        self.chosen.set(None);
        self.at.set(None);
        self.expected.set(String::new());
    }

    fn items_of(self, file: &Arc<str>, objects: Vec<file::Object>) -> Vec<Item> {
        let mut found = Vec::new();
        for object in objects {
            let id = self.next_id();
            let refusable = match &object.content {
                Content::Certificate(der) => Some(der),
                Content::Other(der) if Sketch::is_likely(der) => Some(der),
                _ => None,
            };
            if let Some(Err(error)) = refusable.map(|der| Certificate::from_der(der)) {
                // What can be read of it can still be looked at.
                self.problems
                    .update(|problems| problems.add(file, error.fault()));
            }
            found.extend(Item::new(id, Arc::clone(file), &object));
            if let Content::PrivateKey(secret) = object.content {
                self.vault(|vault| vault.keys.borrow_mut().insert(id, Rc::new(secret)));
            }
        }
        found
    }

    /// Adds what is not there already, and shows the most telling of it.
    pub(super) fn lay(self, found: Vec<Item>) {
        if found.is_empty() {
            return;
        }
        let wanted = best(&found).and_then(|id| found.iter().find(|item| item.id == id));
        let wanted = wanted.map(identity);
        let mut known: BTreeSet<Vec<u8>> = self
            .items
            .with_untracked(|items| items.iter().map(identity).collect());
        let mut fresh = found;
        fresh.retain(|item| {
            let new = known.insert(identity(item));
            if !new {
                self.vault(|vault| vault.keys.borrow_mut().remove(&item.id));
            }
            new
        });
        let roots = fresh.iter().filter(|item| item.is_root());
        let roots: Vec<Id> = roots.map(|item| item.id).collect();
        self.trusted.update(|trusted| trusted.extend(roots));
        self.items.update(|items| items.extend(fresh));
        let shown = self.items.with_untracked(|items| {
            let same = items.iter().find(|item| Some(identity(item)) == wanted);
            same.map(|item| item.id)
        });
        if shown.is_some() {
            self.tab.set(Tab::default());
            self.chosen.set(shown);
        }
    }

    fn next_id(self) -> Id {
        self.vault(|vault| {
            let mut next = vault.next.borrow_mut();
            *next += 1;
            Id(*next)
        })
    }

    fn vault<T>(self, look: impl FnOnce(&Vault) -> T) -> T {
        self.vault.with_value(|vault| look(vault))
    }
}

/// Two objects of one kind with the same bytes are one object.
fn identity(item: &Item) -> Vec<u8> {
    let kind = match item.kind {
        Kind::PrivateKey => 1,
        Kind::Sealed => return [b"sealed", item.id.0.to_be_bytes().as_slice()].concat(),
        _ => 0,
    };
    [&[kind], &*item.der].concat()
}

/// What a person most likely came for: a certificate that issued none of the others, then whatever was
/// first.
fn best(items: &[Item]) -> Option<Id> {
    let leaf = |item: &&Item| item.facts().is_some_and(|facts| !facts.is_ca);
    let found = items.iter().find(leaf);
    let found = found.or_else(|| items.iter().find(|item| item.facts().is_some()));
    found.or(items.first()).map(|item| item.id)
}
