//! What profiles say beyond the path: RFC 5280 sections 4 and 5, Azure.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/lint.rs"]
mod lints;
#[path = "common/path.rs"]
mod path;

use common::{Draft, extension, key_usage, name, tlv};
use lints::{lint, rfc5280, web, with};
use path::{Hashes, List, alt_names, ask, chain, code, constraints, dns, sign, spki};
use signet_core::path::{Profile, Question, Revocation, judge};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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

/// RFC 9598 section 3: only what does not fit into rfc822Name.
#[test]
fn international_mailboxes() {
    let oid = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09";
    for (tag, text, said) in [
        (0x0c, "医@example.com", ""),
        (0x0c, "a@example.com", "rfc5280.san-form"),
        (0x0c, "医@医.example", "rfc5280.san-form"),
        (0x0c, "医", "rfc5280.san-form"),
        (0x16, "a@example.com", "rfc5280.san-form"),
    ] {
        let value = tlv(0xa0, &[&tlv(tag, &[text.as_bytes()])]);
        let names = alt_names(&[tlv(0xa0, &[oid, &value])]);
        assert_eq!(rfc5280(|drafts| drafts[3].extensions[4] = names), said);
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

/// A SubjectPublicKeyInfo.
fn key(algorithm: &[&[u8]], body: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x30, algorithm), &tlv(3, &[&[0], body])])
}

/// RFC 5480 section 2.2, RFC 8410 section 4, RFC 8017 section 3.1.
#[test]
fn keys_have_the_form_of_their_algorithm() {
    let ec = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
    let p256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    let p521 = b"\x06\x05\x2b\x81\x04\x00\x23";
    let rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    let bytes = |first: &[u8], count: usize| [first, &vec![7; count]].concat();
    let numbers =
        |modulus: &[u8], exponent: &[u8]| tlv(0x30, &[&tlv(2, &[modulus]), &tlv(2, &[exponent])]);
    for (algorithm, body, good) in [
        (&[&ec[..], p256] as &[&[u8]], bytes(&[4], 64), true),
        (&[ec, p256], bytes(&[3], 32), true),
        (&[ec, p256], bytes(&[2], 31), false),
        (&[ec, p256], bytes(&[4], 63), false),
        (&[ec, p256], bytes(&[6], 64), false),
        (&[ec, p256], bytes(&[], 0), false),
        (&[ec, p521], bytes(&[4], 132), true),
        (&[ec, p521], bytes(&[4], 130), false),
        (&[&[6, 3, 0x2b, 0x65, 0x70]], bytes(&[], 32), true),
        (&[&[6, 3, 0x2b, 0x65, 0x70]], bytes(&[], 31), false),
        (&[&[6, 3, 0x2b, 0x65, 0x71]], bytes(&[], 57), true),
        (&[&[6, 3, 0x2b, 0x65, 0x71]], bytes(&[], 56), false),
        (&[rsa, &[5, 0]], numbers(&[7], &[3]), true),
        (&[rsa, &[5, 0]], numbers(&[7], &[1]), false),
        (&[rsa, &[5, 0]], numbers(&[7], &[4]), false),
        (&[rsa, &[5, 0]], numbers(&[6], &[3]), false),
        (&[rsa, &[5, 0]], numbers(&[0x87], &[3]), false),
        (&[rsa, &[5, 0]], vec![5, 0], false),
    ] {
        let profile = Profile {
            purposes: &[],
            ..Profile::rfc5280()
        };
        let mut drafts = chain();
        drafts[3].spki = key(algorithm, &body);
        drafts[3].extensions.remove(2);
        let report = with(&profile, true, &drafts);
        let wanted = if good { "ok" } else { "rfc5280.key-form" };
        assert_eq!(code(&report), wanted, "{algorithm:x?} {body:x?}");
    }
}

/// RFC 3279, RFC 5480 and RFC 8410 say how keys are written, RFC 8813, RFC 9295 and RFC 4055 what they are for.
#[test]
fn keys_by_their_kind() {
    let spki = |algorithm: &[&[u8]]| {
        let body = match algorithm {
            [[6, 3, ..], ..] => vec![7; 32],
            [[6, 7, ..], ..] => [vec![4], vec![7; 64]].concat(),
            _ => vec![0x30, 6, 2, 1, 7, 2, 1, 3],
        };
        key(algorithm, &body)
    };
    let ec = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
    let (p256, spelled_out) = (b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", [0x30, 0]);
    let (ed25519, x25519) = (b"\x06\x03\x2b\x65\x70", b"\x06\x03\x2b\x65\x6e");
    let pss = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
    let rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    let (form, usage) = ("rfc5280.key-form", "rfc5280.key-usage-key");
    for (algorithm, bits, said) in [
        (&[&ec[..], p256] as &[&[u8]], 0xc8, ""),
        (&[ec, p256], 0xa0, usage),
        (&[ec, p256], 0x90, usage),
        (&[ec, &spelled_out], 0x80, form),
        (&[ec], 0x80, form),
        (&[ed25519], 0xc0, ""),
        (&[ed25519], 0x88, usage),
        (&[ed25519, &[5, 0]], 0x80, form),
        (&[x25519], 0x08, ""),
        (&[x25519], 0x88, usage),
        (&[x25519], 0x80, usage),
        (&[pss], 0xa0, ""),
        (&[rsa, &[5, 0]], 0xb0, ""),
        (&[rsa], 0x80, form),
    ] {
        let profile = Profile {
            purposes: &[],
            ..Profile::rfc5280()
        };
        let verdict = lint(&profile, |drafts| {
            drafts[3].spki = spki(algorithm);
            drafts[3].extensions[2] = key_usage(bits);
        });
        assert_eq!(verdict, said, "{algorithm:x?} {bits:x}");
    }
}

/// RFC 9608 section 2.
#[test]
fn whoever_is_never_revoked() {
    let none = |critical: bool| extension(56, critical, &[5, 0]);
    let with = |index: usize, more: &[Vec<u8>]| {
        rfc5280(|drafts| drafts[index].extensions.extend_from_slice(more))
    };
    let uri = tlv(0x86, &[b"http://a.example/"]);
    let point = tlv(0x30, &[&tlv(0x30, &[&tlv(0xa0, &[&tlv(0xa0, &[&uri])])])]);
    let access = |method: u8| {
        let oid = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, method];
        let value = tlv(4, &[&tlv(0x30, &[&tlv(0x30, &[&oid, &uri])])]);
        tlv(0x30, &[b"\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01", &value])
    };
    assert_eq!(with(3, &[none(false)]), "");
    assert_eq!(with(3, &[none(false), access(2)]), "");
    let wrong = "rfc5280.no-revocation";
    assert_eq!(with(2, &[none(false)]), wrong);
    for beside in [
        extension(31, false, &point),
        extension(46, false, &point),
        access(1),
    ] {
        assert_eq!(with(3, &[none(false), beside]), wrong);
    }
    assert_eq!(with(3, &[none(true)]), wrong);
    assert_eq!(with(3, &[extension(56, false, &[4, 0])]), wrong);
}

#[test]
fn names_of_issuers() {
    let ian = |value: &[u8]| extension(18, false, value);
    let good = ian(&tlv(0x30, &[&dns("ca.example.com")]));
    assert_eq!(rfc5280(|drafts| drafts[3].extensions.push(good)), "");
    for wrong in [tlv(0x30, &[]), tlv(0x30, &[&dns("a b")])] {
        assert_eq!(
            rfc5280(|drafts| drafts[3].extensions.push(ian(&wrong))),
            "rfc5280.ian-form"
        );
    }
}

/// RFC 5280 appendix A.1: SIZE of sets and of text.
#[test]
fn attributes_of_names() {
    let attribute = |arc: u8, tag: u8, text: &[u8]| {
        let value = tlv(tag, &[text]);
        tlv(
            0x30,
            &[&tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, arc], &value])])],
        )
    };
    let long = |count: usize| vec![b'a'; count];
    let wrong = "rfc5280.name-attributes";
    for (subject, said) in [
        (attribute(3, 0x0c, &long(64)), ""),
        (attribute(3, 0x0c, &"ä".repeat(64).into_bytes()), ""),
        (attribute(3, 0x0c, &long(65)), wrong),
        (attribute(7, 0x0c, &long(65)), ""),
        (attribute(3, 0x0c, b""), wrong),
        (attribute(3, 0x0c, b"\xff"), wrong),
        (attribute(3, 0x13, b"\xff"), wrong),
        (attribute(3, 0x14, b"\xff"), ""),
        (attribute(6, 0x13, b"DE"), ""),
        (attribute(6, 0x13, b"DEU"), wrong),
        (tlv(0x30, &[&tlv(0x31, &[])]), wrong),
    ] {
        assert_eq!(rfc5280(|drafts| drafts[3].subject = subject), said);
    }
    let empty = attribute(3, 0x0c, b"");
    let root = |drafts: &mut [Draft; 4]| {
        drafts[0].subject.clone_from(&empty);
        drafts[0].issuer.clone_from(&empty);
        drafts[1].issuer.clone_from(&empty);
    };
    assert_eq!(rfc5280(root), "");
}
