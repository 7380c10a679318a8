//! What profiles say beyond the path: RFC 5280 section 4, the CA/Browser Forum, Azure.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use common::{Draft, ca, extension, key_usage, name, purpose, tlv};
use path::{Hashes, List, alt_names, ask, chain, code, constraints, dns, sign, spki};
use signet_core::path::{
    Answer, Outcome, Profile, Question, Report, Revocation, SignatureCheck, Verify, judge,
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(profile: &Profile, lint_decides: bool, drafts: &[Draft; 4]) -> Report {
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
fn lint(profile: &Profile, change: impl FnOnce(&mut [Draft; 4])) -> String {
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

fn rfc5280(change: impl FnOnce(&mut [Draft; 4])) -> String {
    lint(&Profile::rfc5280(), change)
}

fn web(change: impl FnOnce(&mut [Draft; 4])) -> String {
    lint(&Profile::web(), change)
}

#[test]
fn numbers_names_and_dates() {
    assert_eq!(rfc5280(|_| {}), "");
    assert_eq!(
        rfc5280(|drafts| drafts[3].serial = vec![2, 1, 0]),
        "rfc5280.serial"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[3].serial = vec![2, 1, 0x80]),
        "rfc5280.serial"
    );
    let bytes = |count: usize| tlv(2, &[&vec![1; count]]);
    assert_eq!(
        rfc5280(|drafts| drafts[3].serial = bytes(21)),
        "rfc5280.serial"
    );
    assert_eq!(rfc5280(|drafts| drafts[3].serial = bytes(20)), "");
    assert_eq!(rfc5280(|drafts| drafts[0].serial = vec![2, 1, 0]), "");
    let empty = tlv(0x30, &[]);
    assert_eq!(
        rfc5280(|drafts| drafts[3].subject = empty.clone()),
        "rfc5280.san-critical"
    );
    let critical = extension(17, true, &tlv(0x30, &[&dns("a.example.com")]));
    let named = |drafts: &mut [Draft; 4]| {
        drafts[3].subject = empty.clone();
        drafts[3].extensions[4] = critical.clone();
    };
    assert_eq!(rfc5280(named), "");
    for wrong in [
        dns("10.0.0.1"),
        dns(".a.b"),
        dns("a_b.c"),
        dns("a b"),
        tlv(0x81, &[b"a@b@c"]),
        tlv(0x87, &[&[1; 5]]),
    ] {
        assert_eq!(
            rfc5280(|drafts| drafts[3].extensions[4] = alt_names(&[wrong])),
            "rfc5280.san-form"
        );
    }
}

/// RFC 5280 section 4.2.1.6: scheme, something behind it, and a host where there is an authority.
#[test]
fn uris() {
    for (text, verdict) in [
        ("https://user@example.com:8443/a?b#c", ""),
        ("https://example.com./", ""),
        ("https://192.0.2.1/", ""),
        ("https://[2001:db8::1]:80", ""),
        ("urn:uuid:f81d4fae", ""),
        ("mailto:a%40b@example.com", ""),
        ("example.com/a", "rfc5280.san-form"),
        ("1a:b", "rfc5280.san-form"),
        ("a_b:c", "rfc5280.san-form"),
        ("https:", "rfc5280.san-form"),
        ("https:///a", "rfc5280.san-form"),
        ("https://-a/", "rfc5280.san-form"),
        ("https://a:b/", "rfc5280.san-form"),
        ("https://[192.0.2.1]/", "rfc5280.san-form"),
        ("https://a b/", "rfc5280.san-form"),
        ("a:%4", "rfc5280.san-form"),
        ("a:%zz", "rfc5280.san-form"),
    ] {
        let name = tlv(0x86, &[text.as_bytes()]);
        let said = rfc5280(|drafts| drafts[3].extensions[4] = alt_names(&[name]));
        assert_eq!(said, verdict, "{text}");
    }
}

#[test]
fn key_identifiers() {
    let id =
        |bytes: &[u8], critical: bool| extension(35, critical, &tlv(0x30, &[&tlv(0x80, &[bytes])]));
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions[1] = id(&[0, 3], true)),
        "rfc5280.aki-critical"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions[1] = id(&[0, 9], false)),
        "rfc5280.key-id-match"
    );
    assert_eq!(
        rfc5280(|drafts| drop(drafts[3].extensions.remove(1))),
        "rfc5280.aki-missing"
    );
    assert_eq!(
        rfc5280(|drafts| drop(drafts[2].extensions.remove(0))),
        "rfc5280.ski-missing"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[2].extensions[0] = extension(14, true, &[4, 2, 0, 3])),
        "rfc5280.ski-critical"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions[0] = extension(14, false, &[5, 0])),
        "rfc5280.key-id-form"
    );
    let number = tlv(0x30, &[&tlv(0x80, &[&[0, 3]]), &tlv(0x82, &[&[1]])]);
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions[1] = extension(35, false, &number)),
        "rfc5280.key-id-form"
    );
}

#[test]
fn usages_and_constraints() {
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions[2] = key_usage(0x84)),
        "rfc5280.key-usage-ca"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions[2] = extension(15, true, &[3, 1, 0])),
        "rfc5280.key-usage-empty"
    );
    assert_eq!(
        rfc5280(|drafts| drop(drafts[2].extensions.remove(3))),
        "rfc5280.key-usage-missing"
    );
    assert_eq!(
        rfc5280(|drafts| drop(drafts[0].extensions.remove(1))),
        "rfc5280.basic-missing rfc5280.key-usage-ca"
    );
    let soft = extension(19, false, &[0x30, 3, 1, 1, 0xff]);
    assert_eq!(
        rfc5280(|drafts| drafts[2].extensions[2] = soft),
        "rfc5280.basic-missing"
    );
    let length = extension(19, true, &[0x30, 3, 2, 1, 0]);
    assert_eq!(
        rfc5280(|drafts| drafts[3].extensions.push(length)),
        "rfc5280.basic-path-length"
    );
    let permitted = tlv(0x30, &[&tlv(0xa0, &[&tlv(0x30, &[&dns("example.com")])])]);
    let soft =
        |drafts: &mut [Draft; 4]| drafts[2].extensions.push(extension(30, false, &permitted));
    assert_eq!(rfc5280(soft), "rfc5280.constraints-critical");
    // CABF BR 7.1.2.5.2 allows it.
    assert_eq!(web(soft), "");
    let in_leaf = |drafts: &mut [Draft; 4]| {
        drafts[3]
            .extensions
            .push(constraints(&[dns("example.com")], &[]));
    };
    assert_eq!(rfc5280(in_leaf), "rfc5280.constraints-leaf");
    let empty = |drafts: &mut [Draft; 4]| drafts[2].extensions.push(constraints(&[], &[]));
    assert_eq!(rfc5280(empty), "rfc5280.constraints-empty");
    let limits = |critical: bool, parts: &[u8]| extension(36, critical, &tlv(0x30, &[parts]));
    assert_eq!(
        rfc5280(|drafts| drafts[2].extensions.push(limits(false, &[0x80, 1, 9]))),
        "rfc5280.policy-constraints-critical"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[2].extensions.push(limits(true, &[]))),
        "rfc5280.policy-constraints-critical"
    );
    assert_eq!(
        rfc5280(|drafts| drafts[2].extensions.push(extension(54, false, &[2, 1, 9]))),
        "rfc5280.inhibit-any-critical"
    );
}

#[test]
fn servers() {
    assert_eq!(web(|_| {}), "");
    assert_eq!(
        web(|drafts| drafts[3].subject = name(&["A.example.com"])),
        "web.common-name"
    );
    assert_eq!(
        web(|drafts| drafts[3].extensions.push(ca(None))),
        "web.leaf-ca"
    );
    assert_eq!(
        web(|drafts| drafts[0].extensions.push(purpose(1))),
        "web.root-purpose"
    );
    assert_eq!(
        web(|drafts| drop(drafts[3].extensions.remove(3))),
        "web.purpose"
    );
    let directory = tlv(0xa1, &[&tlv(0xa4, &[&name(&["Upper"])])]);
    let serial = [tlv(0x80, &[&[0, 3]]), directory, tlv(0x82, &[&[1]])].concat();
    let serial = tlv(0x30, &[&serial]);
    assert_eq!(
        web(|drafts| drafts[3].extensions[1] = extension(35, false, &serial)),
        "web.aki"
    );
    let two = |arc: u8| {
        let oid = |arc: u8| [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, arc];
        extension(37, false, &tlv(0x30, &[&oid(1), &oid(arc)]))
    };
    assert_eq!(web(|drafts| drafts[3].extensions[3] = two(2)), "");
    for foreign in [3, 4, 8, 9] {
        assert_eq!(
            web(|drafts| drafts[3].extensions[3] = two(foreign)),
            "web.purpose"
        );
    }
    let labels = |other: &'static str| {
        let names = alt_names(&[dns("a.example.com"), dns(other)]);
        web(|drafts| drafts[3].extensions[4] = names)
    };
    assert_eq!(labels("xn--bcher-kva.example"), "");
    assert_eq!(labels("ab--cd.example"), "web.san");
    let long = |bytes: usize| tlv(2, &[&[0], &vec![0x80; bytes]]);
    assert_eq!(web(|drafts| drafts[3].serial = long(19)), "");
    assert_eq!(web(|drafts| drafts[3].serial = long(20)), "web.serial");
    assert_eq!(rfc5280(|drafts| drafts[3].serial = long(20)), "");
    let wild = |text: &'static str| {
        web(move |drafts| {
            drafts[3].extensions[4] = alt_names(&[dns(text)]);
            drafts[3].subject = name(&[text]);
        })
    };
    assert_eq!(wild("*.example.com"), "");
    for wide in ["*.com", "*.co.uk"] {
        assert_eq!(wild(wide), "web.wildcard", "{wide}");
    }
    let critical = extension(17, true, &tlv(0x30, &[&dns("a.example.com")]));
    assert_eq!(web(|drafts| drafts[3].extensions[4] = critical), "web.san");
}

/// An RSA key under that algorithm, whose modulus begins so.
fn rsa(algorithm: &[u8], first: &[u8], exponent: &[u8]) -> Vec<u8> {
    let modulus = tlv(2, &[first, &[1; 255]]);
    let key = tlv(0x30, &[&modulus, &tlv(2, &[exponent])]);
    tlv(0x30, &[algorithm, &tlv(3, &[&[0], &key])])
}

#[test]
fn keys_of_servers() {
    let weak =
        b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x01";
    let p192 = tlv(0x30, &[weak, &tlv(3, &[&[0], &[4; 49]])]);
    assert_eq!(web(|drafts| drafts[3].spki = p192), "web.key");
    let with_null = |number: u8| {
        let oid = [b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01", &[number][..]].concat();
        (tlv(0x30, &[&oid, &[5, 0]]), tlv(0x30, &[&oid]))
    };
    let ((plain, bare), (_, pss)) = (with_null(1), with_null(10));
    for (spki, verdict) in [
        (rsa(&plain, &[0, 0x80], &[3]), ""),
        (rsa(&plain, &[0, 0x80], &[1]), "web.key"),
        (rsa(&plain, &[0, 0x80], &[4]), "web.key"),
        (rsa(&plain, &[0x40], &[3]), "web.key"),
        // Negative.
        (rsa(&plain, &[0x80], &[3]), "web.key"),
        (rsa(&bare, &[0, 0x80], &[3]), "web.key"),
        (rsa(&pss, &[0, 0x80], &[3]), "web.key"),
    ] {
        assert_eq!(web(|drafts| drafts[3].spki = spki), verdict);
    }
    let used = |bits: u8, rsa_key: bool| {
        let key = rsa(&plain, &[0, 0x80], &[3]);
        web(|drafts| {
            drafts[3].extensions[2] = key_usage(bits);
            if rsa_key {
                drafts[3].spki = key;
            }
        })
    };
    assert_eq!(
        (used(0xa0, true), used(0x88, false)),
        ("".into(), "".into())
    );
    for (bits, rsa_key) in [(0xa0, false), (0x08, false), (0x88, true), (0xc0, true)] {
        assert_eq!(used(bits, rsa_key), "web.leaf-key-usage", "{bits:x}");
    }
}

/// Says yes to every signature.
struct Yes;

impl Verify for Yes {
    fn verify(&self, _: &SignatureCheck<'_>) -> Answer {
        Answer::Valid
    }
}

/// CABF BR 7.1.3.2.1 allows six algorithms for RSA, each in one encoding.
#[test]
fn signatures_of_servers() {
    let oid = |number: u8| [b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01", &[number][..]].concat();
    let pss = |salt: u8| {
        let hash = tlv(
            0x30,
            &[b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"],
        );
        let mask = tlv(0x30, &[&oid(8), &hash]);
        let salt = tlv(2, &[&[salt]]);
        let parts = [
            tlv(0xa0, &[&hash]),
            tlv(0xa1, &[&mask]),
            tlv(0xa2, &[&salt]),
        ];
        tlv(0x30, &[&oid(10), &tlv(0x30, &[&parts.concat()])])
    };
    for (algorithm, verdict) in [
        (tlv(0x30, &[&oid(11), &[5, 0]]), "ok"),
        (tlv(0x30, &[&oid(11)]), "web.signature"),
        (tlv(0x30, &[&oid(14), &[5, 0]]), "web.signature"),
        (pss(32), "ok"),
        (pss(20), "web.signature"),
    ] {
        let mut drafts = chain();
        drafts[2].spki = rsa(&tlv(0x30, &[&oid(1), &[5, 0]]), &[0, 0x80], &[3]);
        drafts[3].inner_algorithm = algorithm.clone();
        drafts[3].outer_algorithm = algorithm;
        drafts[3].extensions[3] = purpose(1);
        drafts[3].subject = name(&["a.example.com"]);
        let report = ask(&sign(&drafts), |question| {
            judge(
                &Question {
                    profile: &Profile::web(),
                    lint_decides: true,
                    ..question
                },
                &Yes,
            )
        });
        assert_eq!(code(&report), verdict);
    }
}

#[test]
fn a_caller_with_the_whole_list_knows_more() {
    let mut profile = Profile::web();
    profile.lint.public_suffix = Some(|name| name == "example.com");
    let wild = |drafts: &mut [Draft; 4]| {
        drafts[3].extensions[4] = alt_names(&[dns("*.example.com")]);
        drafts[3].subject = name(&["*.example.com"]);
    };
    assert_eq!(lint(&profile, wild), "web.wildcard");
    assert_eq!(web(wild), "");
}

#[test]
fn azure() {
    let two_tiers = |id: Option<&str>, change: &dyn Fn(&mut Draft)| {
        let [root, upper, _, mut leaf] = chain();
        leaf.issuer = name(&["Upper"]);
        leaf.extensions[1] = extension(35, false, &tlv(0x30, &[&tlv(0x80, &[&[0, 2]])]));
        (leaf.not_before, leaf.not_after) = ("270101000000Z", "270131000000Z");
        change(&mut leaf);
        let chain = [
            path::seal(&root, 1),
            path::seal(&upper, 1),
            path::seal(&leaf, 2),
        ];
        let profile = Profile::azure(id.map(str::to_owned));
        code(&ask(&chain, |question| {
            judge(
                &Question {
                    profile: &profile,
                    lint_decides: true,
                    ..question
                },
                &Hashes,
            )
        }))
    };
    let same = |_: &mut Draft| {};
    assert_eq!(
        (two_tiers(None, &same), two_tiers(Some("leaf"), &same)),
        ("ok", "ok")
    );
    assert_eq!(two_tiers(Some("dev-1"), &same), "azure.common-name");
    assert_eq!(
        two_tiers(None, &|leaf| leaf.not_after = "270501000000Z"),
        "azure.days"
    );
    assert_eq!(
        two_tiers(None, &|leaf| leaf.spki = spki(4)[..60].to_vec()),
        "path.certificate-form"
    );
    assert_eq!(
        two_tiers(None, &|leaf| drop(leaf.extensions.remove(3))),
        "ok"
    );
    let profile = Profile::azure(None);
    let mut drafts = chain();
    drafts[3].not_after = "270301000000Z";
    drafts[3].not_before = "270101000000Z";
    assert_eq!(code(&with(&profile, true, &drafts)), "azure.tiers");
}

#[test]
fn lists() {
    let drafts = chain();
    let verdict = |change: &dyn Fn(&mut List)| {
        let mut lists = [
            List::new("Root", 1),
            List::new("Upper", 2),
            List::new("Lower", 3),
        ];
        change(&mut lists[2]);
        let lists: Vec<Vec<u8>> = lists
            .iter()
            .zip(1..)
            .map(|(list, seed)| list.seal(seed))
            .collect();
        let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let revocation = Revocation::Require { indirect: false };
        code(&ask(&sign(&drafts), |question| {
            judge(
                &Question {
                    crls: &crls,
                    revocation,
                    lint_decides: true,
                    ..question
                },
                &Hashes,
            )
        }))
    };
    assert_eq!(verdict(&|_| {}), "ok");
    assert_eq!(
        verdict(&|list| drop(list.extensions.remove(1))),
        "rfc5280.crl-number"
    );
    assert_eq!(
        verdict(&|list| drop(list.extensions.remove(0))),
        "rfc5280.crl-key-id"
    );
    assert_eq!(verdict(&|list| list.version = &[]), "rfc5280.crl-version");
    assert_eq!(verdict(&|list| list.none = true), "rfc5280.crl-entries");
    let point = |critical: bool, parts: &[u8]| extension(28, critical, &tlv(0x30, &[parts]));
    let users = [0x81, 1, 0xff];
    for (point, said) in [
        (point(true, &users), "ok"),
        (point(false, &users), "rfc5280.crl-point"),
        (point(true, &[]), "rfc5280.crl-point"),
    ] {
        assert_eq!(verdict(&|list| list.extensions.push(point.clone())), said);
    }
    for (critical, said) in [(false, "ok"), (true, "rfc5280.must-not-be-critical")] {
        let place = tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[b"http://a.example/"])])]);
        let freshest = extension(46, critical, &tlv(0x30, &[&tlv(0x30, &[&place])]));
        assert_eq!(
            verdict(&|list| list.extensions.push(freshest.clone())),
            said
        );
    }
}

#[test]
fn what_does_not_decide_is_noted() {
    let mut drafts = chain();
    drafts[3].extensions[3] = purpose(1);
    drafts[3].subject = name(&["a.example.com"]);
    let report = with(&Profile::web(), true, &drafts);
    assert_eq!(code(&report), "ok");
    let lint = &report.nearest().unwrap().certificates[3].lint;
    let noted: Vec<&str> = lint
        .iter()
        .filter(|check| check.outcome == Outcome::Noted)
        .map(|check| check.rule.code())
        .collect();
    assert_eq!(noted, ["web.days", "web.policies"]);
}
