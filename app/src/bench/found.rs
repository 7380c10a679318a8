use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use signet_core::Fault;
use signet_core::file::{self, Content, Object, Secret};

use super::item::{Id, Item, Kind, refusal};
use super::problems::ProblemList;
use super::waiting::Waiting;

/// What was read of files and does not lie on the Bench yet. Whoever drops it wipes the keys in it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) things: Vec<Thing>,
    /// What could not be read.
    pub(super) problems: ProblemList,
}

/// One object, with what of it must be in no signal.
pub(super) struct Thing {
    pub(super) item: Item,
    pub(super) private: Private,
}

/// What of an object is for the vault alone.
pub(super) enum Private {
    Nothing,
    Key(Rc<Secret>),
    File(Waiting),
}

/// Gives each object a name of its own.
#[derive(Default)]
pub(super) struct Ids(Cell<u32>);

/// Objects with the same one are one object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// The bytes of what anybody may see.
    Bytes(Arc<[u8]>),
    /// A private key by its other half.
    Half(Arc<[u8]>),
    /// SHA-256 of a private key whose other half is not known.
    Secret([u8; 32]),
    /// A file that waits for its password is like no other.
    Sealed(Id),
}

impl Ids {
    pub(super) fn next(&self) -> Id {
        self.0.set(self.0.get().wrapping_add(1));
        Id(self.0.get())
    }
}

impl Identity {
    /// `secret` is the item's private key, if it is one.
    pub(super) fn of(item: &Item, secret: Option<&Secret>) -> Self {
        match (&item.kind, secret) {
            (Kind::Sealed, _) => Self::Sealed(item.id),
            (Kind::PrivateKey, Some(secret)) if item.der.is_empty() => {
                Self::Secret(Sha256::digest(secret.as_pkcs8()).into())
            }
            (Kind::PrivateKey, _) => Self::Half(Arc::clone(&item.der)),
            _ => Self::Bytes(Arc::clone(&item.der)),
        }
    }
}

impl Thing {
    pub(super) fn identity(&self) -> Identity {
        let secret = match &self.private {
            Private::Key(secret) => Some(&**secret),
            Private::Nothing | Private::File(_) => None,
        };
        Identity::of(&self.item, secret)
    }
}

impl Found {
    /// Reads a file.
    pub(super) fn read(ids: &Ids, name: &str, bytes: &[u8]) -> Self {
        let file: Arc<str> = name.into();
        let opened = file::open(bytes, None);
        let mut waiting = Waiting::new(bytes, &opened);
        let mut found = Self::default();
        found.add(ids, &file, opened.objects, &mut BTreeSet::new());
        for flaw in &opened.flaws {
            found.problems.add(&file, flaw.fault());
        }
        if let Some(waiting) = &mut waiting {
            waiting.know(&found.things);
        }
        found.things.extend(waiting.map(|waiting| Thing {
            item: Item::sealed(ids.next(), &file),
            private: Private::File(waiting),
        }));
        found
    }

    /// What was made here.
    pub(super) fn made(ids: &Ids, file: &str, objects: Vec<Object>) -> Self {
        let mut found = Self::default();
        found.add(ids, &file.into(), objects, &mut BTreeSet::new());
        found
    }

    /// Adds the objects of a file that are not in `seen`, which learns of them.
    pub(super) fn add(
        &mut self,
        ids: &Ids,
        file: &Arc<str>,
        objects: Vec<Object>,
        seen: &mut BTreeSet<Identity>,
    ) {
        for object in objects {
            let refusal = refusal(&object.content);
            let Some(item) = Item::new(ids.next(), Arc::clone(file), &object) else {
                continue;
            };
            let private = match object.content {
                Content::PrivateKey(secret) => Private::Key(Rc::new(secret)),
                _ => Private::Nothing,
            };
            let thing = Thing { item, private };
            if seen.insert(thing.identity()) {
                if let Some(fault) = refusal {
                    // What can be read of it can still be looked at.
                    self.problems.add(file, fault);
                }
                self.things.push(thing);
            }
        }
    }

    /// Adds a file that could not be read at all.
    pub(super) fn refuse(&mut self, name: &str, fault: Fault) {
        self.problems.add(&name.into(), fault);
    }

    /// Adds what was read later.
    pub(super) fn append(&mut self, later: Self) {
        self.things.extend(later.things);
        self.problems.append(later.problems);
    }

    /// How many objects and problems there are.
    pub(super) fn count(&self) -> usize {
        self.things.len().saturating_add(self.problems.count())
    }
}
