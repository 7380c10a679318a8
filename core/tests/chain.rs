//! One good chain, and each rule broken once.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Draft, NOW, ca, chain, extension, key, key_usage, name, purpose, sign, tlv};
use sha2::{Digest, Sha256};
use signet_core::chain::{Error, Expectations, MAX_CERTIFICATE_BYTES, Note, VerifiedChain};
use signet_core::{Explain, UnixTime};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn expectations(root: &[u8]) -> Expectations {
    Expectations {
        common_name: "dev-0001".to_owned(),
        public_point: key(1).public_point(),
        root_sha256: vec![[0; 32], Sha256::digest(root).into()],
        validity_days: (7, 90),
    }
}

/// Judges certificates whose last one is the root.
fn verify_at(certificates: &[Vec<u8>], at: UnixTime) -> Result<VerifiedChain, Error> {
    let root = certificates.last().map_or(&[][..], |root| root);
    VerifiedChain::verify(certificates, &expectations(root), at)
}

fn verify(certificates: &[Vec<u8>]) -> Result<VerifiedChain, Error> {
    verify_at(certificates, NOW)
}

/// The good chain with a change, signed again: the code of the refusal.
fn with(change: impl FnOnce(&mut [Draft; 3])) -> String {
    let mut drafts = chain();
    change(&mut drafts);
    code(verify(&sign(&drafts)))
}

fn code(verdict: Result<VerifiedChain, Error>) -> String {
    match verdict {
        Ok(_) => "accepted".to_owned(),
        Err(error) => {
            let fault = error.fault();
            // A sentence for people: it begins large, ends with a dot, and has no gaps.
            assert!(
                fault.what.ends_with('.') && !fault.what.contains("  "),
                "{fault}"
            );
            assert!(fault.what.starts_with(char::is_uppercase), "{fault}");
            fault.code
        }
    }
}

#[test]
fn any_order_gives_the_same_chain() {
    let good = sign(&chain());
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mixed: Vec<Vec<u8>> = order.iter().map(|index| good[*index].clone()).collect();
        let expected = expectations(&good[2]);
        let verified = VerifiedChain::verify(&mixed, &expected, NOW).unwrap();
        assert_eq!(verified.certificates(), good);
        assert_eq!(verified.notes(), []);
    }
}

#[test]
fn facts_of_the_leaf() {
    let good = sign(&chain());
    let facts = verify(&good).unwrap().leaf;
    assert_eq!(
        (facts.subject.as_str(), facts.issuer.as_str()),
        ("CN=dev-0001", "CN=Issuing")
    );
    assert_eq!(facts.serial, "ABCD");
    assert_eq!(facts.not_before.to_string(), "2027-01-01T00:00:00Z");
    assert_eq!(facts.not_after.to_string(), "2027-01-31T00:00:00Z");
    let sha256: String = Sha256::digest(&good[0])
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    assert_eq!(facts.sha256, sha256);
    assert_eq!((facts.sha1.len(), facts.root_sha256.len()), (40, 64));
}

#[test]
fn both_ends_of_the_validity_belong_to_it() {
    let good = sign(&chain());
    let (first, last) = (UnixTime(1_798_761_600), UnixTime(1_801_353_600));
    assert!(verify_at(&good, first).is_ok());
    assert!(verify_at(&good, last).is_ok());
    assert_eq!(
        code(verify_at(&good, UnixTime(first.0 - 1))),
        "chain.not-yet-valid"
    );
    let late = verify_at(&good, UnixTime(last.0 + 1)).unwrap_err();
    assert_eq!(
        late.to_string(),
        "It is 2027-01-31T00:00:01Z, and certificate 1 (CN=dev-0001) expired at \
         2027-01-31T00:00:00Z."
    );
}

#[test]
fn structure() {
    let good = sign(&chain());
    let other = Draft::new("Other", "Other", &key(9)).sign(&key(9));
    let pick = |indices: &[usize]| -> Vec<Vec<u8>> {
        indices.iter().map(|index| good[*index].clone()).collect()
    };
    assert_eq!(code(verify(&[])), "chain.no-certificates");
    assert_eq!(code(verify(&pick(&[0; 9]))), "chain.too-many");
    assert_eq!(code(verify(&pick(&[1, 2]))), "chain.key-not-found");
    assert_eq!(code(verify(&pick(&[0, 0, 1, 2]))), "chain.several-leaves");
    assert_eq!(code(verify(&pick(&[0, 2]))), "chain.missing-issuer");
    assert_eq!(code(verify(&pick(&[0, 1]))), "chain.missing-issuer");
    assert_eq!(
        code(verify(&pick(&[0, 1, 2, 2]))),
        "chain.extra-certificate"
    );
    let mut extra = good.clone();
    extra.insert(0, other);
    assert_eq!(code(verify(&extra)), "chain.extra-certificate");
    let itself = Draft::new("dev-0001", "dev-0001", &key(1)).sign(&key(1));
    assert_eq!(code(verify(&[itself])), "chain.self-signed-leaf");
}

#[test]
fn form() {
    let mut bad = sign(&chain());
    bad[1].push(0);
    let at = bad[1].len() - 1;
    assert_eq!(verify(&bad), Err(Error::NotACertificate { index: 1, at }));
    bad[1].resize(MAX_CERTIFICATE_BYTES + 1, 0);
    let bytes = MAX_CERTIFICATE_BYTES + 1;
    assert_eq!(verify(&bad), Err(Error::TooLarge { index: 1, bytes }));
    assert_eq!(
        with(|drafts| drafts[0].serial = vec![5, 0]),
        "chain.not-a-certificate"
    );
    assert_eq!(
        with(|drafts| drafts[0].not_after = "271301000000Z"),
        "chain.not-a-certificate"
    );
}

#[test]
fn signatures() {
    let [leaf, issuing, root] = chain();
    let signed = |keys: [u8; 3]| {
        let drafts = [&leaf, &issuing, &root].into_iter().zip(keys);
        verify(
            &drafts
                .map(|(draft, seed)| draft.sign(&key(seed)))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(code(signed([2, 3, 3])), "accepted");
    for wrong in [[3, 3, 3], [2, 2, 3], [2, 3, 2]] {
        assert_eq!(code(signed(wrong)), "chain.bad-signature", "{wrong:?}");
    }
    let sha256 = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02".to_vec();
    let with_null = b"\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03\x05\x00".to_vec();
    for index in 0..3 {
        for algorithm in [&sha256, &with_null] {
            let outer = with(|drafts| drafts[index].outer_algorithm.clone_from(algorithm));
            assert_eq!(outer, "chain.wrong-signature-algorithm");
            let inner = with(|drafts| drafts[index].inner_algorithm.clone_from(algorithm));
            assert_eq!(inner, "chain.wrong-signature-algorithm");
        }
    }
    let ed25519 = tlv(
        0x30,
        &[b"\x30\x05\x06\x03\x2b\x65\x70", &tlv(3, &[&[0; 33]])],
    );
    assert_eq!(with(|drafts| drafts[1].spki = ed25519), "chain.wrong-key");
}

#[test]
fn the_root_is_one_that_the_recipe_names() {
    let good = sign(&chain());
    let mut expected = expectations(&good[2]);
    expected.root_sha256.pop();
    let sha256: [u8; 32] = Sha256::digest(&good[2]).into();
    let refused = VerifiedChain::verify(&good, &expected, NOW);
    assert!(matches!(refused, Err(Error::UnexpectedRoot { sha256: s, .. }) if s == sha256));
    expected.root_sha256.clear();
    let refused = VerifiedChain::verify(&good, &expected, NOW);
    assert_eq!(code(refused), "chain.unexpected-root");
    // Naming an intermediate does not make it a root.
    expected.root_sha256.push(Sha256::digest(&good[1]).into());
    let refused = VerifiedChain::verify(&good[..2], &expected, NOW);
    assert_eq!(code(refused), "chain.missing-issuer");
}

#[test]
fn the_leaf_is_for_this_device() {
    for names in [
        &["dev-0002"][..],
        &["DEV-0001"],
        &[""],
        &[],
        &["dev-0001", "dev-0001"],
    ] {
        let subject = name(names);
        assert_eq!(
            with(|drafts| drafts[0].subject = subject),
            "chain.wrong-common-name"
        );
    }
    assert_eq!(with(|drafts| drafts[0].extensions = vec![]), "accepted");
    assert_eq!(
        with(|drafts| drafts[0].extensions = vec![ca(None)]),
        "chain.leaf-is-ca"
    );
    let encipherment = key_usage(0x20);
    let mut refused = with(|drafts| drafts[0].extensions = vec![encipherment]);
    assert_eq!(refused, "chain.leaf-may-not-sign");
    refused = with(|drafts| drafts[0].extensions = vec![purpose(1)]);
    assert_eq!(refused, "chain.leaf-may-not-authenticate");
    let any = extension(37, false, &tlv(0x30, &[b"\x06\x04\x55\x1d\x25\x00"]));
    assert_eq!(with(|drafts| drafts[0].extensions = vec![any]), "accepted");
}

#[test]
fn validity_in_days_is_the_recipes() {
    // 2027-01-01 plus 90 days is 2027-04-01; half a day either way is rounded off.
    assert_eq!(
        with(|drafts| drafts[0].not_after = "270401115959Z"),
        "accepted"
    );
    let long = with(|drafts| drafts[0].not_after = "270401120000Z");
    assert_eq!(long, "chain.validity-out-of-range");
    let short = |drafts: &mut [Draft; 3], not_after| {
        drafts[0].not_before = "270112000000Z";
        drafts[0].not_after = not_after;
    };
    assert_eq!(with(|drafts| short(drafts, "270118120000Z")), "accepted");
    let refused = with(|drafts| short(drafts, "270118115959Z"));
    assert_eq!(refused, "chain.validity-out-of-range");
}

#[test]
fn issuers_are_authorities() {
    for index in [1, 2] {
        let none = with(|drafts| drafts[index].extensions = vec![]);
        assert_eq!(none, "chain.issuer-is-no-ca");
        let end_entity = extension(19, true, b"\x30\x00");
        let not_ca = with(|drafts| drafts[index].extensions = vec![end_entity]);
        assert_eq!(not_ca, "chain.issuer-is-no-ca");
        let without_usage = with(|drafts| drafts[index].extensions = vec![ca(None)]);
        assert_eq!(without_usage, "accepted");
        let crl_only = with(|drafts| drafts[index].extensions = vec![ca(None), key_usage(2)]);
        assert_eq!(crl_only, "chain.issuer-may-not-sign");
        let expired = with(|drafts| drafts[index].not_after = "270114000000Z");
        assert_eq!(expired, "chain.expired");
        let future = with(|drafts| drafts[index].not_before = "270116000000Z");
        assert_eq!(future, "chain.not-yet-valid");
    }
    let short = with(|drafts| drafts[2].extensions = vec![ca(Some(0))]);
    assert_eq!(short, "chain.path-too-long");
}

#[test]
fn self_issued_certificates_do_not_count_for_the_limit() {
    let [leaf, issuing, root] = chain();
    // The issuing CA changed its key: the old key signs the new one.
    let mut old = issuing.clone();
    old.spki = key(7).public_key().to_spki_der();
    old.extensions = vec![ca(Some(0))];
    let mut rollover = issuing;
    rollover.issuer = name(&["Issuing"]);
    rollover.extensions = vec![ca(Some(0))];
    let certificates = [
        leaf.sign(&key(2)),
        rollover.sign(&key(7)),
        old.sign(&key(3)),
        root.sign(&key(3)),
    ];
    assert_eq!(code(verify(&certificates)), "accepted");
}

#[test]
fn extensions_once_and_understood() {
    for index in 0..3 {
        let twice = with(|drafts| {
            let copy = drafts[index].extensions[0].clone();
            drafts[index].extensions.push(copy);
        });
        assert_eq!(twice, "chain.repeated-extension");
        let add = |critical| {
            let unknown = extension(99, critical, b"\x05\x00");
            with(|drafts| drafts[index].extensions.push(unknown))
        };
        assert_eq!(add(true), "chain.unknown-critical-extension");
        assert_eq!(add(false), "accepted");
        let broken = extension(15, false, b"\x30\x00");
        let unreadable = with(|drafts| drafts[index].extensions[usize::from(index > 0)] = broken);
        assert_eq!(unreadable, "chain.broken-extension");
        let version_1 = with(|drafts| drafts[index].version.clear());
        assert_eq!(version_1, "chain.wrong-version");
    }
}

#[test]
fn outliving_the_issuer_is_a_note() {
    let mut drafts = chain();
    drafts[1].not_after = "270120000000Z";
    let notes = verify(&sign(&drafts)).unwrap().notes().to_vec();
    assert!(matches!(&notes[..], [Note::OutlivesIssuer { issuer, .. }] if issuer.index == 1));
    assert!(
        notes[0].to_string().contains("2027-01-20T00:00:00Z"),
        "{}",
        notes[0]
    );
}

#[test]
fn no_single_bit_can_be_changed() {
    let good = sign(&chain());
    let root = Sha256::digest(&good[2]).into();
    for certificate in 0..3 {
        // Every byte takes seconds; a step that shares no factor with 8 meets every bit of a byte.
        for bit in (0..good[certificate].len() * 8).step_by(29) {
            let mut bad = good.clone();
            bad[certificate][bit / 8] ^= 1 << (bit % 8);
            let mut expected = expectations(&bad[2]);
            expected.root_sha256.push(root);
            let verdict = VerifiedChain::verify(&bad, &expected, NOW);
            assert!(verdict.is_err(), "certificate {certificate}, bit {bit}");
        }
    }
}

#[test]
fn names_from_outside_cannot_deceive_or_flood_a_sentence() {
    let long = format!("\u{202e}{}", "x".repeat(5_000));
    let subject = name(&[&long]);
    let mut drafts = chain();
    drafts[0].subject = subject;
    let text = verify(&sign(&drafts)).unwrap_err().to_string();
    assert!(text.len() < 400 && text.contains("\\E2\\80\\AE") && !text.contains('\u{202e}'));
}
