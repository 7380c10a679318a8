//! Chains held against the lint of a profile.
#![allow(dead_code, unreachable_pub, reason = "shared by several programs")]

use signet_core::path::{Profile, Question, Report, judge};

use crate::common::{Draft, name, purpose};
use crate::path::{Hashes, ask, chain, code, sign};

/// The report by that profile.
pub fn with(profile: &Profile, lint_decides: bool, drafts: &[Draft; 4]) -> Report {
    ask(&sign(drafts), |question| {
        judge(
            &Question {
                profile,
                lint_decides,
                ..question
            },
            &Hashes,
        )
    })
}

/// The code of the one rule that the change breaks. The path holds all the same.
pub fn lint(profile: &Profile, change: impl FnOnce(&mut [Draft; 4])) -> String {
    let mut drafts = chain();
    if profile.lint.web {
        drafts[3].extensions[3] = purpose(1);
        drafts[3].subject = name(&["a.example.com"]);
    }
    change(&mut drafts);
    let report = with(profile, false, &drafts);
    assert_eq!(code(&report), "ok");
    let path = report.nearest().unwrap();
    let mut codes: Vec<&str> = path
        .lint_failures()
        .map(|check| check.rule.code())
        .collect();
    codes.dedup();
    let verdict = if codes.is_empty() { "ok" } else { codes[0] };
    assert_eq!(code(&with(profile, true, &drafts)), verdict);
    codes.join(" ")
}

/// By RFC 5280.
pub fn rfc5280(change: impl FnOnce(&mut [Draft; 4])) -> String {
    lint(&Profile::rfc5280(), change)
}

/// As a server of the Web PKI.
pub fn web(change: impl FnOnce(&mut [Draft; 4])) -> String {
    lint(&Profile::web(), change)
}
