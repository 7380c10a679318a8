//! What is read of certificates that strict reading refuses: each is a good one, bent in one place.
#![allow(clippy::unwrap_used)]

use sha2::{Digest, Sha256};
use signet_core::asn1::{Node, Tree, tree};
use signet_core::cert::{Error, Field, Sketch, Summary};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const GOOD: &[u8] = include_bytes!("corpus/cert/rich.der");

/// A node to be put in the place of the first of that field.
enum Bend<'b> {
    /// Its whole TLV.
    Replace(&'b str, &'b [u8]),
    /// What stands behind it.
    Append(&'b str, &'b [u8]),
    /// The same content under a length of BER.
    Ber(&'b str),
}

/// The good certificate with one part bent; the lengths around it are right.
fn bent(bend: &Bend<'_>) -> Vec<u8> {
    let tree = tree(GOOD);
    one(&tree, 0, bend)
}

fn one(tree: &Tree, index: usize, bend: &Bend<'_>) -> Vec<u8> {
    let node = &tree.nodes[index];
    let below = tree.nodes.iter().enumerate().skip(index + 1);
    let below = below.take_while(|(_, it)| it.depth > node.depth);
    let children: Vec<(usize, &Node)> =
        below.filter(|(_, it)| it.depth == node.depth + 1).collect();
    let inside = children.iter().any(|(_, child)| child.inside);
    let content: Vec<u8> = if children.is_empty() || inside {
        GOOD[node.content..node.stop].to_vec()
    } else {
        let children = children.iter();
        children.flat_map(|(at, _)| one(tree, *at, bend)).collect()
    };
    let is = |field: &str| node.field == Some(field);
    match bend {
        Bend::Replace(field, bytes) if is(field) => bytes.to_vec(),
        Bend::Append(field, bytes) if is(field) => [&tlv(GOOD[node.at], &content), *bytes].concat(),
        Bend::Ber(field) if is(field) => {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[GOOD[node.at], 0x83, 0], &length[..], &content].concat()
        }
        _ => tlv(GOOD[node.at], &content),
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let head = match u16::try_from(content.len()).unwrap().to_be_bytes() {
        [0, length @ 0..0x80] => vec![tag, length],
        [0, length] => vec![tag, 0x81, length],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}

/// The fields of a sketch by name.
fn field<'s>(sketch: &'s Sketch, name: &str) -> &'s Field {
    match name {
        "version" => &sketch.version,
        "serial" => &sketch.serial,
        "issuer" => &sketch.issuer,
        "not before" => &sketch.not_before,
        "not after" => &sketch.not_after,
        "subject" => &sketch.subject,
        "key" => &sketch.key,
        _ => &sketch.signature_algorithm,
    }
}

const NAMES: [&str; 8] = [
    "version",
    "serial",
    "issuer",
    "not before",
    "not after",
    "subject",
    "key",
    "algorithm",
];

#[test]
fn of_a_good_one_it_says_what_the_summary_says() {
    let (sketch, summary) = (Sketch::read(GOOD), Summary::from_der(GOOD).unwrap());
    let values = NAMES.map(|name| field(&sketch, name).value.clone().unwrap());
    let key = format!("{}, {} bit", summary.key.kind, summary.key.bits.unwrap());
    let expected = [
        summary.version.to_string(),
        summary.serial,
        summary.issuer,
        summary.not_before.to_string(),
        summary.not_after.to_string(),
        summary.subject,
        key,
        summary.signature_algorithm,
    ];
    assert_eq!(values, expected);
    assert_eq!(sketch.extensions, summary.extensions);
    assert_eq!(
        (&sketch.sha1, &sketch.sha256),
        (&summary.sha1, &summary.sha256)
    );
    assert!(
        NAMES
            .iter()
            .all(|name| field(&sketch, name).trouble.is_none())
    );
    assert_eq!(sketch.troubles, []);
    assert!(Sketch::is_likely(GOOD));
}

/// Nothing but `name` is in trouble, and everything else is as it was.
fn only(bytes: &[u8], name: &str, value: Option<&str>, what: &str) -> Sketch {
    let (sketch, good) = (Sketch::read(bytes), Sketch::read(GOOD));
    for other in NAMES {
        let found = field(&sketch, other);
        if other != name {
            assert_eq!(found, field(&good, other), "{name}: {other}");
            continue;
        }
        assert_eq!(found.value.as_deref(), value, "{name}");
        let trouble = found.trouble.as_ref().unwrap();
        assert!(trouble.what.contains(what), "{name}: {trouble}");
        assert!(trouble.at > 0 && trouble.at <= bytes.len());
    }
    assert!(Sketch::is_likely(bytes), "{name}");
    assert_eq!(sketch.sha256, upper(&Sha256::digest(bytes)));
    sketch
}

fn upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn numbers_that_break_the_rules() {
    let serial = |content: &[u8]| bent(&Bend::Replace("serialNumber", &tlv(2, content)));
    only(&serial(&[0xff]), "serial", Some("FF"), "negative");
    let long = "01".repeat(21);
    only(&serial(&[1; 21]), "serial", Some(&long), "21 bytes");
    only(&serial(&[0, 1]), "serial", Some("01"), "more bytes");
    only(&serial(&[]), "serial", None, "no bytes");
    let version = |bytes: &[u8]| bent(&Bend::Replace("version", bytes));
    let none = "no version";
    only(&version(&[0xa0, 3, 2, 1, 4]), "version", Some("5"), none);
    let two = [0xa0, 4, 2, 2, 1, 0];
    only(&version(&two), "version", Some("256"), none);
}

#[test]
fn dates_that_are_none() {
    for (tag, text, what) in [
        (23, "2601010000Z", "No time"),
        (23, "260101000000+0100", "No time"),
        (24, "20261301000000Z", "No time"),
        (12, "260101000000Z", "no time"),
    ] {
        let bytes = bent(&Bend::Replace("notBefore", &tlv(tag, text.as_bytes())));
        assert!(Summary::from_der(&bytes).is_err(), "{text}");
        only(&bytes, "not before", Some(text), what);
    }
    let bytes = bent(&Bend::Replace("notAfter", &[]));
    only(&bytes, "not after", None, "missing");
}

#[test]
fn times_before_1970_are_named_as_what_they_are() {
    for (tag, text) in [(23, "600101000000Z"), (24, "19600101000000Z")] {
        let time = tlv(tag, text.as_bytes());
        for field in ["notBefore", "notAfter"] {
            let bytes = bent(&Bend::Replace(field, &time));
            let error = Summary::from_der(&bytes).unwrap_err();
            let at = bytes.windows(time.len()).position(|it| it == time);
            assert_eq!(Some(error.clone()), at.map(|at| Error::EarlyTime { at }));
            assert!(error.to_string().contains("before 1970"));
        }
        let bytes = bent(&Bend::Replace("notBefore", &time));
        only(&bytes, "not before", Some(text), "a time before 1970");
    }
}

#[test]
fn names_that_break_the_rules() {
    let part = |tag, text: &[u8]| {
        let value = tlv(tag, text);
        tlv(0x30, &[&[6, 3, 0x55, 4, 3], &value[..]].concat())
    };
    let name = |parts: &[Vec<u8>]| tlv(0x30, &tlv(0x31, &parts.concat()));
    let bytes = |parts: &[Vec<u8>]| bent(&Bend::Replace("subject", &name(parts)));
    let bad = bytes(&[part(12, &[b'a', 0xff])]);
    only(&bad, "subject", Some("2.5.4.3=#0C0261FF"), "UTF");
    let unsorted = bytes(&[part(12, b"b"), part(12, b"a")]);
    only(&unsorted, "subject", Some("CN=b+CN=a"), "not sorted");
    let damaged = bytes(&[tlv(0x30, &[&[6, 0], &part(12, b"a")[..]].concat())]);
    only(&damaged, "subject", Some("?"), "type");
    let empty = bytes(&[]);
    only(&empty, "subject", Some(""), "empty");
}

/// 2.25 and a UUID: a number of 128 bits.
const UUID: &[u8] =
    b"\x06\x14\x69\x83\xf0\x9d\xa7\xeb\xcf\xde\xe0\xc7\xa1\xa7\xb2\xc0\x94\x8c\xc8\xf9\xd7\x76";
const UUID_TEXT: &str = "2.25.329800735698586629295641978511506172918";

#[test]
fn long_object_identifiers_are_shown_and_named_as_the_reason() {
    let refused = |bytes: &[u8]| {
        let error = Summary::from_der(bytes).unwrap_err();
        let at = bytes.windows(UUID.len()).position(|it| it == UUID);
        assert_eq!(Some(error.clone()), at.map(|at| Error::LongOid { at }));
        assert!(error.to_string().contains("longer than what is read"));
    };
    let extension = tlv(0x30, &[UUID, &[4, 2, 5, 0]].concat());
    let bytes = bent(&Bend::Replace("extension", &extension));
    refused(&bytes);
    let sketch = Sketch::read(&bytes);
    let found = &sketch.extensions[0];
    assert_eq!((&*found.oid, &*found.value), (UUID_TEXT, "NULL"));
    let what = "This is an object identifier longer than what is read here.";
    assert!(sketch.troubles.iter().all(|trouble| trouble.what == what));
    assert!(!sketch.troubles.is_empty());
    let nodes = tree(&bytes).nodes;
    let node = nodes.iter().find(|node| node.value == UUID_TEXT).unwrap();
    assert_eq!((&*node.kind, &node.flaw), ("OBJECT IDENTIFIER", &None));

    let attribute = tlv(0x30, &[UUID, &[12, 1, b'a']].concat());
    let bytes = bent(&Bend::Replace(
        "subject",
        &tlv(0x30, &tlv(0x31, &attribute)),
    ));
    refused(&bytes);
    only(&bytes, "subject", Some("?"), what);
    let algorithm = tlv(0x30, UUID);
    let bytes = bent(&Bend::Replace("signatureAlgorithm", &algorithm));
    refused(&bytes);
    only(&bytes, "algorithm", None, what);
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_found() {
    for (part, names) in [
        ("serialNumber", &["serial"][..]),
        ("subjectPublicKeyInfo", &["key"]),
        ("validity", &["not before", "not after"]),
        ("signature", &["algorithm"]),
    ] {
        let bytes = bent(&Bend::Replace(part, &[]));
        assert!(Summary::from_der(&bytes).is_err(), "{part}");
        let (sketch, good) = (Sketch::read(&bytes), Sketch::read(GOOD));
        for name in NAMES {
            let found = field(&sketch, name);
            let missing = names.contains(&name);
            let trouble = found.trouble.as_ref();
            let said = trouble.is_some_and(|it| it.what.contains("missing"));
            assert_eq!(said, missing, "{part}: {name}");
            if !missing {
                assert_eq!(found, field(&good, name), "{part}");
            }
        }
        assert_eq!(sketch.extensions, good.extensions);
    }
}

#[test]
fn lengths_and_ends() {
    let good = Sketch::read(GOOD);
    let same = |bytes: &[u8], what: &str| {
        assert!(Summary::from_der(bytes).is_err(), "{what}");
        let sketch = Sketch::read(bytes);
        for name in NAMES {
            assert_eq!(
                field(&sketch, name).value,
                field(&good, name).value,
                "{what}"
            );
        }
        assert_eq!(sketch.extensions, good.extensions);
        let fields = NAMES
            .iter()
            .filter_map(|name| field(&sketch, name).trouble.as_ref());
        let mut all = fields.chain(&sketch.troubles);
        assert!(all.any(|it| it.what.contains(what)), "{what}: {sketch:?}");
        assert!(Sketch::is_likely(bytes));
    };
    for part in [
        "tbsCertificate",
        "issuer",
        "subjectPublicKeyInfo",
        "extensions",
        "validity",
    ] {
        same(&bent(&Bend::Ber(part)), "more bytes than it needs");
    }
    same(
        &bent(&Bend::Append("signatureValue", &[5, 0])),
        "Nothing belongs here",
    );
    same(&[GOOD, &[5, 0]].concat(), "more bytes follow");
    let content = &GOOD[4..];
    same(&[&[0x30, 0x80], content, &[0, 0]].concat(), "indefinite");
    let tbs = &bent(&Bend::Ber("tbsCertificate"))[4..];
    let (tbs, rest) = (
        &tbs[5..5 + usize::from(tbs[3]) * 256 + usize::from(tbs[4])],
        tbs,
    );
    let rest = &rest[5 + tbs.len()..];
    let inner = [&[0x30, 0x80], tbs, &[0, 0], rest].concat();
    same(&tlv(0x30, &inner), "indefinite");
}

#[test]
fn any_bytes_have_a_sketch() {
    for bytes in [&[][..], &[0], &[0x30], &[0x30, 0x80], b"no certificate"] {
        assert!(!Sketch::is_likely(bytes));
        assert_eq!(Sketch::read(bytes).size, bytes.len());
    }
    for at in 0..GOOD.len() {
        let mut bytes = GOOD.to_vec();
        bytes[at] ^= 0xa5;
        for bytes in [&bytes, &GOOD[..at]] {
            let sketch = Sketch::read(bytes);
            let shown = NAMES.map(|name| field(&sketch, name).value.clone().unwrap_or_default());
            assert!(!shown.concat().contains(char::is_control));
        }
    }
}
