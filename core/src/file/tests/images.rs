//! Images of boards, and what in them is recognised as what.

use super::*;
use crate::image::preset::{self, Credentials, Encoding, Extent, NvsNames, Preset};
use crate::image::{nvs, tlv};
use base64ct::{Base64, Encoding as _};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! corpus {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/corpus/", $name)).as_slice()
    };
}

/// An image as it is written into a board, with a leaf, an issuer and a root that is trusted.
fn built(preset: &Preset, size: u32) -> Vec<u8> {
    let chain = [CHAIN, trust::ROOTS[1].der].map(<[u8]>::to_vec);
    let credentials = Credentials {
        private_key: &key(),
        chain: &chain,
        roots: &[trust::ROOTS[0].der.to_vec()],
    };
    preset::build(preset, &credentials, size).unwrap().to_vec()
}

fn store() -> Preset {
    let [namespace, private_key, chain, roots] =
        ["signet", "key", "chain", "roots"].map(Into::into);
    Preset::Nvs(NvsNames {
        namespace,
        private_key,
        chain,
        roots,
    })
}

fn secure_cert(encoding: Encoding) -> Preset {
    let chain = Extent::Full;
    Preset::EspSecureCert { encoding, chain }
}

fn all_of_it(image: &[u8]) {
    let opened = open(image, None);
    let mut kinds: Vec<String> = kinds(&opened).split(' ').map(Into::into).collect();
    kinds.sort();
    assert_eq!(kinds.join(" "), "certificate certificate certificate key");
    assert_eq!(opened.flaws, []);
}

#[test]
fn an_nvs_image_is_no_utf_16() {
    let mut small = nvs::Builder::new(0x3000).unwrap();
    small.namespace("signet").unwrap();
    let pem = pem::encode("CERTIFICATE", CHAIN);
    let chain = nvs::Value::blob(pem.as_bytes());
    small.set("chain", &chain).unwrap();
    let small = small.finish();
    assert!(small.starts_with(&[0xfe, 0xff]));
    let opened = open(&small, None);
    assert_eq!(
        (kinds(&opened).as_str(), codes(&opened).as_str()),
        ("certificate", "")
    );
    let image = built(&store(), 0x4000);
    all_of_it(&image);
    // Pages stand in any order, and a used board has its blank one anywhere.
    let blank = vec![0xff; nvs::PAGE_BYTES];
    all_of_it(&[&blank, image.as_slice()].concat());
    for image in [
        corpus!("nvs/3-clean.bin"),
        corpus!("nvs/3-clean+freeing.bin"),
        corpus!("nvs/2-clean+two-pages.bin"),
        corpus!("nvs/2-clean+pages-turned.bin"),
    ] {
        assert!(!codes(&open(image, None)).contains("file.unrecognized"));
        let after_blank = [&blank, image].concat();
        assert!(!codes(&open(&after_blank, None)).contains("file.unrecognized"));
    }
    // A wrong sum in the header of the only page is damage to an image, and no text.
    let opened = open(corpus!("nvs/0-HeaderCrc.bin"), None);
    assert_eq!(codes(&opened), "file.image");
    // Half a page is none.
    let half = open(corpus!("nvs/refused+half-a-page.bin"), None);
    assert_eq!(codes(&half), "file.unrecognized");
}

#[test]
fn an_image_that_holds_pem_is_no_pem() {
    for encoding in [Encoding::Pem, Encoding::Der] {
        all_of_it(&built(&secure_cert(encoding), 0x4000));
    }
}

/// One signature in 256 ends in a zero, which is no end of a text.
#[test]
fn der_that_ends_in_zero_is_whole() {
    let mut certificate = CHAIN.to_vec();
    *certificate.last_mut().unwrap() = 0;
    // RFC 8410 section 7.
    let ed25519 = b"\x30\x2e\x02\x01\0\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let key = [ed25519.as_slice(), &[0; 32]].concat();
    let mut image = tlv::Builder::new(0x2000).unwrap();
    image
        .add(tlv::kind::DEVICE_CERT, 0, 0, &certificate)
        .unwrap();
    image.add(tlv::kind::PRIVATE_KEY, 0, 0, &key).unwrap();
    image.add(tlv::kind::USER_DATA_1, 0, 0, b"0\0").unwrap();
    let mut store = nvs::Builder::new(0x3000).unwrap();
    store.namespace("signet").unwrap();
    store.set("a", &nvs::Value::blob(&certificate)).unwrap();
    store.set("b", &nvs::Value::blob(&key)).unwrap();
    store.set("c", &nvs::Value::string("0")).unwrap();
    for image in [image.finish(), store.finish()] {
        let opened = open(&image, None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("certificate key", "")
        );
        let Content::Certificate(found) = &opened.objects[0].content else {
            panic!()
        };
        assert_eq!(*found, certificate);
    }
}

/// What was read from a board often goes on behind the partition.
#[test]
fn what_lies_behind_the_partition_is_no_damage() {
    let mut flash = built(&secure_cert(Encoding::Pem), 0x4000);
    flash.resize(tlv::MAX_BYTES, 0xff);
    flash.extend([0; 0x1000]);
    all_of_it(&flash);
}

#[test]
fn erased_flash_is_empty() {
    let blank = corpus!("nvs/0-clean+blank.bin");
    assert_eq!(codes(&open(blank, None)), "file.empty");
}

fn faults(image: &[u8]) -> Vec<(String, String)> {
    let opened = open(image, None);
    let faults = opened.flaws.iter().map(Flaw::fault);
    faults.map(|fault| (fault.code, fault.what)).collect()
}

/// The places are those at which `make_images.py` did the damage.
#[test]
fn what_is_wrong_with_an_image_is_said_where_it_is() {
    const CRC: &str = "the checksum of the entry is wrong";
    const HASH: &str = "the hash over all entries before is wrong";
    const LONG: &str = "the entry is longer than the image";
    const TWICE: &str = "an entry of this type and subtype stood there before";
    type Places<'t> = &'t [(usize, &'t str)];
    let cases: [(&[u8], &str, Places<'_>); 10] = [
        (
            corpus!("tlv/3-Crc.bin"),
            "esp_secure_cert",
            &[(80, CRC), (112, HASH)],
        ),
        (
            corpus!("tlv/4-Duplicate.bin"),
            "esp_secure_cert",
            &[(80, TWICE), (112, HASH)],
        ),
        (
            corpus!("tlv/4-Integrity.bin"),
            "esp_secure_cert",
            &[(112, HASH)],
        ),
        (
            corpus!("tlv/4-NotBlank.bin"),
            "esp_secure_cert",
            &[(160, "something that is no entry follows")],
        ),
        (
            corpus!("tlv/4-Padding.bin"),
            "esp_secure_cert",
            &[(80, "the padding of the entry is not zero"), (112, HASH)],
        ),
        (
            corpus!("tlv/3-Truncated+cut.bin"),
            "esp_secure_cert",
            &[(112, LONG)],
        ),
        (
            corpus!("tlv/0-Truncated+magic-only.bin"),
            "esp_secure_cert",
            &[(0, LONG)],
        ),
        (corpus!("nvs/2-EntryCrc.bin"), "NVS", &[(64 + 32, CRC)]),
        (
            corpus!("nvs/0-HeaderCrc.bin"),
            "NVS",
            &[(0, "the checksum of the page header is wrong")],
        ),
        (
            corpus!("nvs/3-SequenceTwice.bin"),
            "NVS",
            &[(4096, "another page has the same sequence number")],
        ),
    ];
    for (image, kind, wanted) in cases {
        let sentence = |(at, what): &(usize, &str)| {
            let what = format!("In the {kind} image, {what} (at byte {at}).");
            ("file.image".to_owned(), what)
        };
        let wanted: Vec<_> = wanted.iter().map(sentence).collect();
        let found = faults(image);
        assert_eq!(
            found.get(..wanted.len()),
            Some(wanted.as_slice()),
            "{found:?}"
        );
    }
}

#[test]
fn what_holds_nothing_says_so() {
    let parameters = pem::encode("EC PARAMETERS", b"\x06\x05\x2b\x81\x04\0\x22");
    let without_certificates = write::pkcs7(&[], &[]).unwrap();
    for empty in [
        corpus!("tlv/4-clean.bin"),
        corpus!("nvs/3-clean.bin"),
        corpus!("nvs/0-clean+no-values.bin"),
        parameters.as_bytes(),
        &without_certificates,
    ] {
        let opened = open(empty, None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("", "file.nothing")
        );
    }
}

/// A certificate with an element of a wrong length inside, and how far into it that is.
fn bent() -> (Vec<u8>, usize) {
    let two = [CHAIN, &[0x30, 0x80, 0, 0]].concat();
    (two, CHAIN.len() + 2)
}

#[test]
fn places_in_an_image_are_counted_from_its_start() {
    let at = 150;
    let mut pem = pem::encode("CERTIFICATE", CHAIN);
    pem.replace_range(at..=at, "!");
    let (der, byte) = bent();
    let whole = pem::encode("CERTIFICATE", &der);
    let mut image = tlv::Builder::new(0x3000).unwrap();
    image
        .add(tlv::kind::CA_CERT, 0, 0, b"no certificate")
        .unwrap();
    image
        .add(tlv::kind::DEVICE_CERT, 0, 0, pem.as_bytes())
        .unwrap();
    image.add(tlv::kind::DEVICE_CERT, 1, 0, CHAIN).unwrap();
    image
        .add(tlv::kind::DEVICE_CERT, 2, 0, whole.as_bytes())
        .unwrap();
    let mut store = nvs::Builder::new(0x6000).unwrap();
    store.namespace("signet").unwrap();
    for (key, value) in [("a", pem.as_bytes()), ("b", CHAIN), ("c", whole.as_bytes())] {
        store.set(key, &nvs::Value::blob(value)).unwrap();
    }
    for image in [image.finish(), store.finish()] {
        let find = |what: &[u8]| image.windows(what.len()).position(|it| it == what);
        let opened = open(&image, None);
        assert_eq!(codes(&opened), "pem.bad-character file.not-der");
        let starts: Vec<usize> = opened.objects.iter().map(|object| object.at).collect();
        let begin = &whole.as_bytes()[..40];
        let ends = image.windows(40).rposition(|it| it == begin).unwrap();
        assert_eq!(starts, [find(&CHAIN[..40]).unwrap(), ends]);
        assert_eq!(opened.flaws[0].at, Some(find(b"!").unwrap()));
        // A line of the value is none of the file.
        let decoded = Some(Decoded { byte, line: None });
        assert_eq!(
            (opened.flaws[1].at, opened.flaws[1].decoded),
            (Some(ends), decoded)
        );
        // In base64, the byte is one of what it holds.
        let text = Base64::encode_string(&image);
        let opened = open(text.as_bytes(), None);
        let byte = find(b"!").unwrap();
        let what = &opened.flaws[0].fault().what;
        let wanted = format!(
            "at byte {byte} does not belong into base64 text (of what is encoded at byte 0)."
        );
        assert!(what.ends_with(&wanted), "{what}");
        // What lies in an encoding in there has no byte that could be named.
        assert_eq!((opened.flaws[1].at, opened.flaws[1].decoded), (None, None));
    }
}

/// A blob that goes over the end of a page stands in parts, and what is behind the first is not where one counts to.
#[test]
fn der_in_parts_has_no_place_inside() {
    let mut bent = write::pkcs7(&[CHAIN; 6], &[]).unwrap();
    let last = bent.len() - CHAIN.len();
    let inner = bent.windows(8).rposition(|it| it == &CHAIN[..8]).unwrap();
    assert!(last > nvs::PAGE_BYTES && inner > nvs::PAGE_BYTES);
    // BER where DER has to be, in the last of the certificates.
    bent[inner + 4..inner + 6].copy_from_slice(&[0x30, 0x80]);
    let mut store = nvs::Builder::new(0x6000).unwrap();
    store.namespace("signet").unwrap();
    store.set("chain", &nvs::Value::blob(&bent)).unwrap();
    let opened = open(&store.finish(), None);
    let places: Vec<_> = opened.flaws.iter().map(|flaw| flaw.at).collect();
    assert_eq!(places, [None], "{opened:?}");
}
