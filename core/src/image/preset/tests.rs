use super::*;
use crate::image::{nvs, tlv};
use crate::trust;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Line {
    key: PrivateKey,
    chain: Vec<Vec<u8>>,
    roots: Vec<Vec<u8>>,
}

impl Line {
    /// A chain of the sizes that are issued, with a real root at its end, and the recommended roots.
    fn new() -> Self {
        let root = trust::ROOTS.last().unwrap().der.to_vec();
        let blank = |fill, len: usize| vec![fill; len];
        let roots = trust::RECOMMENDED.iter().filter_map(trust::find);
        Self {
            key: PrivateKey::from_entropy(&[7; 48]).unwrap(),
            chain: vec![blank(1, TYPICAL_CHAIN[0]), blank(2, TYPICAL_CHAIN[1]), root],
            roots: roots.map(<[u8]>::to_vec).collect(),
        }
    }

    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            private_key: &self.key,
            chain: &self.chain,
            roots: &self.roots,
        }
    }
}

fn secure_cert(encoding: Encoding, chain: Extent) -> Preset {
    Preset::EspSecureCert { encoding, chain }
}

fn names(namespace: &str) -> NvsNames {
    NvsNames {
        namespace: namespace.to_owned(),
        private_key: "key".to_owned(),
        chain: "chain".to_owned(),
        roots: "roots".to_owned(),
    }
}

fn azure() -> Preset {
    Preset::AzureTrustBundle(DeviceNames {
        namespace: "device".to_owned(),
        private_key: "key".to_owned(),
        chain: "chain".to_owned(),
    })
}

fn all() -> Vec<(Preset, u32)> {
    vec![
        (secure_cert(Encoding::Pem, Extent::WithoutRoot), 0x2000),
        (secure_cert(Encoding::Pem, Extent::Full), 0x3000),
        (secure_cert(Encoding::Der, Extent::WithoutRoot), 0x2000),
        (secure_cert(Encoding::Der, Extent::Full), 0x2000),
        (Preset::Nvs(names("signet")), 0x4000),
        (azure(), 0x4000),
    ]
}

#[test]
fn what_is_built_is_proved() {
    let line = Line::new();
    for (preset, size) in all() {
        let image = build(&preset, &line.credentials(), size).unwrap();
        assert_eq!(image.len(), usize::try_from(size).unwrap());
        assert_eq!(verify(&preset, &line.credentials(), &image), Ok(()));
        let larger = build(&preset, &line.credentials(), size + 0x2000).unwrap();
        assert_eq!(verify(&preset, &line.credentials(), &larger), Ok(()));
    }
}

#[test]
fn sizes_are_known_beforehand() {
    let line = Line::new();
    for (preset, size) in all() {
        assert_eq!(
            needed(&preset, &TYPICAL_CHAIN, &line.roots),
            Ok(size),
            "{preset:?}"
        );
        let smaller = size - 0x1000;
        let expected = match (&preset, smaller) {
            (Preset::EspSecureCert { .. }, _) | (_, 0x3000..) => Error::TooLarge {
                needed: size,
                available: smaller,
            },
            _ => Error::Nvs(nvs::Error::Size { bytes: 0x2000 }),
        };
        assert_eq!(
            build(&preset, &line.credentials(), smaller).err(),
            Some(expected)
        );
    }
}

/// The figures of the documentation of [`Preset::EspSecureCert`].
#[test]
fn the_usual_partition_has_room_to_spare() {
    let mut line = Line::new();
    let used = |line: &Line, encoding, chain| {
        let preset = secure_cert(encoding, chain);
        let image = build(&preset, &line.credentials(), 0x4000).unwrap();
        tlv::parse(&image).unwrap().used
    };
    line.chain[2].resize(TYPICAL_CHAIN[2], 0);
    assert_eq!(used(&line, Encoding::Pem, Extent::Full), 8320);
    assert_eq!(used(&line, Encoding::Der, Extent::Full), 6000);
    line.chain.pop();
    assert_eq!(used(&line, Encoding::Pem, Extent::Full), 7520);
    assert_eq!(used(&line, Encoding::Der, Extent::Full), 5424);
}

#[test]
fn only_a_root_is_left_out() {
    let line = Line::new();
    let [leaf, issuer, root] = line.chain.as_slice() else {
        panic!("three")
    };
    let without = |chain: &[Vec<u8>]| Extent::WithoutRoot.of(chain).len();
    assert_eq!(without(&line.chain), 2);
    assert_eq!(without(&[leaf.clone(), issuer.clone()]), 2);
    assert_eq!(without(&[leaf.clone(), root.clone()]), 1);
    assert_eq!(without(core::slice::from_ref(root)), 1);
    assert_eq!(Extent::Full.of(&line.chain).len(), 3);
}

#[test]
fn secure_cert_is_what_mbedtls_reads() {
    let line = Line::new();
    let image = build(&all()[0].0, &line.credentials(), 0x2000).unwrap();
    let tlv = tlv::parse(&image).unwrap();
    let kinds: Vec<_> = tlv.entries.iter().map(|e| (e.kind, e.subtype)).collect();
    assert_eq!(kinds, [(0, 0), (1, 0), (2, 0), (9, 0)]);
    for kind in 0..3 {
        assert_eq!(tlv.get(kind, 0).unwrap().last(), Some(&0));
    }
    let key = tlv.get(tlv::kind::PRIVATE_KEY, 0).unwrap();
    assert!(key.starts_with(b"-----BEGIN EC PRIVATE KEY-----\n"));
    let chain = tlv.get(tlv::kind::DEVICE_CERT, 0).unwrap();
    assert!(chain.starts_with(b"-----BEGIN CERTIFICATE-----\n"));
}

#[test]
fn azure_finds_its_bundle() {
    let line = Line::new();
    let image = build(&azure(), &line.credentials(), 0x6000).unwrap();
    let nvs = nvs::parse(&image).unwrap();
    let bundle = nvs.get("trusted-ca", "az-tb").unwrap().as_bytes().unwrap();
    assert!(bundle.ends_with(b"-----END CERTIFICATE-----\n"));
    assert_eq!(
        nvs.get("trusted-ca", "az-tb-ver"),
        Some(&nvs::Value::U32(1))
    );
    assert!(nvs.get("device", "key").is_some());
}

#[test]
fn azure_shares_its_namespace_if_asked_to() {
    let line = Line::new();
    let preset = Preset::AzureTrustBundle(DeviceNames {
        namespace: "trusted-ca".to_owned(),
        private_key: "key".to_owned(),
        chain: "az-tb".to_owned(),
    });
    let taken = nvs::Error::DuplicateKey {
        key: "az-tb".to_owned(),
    };
    let error = build(&preset, &line.credentials(), 0x6000).err();
    assert_eq!(error, Some(Error::Nvs(taken)));
}

#[test]
fn what_is_not_meant_is_noticed() {
    let line = Line::new();
    let mut other = Line::new();
    other.key = PrivateKey::from_entropy(&[8; 48]).unwrap();
    for (preset, size) in all() {
        let image = build(&preset, &line.credentials(), size).unwrap();
        let verify = |line: &Line| verify(&preset, &line.credentials(), &image);
        let differs = |part| Err(Error::Differs { part });
        assert_eq!(verify(&other), differs(Part::Key));
        let mut other = Line::new();
        other.chain[1][0] ^= 1;
        assert_eq!(verify(&other), differs(Part::Chain));
        let mut other = Line::new();
        other.roots.reverse();
        assert_eq!(verify(&other), differs(Part::Roots));
        let blank = vec![0xff; image.len()];
        let missing = super::verify(&preset, &line.credentials(), &blank);
        assert_eq!(missing, Err(Error::Missing { part: Part::Key }));
    }
}

#[test]
fn no_flipped_bit_is_proved() {
    let line = Line::new();
    for (preset, size) in all() {
        let good = build(&preset, &line.credentials(), size).unwrap();
        let used = good.iter().rposition(|&byte| byte != 0xff).unwrap();
        for at in (0..used).step_by(61) {
            let mut image = good.to_vec();
            image[at] ^= 1 << (at % 8);
            let verdict = verify(&preset, &line.credentials(), &image);
            // NVS has no checksum over page states, bitmaps and the filling behind a value.
            let nvs = !matches!(preset, Preset::EspSecureCert { .. });
            let unseen = nvs && (at % 4096 < 64 || good[at] == 0xff);
            assert!(verdict.is_err() || unseen, "{preset:?} byte {at:#x}");
        }
    }
}

#[test]
fn names_are_checked() {
    let line = Line::new();
    let preset = Preset::Nvs(names("sixteen_bytes___"));
    let expected = nvs::Error::NameTooLong {
        name: "sixteen_bytes___".to_owned(),
        bytes: 16,
    };
    assert_eq!(
        build(&preset, &line.credentials(), 0x6000).err(),
        Some(Error::Nvs(expected))
    );
    let mut line = line;
    line.chain.clear();
    assert_eq!(
        build(&azure(), &line.credentials(), 0x6000).err(),
        Some(Error::Missing { part: Part::Chain })
    );
}

#[test]
fn recipes_keep_their_spelling() {
    for text in [
        r#"{"format":"esp-secure-cert"}"#,
        r#"{"format":"esp-secure-cert","encoding":"der","chain":"full"}"#,
        r#"{"format":"nvs","namespace":"n","privateKey":"k","chain":"c","roots":"r"}"#,
        r#"{"format":"azure-trust-bundle","namespace":"n","privateKey":"k","chain":"c"}"#,
    ] {
        let preset: Preset = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&preset).unwrap(), text);
    }
    for text in [
        r#"{"format":"esp-secure-cert","encoding":"text"}"#,
        r#"{"format":"esp-secure-cert","extra":1}"#,
        r#"{"format":"azure-trust-bundle","namespace":"n","privateKey":"k","chain":"c","roots":"r"}"#,
    ] {
        assert!(serde_json::from_str::<Preset>(text).is_err(), "{text}");
    }
}

#[test]
fn debug_shows_no_key() {
    let line = Line::new();
    let (preset, size) = all().remove(0);
    let image = build(&preset, &line.credentials(), size).unwrap();
    let shown = format!("{:?}", read(&preset, &image).unwrap());
    assert_eq!(shown, "Contents { private_key: true, chain: 2, roots: 2 }");
}

#[test]
fn names_that_pass_the_check_are_those_that_can_be_built() {
    let line = Line::new();
    let words = [
        "",
        "key",
        "chain",
        "az-tb",
        "trusted-ca",
        "fifteen-bytes-x",
        "sixteen-bytes-xx",
    ];
    let mut passed = 0;
    for namespace in words {
        for private_key in words {
            for chain in words {
                let device = DeviceNames {
                    namespace: namespace.to_owned(),
                    private_key: private_key.to_owned(),
                    chain: chain.to_owned(),
                };
                let own = NvsNames {
                    private_key: private_key.to_owned(),
                    chain: chain.to_owned(),
                    ..names(namespace)
                };
                for preset in [Preset::AzureTrustBundle(device), Preset::Nvs(own)] {
                    let built = build(&preset, &line.credentials(), 0x6000);
                    let checked = preset.check();
                    assert_eq!(built.is_ok(), checked.is_ok(), "{preset:?}: {checked:?}");
                    passed += usize::from(checked.is_ok());
                }
            }
        }
    }
    assert!(passed > 100, "only {passed} passed");
}
