//! What the CA/Browser Forum says of certificates of servers.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/lint.rs"]
mod lints;
#[path = "common/path.rs"]
mod path;

use common::{Draft, ca, extension, key_usage, name, purpose, tlv};
use lints::{lint, rfc5280, web, with};
use path::{alt_names, ask, chain, code, dns, sign};
use signet_core::path::{Answer, Outcome, Profile, Question, SignatureCheck, Verify, judge};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
    let old = |drafts: &mut [Draft; 4]| {
        drafts[0].version.clear();
        drafts[0].extensions.clear();
    };
    assert_eq!(
        (web(old), rfc5280(old)),
        ("web.version".into(), String::new())
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
        (rsa(&plain, &[0, 0x80], &[1]), "rfc5280.key-form web.key"),
        (rsa(&plain, &[0, 0x80], &[4]), "rfc5280.key-form web.key"),
        (rsa(&plain, &[0x40], &[3]), "web.key"),
        // Negative.
        (rsa(&plain, &[0x80], &[3]), "rfc5280.key-form web.key"),
        (rsa(&bare, &[0, 0x80], &[3]), "rfc5280.key-form web.key"),
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
        assert!(
            used(bits, rsa_key).ends_with("web.leaf-key-usage"),
            "{bits:x}"
        );
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

#[test]
fn places_of_servers() {
    let uri = |text: &str| tlv(0x86, &[text.as_bytes()]);
    let name = |text: &str| tlv(0xa0, &[&tlv(0xa0, &[&uri(text)])]);
    let points = |critical: bool, parts: &[&[u8]]| {
        let points = extension(31, critical, &tlv(0x30, &[&tlv(0x30, parts)]));
        web(|drafts| drafts[3].extensions.push(points))
    };
    let good = name("http://example.com/a.crl");
    assert_eq!(points(false, &[&good]), "");
    assert_eq!(points(true, &[&good]), "web.crl-points");
    assert_eq!(
        points(false, &[&good, &[0x81, 2, 6, 0x40]]),
        "web.crl-points"
    );
    assert_eq!(
        points(false, &[&name("ldap://example.com/a")]),
        "web.crl-points"
    );
    let old = extension(31, true, &tlv(0x30, &[&tlv(0x30, &[&good])]));
    assert_eq!(web(|drafts| drafts[0].extensions.push(old)), "");
    let access = |method: u8, text: &str| {
        let method = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, method];
        let value = tlv(0x30, &[&tlv(0x30, &[&method, &uri(text)])]);
        let oid = [6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 1];
        let access = tlv(0x30, &[&oid, &tlv(4, &[&value])]);
        web(|drafts| drafts[3].extensions.push(access))
    };
    assert_eq!(access(1, "http://example.com/ocsp"), "");
    assert_eq!(access(2, "http://example.com/ca.cer"), "");
    assert_eq!(access(2, "https://example.com/ca.cer"), "web.access");
    assert_eq!(access(3, "http://example.com/time"), "web.access");
}

/// CABF BR 6.3.2, told only: what was allowed on the day of issue, the last second included.
#[test]
fn days_of_servers() {
    let is_noted = |first: &'static str, last: &'static str| {
        let mut drafts = chain();
        drafts[3].extensions[3] = purpose(1);
        drafts[3].subject = name(&["a.example.com"]);
        (drafts[3].not_before, drafts[3].not_after) = (first, last);
        let report = with(&Profile::web(), true, &drafts);
        let lint = &report.nearest().unwrap().certificates[3].lint;
        let days = lint.iter().find(|check| check.rule.code() == "web.days");
        days.unwrap().outcome == Outcome::Noted
    };
    assert!(!is_noted("260314000000Z", "270415235959Z"));
    assert!(is_noted("260314000000Z", "270416000000Z"));
    assert!(!is_noted("260315000000Z", "260930235959Z"));
    assert!(is_noted("260315000000Z", "261001000000Z"));
    assert!(is_noted("270315000000Z", "270623000000Z"));
}
