//! Secrets that are not read here are named, and nothing of them is kept.

use super::*;
use base64ct::{Base64, Encoding};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const OPENSSH: &str = include_str!("../../../tests/corpus/file/openssh.pem");
const DSA: &[u8] = include_bytes!("../../../tests/corpus/file/dsa.der");

fn said(bytes: &[u8]) -> (String, String) {
    let opened = open(bytes, None);
    (kinds(&opened), codes(&opened))
}

fn refused(code: &str) -> (String, String) {
    (String::new(), code.to_owned())
}

#[test]
fn a_key_of_openssh_is_named_and_not_kept() {
    let body: String = OPENSSH.lines().filter(|it| !it.starts_with('-')).collect();
    let bytes = Base64::decode_vec(&body).unwrap();
    let mislabelled = OPENSSH.replace("OPENSSH PRIVATE KEY", "CERTIFICATE");
    for writing in [
        OPENSSH.as_bytes(),
        mislabelled.as_bytes(),
        body.as_bytes(),
        &bytes,
    ] {
        assert_eq!(said(writing), refused("file.openssh-key"));
    }
    // Without what it begins with, some of it still looks like DER.
    let rest = pem::encode("OPENSSH PRIVATE KEY", &bytes[2..]);
    assert_eq!(said(rest.as_bytes()), refused("file.not-der"));
    let fault = open(OPENSSH.as_bytes(), None).flaws[0].fault();
    assert!(fault.next.contains("ssh-keygen -p -m PKCS8 -f"));
}

#[test]
fn a_key_of_another_kind_is_not_kept() {
    let pem = pem::encode("DSA PRIVATE KEY", DSA);
    let base64 = Base64::encode_string(DSA);
    for writing in [DSA, pem.as_bytes(), base64.as_bytes()] {
        assert_eq!(said(writing), refused("file.unknown-secret"));
    }
    // A kind of which nothing is known but its label.
    for der in [&b"\x30\x04\x04\x02ab"[..], b"\x31\x04\x04\x02ab"] {
        let secret = pem::encode("NEW PRIVATE KEY", der);
        assert_eq!(said(secret.as_bytes()), refused("file.unknown-secret"));
        let other = pem::encode("NEW THING", der);
        assert_eq!(said(other.as_bytes()).0, "other");
        let both = said(format!("{secret}{other}").as_bytes());
        assert_eq!(both, ("other".to_owned(), "file.unknown-secret".to_owned()));
    }
    // Damaged, and yet like a certificate.
    let cut = pem::encode("PRIVATE KEY", &CHAIN[..CHAIN.len() - 1]);
    assert_eq!(said(cut.as_bytes()), refused("file.not-der"));
}

/// What follows an object, or stands alone in PEM, is one only if it is a structure.
#[test]
fn a_string_is_no_object() {
    let der = [CHAIN, b"\x04\x02ab"].concat();
    let opened = open(&der, None);
    assert_eq!(kinds(&opened), "certificate");
    assert_eq!(opened.flaws[0].at, Some(CHAIN.len()));
    let pem = pem::encode("THING", b"\x6f\x02ab");
    assert_eq!(said(pem.as_bytes()), refused("file.not-der"));
}

/// secretBag, RFC 7292 section 4.2.5: Java keeps keys of symmetric ciphers in it.
#[test]
fn a_secret_in_a_pkcs12_file_is_not_kept() {
    let wrap = |tag: u8, parts: &[&[u8]]| {
        let inner = parts.concat();
        [&[tag, u8::try_from(inner.len()).unwrap()], &*inner].concat()
    };
    let data = |content: &[u8]| {
        let kind = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        wrap(0x30, &[kind, &wrap(0xa0, &[&wrap(4, &[content])])])
    };
    let kind = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x05";
    let bag = wrap(0x30, &[kind, &wrap(0xa0, &[&wrap(4, &[b"open sesame"])])]);
    let safe = wrap(0x30, &[&data(&wrap(0x30, &[&bag]))]);
    let file = wrap(0x30, &[b"\x02\x01\x03", &data(&safe)]);
    assert_eq!(said(&file), refused("file.unknown-secret"));
}
