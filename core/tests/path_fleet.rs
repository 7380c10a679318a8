//! Many certificates under the same authorities: each gets the verdict that it would get alone.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use common::NOW;
use path::{
    Hashes, List, alt_names, chain, code, constraints, dns, leaf, oid, policies, seal, sign, signed,
};
use signet_core::path::{
    Answer, Answers, Budget, Fleet, Profile, Question, Report, Revocation, Verify, judge,
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A certificate, and the code of its verdict.
type Fate = (Vec<u8>, &'static str);

/// Root, two authorities, and certificates of each common fate below them, with the code of each.
fn fleet() -> (Vec<Vec<u8>>, Vec<Fate>) {
    let authorities = sign(&chain())[..3].to_vec();
    let of = |seed| leaf("Lower", seed, 3);
    let expired = common::Draft {
        not_after: "200101000000Z",
        ..of(13)
    };
    let leaves = vec![
        (seal(&of(10), 3), "ok"),
        (seal(&of(11), 3), "ok"),
        (seal(&of(12), 9), "path.signature"),
        (seal(&expired, 3), "path.expired"),
        (seal(&leaf("Nobody", 14, 3), 3), "path.issuer-missing"),
        (seal(&of(15), 3), "path.revoked"),
        (b"junk".to_vec(), "path.certificate-form"),
        (authorities[0].clone(), "ok"),
        (authorities[1].clone(), "ok"),
    ];
    (authorities, leaves)
}

fn lists() -> Vec<u8> {
    List::new("Lower", 3)
        .revoking(&leaf("Lower", 15, 3))
        .seal(3)
}

fn with<T>(authorities: &[Vec<u8>], then: impl FnOnce(Question<'_>) -> T) -> T {
    let lists = lists();
    let bag: Vec<&[u8]> = authorities[1..].iter().map(Vec::as_slice).collect();
    let (profile, anchors) = (Profile::rfc5280(), [authorities[0].as_slice()]);
    let mut question = Question::new(&[], &anchors, NOW, &profile);
    let crls = [lists.as_slice(), b"junk"];
    question.bag = &bag;
    question.crls = &crls;
    question.revocation = Revocation::Consult { indirect: false };
    then(question)
}

fn text(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

#[test]
fn each_is_judged_as_if_it_were_alone() {
    let (authorities, leaves) = fleet();
    with(&authorities, |question| {
        let fleet = Fleet::new(question.clone());
        for (leaf, expected) in &leaves {
            let together = fleet.judge(leaf, &Hashes);
            let mut alone = question.clone();
            alone.leaf = leaf;
            assert_eq!(text(&together), text(&judge(&alone, &Hashes)));
            assert_eq!(code(&together), *expected);
        }
    });
}

/// As [`fleet`], where the authorities above set names and policies, and no list is at hand.
fn narrow_fleet() -> (Vec<Vec<u8>>, Vec<Fate>) {
    let mut drafts = chain();
    let (permitted, excluded) = ([dns("example.com")], [dns("bad.example.com")]);
    drafts[1].extensions.extend([
        constraints(&permitted, &excluded),
        policies(&[&oid(1), &oid(2)]),
    ]);
    drafts[2].extensions.push(policies(&[&oid(1)]));
    let authorities = sign(&drafts)[..3].to_vec();
    let named = |seed, name: &str| {
        let mut draft = leaf("Lower", seed, 3);
        draft.extensions.pop();
        draft.extensions.push(alt_names(&[dns(name)]));
        draft
    };
    let mut asserting = leaf("Lower", 10, 3);
    asserting.extensions.push(policies(&[&oid(1)]));
    let leaves = vec![
        (seal(&asserting, 3), "ok"),
        (seal(&leaf("Lower", 11, 3), 3), "ok"),
        (seal(&named(12, "bad.example.com"), 3), "path.name-excluded"),
        (seal(&named(13, "example.org"), 3), "path.name-permitted"),
        (seal(&leaf("Lower", 14, 3), 9), "path.signature"),
        (authorities[2].clone(), "ok"),
        (seal(&asserting, 3), "ok"),
    ];
    (authorities, leaves)
}

/// What is judged once for all is neither seen in what is said of one, nor in what its budget has left.
#[test]
fn what_they_share_is_said_of_each() {
    let (authorities, leaves) = narrow_fleet();
    let bag: Vec<&[u8]> = authorities[1..].iter().map(Vec::as_slice).collect();
    let anchors = [authorities[0].as_slice()];
    let (web, plain) = (Profile::web(), Profile::rfc5280());
    let tight = (0..16).map(|few| Budget {
        names: few,
        policies: few,
        signatures: few,
        ..Budget::default()
    });
    let mut seen = Vec::new();
    for budget in tight.chain([Budget::default()]) {
        for profile in [&plain, &web, &Profile::device(), &Profile::azure(None)] {
            let mut question = Question::new(&[], &anchors, NOW, profile);
            (question.bag, question.budget) = (&bag, budget);
            let fleet = Fleet::new(question.clone());
            seen.clear();
            for (leaf, _) in &leaves {
                question.leaf = leaf;
                let together = fleet.judge(leaf, &Hashes);
                assert_eq!(text(&together), text(&judge(&question, &Hashes)));
                seen.push(code(&together));
            }
            if profile.name == plain.name && budget == Budget::default() {
                assert!(
                    leaves
                        .iter()
                        .map(|(_, code)| *code)
                        .eq(seen.iter().copied())
                );
            }
        }
    }
}

/// Two roots vouch for the authority above the leaves, so that each has two ways up.
#[test]
fn each_of_several_ways_is_shared() {
    let (first, second) = (signed("Root", "Root", 1, 1), signed("Other", "Other", 2, 2));
    let (direct, cross) = (
        signed("Lower", "Root", 3, 1),
        signed("Lower", "Other", 3, 2),
    );
    let anchors = [first.as_slice(), &second];
    let bag = [direct.as_slice(), &cross];
    let leaves = [10, 11, 12].map(|seed| seal(&leaf("Lower", seed, 3), 3));
    let profile = Profile::rfc5280();
    let mut question = Question::new(&[], &anchors, NOW, &profile);
    (question.bag, question.alternatives) = (&bag, 5);
    for revocation in [Revocation::Ignore, Revocation::Require { indirect: true }] {
        question.revocation = revocation;
        let fleet = Fleet::new(question.clone());
        for (at, leaf) in leaves
            .iter()
            .chain(&leaves)
            .chain([&direct, &cross])
            .enumerate()
        {
            let together = fleet.judge(leaf, &Hashes);
            let mut alone = question.clone();
            alone.leaf = leaf;
            assert_eq!(text(&together), text(&judge(&alone, &Hashes)));
            let ways = if at < 6 { 2 } else { 1 };
            assert_eq!(together.paths.len(), ways);
        }
    }
}

/// What lets a fleet be judged with one question for each.
#[test]
fn what_waits_for_signatures_is_confirmed_when_they_are_valid() {
    let (authorities, leaves) = fleet();
    // The first one waits for the list, too.
    let asked = with(&authorities, |question| asked_again(question, &leaves));
    assert_eq!(asked, ["ok", "path.signature"]);
    let (authorities, leaves) = narrow_fleet();
    let asked = with(&authorities, |mut question| {
        question.crls = &[];
        asked_again(question, &leaves)
    });
    assert_eq!(asked, ["path.signature"]);
}

/// The codes of those whose reports cannot be confirmed.
fn asked_again(question: Question<'_>, leaves: &[Fate]) -> Vec<&'static str> {
    let fleet = Fleet::new(question);
    let (mut known, mut asked_again) = (Answers::default(), Vec::new());
    for (leaf, code) in leaves {
        let report = fleet.judge(leaf, &known);
        let found = report.pending.iter();
        let found: Vec<Answer> = found.map(|job| Hashes.verify(&job.check())).collect();
        for (job, answer) in report.pending.iter().zip(&found) {
            known.insert(job.clone(), *answer);
        }
        if !found.is_empty() {
            let few = &found[1..];
            assert!(report.clone().confirm(few).is_err(), "an answer is missing");
        }
        match report.confirm(&found) {
            Ok(report) => assert_eq!(text(&report), text(&fleet.judge(leaf, &Hashes))),
            Err(report) => {
                assert!(report.verified().is_none());
                asked_again.push(*code);
            }
        }
    }
    asked_again
}
