//! Generated and mutated chains, judged here, by `openssl verify` and by PyPI's `cryptography`.

mod cryptography;
mod lists;
mod make;
mod openssl;
mod policies;
mod tree;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use signet_core::path::{
    PeerName, PolicyInput, Profile, Question, Revocation, SERVER_AUTH, Verdict, judge,
};

use crate::RustCrypto;

pub use cryptography::Cryptography;
pub use lists::Without;
pub use make::{Chain, Policies};
pub use openssl::OpenSsl;
pub use tree::{Asserted, Step, verdict};

/// What is varied from seed to seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// Why two judges differ, where it is known.
#[derive(Debug, Deserialize)]
pub struct Explained {
    differences: Vec<Difference>,
}

/// One way to differ.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    judge: String,
    kind: Kind,
    /// Our rule, or `ok`.
    ours: String,
    /// The other's words, or `OK`.
    theirs: String,
    reason: String,
    /// What has to hold of the chain as well.
    when: Option<When>,
    /// Some of the chains that show it.
    seeds: Vec<u64>,
}

/// A reason that a program can confirm, chain by chain.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum When {
    /// The tree of RFC 5280 decides as we do, and as the other judge with these steps changed.
    Steps(Vec<Step>),
    /// Without these, both accept.
    Without(Vec<Without>),
    /// Both accept if the anchor of that name and key is a proper authority of version 3.
    BareAnchor,
}

/// How many chains were judged alike, and each way they were not.
#[derive(Debug, Default)]
pub struct Tally {
    /// Accepted by both.
    pub accepted: usize,
    /// Refused by both.
    pub refused: usize,
    /// Our rule, the other's words and the reason if there is one; and the seeds where they differ.
    pub differences: BTreeMap<(String, String, Option<String>), Vec<u64>>,
}

impl Tally {
    /// How many differences have no reason.
    pub fn unexplained(&self) -> usize {
        let without = self
            .differences
            .iter()
            .filter(|((.., reason), _)| reason.is_none());
        without.map(|(_, seeds)| seeds.len()).sum()
    }
}

impl Explained {
    /// The file in the repository.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn committed() -> Result<Self> {
        serde_json::from_str(include_str!("../differences.json")).context("differences.json")
    }

    /// The seeds that once showed a difference.
    pub fn seeds(&self, judge: &str, kind: Kind) -> Vec<u64> {
        let all = self.differences.iter();
        let all = all.filter(|known| known.judge == judge && known.kind == kind);
        all.flat_map(|known| known.seeds.iter().copied()).collect()
    }

    fn reason(
        &self,
        judge: &mut dyn Judge,
        (kind, seed): (Kind, u64),
        (ours, theirs): (&str, &str),
    ) -> Result<Option<String>> {
        for known in &self.differences {
            if known.judge == judge.name()
                && known.kind == kind
                && (known.ours.as_str(), known.theirs.as_str()) == (ours, theirs)
                && known
                    .when
                    .as_ref()
                    .map_or(Ok(true), |when| when.holds(judge, kind, seed))?
            {
                return Ok(Some(known.reason.clone()));
            }
        }
        Ok(None)
    }
}

impl When {
    fn holds(&self, judge: &mut dyn Judge, kind: Kind, seed: u64) -> Result<bool> {
        let chain = kind.chain(seed);
        let both_accept = |judge: &mut dyn Judge, chain: &Chain| -> Result<bool> {
            Ok(ours(chain) == "ok" && judge.verdict(chain)? == "OK")
        };
        match self {
            Self::Steps(steps) => {
                let with = |steps: &[Step]| verdict(&chain.asserted, &chain.policies, steps);
                let agrees = (with(steps) == "ok") == (judge.verdict(&chain)? == "OK");
                Ok(with(&[]) == ours(&chain) && agrees)
            }
            Self::Without(what) => both_accept(judge, &lists::without(seed, what)),
            Self::BareAnchor => {
                let root = make::anchor();
                both_accept(judge, &Chain { root, ..chain })
            }
        }
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

/// Judges the chains of these seeds.
///
/// # Errors
/// If the other judge cannot be run.
pub fn compare(
    judge: &mut dyn Judge,
    explained: &Explained,
    kind: Kind,
    seeds: impl IntoIterator<Item = u64>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    for seed in seeds {
        let chain = kind.chain(seed);
        let (ours, theirs) = (ours(&chain), judge.verdict(&chain)?);
        match (ours.as_str(), theirs.as_str()) {
            ("ok", "OK") => tally.accepted += 1,
            ("ok", _) | (_, "OK") => {
                let reason = explained.reason(judge, (kind, seed), (&ours, &theirs))?;
                let seeds = tally.differences.entry((ours, theirs, reason));
                seeds.or_default().push(seed);
            }
            _ => tally.refused += 1,
        }
    }
    Ok(tally)
}
