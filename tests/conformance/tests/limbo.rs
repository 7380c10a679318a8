//! The development part of C2SP x509-limbo: the right verdict for the right reason.
//!
//! The suite is looked for in the folder that the environment variable `SIGNET_CORPORA` names.
//! `limbo_rules.tsv` says for each failing case which rules it is meant to break, and `limbo_rules.py`
//! how that was found.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;

use conformance::RustCrypto;
use conformance::limbo::{Exceptions, Score, Suite, Verdict};
use signet_core::UnixTime;
use signet_core::path::{Answer, Answers, Rule, Verify};

const FILE: &str = "x509-limbo-dev.json.gz";

/// For cases that name no time: 2026-11-25.
const NOW: UnixTime = UnixTime(1_795_564_800);

fn suite() -> Option<Suite> {
    Some(Suite::read(&common::corpus(FILE)?).unwrap())
}

/// Id and rules of each line.
fn meant() -> HashMap<&'static str, Vec<&'static str>> {
    let lines = include_str!("limbo_rules.tsv").lines();
    let pairs = lines.map(|line| line.split_once('\t').unwrap());
    pairs
        .map(|(id, rules)| (id, rules.split(' ').collect()))
        .collect()
}

#[test]
fn every_rule_of_the_file_exists() {
    for (id, rules) in meant() {
        for rule in rules {
            assert!(Rule::find(rule).is_some(), "{id}: there is no rule {rule}");
        }
    }
}

#[test]
fn the_right_verdict_for_the_right_reason() {
    let Some(suite) = suite() else { return };
    let (meant, exceptions) = (meant(), Exceptions::committed().unwrap());
    let (mut score, mut wrong, mut failing) = (Score::default(), Vec::new(), 0);
    for case in &suite.testcases {
        let outcome = case.run(NOW);
        score.add(case.expected_result, &outcome);
        let agrees = outcome.verdict == Some(case.expected_result);
        if agrees == exceptions.reason(&case.id).is_some() {
            wrong.push(format!(
                "{}: {} {}",
                case.id, case.expected_result, outcome.reason
            ));
        }
        if case.expected_result == Verdict::Success {
            continue;
        }
        failing += 1;
        let Some(rules) = meant.get(case.id.as_str()) else {
            wrong.push(format!(
                "{}: limbo_rules.tsv does not say what it breaks",
                case.id
            ));
            continue;
        };
        // What decided is meant, and all that is meant was found.
        let decided = rules.contains(&outcome.reason.as_str());
        let all = rules
            .iter()
            .all(|rule| outcome.broken.iter().any(|broken| broken == rule));
        if !decided || !all {
            wrong.push(format!(
                "{}: meant {rules:?}, found {:?}",
                case.id, outcome.broken
            ));
        }
    }
    println!("{score}; {failing} refusals for the reason that was meant");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(failing, meant.len());
}

/// The page asks once, has the signatures checked, and confirms the report instead of asking again.
#[test]
fn a_confirmed_report_is_the_one_of_a_second_judgement() {
    let Some(suite) = suite() else { return };
    let (mut confirmed, mut asked_again) = (0, 0);
    for case in &suite.testcases {
        let nothing = Answers::default();
        let (Ok(first), Ok(whole)) = (case.ask(NOW, &nothing), case.ask(NOW, &RustCrypto)) else {
            continue;
        };
        let jobs = first.pending.iter();
        let found: Vec<Answer> = jobs.map(|job| RustCrypto.verify(&job.check())).collect();
        let all_valid = found.iter().all(|answer| *answer == Answer::Valid);
        match first.confirm(&found) {
            Ok(report) => {
                assert!(all_valid, "{}", case.id);
                let text = |report| serde_json::to_string(report).unwrap();
                assert_eq!(text(&report), text(&whole), "{}", case.id);
                assert_eq!(report.verified(), whole.verified(), "{}", case.id);
                confirmed += 1;
            }
            Err(report) => {
                assert!(!all_valid || !case.crls.is_empty(), "{}", case.id);
                assert!(report.verified().is_none(), "{}", case.id);
                asked_again += 1;
            }
        }
    }
    println!("{confirmed} confirmed, {asked_again} asked again");
    assert!(confirmed > 500 && asked_again > 0);
}
