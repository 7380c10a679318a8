//! Certificates as people read them, against what OpenSSL was told to put into them.
#![allow(clippy::unwrap_used)]

mod common;

use signet_core::cert::{Certificate, Error, Extension, Summary};
use signet_core::file::{self, Content};
use signet_core::{Explain, UnixTime};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! corpus {
    ($name:literal) => {
        &include_bytes!(concat!("corpus/cert/", $name))[..]
    };
}

fn extension<'s>(summary: &'s Summary, name: &str) -> &'s Extension {
    let mut all = summary.extensions.iter();
    all.find(|extension| extension.name == name).expect(name)
}

#[test]
fn whom_it_is_for() {
    let rich = Certificate::from_der(corpus!("rich.der")).unwrap();
    let (subject, other) = rich.named();
    assert!(subject.ends_with(b"rich"));
    assert!(other.is_some_and(|name| name.ends_with(b"other")));
    let plain = Certificate::from_der(corpus!("key-rsa.der")).unwrap();
    assert_eq!(plain.named().1, None);
}

#[test]
fn the_fields() {
    let rich = Summary::from_der(corpus!("rich.der")).unwrap();
    assert_eq!(rich.subject, "CN=rich,O=Exämple\\, Ltd,C=DE");
    assert_eq!(rich.issuer, rich.subject);
    assert_eq!((rich.version, rich.serial.as_str()), (3, "F1E2D3"));
    assert_eq!((rich.is_ca, rich.is_self_issued), (true, true));
    assert_eq!(
        (rich.key.kind.as_str(), rich.key.bits),
        ("EC P-384", Some(384))
    );
    assert_eq!(
        rich.signature_algorithm,
        "ecdsa-with-SHA384 (1.2.840.10045.4.3.3)"
    );
    assert_eq!((rich.sha1.len(), rich.sha256.len()), (40, 64));
    assert_eq!(rich.not_after.0 - rich.not_before.0, 10_950 * 86_400);
    assert_eq!(rich.size, corpus!("rich.der").len());
}

/// Which neither `der` nor x509-cert reads.
#[test]
fn a_universal_string_is_text() {
    let name = |text: &str| {
        let units: Vec<u8> = text
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect();
        let pair = common::tlv(
            0x30,
            &[b"\x06\x03\x55\x04\x03", &common::tlv(0x1c, &[&units])],
        );
        common::tlv(0x30, &[&common::tlv(0x31, &[&pair])])
    };
    let read = |subject: &str, issuer: &str| {
        let draft = common::Draft {
            subject: name(subject),
            issuer: name(issuer),
            ..common::Draft::new("", "", &common::key(1))
        };
        Summary::from_der(&draft.seal(|_| vec![0])).unwrap()
    };
    let one = read("A\u{e9}", "A,");
    assert_eq!(
        (one.subject.as_str(), one.issuer.as_str()),
        ("CN=A\u{e9}", "CN=A\\,")
    );
    assert!(!one.is_self_issued && read("A", "A").is_self_issued);
}

#[test]
fn each_extension_is_explained() {
    let rich = Summary::from_der(corpus!("rich.der")).unwrap();
    for (name, critical, value) in [
        ("Basic constraints", true, "CA: yes\npath length: 3"),
        (
            "Key usage",
            true,
            "digital signature\nsigning certificates\nsigning revocation lists",
        ),
        (
            "Extended key usage",
            false,
            "TLS client (1.3.6.1.5.5.7.3.2)\nTLS server (1.3.6.1.5.5.7.3.1)\n1.2.3.4",
        ),
        (
            "Subject alternative name",
            false,
            "DNS:a.example\nIP:10.0.0.1\nIP:fd00::1\nemail:x@example.org\n\
             URI:https://a.example/x\nDirName:CN=dir\nRID:1.2.3.4\n\
             otherName 1.2.3.5:other",
        ),
        (
            "CRL distribution points",
            false,
            "URI:http://crl.example/a.crl\nURI:http://crl.example/b.crl",
        ),
        (
            "Authority information access",
            false,
            "OCSP: URI:http://ocsp.example/\nissuer's certificate: URI:http://ca.example/a.cer",
        ),
        (
            "Certificate policies",
            false,
            "domain validated (2.23.140.1.2.1)\n1.3.5.8\n1.3.5.9\n\
             \x20 practices: https://practices.example/",
        ),
        (
            "Name constraints",
            true,
            "permitted: DNS:example\npermitted: IP:10.0.0.0/255.0.0.0\nexcluded: email:example.com",
        ),
        ("1.2.3.4.5", false, "0102"),
    ] {
        let found = extension(&rich, name);
        assert_eq!(
            (found.critical, found.value.as_str()),
            (critical, value),
            "{name}"
        );
        assert!(found.meaning.ends_with('.'), "{name}: {}", found.meaning);
    }
    let subject = extension(&rich, "Subject key identifier");
    let authority = extension(&rich, "Authority key identifier");
    assert_eq!(
        (subject.value.len(), &subject.value),
        (40, &authority.value)
    );
    assert_eq!(rich.extensions.len(), 11);
}

#[test]
fn kinds_of_keys() {
    for (bytes, kind, bits) in [
        (corpus!("key-p521.der"), "EC P-521", Some(521)),
        (corpus!("key-explicit.der"), "EC on an unnamed curve", None),
        (corpus!("key-ed25519.der"), "Ed25519", Some(256)),
        (corpus!("key-rsa.der"), "RSA", Some(2048)),
    ] {
        let key = Summary::from_der(bytes).unwrap().key;
        assert_eq!((key.kind.as_str(), key.bits), (kind, bits));
    }
}

#[test]
fn every_kind_of_file() {
    let names = |bytes: &[u8]| -> Vec<String> {
        let opened = file::open(bytes, None);
        let certificates = opened.objects.iter().filter_map(|it| match &it.content {
            Content::Certificate(der) => Some(Summary::from_der(der).unwrap().subject),
            _ => None,
        });
        certificates.collect()
    };
    assert_eq!(names(corpus!("two.der")), ["CN=key-p521", "CN=key-rsa"]);
    assert_eq!(
        names(corpus!("mixed.pem")),
        ["CN=key-ed25519", "CN=key-rsa"]
    );
    assert_eq!(names(corpus!("bare.b64")), ["CN=key-ed25519"]);
    assert_eq!(
        names(corpus!("of-pem.b64")),
        ["CN=key-ed25519", "CN=key-rsa"]
    );
}

#[test]
fn what_is_no_certificate() {
    for bytes in [&b""[..], b"hello", include_bytes!("corpus/csr/good.der")] {
        let error = Summary::from_der(bytes).unwrap_err();
        assert_eq!(error.code(), "cert.not-a-certificate");
    }
    let two = corpus!("two.der");
    let first = corpus!("key-p521.der");
    let at = first.len();
    assert_eq!(Summary::from_der(two), Err(Error::NotACertificate { at }));
    assert!(Summary::from_der(first).is_ok());
}

#[test]
fn names_cannot_deceive() {
    let mut draft = common::Draft::new("a\u{202e}b\n\0c", "Issuer", &common::key(1));
    let dns = common::tlv(0x82, &[b"evil\x1b[2J\n"]);
    draft.extensions = vec![common::extension(17, false, &common::tlv(0x30, &[&dns]))];
    let summary = Summary::from_der(&draft.sign(&common::key(2))).unwrap();
    assert_eq!(summary.subject, "CN=a\\E2\\80\\AEb\\0A\\00c");
    assert_eq!(summary.extensions[0].value, "DNS:evil\\u{1b}[2J\\u{a}");
    assert!(!summary.is_self_issued);
}

#[test]
fn summaries_are_records() {
    let rich = Summary::from_der(corpus!("rich.der")).unwrap();
    let json = serde_json::to_value(&rich).unwrap();
    assert_eq!(json["key"]["bits"], 384);
    assert_eq!(json["isCa"], true);
    assert_eq!(serde_json::from_value::<Summary>(json).unwrap(), rich);
    assert!(rich.not_before > UnixTime(1_700_000_000));
}

#[test]
fn damage_never_panics() {
    let good = corpus!("rich.der");
    for bit in 0..good.len() * 8 {
        let mut bad = good.to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        let _ = Summary::from_der(&bad);
    }
    for length in 0..good.len() {
        assert!(Summary::from_der(&good[..length]).is_err());
    }
}
