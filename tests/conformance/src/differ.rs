//! Generated and mutated chains, judged here, by `openssl verify` and by PyPI's `cryptography`.

mod cryptography;
mod lists;
mod make;
mod openssl;
mod policies;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use signet_core::path::{
    PeerName, PolicyInput, Profile, Question, Revocation, SERVER_AUTH, Verdict, judge,
};

use crate::RustCrypto;

pub use cryptography::Cryptography;
pub use make::{Chain, Policies};
pub use openssl::OpenSsl;

/// What is varied from seed to seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything but policies: names, dates, keys, usages, constraints, the order of the bag.
    Form,
    /// Policies only.
    Policies,
    /// Revocation lists only.
    Lists,
}

impl Kind {
    /// Each, with its name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("form", Self::Form),
        ("policies", Self::Policies),
        ("lists", Self::Lists),
    ];

    /// The chain of that seed.
    pub fn chain(self, seed: u64) -> Chain {
        match self {
            Self::Form => Chain::new(seed),
            Self::Policies => policies::chain(seed),
            Self::Lists => lists::chain(seed),
        }
    }
}

/// Somebody else who judges chains.
pub trait Judge {
    /// As `differences.json` calls it.
    fn name(&self) -> &'static str;

    /// `OK`, or the words of the first error.
    ///
    /// # Errors
    /// If the program cannot be run.
    fn verdict(&mut self, chain: &Chain) -> Result<String>;
}

/// Why two judges differ, where it is known: our rule (or `ok`), the other's words (or `OK`).
#[derive(Debug, Deserialize)]
pub struct Explained {
    differences: Vec<Difference>,
}

#[derive(Debug, Deserialize)]
struct Difference {
    judge: String,
    ours: String,
    theirs: String,
    reason: String,
}

/// How many chains were judged alike, and each way they were not.
#[derive(Debug, Default)]
pub struct Tally {
    /// Accepted by both.
    pub accepted: usize,
    /// Refused by both.
    pub refused: usize,
    /// Our rule and the other's words, and the seeds where they differ.
    pub differences: BTreeMap<(String, String), Vec<u64>>,
}

impl Explained {
    /// The file in the repository.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn committed() -> Result<Self> {
        serde_json::from_str(include_str!("../differences.json")).context("differences.json")
    }

    /// The reason for a difference.
    pub fn reason(&self, judge: &str, ours: &str, theirs: &str) -> Option<&str> {
        let fits = |known: &&Difference| {
            known.judge == judge && known.ours == ours && known.theirs == theirs
        };
        self.differences
            .iter()
            .find(fits)
            .map(|known| known.reason.as_str())
    }
}

/// What we say of a chain: `ok`, or the code of the rule that decided.
pub fn ours(chain: &Chain) -> String {
    let bag: Vec<&[u8]> = chain.bag.iter().map(Vec::as_slice).collect();
    let anchors = [chain.root.as_slice()];
    let profile = Profile::rfc5280();
    let peers = [PeerName::Dns(make::HOST.to_owned())];
    let crls: Vec<&[u8]> = chain.lists.iter().map(Vec::as_slice).collect();
    let question = Question {
        bag: &bag,
        crls: &crls,
        revocation: if crls.is_empty() {
            Revocation::Ignore
        } else {
            Revocation::Require { indirect: true }
        },
        purposes: Some(&[SERVER_AUTH]),
        peers: &peers,
        policies: PolicyInput {
            initial: &chain.policies.initial,
            require_explicit: chain.policies.require_explicit,
            inhibit_mapping: chain.policies.inhibit_mapping,
            inhibit_any: chain.policies.inhibit_any,
        },
        ..Question::new(&chain.leaf, &anchors, make::AT, &profile)
    };
    match judge(&question, &RustCrypto).verdict {
        Verdict::Refused(check) => check.rule.code().to_owned(),
        _ => "ok".to_owned(),
    }
}

/// Judges as many chains, from that seed on.
///
/// # Errors
/// If the other judge cannot be run.
pub fn compare(judge: &mut dyn Judge, kind: Kind, first: u64, count: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    for seed in first..first.saturating_add(count) {
        let chain = kind.chain(seed);
        let (ours, theirs) = (ours(&chain), judge.verdict(&chain)?);
        match (ours.as_str(), theirs.as_str()) {
            ("ok", "OK") => tally.accepted += 1,
            ("ok", _) | (_, "OK") => tally
                .differences
                .entry((ours, theirs))
                .or_default()
                .push(seed),
            _ => tally.refused += 1,
        }
    }
    Ok(tally)
}
