use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use signet_core::file::{self, Content, Error, Flaw, Opened};
use signet_core::{Explain, Fault};
use zeroize::Zeroizing;

use super::found::{Found, Identity, Ids, Thing};

/// A file with something in it that wants a password. Its parts may want different ones, so it waits
/// until each of them was opened by some.
pub(super) struct Waiting {
    bytes: Zeroizing<Vec<u8>>,
    /// SHA-256 of each part that is still sealed.
    sealed: BTreeSet<[u8; 32]>,
    /// What has come out of the file.
    seen: BTreeSet<Identity>,
    /// What was said about the file.
    told: BTreeSet<String>,
}

/// How far a password opened a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unlocked {
    /// Nothing in it is sealed any more.
    Whole,
    /// The rest wants another password.
    Part,
}

impl Waiting {
    /// `None` for a file that waits for nothing.
    pub(super) fn new(bytes: &[u8], opened: &Opened) -> Option<Self> {
        let sealed = sealed(opened).map(|(digest, _)| digest);
        let sealed: BTreeSet<_> = sealed.collect();
        let told = opened.flaws.iter().map(|flaw| flaw.fault().what);
        (!sealed.is_empty()).then(|| Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            sealed,
            seen: BTreeSet::new(),
            told: told.collect(),
        })
    }

    /// Remembers what the file gave away without a password.
    pub(super) fn know(&mut self, things: &[Thing]) {
        self.seen.extend(things.iter().map(Thing::identity));
    }

    /// Tries a password: what is new, and how far that went or why it went nowhere.
    pub(super) fn open(
        &mut self,
        ids: &Ids,
        file: &Arc<str>,
        password: &str,
    ) -> (Found, Result<Unlocked, Fault>) {
        let opened = file::open(&self.bytes, Some(password));
        let left: BTreeSet<_> = sealed(&opened).map(|(digest, _)| digest).collect();
        self.sealed.retain(|digest| left.contains(digest));
        let refused = self.reason(&opened);
        let mut found = Found::default();
        found.add(ids, file, opened.objects, &mut self.seen);
        let answer = match (self.sealed.is_empty(), found.things.is_empty()) {
            (true, _) => Ok(Unlocked::Whole),
            (false, false) => Ok(Unlocked::Part),
            (false, true) => Err(refused),
        };
        for flaw in &opened.flaws {
            let fault = flaw.fault();
            if !is_said(flaw, &answer) && self.told.insert(fault.what.clone()) {
                found.problems.add(file, fault);
            }
        }
        (found, answer)
    }

    /// Why what is still sealed did not open: the password before all, for another one can be typed.
    fn reason(&self, opened: &Opened) -> Fault {
        let still = sealed(opened).filter(|(digest, _)| self.sealed.contains(digest));
        let places: BTreeSet<usize> = still.map(|(_, at)| at).collect();
        let here = |flaw: &&Flaw| flaw.at.is_some_and(|at| places.contains(&at));
        let flaws = || opened.flaws.iter().filter(here);
        let wrong = flaws().find(|flaw| flaw.error == Error::WrongPassword);
        let wrong = wrong.or_else(|| flaws().next());
        wrong.map_or_else(|| Error::WrongPassword.fault(), Flaw::fault)
    }
}

/// Whether the answer says it, or the object that stays sealed does.
fn is_said(flaw: &Flaw, answer: &Result<Unlocked, Fault>) -> bool {
    match flaw.error {
        Error::WrongPassword => true,
        Error::Algorithm { .. } | Error::Cost => answer.is_err(),
        _ => answer.as_ref() == Err(&flaw.fault()),
    }
}

/// SHA-256 of each sealed part, and where it begins.
fn sealed(opened: &Opened) -> impl Iterator<Item = ([u8; 32], usize)> {
    opened.objects.iter().filter_map(|object| {
        let Content::Sealed(der) = &object.content else {
            return None;
        };
        Some((Sha256::digest(der).into(), object.at))
    })
}
