//! Generated chains, judged by others, too: a part of what `conformance differ --count 10000` does.
#![allow(clippy::unwrap_used)]

use conformance::differ::{Chain, Cryptography, Explained, Judge, Kind, OpenSsl, Tally, compare};

/// Each difference has its reason, and both verdicts come often enough to mean something.
fn hold(judge: &str, tally: &Tally, count: usize) {
    let explained = Explained::committed().unwrap();
    let unexplained: Vec<_> = tally
        .differences
        .iter()
        .filter(|((ours, theirs), _)| explained.reason(judge, ours, theirs).is_none())
        .collect();
    assert!(unexplained.is_empty(), "{judge}: {unexplained:?}");
    let (accepted, refused) = (tally.accepted, tally.refused);
    eprintln!("{judge}: {accepted} accepted and {refused} refused by both, of {count}");
    assert!(
        accepted * 10 > count && refused * 4 > count,
        "{accepted} {refused}"
    );
}

#[test]
fn openssl_agrees_or_the_difference_is_explained() {
    let Ok(mut judge) = OpenSsl::new() else {
        eprintln!("skipped: openssl is not installed");
        return;
    };
    for (name, kind) in Kind::ALL {
        let tally = compare(&mut judge, kind, 1, 200).unwrap();
        eprintln!("{name}");
        hold("openssl", &tally, 200);
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
    let tally = compare(&mut judge, Kind::Form, 1, 500).unwrap();
    hold("cryptography", &tally, 500);
}
