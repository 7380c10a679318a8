//! Requests made here, requests made by OpenSSL, and damaged ones.
#![allow(clippy::unwrap_used)]

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use signet_core::csr::{Csr, Error, MAX_BYTES, VerifiedCsr};
use signet_core::key::PrivateKey;

fn key() -> PrivateKey {
    PrivateKey::from_entropy(&[0x5a; 48]).unwrap()
}

macro_rules! corpus {
    ($name:literal) => {
        VerifiedCsr::from_der(include_bytes!(concat!("corpus/csr/", $name, ".der")))
    };
}

#[test]
fn made_here_is_verified_here() {
    for id in [
        "dev-0001",
        "x",
        "a:b.c_d-1",
        "CN=\\2c,O=#\"",
        &"ü".repeat(64),
    ] {
        let csr = Csr::for_device(&key(), id).unwrap();
        let seen = VerifiedCsr::from_der(csr.as_der()).unwrap();
        assert_eq!(seen.common_name, id);
        assert_eq!(seen.public_point, key().public_point());
        assert_eq!(seen.spki_der, key().public_key().to_spki_der());
    }
}

#[test]
fn the_form_is_what_the_service_asks_for() {
    let csr = Csr::for_device(&key(), "dev-0001").unwrap();
    let der = csr.as_der();
    // RFC 2986: empty attributes are A0 00; RFC 5758: no parameters after ecdsa-with-SHA384.
    let tail = [
        0xa0, 0, 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3, 3,
    ];
    assert_eq!(
        der.windows(tail.len())
            .filter(|window| *window == tail)
            .count(),
        1
    );
    // One RDN with one UTF8String.
    let name = *b"\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x0c\x08dev-0001";
    assert_eq!(
        der.windows(name.len())
            .filter(|window| *window == name)
            .count(),
        1
    );
    assert!((268..=272).contains(&der.len()), "{}", der.len());
    assert!(csr.to_base64().starts_with("MIIB"));
    assert!(!csr.to_base64().contains(['\n', '-']));
}

#[test]
fn common_names_have_a_size() {
    for (id, characters) in [(String::new(), 0), ("ü".repeat(65), 65)] {
        let refused = Csr::for_device(&key(), &id);
        assert_eq!(refused, Err(Error::BadCommonName { characters }));
    }
}

#[test]
fn openssl_requests_are_read() {
    assert_eq!(corpus!("good").unwrap().common_name, "dev-0001");
    assert_eq!(corpus!("good-with-san").unwrap().common_name, "dev-0001");
}

#[test]
fn each_refusal_has_its_name() {
    let found = |text: &str| text.to_owned();
    assert_eq!(corpus!("subject-empty"), Err(Error::NoCommonName));
    assert_eq!(corpus!("common-name-missing"), Err(Error::NoCommonName));
    let several = Error::SeveralCommonNames { count: 2 };
    assert_eq!(corpus!("common-name-twice"), Err(several));
    assert_eq!(corpus!("curve-explicit"), Err(Error::BadPoint));
    let p256 = found("secp256r1 (1.2.840.10045.3.1.7)");
    assert_eq!(
        corpus!("curve-p256"),
        Err(Error::WrongCurve { found: p256 })
    );
    let p521 = found("secp521r1 (1.3.132.0.35)");
    assert_eq!(
        corpus!("curve-p521"),
        Err(Error::WrongCurve { found: p521 })
    );
    assert!(matches!(
        corpus!("key-ed25519"),
        Err(Error::WrongKeyAlgorithm { .. })
    ));
    assert_eq!(corpus!("key-rsa"), Err(Error::RsaKey));
    let sha256 = found("ecdsa-with-SHA256 (1.2.840.10045.4.3.2)");
    let wrong = Error::WrongSignatureAlgorithm { found: sha256 };
    assert_eq!(corpus!("signature-sha256"), Err(wrong));
}

#[test]
fn sizes_and_edges() {
    let csr = Csr::for_device(&key(), "dev-0001").unwrap();
    let der = csr.as_der();
    let mut longer = der.to_vec();
    longer.push(0);
    let trailing = Error::TrailingData { at: der.len() };
    assert_eq!(VerifiedCsr::from_der(&longer), Err(trailing));
    longer.resize(MAX_BYTES + 1, 0);
    let large = Error::TooLarge {
        bytes: MAX_BYTES + 1,
    };
    assert_eq!(VerifiedCsr::from_der(&longer), Err(large));
    assert_eq!(VerifiedCsr::from_der(&[]), Err(Error::NotDer { at: 0 }));
    let pem = VerifiedCsr::from_der(b"-----BEGIN");
    assert!(matches!(pem, Err(Error::NotDer { .. })));
    for length in 0..der.len() {
        let refused = VerifiedCsr::from_der(&der[..length]);
        assert!(
            matches!(refused, Err(Error::NotDer { .. })),
            "{length}: {refused:?}"
        );
    }
}

#[test]
fn no_single_bit_can_be_changed() {
    let csr = Csr::for_device(&key(), "dev-0001").unwrap();
    for bit in 0..csr.as_der().len() * 8 {
        let mut bad = csr.as_der().to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(VerifiedCsr::from_der(&bad).is_err(), "bit {bit}");
    }
}
