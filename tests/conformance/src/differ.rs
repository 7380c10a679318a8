//! Generated and mutated chains, judged here, by `openssl verify` and by PyPI's `cryptography`.

mod cryptography;
mod make;
mod openssl;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use signet_core::path::{PeerName, Profile, Question, SERVER_AUTH, Verdict, judge};

use crate::RustCrypto;

pub use cryptography::Cryptography;
pub use make::Chain;
pub use openssl::OpenSsl;

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
    let question = Question {
        bag: &bag,
        purposes: Some(&[SERVER_AUTH]),
        peers: &peers,
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
pub fn compare(judge: &mut dyn Judge, first: u64, count: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    for seed in first..first.saturating_add(count) {
        let chain = Chain::new(seed);
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
