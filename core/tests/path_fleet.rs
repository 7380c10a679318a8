//! Many certificates under the same authorities: each gets the verdict that it would get alone.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use common::NOW;
use path::{Hashes, List, chain, code, leaf, seal, sign};
use signet_core::path::{
    Answer, Answers, Fleet, Profile, Question, Report, Revocation, Verify, judge,
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

/// What lets a fleet be judged with one question for each.
#[test]
fn what_waits_for_signatures_is_confirmed_when_they_are_valid() {
    let (authorities, leaves) = fleet();
    with(&authorities, |question| {
        let fleet = Fleet::new(question);
        let (mut known, mut asked_again) = (Answers::default(), Vec::new());
        for (leaf, code) in &leaves {
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
        // The first one waits for the list, too.
        assert_eq!(asked_again, ["ok", "path.signature"]);
    });
}
