mod containers;
mod costs;
mod images;
mod jwk;
mod literals;
mod places;
mod secrets;

use super::write::{self, Salts};
use super::*;
use crate::key::PrivateKey;
use crate::{pem, trust};
use der::asn1::AnyRef;
use der::{Encode, Tag};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CHAIN: &[u8] = include_bytes!("../../tests/corpus/cert/rich.der");

/// What was found, in a word each, and in one where one part after another stays sealed.
fn kinds(opened: &Opened) -> String {
    let word = |object: &Object| match object.content {
        Content::Broken(_) => "broken",
        Content::Certificate(_) => "certificate",
        Content::Crl(_) => "crl",
        Content::Other(_) => "other",
        Content::PrivateKey(_) => "key",
        Content::PublicKey(_) => "public",
        Content::Request(_) => "request",
        Content::Sealed(_) => "sealed",
    };
    let mut words: Vec<&str> = opened.objects.iter().map(word).collect();
    words.dedup_by(|next, word| *next == "sealed" && next == word);
    words.join(" ")
}

fn codes(opened: &Opened) -> String {
    let codes = opened.flaws.iter().map(|flaw| flaw.error.code());
    codes.collect::<Vec<_>>().join(" ")
}

fn key() -> PrivateKey {
    PrivateKey::from_entropy(&[7; 48]).unwrap()
}

fn secret() -> Secret {
    Secret::from_pkcs8(key().to_pkcs8_der())
}

#[test]
fn each_writing_of_a_certificate_is_the_same_certificate() {
    use base64ct::{Base64, Base64UrlUnpadded, Encoding};
    let der = trust::ROOTS[0].der;
    let pem = pem::encode("CERTIFICATE", der);
    let base64 = Base64::encode_string(der);
    let utf16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(pem.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let json = serde_json::json!({ "a": { "issuedCertificateChain": [base64, pem] } });
    let writings: Vec<Vec<u8>> = vec![
        der.to_vec(),
        pem.clone().into_bytes(),
        format!("explanation\r\n{}", pem.replace('\n', "\r\n")).into_bytes(),
        format!("\u{feff}{pem}").into_bytes(),
        pem.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes(),
        pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE")
            .into_bytes(),
        base64.clone().into_bytes(),
        format!("\"{base64}\"\n").into_bytes(),
        Base64UrlUnpadded::encode_string(der).into_bytes(),
        Base64::encode_string(pem.as_bytes()).into_bytes(),
        utf16,
        write::pkcs7(&[der], &[]).unwrap(),
        pem::encode("PKCS7", &write::pkcs7(&[der], &[]).unwrap()).into_bytes(),
    ];
    for writing in writings {
        let opened = open(&writing, None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("certificate", "")
        );
        let Content::Certificate(found) = &opened.objects[0].content else {
            panic!()
        };
        assert_eq!(found, der);
    }
    let opened = open(json.to_string().as_bytes(), None);
    assert_eq!(kinds(&opened), "certificate certificate");
    assert_eq!(
        opened.objects[0].within[0],
        "JSON /a/issuedCertificateChain/0"
    );
    let place = json.to_string().find(&base64[..30]).unwrap();
    assert_eq!(opened.objects[0].at, place);
}

/// Whoever writes a certificate would choose which one is shown; other programs read the outer.
#[test]
fn pem_in_a_text_of_der_is_not_what_the_file_is() {
    let inner = pem::encode("CERTIFICATE", CHAIN);
    let text = [b"\n", inner.as_bytes()].concat();
    let text = AnyRef::new(Tag::OctetString, &text).unwrap();
    let text = text.to_der().unwrap();
    let outer = AnyRef::new(Tag::Sequence, &text).unwrap().to_der().unwrap();
    for file in [
        outer.clone(),
        [&outer, b"\r\n\0".as_slice()].concat(),
        pem::encode("CERTIFICATE", &outer).into_bytes(),
    ] {
        assert_eq!(kinds(&open(&file, None)), "other");
    }
    let twice = open(&outer.repeat(2), None);
    assert_eq!(kinds(&twice), "other other");
    let dirty = open(&[&outer, b"?".as_slice()].concat(), None);
    assert_eq!(
        (kinds(&dirty).as_str(), codes(&dirty).as_str()),
        ("other", "file.not-der")
    );
    // The digit 0 is the byte that DER begins with.
    for said in [
        &b"0"[..],
        b"00",
        b"0 certificates follow",
        "0\u{b2} of them".as_bytes(),
        b"0\nof f\xfcnf",
    ] {
        let opened = open(&[said, b"\n", inner.as_bytes()].concat(), None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("certificate", "")
        );
    }
}

#[test]
fn pem_behind_der_is_opened_too() {
    let pem = pem::encode("CERTIFICATE", CHAIN);
    let text = format!("\r\nsubject=CN=a\n{pem}");
    let public = key().public_key().to_spki_der();
    for (der, word) in [(trust::ROOTS[0].der, "certificate"), (&*public, "public")] {
        let file = [der, text.as_bytes()].concat();
        let opened = open(&file, None);
        let wanted = format!("{word} certificate");
        assert_eq!((kinds(&opened), codes(&opened)), (wanted, String::new()));
        assert_eq!(opened.objects[0].at, 0);
        assert!(file[opened.objects[1].at..].starts_with(b"-----BEGIN"));
        // Each fault is at its own byte.
        let bent = [der, text.replacen("MII", "M!I", 1).as_bytes()].concat();
        let opened = open(&bent, None);
        let at = bent.windows(3).position(|window| window == b"M!I");
        assert_eq!(codes(&opened), "pem.bad-character");
        assert_eq!(
            (opened.flaws[0].at, kinds(&opened)),
            (at.map(|at| at + 1), word.to_owned())
        );
        // What is neither is named as before, and where it begins.
        let dirt = [der, b"\x01", text.as_bytes()].concat();
        let opened = open(&dirt, None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            (word, "file.not-der")
        );
    }
}

#[test]
fn each_writing_of_a_key_is_the_same_key() {
    let key = key();
    let public = key.public_key().to_spki_der();
    let d = &key.to_pkcs8_der();
    let sealed = write::encrypted_pkcs8(&secret(), "gloves", 2, &Salts::default()).unwrap();
    for (writing, wanted) in [
        (key.to_pkcs8_pem().as_bytes().to_vec(), "key"),
        (key.to_sec1_pem().as_bytes().to_vec(), "key"),
        (key.to_sec1_der().to_vec(), "key"),
        (d.to_vec(), "key"),
        (public.clone(), "public"),
        (sealed, "key"),
    ] {
        let opened = open(&writing, Some("gloves"));
        assert_eq!(kinds(&opened), wanted, "{}", codes(&opened));
        assert_eq!(
            public_key_of(&opened.objects[0].content),
            Some(public.clone())
        );
    }
}

#[test]
fn a_password_opens_what_it_sealed_and_nothing_else_does() {
    let der = trust::ROOTS[0].der;
    let salts = Salts::default();
    let file = write::pkcs12(Some(&secret()), &[der], "pump", "gloves", 2, &salts).unwrap();
    let opened = open(&file, Some("gloves"));
    assert_eq!(
        (kinds(&opened).as_str(), codes(&opened).as_str()),
        ("certificate key", "")
    );
    assert_eq!(opened.objects[0].name.as_deref(), Some("pump"));
    let opened = open(&file, None);
    assert_eq!(
        (kinds(&opened).as_str(), codes(&opened).as_str()),
        ("sealed", "")
    );
    assert!(opened.wants_password);
    let opened = open(&file, Some("Gloves"));
    assert_eq!(codes(&opened), "file.wrong-password");
    assert!(opened.wants_password);
    // Without a password, the empty one is tried.
    let file = write::pkcs12(Some(&secret()), &[der], "pump", "", 2, &salts).unwrap();
    assert_eq!(kinds(&open(&file, None)), "certificate key");
}

/// Both are a SEQUENCE of two INTEGERs.
#[test]
fn a_signature_is_no_public_key() {
    use der::asn1::UintRef;
    let said = |first: &[u8], second: &[u8]| {
        let numbers = [first, second].map(|bytes| UintRef::new(bytes).unwrap());
        kinds(&open(&numbers.to_vec().to_der().unwrap(), None))
    };
    let odd = |length: usize| [vec![0xd3; length - 1], vec![0xab]].concat();
    assert_eq!(said(&odd(256), &[1, 0, 1]), "public");
    assert_eq!(said(&odd(64), &[3]), "public");
    // Of P-384 and of P-521.
    assert_eq!(said(&odd(48), &odd(48)), "other");
    assert_eq!(said(&odd(66), &odd(65)), "other");
    for (modulus, exponent) in [
        (odd(63), vec![1, 0, 1]),
        (odd(256), vec![1, 0, 0]),
        (odd(256), vec![1]),
        (odd(256), odd(128)),
        ([odd(255), vec![0]].concat(), vec![1, 0, 1]),
    ] {
        assert_eq!(said(&modulus, &exponent), "other");
    }
    // Negative.
    assert_eq!(
        kinds(&open(b"\x30\x06\x02\x01\x81\x02\x01\x03", None)),
        "other"
    );
    let signature = include_bytes!("../../tests/corpus/file/signature.der");
    assert_eq!(kinds(&open(signature, None)), "other");
}

#[test]
fn what_is_none_of_it_is_named() {
    for (bytes, code) in [
        (&b""[..], "file.empty"),
        (b" \r\n", "file.empty"),
        (b"hello", "file.unrecognized"),
        (b"<!doctype html><html></html>", "file.web-page"),
        (b"{\"status\":", "file.json"),
        (b"{\"status\":\"assigning\"}", "file.unrecognized"),
        (b"\x30\x82\x01", "file.not-der"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA", "pem.no-end"),
    ] {
        let opened = open(bytes, None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("", code)
        );
        assert!(opened.flaws[0].fault().what.ends_with('.'));
    }
    let deep = (0..20).fold(CHAIN.to_vec(), |inner, _| {
        use base64ct::{Base64, Encoding};
        Base64::encode_string(&inner).into_bytes()
    });
    assert_eq!(codes(&open(&deep, None)), "file.too-deep");
    let large = vec![b'A'; MAX_BYTES + 1];
    assert_eq!(codes(&open(&large, None)), "file.too-large");
}

#[test]
fn damage_in_one_object_hides_no_other() {
    let good = pem::encode("CERTIFICATE", CHAIN);
    let bad = good.replacen("MII", "M!I", 1);
    let opened = open(format!("{good}{bad}{good}").as_bytes(), None);
    assert_eq!(
        (kinds(&opened).as_str(), codes(&opened).as_str()),
        ("certificate certificate", "pem.bad-character")
    );
}

#[test]
fn damage_never_panics() {
    let salts = Salts::default();
    let file = write::pkcs12(Some(&secret()), &[CHAIN], "pump", "", 1, &salts).unwrap();
    let p7 = write::pkcs7(&[CHAIN, CHAIN], &[]).unwrap();
    for whole in [file, p7, key().to_pkcs8_der().to_vec()] {
        for cut in 0..whole.len() {
            let _ = open(&whole[..cut], Some(""));
            let mut bent = whole.clone();
            bent[cut] ^= 0x55;
            let _ = open(&bent, Some(""));
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let opened = open(key().to_pkcs8_pem().as_bytes(), None);
    assert!(format!("{opened:?}").contains("Secret(..)"));
}

#[test]
fn a_certificate_in_ber_is_refused_and_kept_to_be_looked_at() {
    let good = include_bytes!("../../tests/corpus/cert/rich.der");
    let ber = [&[0x30, 0x80], &good[4..], &[0, 0]].concat();
    let opened = open(&ber, None);
    assert_eq!(kinds(&opened), "broken");
    assert_eq!(opened.flaws[0].error, Error::NotDer);
    assert_eq!(public_key_of(&opened.objects[0].content), None);
    let list = include_bytes!("../../tests/corpus/crl/rich.der");
    let opened = open(&[&[0x30, 0x80], &list[4..]].concat(), None);
    assert_eq!((kinds(&opened).as_str(), opened.flaws.len()), ("", 1));
}
