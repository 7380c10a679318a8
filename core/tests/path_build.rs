//! Path building: RFC 4158. Bags in any order, cross-certificates, loops, and graphs made to hurt.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use core::slice::from_ref;

use const_oid::ObjectIdentifier;

use common::{Draft, NOW, extension, name, tlv};
use path::{
    Hashes, alt_names, authority, chain, code, constraints, dns, layers, leaf, plain, policies,
    seal, sign, signed,
};
use signet_core::path::{
    Budget, Place, PolicyInput, Profile, Question, Report, Rule, Verdict, judge,
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn find(anchors: &[Vec<u8>], bag: &[Vec<u8>], leaf: &[u8], budget: Budget) -> Report {
    let anchors: Vec<&[u8]> = anchors.iter().map(Vec::as_slice).collect();
    let bag: Vec<&[u8]> = bag.iter().map(Vec::as_slice).collect();
    let profile = Profile::device();
    let plain = Question::new(leaf, &anchors, NOW, &profile);
    judge(
        &Question {
            bag: &bag,
            budget,
            ..plain
        },
        &Hashes,
    )
}

fn search(anchors: &[Vec<u8>], bag: &[Vec<u8>], leaf: &[u8]) -> Report {
    find(anchors, bag, leaf, Budget::default())
}

fn length(report: &Report) -> usize {
    report.verified().unwrap().certificates().len()
}

#[test]
fn any_order_any_number_of_times_and_junk_between() {
    let good = sign(&chain());
    let junk = b"junk".to_vec();
    let stranger = signed("Stranger", "Nobody", 90, 91);
    let (root, upper, lower, leaf) = (&good[0], &good[1], &good[2], &good[3]);
    for bag in [
        vec![upper.clone(), lower.clone()],
        vec![lower.clone(), upper.clone()],
        vec![
            leaf.clone(),
            lower.clone(),
            lower.clone(),
            root.clone(),
            upper.clone(),
        ],
        vec![junk, stranger, upper.clone(), upper.clone(), lower.clone()],
    ] {
        let report = search(from_ref(root), &bag, leaf);
        assert_eq!((code(&report), length(&report)), ("ok", 4));
    }
    let report = search(
        from_ref(root),
        &[b"junk".to_vec(), upper.clone(), lower.clone()],
        leaf,
    );
    assert_eq!(report.unreadable[0].place, Place::Bag(0));
    // An anchor further down ends the path there.
    assert_eq!(length(&search(from_ref(lower), &[], leaf)), 2);
}

#[test]
fn the_nearest_sound_path_is_found() {
    // Lower was cross-signed by another root; the way over Upper has expired.
    let mut drafts = chain();
    drafts[1].not_after = "261231000000Z";
    let good = sign(&drafts);
    let other_root = signed("Other", "Other", 5, 5);
    let cross = signed("Lower", "Other", 3, 5);
    let bag = [good[1].clone(), good[2].clone(), cross];
    let report = search(&[good[0].clone(), other_root.clone()], &bag, &good[3]);
    assert_eq!((code(&report), length(&report)), ("ok", 3));
    let report = search(&[good[0].clone()], &bag, &good[3]);
    assert_eq!(code(&report), "path.expired");
    // Without the cross-certificate there is only the expired way, and it is shown whole.
    let report = search(&[good[0].clone(), other_root], &bag[..2], &good[3]);
    assert_eq!(code(&report), "path.expired");
    assert_eq!(report.nearest().unwrap().certificates.len(), 4);
}

#[test]
fn other_ways_up_are_judged_if_asked_for() {
    let good = sign(&chain());
    let other = signed("Other", "Other", 70, 70);
    // The same name and key as the root, issued by another root: a cross-certificate.
    let cross = signed("Root", "Other", 1, 70);
    let anchors: Vec<&[u8]> = vec![&good[0], &other];
    let bag: Vec<&[u8]> = vec![&good[1], &good[2], &cross];
    let profile = Profile::device();
    let ask = |alternatives| {
        let plain = Question::new(&good[3], &anchors, NOW, &profile);
        let bag = &bag;
        judge(
            &Question {
                bag,
                alternatives,
                ..plain
            },
            &Hashes,
        )
    };
    assert_eq!(ask(0).paths.len(), 1);
    let report = ask(7);
    let lengths: Vec<usize> = report
        .paths
        .iter()
        .map(|path| path.certificates.len())
        .collect();
    assert_eq!(
        (report.nearest, lengths, report.is_accepted()),
        (Some(0), vec![4, 5], true)
    );
    assert_eq!(length(&report), 4);
}

/// A root that is asked about, and trusted by way of its cross-certificate alone.
#[test]
fn the_target_is_no_issuer() {
    let other = signed("Other", "Other", 70, 70);
    let (own, cross) = (signed("A", "A", 5, 5), signed("A", "Other", 5, 70));
    let profile = Profile::rfc5280();
    let anchors: [&[u8]; 1] = [&other];
    let bag: [&[u8]; 2] = [&own, &cross];
    let plain = Question::new(&own, &anchors, NOW, &profile);
    let report = judge(&Question { bag: &bag, ..plain }, &Hashes);
    assert_eq!((code(&report), length(&report)), ("ok", 3));
    // The same certificate again leads nowhere.
    let bag = &bag[..1];
    let report = judge(
        &Question {
            bag,
            ..Question::new(&own, &anchors, NOW, &profile)
        },
        &Hashes,
    );
    assert_eq!(code(&report), "path.untrusted");
}

/// Section 6.1.1 (d): each anchor is an input of its own. What the nearest one does not allow, the one
/// above it may.
#[test]
fn an_anchor_may_stand_below_another() {
    let mapping =
        |from: &[u8], to: &[u8]| extension(33, true, &tlv(0x30, &[&tlv(0x30, &[from, to])]));
    let [first, second] = [1, 2].map(path::oid);
    let mut drafts = chain();
    let pair = [policies(&[&first]), mapping(&first, &second)];
    drafts[1].extensions.push(policies(&[&first]));
    drafts[2].extensions.extend(pair);
    drafts[3].extensions.push(policies(&[&second]));
    let good = sign(&drafts);
    let initial = [ObjectIdentifier::new_unwrap("1.2.3.1")];
    let profile = Profile::device();
    let ask = |anchors: &[&[u8]], bag: &[&[u8]]| {
        let plain = Question::new(&good[3], anchors, NOW, &profile);
        let policies = PolicyInput {
            initial: &initial,
            require_explicit: true,
            ..PolicyInput::default()
        };
        judge(
            &Question {
                bag,
                policies,
                ..plain
            },
            &Hashes,
        )
    };
    let [root, upper, lower] = [&*good[0], &*good[1], &*good[2]];
    for anchors in [&[root][..], &[root, lower], &[lower, root]] {
        let report = ask(anchors, &[upper, lower]);
        assert_eq!((code(&report), length(&report)), ("ok", 4));
    }
    assert_eq!(length(&ask(&[lower, upper, root], &[])), 3);
    // An anchor's own policies are not asked, and nothing is trusted above it.
    let report = ask(&[lower], &[upper, root]);
    assert_eq!(
        (code(&report), report.paths.len()),
        ("path.policy-accepted", 1)
    );
}

/// A mesh of authorities that were issued again and again: of each layer four with one name and key.
fn mesh(layers: u16) -> Vec<Vec<u8>> {
    let again = |layer: u16| {
        let (subject, issuer) = (format!("M{layer}"), format!("M{}", layer + 1));
        (0..4).map(move |serial| {
            let mut draft = authority(&subject, &issuer, 100 + layer, 101 + layer);
            draft.serial = vec![2, 1, serial];
            seal(&draft, 101 + layer)
        })
    };
    (0..layers).flat_map(again).collect()
}

/// Tried first, it would take 4^7 candidates to see that it leads nowhere.
#[test]
fn what_leads_nowhere_is_seen_once() {
    let root = signed("Root", "Root", 1, 1);
    let leaf = seal(&leaf("Lower", 4, 3), 3);
    let (astray, sound) = (signed("Lower", "M0", 3, 100), signed("Lower", "Root", 3, 1));
    let bag = [vec![astray], mesh(7), vec![sound]].concat();
    let budget = Budget {
        candidates: 200,
        ..Budget::default()
    };
    let report = find(from_ref(&root), &bag, &leaf, budget);
    assert_eq!((code(&report), length(&report)), ("ok", 3));
    // One that ends at an anchor that has expired comes last, however many its paths are.
    let mut old = authority("M7", "M7", 107, 107);
    old.not_after = "261231000000Z";
    let anchors = [seal(&old, 107), root];
    let report = find(&anchors, &bag, &leaf, budget);
    assert_eq!((code(&report), length(&report)), ("ok", 3));
    let report = find(&anchors[..1], &bag, &leaf, Budget::default());
    assert_eq!(code(&report), "path.expired");
}

/// Whoever is told to renew a certificate should know that another path may hold.
#[test]
fn a_search_that_was_given_up_says_so() {
    let mut drafts = chain();
    drafts[3].not_after = "261231000000Z";
    let good = sign(&drafts);
    let mut other = authority("Lower", "Upper", 3, 2);
    other.serial = vec![2, 1, 9];
    let bag = [good[1..3].to_vec(), vec![seal(&other, 2)]].concat();
    let ask = |paths| {
        let budget = Budget {
            paths,
            ..Budget::default()
        };
        find(&good[..1], &bag, &good[3], budget)
    };
    assert_eq!(code(&ask(2)), "path.expired");
    let report = ask(1);
    assert_eq!(code(&report), "budget.paths");
    let said = report.failures()[0].what();
    assert!(
        said.contains("given up") && said.contains("expired"),
        "{said}"
    );
}

/// A first path that name constraints forbid must not hide a second that they do not.
#[test]
fn a_path_that_fails_is_not_the_last() {
    let mut drafts = chain();
    drafts[1]
        .extensions
        .push(constraints(&[], &[dns("example.com")]));
    let good = sign(&drafts);
    let second = signed("Upper", "Other", 2, 6);
    let anchors = [good[0].clone(), signed("Other", "Other", 6, 6)];
    let bag = [good[1].clone(), second, good[2].clone()];
    let report = search(&anchors, &bag, &good[3]);
    assert_eq!(code(&report), "ok");
    assert_eq!(report.paths.len(), 2);
    assert_eq!(
        report.paths[0].failures().next().unwrap().rule,
        Rule::NameExcluded
    );
}

#[test]
fn why_there_is_no_path() {
    let good = sign(&chain());
    let report = search(&[good[0].clone()], &[good[1].clone()], &good[3]);
    assert_eq!(code(&report), "path.issuer-missing");
    assert_eq!(
        report.failures()[0].what(),
        "The issuer of CN=leaf is missing: CN=Lower."
    );
    let report = search(&[good[0].clone()], &[good[2].clone()], &good[3]);
    assert_eq!(
        report.failures()[0].what(),
        "The issuer of CN=Lower is missing: CN=Upper."
    );
    // The wrong root: where the path ends is what is not trusted.
    let other = signed("Other", "Other", 5, 5);
    let report = search(
        &[other],
        &[good[0].clone(), good[1].clone(), good[2].clone()],
        &good[3],
    );
    assert_eq!(code(&report), "path.untrusted");
    assert!(report.failures()[0].what().contains("CN=Root"));
    // The same name with another key.
    let impostor = signed("Lower", "Upper", 9, 2);
    let report = search(
        &[good[0].clone()],
        &[good[1].clone(), impostor.clone()],
        &good[3],
    );
    assert_eq!(code(&report), "path.signature");
    let bag = [good[1].clone(), impostor, good[2].clone()];
    let report = search(&[good[0].clone()], &bag, &good[3]);
    assert_eq!(code(&report), "ok");
}

#[test]
fn a_missing_issuer_is_fetched_from_where_the_certificate_says() {
    let access = tlv(
        0x30,
        &[
            b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02",
            &tlv(0x86, &[b"http://ca.example/lower.crt"]),
        ],
    );
    let access = tlv(
        0x30,
        &[
            b"\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01",
            &tlv(4, &[&tlv(0x30, &[&access])]),
        ],
    );
    let mut drafts = chain();
    drafts[3].extensions.push(access);
    let good = sign(&drafts);
    let report = search(&good[..1], &[], &good[3]);
    let Verdict::Refused(check) = &report.verdict else {
        panic!("{:?}", report.verdict)
    };
    assert_eq!(
        check.mend(),
        "Get the certificate of CN=Lower from http://ca.example/lower.crt and add it."
    );
}

#[test]
fn loops_end() {
    let bag = [
        signed("A", "B", 11, 12),
        signed("B", "A", 12, 11),
        signed("A", "A", 11, 11),
    ];
    let end = seal(&leaf("A", 4, 11), 11);
    let root = signed("Root", "Root", 1, 1);
    let report = search(from_ref(&root), &bag, &end);
    assert!(!report.is_accepted() && report.exhausted.is_empty());
    // And with a way out of the loop.
    let out = signed("B", "Root", 12, 1);
    let report = search(&[root], &[&bag[..], &[out]].concat(), &end);
    assert_eq!((code(&report), length(&report)), ("ok", 4));
}

#[test]
fn layers_that_multiply_end_with_a_named_budget() {
    let (root, bag, end) = layers();
    let report = search(&[root], &bag, &end);
    assert_eq!(report.exhausted, [Rule::BudgetSignatures]);
    assert_eq!(code(&report), "budget.signatures");
}

#[test]
fn every_budget_has_a_name() {
    let good = sign(&chain());
    let with = |budget: Budget| code(&find(&good[..1], &good[1..3], &good[3], budget));
    let all = Budget::default();
    assert_eq!(with(all), "ok");
    assert_eq!(
        with(Budget {
            signatures: 2,
            ..all
        }),
        "budget.signatures"
    );
    assert_eq!(
        with(Budget {
            candidates: 2,
            ..all
        }),
        "budget.candidates"
    );
    assert_eq!(with(Budget { paths: 0, ..all }), "budget.paths");
    assert_eq!(with(Budget { depth: 1, ..all }), "budget.depth");
    assert_eq!(with(Budget { objects: 2, ..all }), "budget.objects");
    assert_eq!(with(Budget { bytes: 100, ..all }), "budget.objects");
    let mut drafts = chain();
    let many: Vec<Vec<u8>> = (0..100)
        .map(|at| dns(&format!("n{at}.example.com")))
        .collect();
    drafts[1].extensions.push(constraints(&[], &many[..50]));
    drafts[3].extensions[4] = alt_names(&many[50..]);
    let good = sign(&drafts);
    let with = |names: u32| {
        code(&find(
            &good[..1],
            &good[1..3],
            &good[3],
            Budget { names, ..all },
        ))
    };
    assert_eq!((with(2500), with(2499)), ("ok", "budget.names"));
}

/// One wrong name or another does not matter as long as a signature decides.
#[test]
fn candidates_that_were_dropped_are_told() {
    let good = sign(&chain());
    let mut expired = authority("Lower", "Upper", 3, 2);
    expired.not_after = "261231000000Z";
    let no_ca = Draft {
        extensions: Vec::new(),
        ..authority("Lower", "Upper", 3, 2)
    };
    let bag = [
        seal(&expired, 2),
        seal(&no_ca, 2),
        signed("Lower", "Upper", 30, 2),
        good[1].clone(),
    ];
    let report = search(&good[..1], &bag, &good[3]);
    let dropped: Vec<(Option<Place>, Rule)> = report
        .dropped
        .iter()
        .map(|dropped| (dropped.candidate, dropped.why.rule))
        .collect();
    assert!(dropped.contains(&(Some(Place::Bag(0)), Rule::Expired)));
    assert!(dropped.contains(&(Some(Place::Bag(1)), Rule::IssuerIsCa)));
    assert!(dropped.contains(&(Some(Place::Bag(2)), Rule::Signature)));
    assert!(!report.is_accepted() && report.nearest().unwrap().complete);
}

#[test]
fn a_leaf_that_is_its_own_anchor_is_verified_by_itself() {
    let mut own = leaf("leaf", 4, 4);
    own.subject = name(&["leaf"]);
    own.extensions.push(extension(99, false, b""));
    let own = seal(&own, 4);
    let report = search(from_ref(&own), &[], &own);
    assert_eq!(
        (report.paths.len(), code(&report)),
        (1, "path.issuer-may-sign")
    );
    let other = signed("Root", "Root", 1, 1);
    assert_eq!(code(&search(&[other], &[], &own)), "path.untrusted");
    assert_eq!(code(&plain(&sign(&chain()))), "ok");
}
