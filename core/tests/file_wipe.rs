//! No memory that opening or sealing a private key gives back holds the key.
//!
//! An allocator looks into every block at the moment it is freed.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)]

#[path = "common/watchman.rs"]
mod watchman;

use std::sync::OnceLock;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use der::{Encode, Length};
use signet_core::file::{self, Content, Secret, write};
use signet_core::key::PrivateKey;
use watchman::{Watchman, found, watched};

/// Bytes of which none is like its neighbours.
const ENTROPY: [u8; 48] = *b"\x91~Kq\x03\xE2zR\x5Cw\xB8@\x17\xF4j\xA9-\xD0e\x8B1\xCCg\x06Z\
    \x8F\x11\xC4y\x3D\xE9\x02\xB7\x48\x6A\xDE\x95\x20\xFB\x57\x0C\xA3\x71\x1E\xD8\x64\x99\x2F";
/// What seals it.
const PASSWORD: &str = "one pair of gloves";
/// A third of the key, in each of the ways in which it is written.
static SHAPES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

#[global_allocator]
static WATCHMAN: Watchman = Watchman(holds_key);

fn holds_key(bytes: &[u8]) -> bool {
    let shapes = SHAPES.get().map(Vec::as_slice).unwrap_or_default();
    shapes.iter().any(|shape| {
        bytes
            .windows(shape.len())
            .any(|window| window == shape.as_slice())
    })
}

/// How many blocks with the key in them `work` gave back.
fn freed<T>(work: impl FnOnce() -> T) -> usize {
    watched(|| drop(work()));
    found()
}

/// Pieces of the key, of its base64 at each alignment and of what is written of it in a JSON Web Key, and the password
/// as PKCS #12 hashes it.
fn shapes() -> Vec<Vec<u8>> {
    let mut shapes: Vec<Vec<u8>> = ENTROPY.chunks(16).map(<[u8]>::to_vec).collect();
    shapes.push(PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for before in 0..3 {
        let bytes = [&[0; 2][..before], &ENTROPY].concat();
        for text in [
            Base64::encode_string(&bytes),
            Base64UrlUnpadded::encode_string(&bytes),
        ] {
            // Short enough for one of them to lie within a line of PEM, and without the neighbours' digits.
            let inner = &text.as_bytes()[4..60];
            shapes.extend(inner.chunks_exact(14).map(<[u8]>::to_vec));
        }
    }
    shapes.extend(ENTROPY.chunks(16).map(|part| hex(part).into_bytes()));
    shapes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// As the API of AWS IoT answers with a new key: each line end is an escape.
fn json(pem: &str) -> Vec<u8> {
    let answer = serde_json::json!({ "keyPair": { "PrivateKey": pem } });
    answer.to_string().into_bytes()
}

fn jwk(key: &PrivateKey) -> String {
    let point = key.public_point();
    let text = Base64UrlUnpadded::encode_string;
    let (x, y) = point[1..].split_at(48);
    format!(
        r#"{{"kty":"EC","crv":"P-384","x":"{}","y":"{}","d":"{}"}}"#,
        text(x),
        text(y),
        text(&ENTROPY)
    )
}

/// Inputs with the key in a form that is not read, or damaged.
fn refused(key: &PrivateKey, sealed: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let pem = |label: &str, der: &[u8]| signet_core::pem::encode(label, der).into_bytes();
    let openssh = [b"openssh-key-v1\0", &ENTROPY[..]].concat();
    let numbers = [&b"\x02\x01\0".repeat(5)[..], b"\x02\x30", &ENTROPY].concat();
    let dsa = [&[0x30, 65][..], &numbers].concat();
    let unknown = [&[0x30, 50, 4, 48][..], &ENTROPY].concat();
    // The last digit before the padding has bits that stand for nothing, and one of them set.
    let mut spare = key.to_sec1_pem().as_bytes().to_vec();
    let padding = spare.iter().position(|byte| *byte == b'=').unwrap();
    spare[padding - 1] += 1;
    let mut digits = Base64::encode_string(&key.to_pkcs8_der()).into_bytes();
    digits.insert(100, b'=');
    // Damage at the end, where the padding is, which only shows when all is open.
    let mut bent = sealed.to_vec();
    *bent.last_mut().unwrap() ^= 1;
    vec![
        ("OpenSSH", pem("OPENSSH PRIVATE KEY", &openssh)),
        ("DSA", dsa.clone()),
        ("DSA as PEM", pem("DSA PRIVATE KEY", &dsa)),
        ("another kind", pem("NEW PRIVATE KEY", &unknown)),
        ("damaged PEM", spare),
        ("damaged base64", digits),
        ("damaged ciphertext", bent),
    ]
}

/// A PKCS #12 file without a password, with the key in a safe in a safe (RFC 7292 section 4.2.6).
fn nested(pkcs8: &[u8]) -> Vec<u8> {
    let wrap = |tag: u8, parts: &[&[u8]]| {
        let inner = parts.concat();
        let length = Length::try_from(inner.len()).unwrap().to_der().unwrap();
        [&[tag], &*length, &inner].concat()
    };
    let data = |content: &[u8]| {
        let kind = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        wrap(0x30, &[kind, &wrap(0xa0, &[&wrap(4, &[content])])])
    };
    let bags = |kind: u8, value: &[u8]| {
        let kind = [
            b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01",
            &[kind][..],
        ]
        .concat();
        wrap(0x30, &[&wrap(0x30, &[&kind, &wrap(0xa0, &[value])])])
    };
    let safe = wrap(0x30, &[&data(&bags(6, &bags(1, pkcs8)))]);
    wrap(0x30, &[b"\x02\x01\x03", &data(&safe)])
}

fn left_by_what_is_refused(inputs: &[(&str, Vec<u8>)]) -> Vec<String> {
    let mut leaks = Vec::new();
    for (name, input) in inputs {
        let open = || file::open(input, Some(PASSWORD));
        let found = open();
        let mut contents = found.objects.iter().map(|object| &object.content);
        assert!(contents.all(|content| matches!(content, Content::Sealed(_))));
        assert_eq!(found.flaws.len(), 1, "{name}");
        let left = freed(open);
        if left > 0 {
            leaks.push(format!("{name}: {left}"));
        }
    }
    leaks
}

#[test]
fn what_opened_or_sealed_a_key_leaves_nothing_behind() {
    SHAPES.set(shapes()).unwrap();
    let key = PrivateKey::from_entropy(&ENTROPY).unwrap();
    let (pkcs8, sec1) = (key.to_pkcs8_der(), key.to_sec1_der());
    let secret = Secret::from_pkcs8(pkcs8.clone());
    let salts = write::Salts::default();
    let sealed = write::encrypted_pkcs8(&secret, PASSWORD, 10, &salts).unwrap();
    let p12 = write::pkcs12(Some(&secret), &[], "pump", PASSWORD, 10, &salts).unwrap();

    let literal = format!("KEY=\"{}\"", key.to_pkcs8_pem().replace('\n', "\\n"));
    let inputs: [(&str, Vec<u8>); 14] = [
        ("PKCS #8", pkcs8.to_vec()),
        ("SEC 1", sec1.to_vec()),
        ("PKCS #8 as PEM", key.to_pkcs8_pem().as_bytes().to_vec()),
        ("SEC 1 as PEM", key.to_sec1_pem().as_bytes().to_vec()),
        ("PEM as UTF-16", utf16(&key.to_sec1_pem())),
        ("PEM in a literal", literal.into_bytes()),
        ("hex", hex(&pkcs8).into_bytes()),
        ("base64", Base64::encode_string(&pkcs8).into_bytes()),
        ("JSON Web Key", jwk(&key).into_bytes()),
        ("PEM in JSON", json(&key.to_sec1_pem())),
        ("encrypted PKCS #8", sealed.clone()),
        ("PKCS #12", p12),
        ("a safe in a safe", nested(&pkcs8)),
        (
            "base64url",
            Base64UrlUnpadded::encode_string(&pkcs8).into_bytes(),
        ),
    ];
    let mut leaks = Vec::new();
    for (name, input) in inputs {
        let open = || file::open(&input, Some(PASSWORD));
        let found = open();
        let is_key = |content: &Content| matches!(content, Content::PrivateKey(secret) if holds_key(secret.as_pkcs8()));
        assert!(
            found.objects.iter().any(|object| is_key(&object.content)),
            "{name}: {found:?}"
        );
        let left = freed(open);
        if left > 0 {
            leaks.push(format!("{name}: {left}"));
        }
        // The watchman knows this writing, or what it opens to.
        let plain = ["encrypted PKCS #8", "PKCS #12", "PEM as UTF-16"];
        let seen = plain.contains(&name) || freed(|| input.clone()) == 1;
        assert!(seen, "{name}");
    }
    leaks.extend(left_by_what_is_refused(&refused(&key, &sealed)));
    let make = || PrivateKey::from_entropy(&ENTROPY).map(|key| key.sign(b"request"));
    let seal = || write::encrypted_pkcs8(&secret, PASSWORD, 10, &salts);
    let bundle = || write::pkcs12(Some(&secret), &[], "pump", PASSWORD, 10, &salts);
    for (name, blocks) in [
        ("made", freed(make)),
        ("as DER", freed(|| (key.to_pkcs8_der(), key.to_sec1_der()))),
        ("as PEM", freed(|| (key.to_pkcs8_pem(), key.to_sec1_pem()))),
        ("sealed", freed(seal)),
        ("in a PKCS #12", freed(bundle)),
    ] {
        if blocks > 0 {
            leaks.push(format!("{name}: {blocks}"));
        }
    }
    assert_eq!(
        leaks,
        Vec::<String>::new(),
        "blocks were freed with the key in them"
    );
}
