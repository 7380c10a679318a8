//! Generated chains, judged by others, too: a part of what `conformance differ --count 10000` does.
#![allow(clippy::unwrap_used)]

use conformance::differ::{
    Chain, Cryptography, Explained, Judge, Kind, OpenSsl, Tally, compare, ours, verdict,
};

/// Each difference has its reason, and both verdicts come often enough to mean something.
fn hold(judge: &mut dyn Judge, kind: Kind, count: u64) {
    let explained = Explained::committed().unwrap();
    let tally = compare(judge, &explained, kind, 1..=count).unwrap();
    assert_eq!(tally.unexplained(), 0, "{:?}", tally.differences);
    let (name, accepted, refused) = (judge.name(), tally.accepted, tally.refused);
    eprintln!("{name}, {kind:?}: {accepted} accepted and {refused} refused by both, of {count}");
    let count = usize::try_from(count).unwrap();
    assert!(
        accepted * 10 > count && refused * 4 > count,
        "{accepted} {refused}"
    );
    remembered(judge, kind, &explained);
}

/// What differed once differs for the same reason, or no more: another release may have mended it.
fn remembered(judge: &mut dyn Judge, kind: Kind, explained: &Explained) {
    let seeds = explained.seeds(judge.name(), kind);
    assert!(!seeds.is_empty());
    let tally: Tally = compare(judge, explained, kind, seeds).unwrap();
    assert_eq!(tally.unexplained(), 0, "{:?}", tally.differences);
    let agreed = tally.accepted + tally.refused;
    eprintln!("of those that once differed, {agreed} agree");
}

#[test]
fn openssl_agrees_or_the_difference_is_explained() {
    let Ok(mut judge) = OpenSsl::new() else {
        eprintln!("skipped: openssl is not installed");
        return;
    };
    for (_, kind) in Kind::ALL {
        hold(&mut judge, kind, 200);
    }
}

#[test]
fn cryptography_agrees_or_the_difference_is_explained() {
    let judge = Cryptography::new().ok();
    let ready = |judge: &mut Cryptography| judge.verdict(&Chain::new(1)).is_ok();
    let Some(mut judge) = judge.and_then(|mut judge| ready(&mut judge).then_some(judge)) else {
        eprintln!("skipped: there is no Python with cryptography");
        return;
    };
    hold(&mut judge, Kind::Form, 500);
}

/// A reason that no chain has shown is a guess.
#[test]
fn every_difference_has_been_seen() {
    let text = include_str!("../differences.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    for known in file["differences"].as_array().unwrap() {
        assert!(!known["seeds"].as_array().unwrap().is_empty(), "{known}");
    }
}

/// The graph of RFC 9618 decides as the tree of RFC 5280 that it replaces, by the same rule.
#[test]
fn the_graph_decides_as_the_tree() {
    for seed in 1..500 {
        let chain = Kind::Policies.chain(seed);
        let by_tree = verdict(&chain.asserted, &chain.policies, &[]);
        assert_eq!(ours(&chain), by_tree, "seed {seed}");
    }
}
