//! Revocation lists: RFC 5280 sections 5 and 6.3.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "path_crls/delta.rs"]
mod delta;
#[path = "path_crls/indirect.rs"]
mod indirect;
#[path = "common/path.rs"]
mod path;

use common::{Draft, NOW, extension, key_usage, name, tlv};
use delta::delta;
use path::{
    Hashes, List, ask, authority, chain, code, draft, number, numbered, odd_numbers, plain, seal,
    sign, with_lists,
};
use signet_core::path::{
    Answer, Answers, Outcome, Profile, Question, Report, Revocation, Rule, SignatureCheck, Verify,
    judge,
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const UNKNOWN: &str = "path.revocation-unknown";
const REVOKED: &str = "path.revoked";

/// A good list of each authority, and the seed that signs it.
fn lists() -> [(List, u16); 3] {
    [
        (List::new("Root", 1), 1),
        (List::new("Upper", 2), 2),
        (List::new("Lower", 3), 3),
    ]
}

fn sealed(lists: &[(List, u16)]) -> Vec<Vec<u8>> {
    lists.iter().map(|(list, seed)| list.seal(*seed)).collect()
}

/// The good chain and lists with a change to the list of the leaf's issuer.
fn last(change: impl FnOnce(List) -> List) -> Report {
    let [root, upper, (lower, seed)] = lists();
    with_lists(
        &sign(&chain()),
        &sealed(&[root, upper, (change(lower), seed)]),
    )
}

/// What the report says about each list that did not help.
fn notes(report: &Report) -> Vec<&'static str> {
    let checks = report
        .nearest()
        .unwrap()
        .certificates
        .iter()
        .flat_map(|cert| &cert.checks);
    let unknown = checks.filter(|check| check.rule == Rule::RevocationUnknown && check.is_failed());
    unknown
        .flat_map(|check| check.facts().into_iter().map(|fact| fact.name))
        .collect()
}

/// issuingDistributionPoint out of its parts.
fn point(parts: &[&[u8]]) -> Vec<u8> {
    extension(28, true, &tlv(0x30, parts))
}

/// A distribution point's name: one directory name.
fn place(text: &str) -> Vec<u8> {
    tlv(0xa0, &[&tlv(0xa0, &[&tlv(0xa4, &[&name(&[text])])])])
}

/// cRLDistributionPoints out of points.
fn points(points: &[&[u8]]) -> Vec<u8> {
    extension(31, false, &tlv(0x30, points))
}

#[test]
fn every_certificate_needs_a_current_list() {
    assert_eq!(code(&last(|list| list)), "ok");
    for missing in 0..3 {
        let mut some = lists().to_vec();
        some.remove(missing);
        let report = with_lists(&sign(&chain()), &sealed(&some));
        assert_eq!(code(&report), UNKNOWN);
    }
    // Who does not ask needs none.
    assert_eq!(code(&plain(&sign(&chain()))), "ok");
    let old = last(|list| List {
        next_update: "270114000000Z",
        ..list
    });
    assert_eq!((code(&old), notes(&old)), (UNKNOWN, vec!["crl.current"]));
    let early = last(|list| List {
        this_update: "270116000000Z",
        ..list
    });
    assert_eq!(notes(&early), ["crl.current"]);
}

#[test]
fn who_is_on_the_list_is_revoked() {
    let drafts = chain();
    assert_eq!(code(&last(|list| list.revoking(&drafts[3]))), REVOKED);
    assert_eq!(code(&last(|list| list.revoking(&drafts[2]))), "ok");
    for (index, draft) in drafts[1..].iter().enumerate() {
        let mut all = lists();
        all[index].0 = all[index].0.clone().revoking(draft);
        let report = with_lists(&sign(&chain()), &sealed(&all));
        assert_eq!(code(&report), REVOKED);
        let failures = report.failures();
        assert!(
            failures[0].what().contains("keyCompromise"),
            "{}",
            failures[0].what()
        );
    }
    // One list among several is enough to revoke, whatever a second says.
    let mut all = lists().to_vec();
    let scoped = List::new("Lower", 3)
        .with(point(&[&[0x81, 1, 0xff]]))
        .revoking(&drafts[3]);
    all.push((scoped, 3));
    assert_eq!(code(&with_lists(&sign(&chain()), &sealed(&all))), REVOKED);
}

#[test]
fn the_newest_list_of_a_scope_counts() {
    let drafts = chain();
    let mut all = lists().to_vec();
    let older = List {
        this_update: "261201000000Z",
        ..List::new("Lower", 3).revoking(&drafts[3])
    };
    all.push((older, 3));
    assert_eq!(code(&with_lists(&sign(&drafts), &sealed(&all))), "ok");
}

#[test]
fn the_signer_counts() {
    let [root, upper, (lower, _)] = lists();
    let report = with_lists(
        &sign(&chain()),
        &sealed(&[root.clone(), upper.clone(), (lower.clone(), 9)]),
    );
    assert_eq!(
        (code(&report), notes(&report)),
        (UNKNOWN, vec!["crl.signature"])
    );
    let mut drafts = chain();
    drafts[2].extensions[3] = key_usage(0x04);
    let report = with_lists(&sign(&drafts), &sealed(&lists()));
    assert_eq!(
        (code(&report), notes(&report)),
        (UNKNOWN, vec!["crl.signer"])
    );
    let elsewhere = List {
        issuer: name(&["Other"]),
        ..lower
    };
    let report = with_lists(&sign(&chain()), &sealed(&[root, upper, (elsewhere, 3)]));
    assert!(notes(&report).contains(&"crl.issuer"));
}

/// A key of its own for lists: its certificate has a path to the same anchor, and is not revoked.
#[test]
fn separate_keys_for_certificates_and_lists() {
    let with = |bits: u8, lower_revokes: bool, upper_revokes: bool| {
        let mut drafts = chain();
        drafts[2].extensions[3] = key_usage(0x04);
        let mut signer = draft("Lower", "Upper", 8, 2);
        signer.extensions.push(key_usage(bits));
        let mut list = List::new("Lower", 8);
        let mut upper = List::new("Upper", 2);
        if lower_revokes {
            list = list.revoking(&drafts[3]);
        }
        if upper_revokes {
            upper = upper.revoking(&signer);
        }
        let mut certificates = sign(&drafts);
        certificates.insert(1, seal(&signer, 2));
        code(&with_lists(
            &certificates,
            &sealed(&[(List::new("Root", 1), 1), (upper, 2), (list, 8)]),
        ))
    };
    assert_eq!(with(0x02, false, false), "ok");
    assert_eq!(with(0x02, true, false), REVOKED);
    assert_eq!(with(0x02, false, true), UNKNOWN);
    assert_eq!(with(0x80, false, false), UNKNOWN);
}

#[test]
fn critical_extensions_of_lists() {
    let report = last(|list| list.with(extension(99, true, b"")));
    assert_eq!(
        (code(&report), notes(&report)),
        (UNKNOWN, vec!["crl.unknown-critical"])
    );
    assert_eq!(
        code(&last(|list| list.with(extension(99, false, b"")))),
        "ok"
    );
}

#[test]
fn scopes() {
    for (part, verdict) in [
        ([0x81, 1, 0xff], "ok"),
        ([0x82, 1, 0xff], UNKNOWN),
        ([0x85, 1, 0xff], UNKNOWN),
        ([0x84, 1, 0xff], "ok"),
    ] {
        let report = last(|list| list.with(point(&[&part])));
        assert_eq!(code(&report), verdict, "{part:x?}");
    }
    let [root, (upper, seed), lower] = lists();
    let users = upper.with(point(&[&[0x81, 1, 0xff]]));
    let report = with_lists(&sign(&chain()), &sealed(&[root, (users, seed), lower]));
    assert_eq!(
        (code(&report), notes(&report)),
        (UNKNOWN, vec!["crl.scope"])
    );
}

#[test]
fn distribution_points() {
    let with = |named: &[u8], of_list: &[u8]| {
        let mut drafts = chain();
        drafts[3].extensions.push(points(&[named]));
        let [root, upper, (lower, seed)] = lists();
        let lower = lower.with(point(&[of_list]));
        code(&with_lists(
            &sign(&drafts),
            &sealed(&[root, upper, (lower, seed)]),
        ))
    };
    let full = |text: &str| tlv(0x30, &[&place(text)]);
    assert_eq!(with(&full("A"), &place("A")), "ok");
    assert_eq!(with(&full("B"), &place("A")), UNKNOWN);
    // Relative to the issuer: CN=Lower, then CN=A.
    let rdn = tlv(0x30, &[b"\x06\x03\x55\x04\x03", &tlv(0x0c, &[b"A"])]);
    let relative = tlv(0xa0, &[&tlv(0xa1, &[&rdn])]);
    assert_eq!(with(&tlv(0x30, &[&relative]), &relative), "ok");
    let spelled = tlv(
        0xa0,
        &[&tlv(0xa0, &[&tlv(0xa4, &[&name(&["Lower", "A"])])])],
    );
    assert_eq!(with(&tlv(0x30, &[&spelled]), &relative), "ok");
    assert_eq!(with(&full("A"), &relative), UNKNOWN);
}

/// onlySomeReasons: lists of all reasons together make an answer.
#[test]
fn reasons_add_up() {
    let some = [0x83, 2, 5, 0x60];
    let others = [0x83, 3, 7, 0x1f, 0x80];
    let with = |parts: &[&[u8]]| {
        let [root, upper, (lower, seed)] = lists();
        let mut all = vec![root, upper];
        all.extend(
            parts
                .iter()
                .map(|part| (lower.clone().with(point(&[part])), seed)),
        );
        code(&with_lists(&sign(&chain()), &sealed(&all)))
    };
    assert_eq!(with(&[&some]), UNKNOWN);
    assert_eq!(with(&[&others]), UNKNOWN);
    assert_eq!(with(&[&some, &others]), "ok");
}

#[test]
fn of_two_lists_of_one_moment_the_higher_number_counts() {
    let drafts = chain();
    let numbered = |own: u8, revokes: bool| {
        let list = List::new("Lower", 3);
        let mut list = if revokes {
            list.revoking(&drafts[3])
        } else {
            list
        };
        list.extensions[1] = number(own);
        (list, 3)
    };
    let with = |first, second| {
        let [root, upper, _] = lists();
        let all = sealed(&[root, upper, first, second]);
        code(&with_lists(&sign(&drafts), &all))
    };
    assert_eq!(with(numbered(8, true), numbered(9, false)), "ok");
    assert_eq!(with(numbered(9, false), numbered(8, true)), "ok");
    assert_eq!(with(numbered(8, false), numbered(9, true)), REVOKED);
}

/// RFC 9608 section 3: noRevAvail takes the question away, though not from an authority.
#[test]
fn whoever_is_never_revoked_needs_no_list() {
    let with = |index: usize, value: &[u8], critical: bool| {
        let mut drafts = chain();
        drafts[index]
            .extensions
            .push(extension(56, critical, value));
        let mut lists = lists().to_vec();
        lists.remove(index - 1);
        with_lists(&sign(&drafts), &sealed(&lists))
    };
    assert_eq!(code(&with(3, &[5, 0], false)), "ok");
    assert_eq!(code(&with(3, &[5, 0], true)), "ok");
    assert_eq!(code(&with(3, &[4, 0], false)), UNKNOWN);
    assert_eq!(code(&with(2, &[5, 0], false)), UNKNOWN);
}

/// Section 6.3.3 (d) and (e): the point is for one of the reasons, the list for another.
#[test]
fn a_list_of_other_reasons_than_its_point_counts_for_nothing() {
    let with = |reasons: u8| {
        let mut drafts = chain();
        let own = [place("A"), vec![0x81, 2, 6, 0x40]].concat();
        drafts[3].extensions.push(points(&[&tlv(0x30, &[&own])]));
        let scope = point(&[&place("A"), &[0x83, 2, 3, reasons]]);
        let list = List::new("Lower", 3).with(scope).revoking(&drafts[3]);
        let [root, upper, _] = lists();
        let report = with_lists(&sign(&drafts), &sealed(&[root, upper, (list, 3)]));
        (code(&report), notes(&report))
    };
    // affiliationChanged, and keyCompromise beside it.
    assert_eq!(with(0x10), (UNKNOWN, vec!["crl.scope", "crl.scope"]));
    assert_eq!(with(0x50).0, REVOKED);
}

/// The list's signer has its path to the anchor of this path, over others if need be.
#[test]
fn the_way_from_a_signer_may_lead_over_another_anchor() {
    let middle = seal(&authority("Middle", "Root", 7, 1), 1);
    let mut signer = draft("Upper", "Middle", 8, 7);
    signer.extensions.push(key_usage(0x02));
    let certificates = [sign(&chain()), vec![middle, seal(&signer, 7)]].concat();
    let [root, _, lower] = lists();
    let (middle, upper) = ((List::new("Middle", 7), 7), (List::new("Upper", 8), 8));
    let lists = sealed(&[root, middle, upper, lower]);
    let slices = |all: &'static [usize]| all.iter().map(|at| certificates[*at].as_slice());
    let ask = |anchors: &'static [usize], bag: &'static [usize]| {
        let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let (anchors, bag): (Vec<_>, Vec<_>) = (slices(anchors).collect(), slices(bag).collect());
        let profile = Profile::device();
        let question = Question {
            bag: &bag,
            crls: &crls,
            revocation: Revocation::Require { indirect: false },
            ..Question::new(&certificates[3], &anchors, NOW, &profile)
        };
        code(&judge(&question, &Hashes))
    };
    assert_eq!(ask(&[0], &[1, 2, 4, 5]), "ok");
    assert_eq!(ask(&[0, 4], &[1, 2, 5]), "ok");
    assert_eq!(ask(&[0, 4], &[1, 2]), UNKNOWN);
}

/// An extension of a number that few programs hold makes no list unreadable.
#[test]
fn extensions_of_any_number() {
    for number in odd_numbers() {
        let (may, must) = (numbered(&number, false), numbered(&number, true));
        let on_list = |extension: &Vec<u8>| last(|list| list.with(extension.clone()));
        assert_eq!(code(&on_list(&may)), "ok");
        assert_eq!(notes(&on_list(&must)), ["crl.unknown-critical"]);
        let on_entry = |extension: &Vec<u8>, revoked: usize| {
            last(|list| List {
                entry_extensions: vec![extension.clone()],
                ..list.revoking(&chain()[revoked])
            })
        };
        assert_eq!(code(&on_entry(&may, 2)), "ok");
        assert_eq!(code(&on_entry(&may, 3)), REVOKED);
        assert_eq!(notes(&on_entry(&must, 2)), ["crl.unknown-critical"]);
    }
}

/// Who only consults lists lets pass what none is about, but not what one is about and cannot tell.
#[test]
fn lists_can_be_consulted() {
    let drafts = chain();
    let with = |lists: &[(List, u16)]| {
        let lists = sealed(lists);
        let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let revocation = Revocation::Consult { indirect: false };
        code(&ask(&sign(&drafts), |question| {
            judge(
                &Question {
                    crls: &crls,
                    revocation,
                    ..question
                },
                &Hashes,
            )
        }))
    };
    let other = List::new("Other", 9).revoking(&drafts[3]);
    let lower = List::new("Lower", 3);
    let old = List {
        next_update: "270114000000Z",
        ..lower.clone()
    };
    assert_eq!(with(&[]), "ok");
    assert_eq!(with(&[(other, 9)]), "ok");
    assert_eq!(with(&[(lower.clone(), 3)]), "ok");
    assert_eq!(with(&[(lower.clone().revoking(&drafts[3]), 3)]), REVOKED);
    assert_eq!(with(&[(old, 3)]), UNKNOWN);
    // Of some reasons only, and a change to a list that is not there.
    let some = point(&[&[0x83, 2, 6, 0x40]]);
    assert_eq!(with(&[(lower.clone().with(some), 3)]), UNKNOWN);
    assert_eq!(with(&[(delta(4, 6), 3)]), UNKNOWN);
    let foreign = List {
        issuer: name(&["Other"]),
        ..delta(4, 6)
    };
    assert_eq!(with(&[(foreign, 9)]), "ok");
    assert_eq!(with(&[(lower, 9)]), UNKNOWN);
}

/// The signatures of lists can be checked elsewhere, too; until they are, nobody is revoked.
#[test]
fn lists_can_wait_for_their_signatures() {
    let [root, upper, (lower, seed)] = lists();
    let lists = sealed(&[root, upper, (lower.revoking(&chain()[3]), seed)]);
    let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    let certificates = sign(&chain());
    let revocation = Revocation::Require { indirect: false };
    let mut answers = Answers::default();
    let mut verdicts = Vec::new();
    for _ in 0..3 {
        let report = ask(&certificates, |question| {
            judge(
                &Question {
                    crls: &crls,
                    revocation,
                    ..question
                },
                &answers,
            )
        });
        verdicts.push(code(&report));
        for job in &report.pending {
            answers.insert(job.clone(), Hashes.verify(&job.check()));
        }
    }
    assert_eq!(verdicts, ["pending", REVOKED, REVOKED]);
}

#[test]
fn the_report_says_what_was_asked() {
    let report = last(|list| list);
    let checks = &report.nearest().unwrap().certificates[3].checks;
    let outcomes: Vec<Outcome> = checks
        .iter()
        .filter(|check| [Rule::Revoked, Rule::RevocationUnknown].contains(&check.rule))
        .map(|check| check.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Passed, Outcome::Passed]);
}

/// Section 6.3.3, last paragraph: when the points are through and reasons are left, the lists of
/// the issuer that no point names are asked, for all reasons. OpenSSL leaves that out.
#[test]
fn in_the_end_the_list_of_no_point_counts_for_all_reasons() {
    let place = |text: &str| tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[text.as_bytes()])])]);
    let mut drafts = chain();
    // keyCompromise at one place; that, cACompromise and affiliationChanged at another.
    let some = |text, reasons: &[u8]| tlv(0x30, &[&place(text), &tlv(0x81, &[reasons])]);
    let both = [some("http://b/", &[6, 0x40]), some("http://a/", &[4, 0x70])];
    drafts[3].extensions.push(points(&[&both[0], &both[1]]));
    let overdue = List {
        this_update: "261201000000Z",
        next_update: "270102000000Z",
        ..List::new("Lower", 3).revoking(&drafts[3])
    };
    let early = List {
        this_update: "270116000000Z",
        ..List::new("Lower", 3).with(point(&[&place("http://a/")]))
    };
    let with = |current: Option<List>| {
        let [root, upper, _] = lists();
        let mut all = vec![root, upper, (overdue.clone(), 3), (early.clone(), 3)];
        all.extend(current.map(|list| (list, 3)));
        code(&with_lists(&sign(&drafts), &sealed(&all)))
    };
    // The overdue list and the one that is not yet valid count for nothing. The current one has no
    // scope: by the points, (d) and (l) cover the three reasons, and in the end all of them.
    assert_eq!(with(Some(List::new("Lower", 3))), "ok");
    assert_eq!(with(None), UNKNOWN);
    let three = point(&[&[0x83, 2, 4, 0x70]]);
    assert_eq!(with(Some(List::new("Lower", 3).with(three))), UNKNOWN);
    let revoking = List::new("Lower", 3).revoking(&drafts[3]);
    assert_eq!(with(Some(revoking)), REVOKED);
}

/// Section 5.3: a list with such an entry says of nobody that he is good, nor that he is good again.
#[test]
fn critical_extensions_of_entries() {
    let drafts = chain();
    let with = |revoked: usize, reason: u8| {
        let mut list = List::new("Lower", 3).revoking(&drafts[revoked]);
        list.entries[0].1 = Some(reason);
        list.entry_extensions.push(extension(99, true, &[5, 0]));
        last(|_| list)
    };
    let unknown = (UNKNOWN, vec!["crl.unknown-critical"]);
    let other = with(2, 1);
    assert_eq!((code(&other), notes(&other)), unknown);
    let removed = with(3, 8);
    assert_eq!((code(&removed), notes(&removed)), unknown);
    // To take it for revoked is the safe reading.
    assert_eq!(code(&with(3, 1)), REVOKED);
}

#[test]
fn a_list_holds_each_extension_once() {
    let twice = last(|list| list.with(number(6)));
    assert_eq!((code(&twice), notes(&twice)), (UNKNOWN, vec!["crl.form"]));
    let mut negative = List::new("Lower", 3);
    negative.extensions[1] = number(0x85);
    let [root, upper, _] = lists();
    let report = with_lists(&sign(&chain()), &sealed(&[root, upper, (negative, 3)]));
    assert_eq!(code(&report), UNKNOWN);
    assert_eq!(report.unreadable.len(), 1);
}

/// Says yes to every signature.
struct Yes;

impl Verify for Yes {
    fn verify(&self, _: &SignatureCheck<'_>) -> Answer {
        Answer::Valid
    }
}

/// Who forges a list forgives whom it revokes.
#[test]
fn a_list_is_not_signed_with_a_broken_hash() {
    let with = |algorithm: &[u8]| {
        let [root, upper, (mut lower, seed)] = lists();
        lower.algorithm = algorithm.to_vec();
        let lists = sealed(&[root, upper, (lower, seed)]);
        let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let revocation = Revocation::Require { indirect: false };
        ask(&sign(&chain()), |question| {
            judge(
                &Question {
                    crls: &crls,
                    revocation,
                    ..question
                },
                &Yes,
            )
        })
    };
    assert_eq!(
        code(&with(b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")),
        "ok"
    );
    let sha1 = with(b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01");
    assert_eq!(
        (code(&sha1), notes(&sha1)),
        (UNKNOWN, vec!["crl.signature"])
    );
    let failures = sha1.failures();
    let what = failures[0].what();
    assert!(what.contains("does not accept"), "{what}");
}
