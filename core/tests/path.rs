//! One good path, and each rule of RFC 5280 section 6.1 broken once.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use common::{NOW, ca, chain as real, extension, key_usage, name, purpose, tlv};
use path::{
    Hashes, alt_names, ask, authority, chain, changed, code, dns, numbered, odd_numbers, plain,
    seal, sign,
};
use signet_core::UnixTime;
use signet_core::key::PublicKey;
use signet_core::path::{
    Answer, Answers, Outcome, PeerName, Profile, Question, Report, Rule, SignatureCheck, Verify,
    judge,
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What `core` has: ecdsa-with-SHA384 on P-384.
struct P384;

impl Verify for P384 {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        match PublicKey::from_spki_der(check.spki) {
            Err(_) => Answer::Unsupported,
            Ok(key) if key.verify(check.message, check.signature).is_ok() => Answer::Valid,
            Ok(_) => Answer::Invalid,
        }
    }
}

fn peer(report: impl Fn(Question<'_>) -> Report, chain: &[Vec<u8>]) -> &'static str {
    code(&ask(chain, report))
}

#[test]
fn a_good_path_is_verified() {
    let good = sign(&chain());
    let report = plain(&good);
    assert_eq!(code(&report), "ok");
    let verified = report.verified().unwrap();
    let upwards: Vec<Vec<u8>> = good.iter().rev().cloned().collect();
    assert_eq!(verified.certificates(), upwards);
    assert_eq!(verified.at(), NOW);
    let path = report.nearest().unwrap();
    assert!(path.complete && path.failures().next().is_none());
    assert_eq!(path.certificates.len(), 4);
}

#[test]
fn a_chain_of_the_service_is_verified_with_its_real_signatures() {
    let mut signed = common::sign(&real());
    signed.reverse();
    let report = ask(&signed, |question| judge(&question, &P384));
    assert_eq!(code(&report), "ok");
    let last = signed[2].len() - 1;
    signed[2][last] ^= 1;
    let report = ask(&signed, |question| judge(&question, &P384));
    assert_eq!(code(&report), "path.signature");
}

#[test]
fn the_state_can_be_replayed() {
    let report = plain(&sign(&chain()));
    let certificates = &report.nearest().unwrap().certificates;
    for pair in certificates.windows(2) {
        assert_eq!(pair[0].after, pair[1].before);
    }
    let lengths: Vec<u32> = certificates
        .iter()
        .map(|cert| cert.after.max_path_length)
        .collect();
    assert_eq!(lengths, [3, 2, 1, 1]);
    assert_eq!(certificates[1].after.working_issuer(), "CN=Upper");
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("\"rule\":\"path.expired\"") && text.contains("max_path_length"));
}

#[test]
fn signatures_can_be_checked_elsewhere() {
    let good = sign(&chain());
    let mut answers = Answers::default();
    let first = ask(&good, |question| judge(&question, &answers));
    assert_eq!(code(&first), "pending");
    assert_eq!(first.pending.len(), 3);
    for job in &first.pending {
        answers.insert(job.clone(), Hashes.verify(&job.check()));
    }
    let second = ask(&good, |question| judge(&question, &answers));
    assert_eq!((code(&second), second.pending.len()), ("ok", 0));
    answers.insert(first.pending[0].clone(), Answer::Invalid);
    let third = ask(&good, |question| judge(&question, &answers));
    assert_eq!(code(&third), "path.signature");
}

/// SubjectPublicKeyInfo, RFC 5280 section 4.1: an algorithm with parameters or without, and a bit string.
#[test]
fn a_key_has_two_parts() {
    let algorithm = b"\x30\x05\x06\x03\x2b\x65\x70";
    let key = tlv(3, &[&[0], &[7; 32]]);
    let code_of = |spki: Vec<u8>| code(&changed(|drafts| drafts[3].spki = spki));
    assert_eq!(code_of(tlv(0x30, &[algorithm, &key])), "ok");
    for wrong in [
        tlv(0x30, &[]),
        tlv(0x30, &[algorithm]),
        tlv(0x30, &[algorithm, &key, &[5, 0]]),
        tlv(0x30, &[algorithm, &tlv(4, &[&[0], &[7; 32]])]),
        tlv(0x30, &[algorithm, &[3, 0]]),
        tlv(0x30, &[&[0x30, 0], &key]),
        tlv(0x30, &[&[0x30, 2, 5, 0], &key]),
        tlv(0x30, &[&[0x30, 4, 6, 2, 0x2a, 0x80], &key]),
        tlv(0x30, &[&[0x30, 7, 6, 1, 0x2a, 5, 0, 5, 0], &key]),
    ] {
        assert_eq!(code_of(wrong), "path.certificate-form");
    }
}

/// Section 6.1.4 (k): the extension proves an authority in a certificate of version 3 only.
#[test]
fn only_version_3_proves_an_authority() {
    for version in [vec![], vec![0xa0, 3, 2, 1, 1]] {
        let of = |index: usize| {
            code(&changed(|drafts| {
                drafts[index].version.clone_from(&version);
            }))
        };
        assert_eq!((of(1), of(2)), ("path.issuer-is-ca", "path.issuer-is-ca"));
        // An anchor is trusted as it is, and a leaf proves nothing.
        assert_eq!((of(0), of(3)), ("ok", "ok"));
    }
}

/// X.690 section 8.19 bounds neither an object identifier nor its arcs.
#[test]
fn object_identifiers_of_any_size() {
    for (number, shown) in odd_numbers()
        .iter()
        .zip(["2.25.4294967296", "2.999.1", "1.3.1.1"])
    {
        let with = |index: usize, extensions: &[Vec<u8>]| {
            changed(|drafts| drafts[index].extensions.extend_from_slice(extensions))
        };
        let (may, must) = (numbered(number, false), numbered(number, true));
        for index in 0..4 {
            assert_eq!(code(&with(index, core::slice::from_ref(&may))), "ok");
            let twice = with(index, &[may.clone(), may.clone()]);
            assert_eq!(code(&twice), "path.repeated-extension");
            let critical = with(index, core::slice::from_ref(&must));
            assert_eq!(code(&critical), "path.unknown-critical");
            assert!(critical.failures()[0].what().contains(shown));
        }
        let kind = tlv(6, &[number]);
        let attribute = tlv(0x30, &[&kind, &tlv(0x0c, &[b"a"])]);
        let subject = tlv(0x30, &[&tlv(0x31, &[&attribute])]);
        let named = changed(|drafts| drafts[3].subject = subject);
        assert_eq!(code(&named), "ok");
        let certificates = &named.nearest().unwrap().certificates;
        assert!(certificates[3].identity.subject.starts_with(shown));
        let purposes = |list: &[&[u8]]| {
            let value = tlv(0x30, list);
            changed(|drafts| drafts[3].extensions[3] = extension(37, false, &value))
        };
        let client = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
        assert_eq!(code(&purposes(&[&kind, client])), "ok");
        assert_eq!(code(&purposes(&[&kind])), "path.purpose");
    }
    // An arc that is not in its shortest form, and one that does not end.
    for wrong in [&[0x69, 0x80, 1][..], &[0x69, 0x81]] {
        let report = changed(|drafts| drafts[3].extensions.push(numbered(wrong, false)));
        assert_eq!(code(&report), "path.certificate-form");
    }
}

#[test]
fn both_ends_of_the_validity_belong_to_it() {
    let mut drafts = chain();
    drafts[3].not_before = "270101000000Z";
    drafts[3].not_after = "270131000000Z";
    let good = sign(&drafts);
    let at = |seconds: u64| {
        let at = UnixTime(seconds);
        peer(
            |question| judge(&Question { at, ..question }, &Hashes),
            &good,
        )
    };
    assert_eq!(at(1_798_761_600), "ok");
    assert_eq!(at(1_798_761_599), "path.not-yet-valid");
    assert_eq!(at(1_801_353_600), "ok");
    assert_eq!(at(1_801_353_601), "path.expired");
    for index in 0..3 {
        let report = changed(|drafts| drafts[index].not_after = "261231000000Z");
        assert_eq!(code(&report), "path.expired");
    }
}

/// Says yes to every signature.
struct Yes;

impl Verify for Yes {
    fn verify(&self, _: &SignatureCheck<'_>) -> Answer {
        Answer::Valid
    }
}

/// As [`Hashes`], and no to every other algorithm.
struct OrNo;

impl Verify for OrNo {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        match Hashes.verify(check) {
            Answer::Unsupported => Answer::Invalid,
            known => known,
        }
    }
}

/// RSASSA-PSS names its hash in its parameters, SHA-1 if it names none (RFC 4055 section 3.1).
#[test]
fn broken_hashes() {
    let oid = |last: &[u8]| [b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01", last].concat();
    let pss = |parts: &[u8]| tlv(0x30, &[&oid(&[10]), &tlv(0x30, &[parts])]);
    let hash = |oid: &[u8]| pss(&tlv(0xa0, &[&tlv(0x30, &[oid, &[5, 0]])]));
    let sha256 = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    let broken = "path.signature-algorithm";
    for (algorithm, verdict) in [
        (hash(sha256), "ok"),
        (hash(b"\x06\x05\x2b\x0e\x03\x02\x1a"), broken),
        (pss(&[]), broken),
        (tlv(0x30, &[&oid(&[5]), &[5, 0]]), broken),
        (tlv(0x30, &[&oid(&[11]), &[5, 0]]), "ok"),
    ] {
        let mut drafts = chain();
        drafts[3].inner_algorithm = algorithm.clone();
        drafts[3].outer_algorithm = algorithm;
        let report = ask(&sign(&drafts), |question| judge(&question, &Yes));
        assert_eq!(code(&report), verdict);
    }
}

/// Section 4.2.1.12: what both allow.
#[test]
fn key_usage_and_purpose_agree() {
    let used = |bits: u8, purposes: bool| {
        let mut drafts = chain();
        drafts[3].extensions[2] = key_usage(bits);
        if !purposes {
            drafts[3].extensions.remove(3);
        }
        let mut profile = Profile::device();
        profile.key_usage = &[];
        let profile = &profile;
        code(&ask(&sign(&drafts), |question| {
            judge(
                &Question {
                    profile,
                    ..question
                },
                &Hashes,
            )
        }))
    };
    assert_eq!((used(0x80, true), used(0x08, true)), ("ok", "ok"));
    assert_eq!(used(0x40, true), "path.key-usage");
    assert_eq!(used(0x20, true), "path.key-usage");
    assert_eq!(used(0x40, false), "ok");
}

/// Section 4.2.1.4: critical policies are to be understood together with their qualifiers.
#[test]
fn qualifiers_of_critical_policies() {
    let policies = |critical: bool, kind: &[u8], parts: &[u8]| {
        let qualifier = tlv(0x30, &[&tlv(6, &[kind]), parts]);
        let policy = tlv(0x30, &[&[6, 2, 0x2a, 3], &tlv(0x30, &[&qualifier])]);
        let value = tlv(0x30, &[&policy]);
        let policies = extension(32, critical, &value);
        code(&changed(|drafts| drafts[3].extensions.push(policies)))
    };
    let (cps, other) = (b"\x2b\x06\x01\x05\x05\x07\x02\x01", [0x2a, 3, 4]);
    let text = tlv(0x16, &[b"http://example.com/"]);
    assert_eq!(policies(true, cps, &text), "ok");
    assert_eq!(policies(false, &other, &text), "ok");
    assert_eq!(policies(true, &other, &text), "path.unknown-critical");
    assert_eq!(policies(false, cps, &[]), "path.extension-form");
    for wrong in [&[5, 0][..], &[0x30, 0]] {
        let policy = tlv(0x30, &[&[6, 2, 0x2a, 3], wrong]);
        let policies = extension(32, false, &tlv(0x30, &[&policy]));
        let report = changed(|drafts| drafts[3].extensions.push(policies));
        assert_eq!(code(&report), "path.extension-form");
    }
}

/// Numbers that few programs hold are told as they are.
#[test]
fn algorithms_that_nobody_knows() {
    for (number, shown) in odd_numbers()
        .iter()
        .zip(["2.25.4294967296", "2.999.1", "1.3.1.1.1"])
    {
        let algorithm = tlv(0x30, &[&tlv(6, &[number])]);
        let report = changed(|drafts| {
            drafts[3].inner_algorithm = algorithm.clone();
            drafts[3].outer_algorithm = algorithm;
        });
        assert_eq!(code(&report), "path.signature-algorithm");
        let what = report.failures()[0].what();
        assert!(what.contains(&format!("algorithm {shown}")), "{what}");
    }
}

#[test]
fn form() {
    let report = changed(|drafts| drafts[3].extensions.push(key_usage(0x80)));
    assert_eq!(code(&report), "path.repeated-extension");
    let report = changed(|drafts| drafts[3].extensions[2] = extension(15, true, &[3, 1, 9]));
    assert_eq!(code(&report), "path.extension-form");
    let report = changed(|drafts| drafts[3].extensions[3] = extension(37, false, &[0x30, 0]));
    assert_eq!(code(&report), "path.extension-form");
    let sha256 = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    let report = changed(|drafts| drafts[3].inner_algorithm = sha256.to_vec());
    assert_eq!(code(&report), "path.algorithm-agreement");
    // Even if the signature does not fit the one outside.
    let mut drafts = chain();
    drafts[3].outer_algorithm = sha256.to_vec();
    let report = ask(&sign(&drafts), |question| judge(&question, &OrNo));
    assert_eq!(code(&report), "path.algorithm-agreement");
    // keyCertSign among the bits that are not used.
    let unused = extension(15, true, &[3, 2, 7, 0x84]);
    let report = changed(|drafts| drafts[2].extensions[3] = unused);
    assert_eq!(code(&report), "path.extension-form");
    let report = changed(|drafts| {
        drafts[3].inner_algorithm = sha256.to_vec();
        drafts[3].outer_algorithm = sha256.to_vec();
    });
    assert_eq!(code(&report), "path.signature-algorithm");
    let sha1 = b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01";
    let report = changed(|drafts| {
        drafts[2].inner_algorithm = sha1.to_vec();
        drafts[2].outer_algorithm = sha1.to_vec();
    });
    assert_eq!(code(&report), "path.signature-algorithm");
    let mut good = sign(&chain());
    good[3].push(0);
    assert_eq!(code(&plain(&good)), "path.certificate-form");
    good[3] = b"no certificate".to_vec();
    assert_eq!(code(&plain(&good)), "path.certificate-form");
}

#[test]
fn authorities() {
    for index in [1, 2] {
        let report = changed(|drafts| {
            drafts[index]
                .extensions
                .retain(|extension| extension[4] != 0x55 || extension[6] != 19);
        });
        assert_eq!(code(&report), "path.issuer-is-ca");
    }
    let report = changed(|drafts| drafts[1].extensions[2] = extension(19, true, &[0x30, 0]));
    assert_eq!(code(&report), "path.issuer-is-ca");
    let report = changed(|drafts| drafts[2].extensions[3] = key_usage(0x02));
    assert_eq!(code(&report), "path.issuer-may-sign");
    let report = changed(|drafts| drafts[0].extensions[2] = key_usage(0x02));
    assert_eq!(code(&report), "path.issuer-may-sign");
    let critical = extension(99, true, b"");
    for index in 0..4 {
        let report = changed(|drafts| drafts[index].extensions.push(critical.clone()));
        assert_eq!(code(&report), "path.unknown-critical");
    }
}

#[test]
fn path_lengths() {
    let limited = |limits: [Option<u8>; 3]| {
        code(&changed(|drafts| {
            drafts[0].extensions[1] = ca(limits[0]);
            drafts[1].extensions[2] = ca(limits[1]);
            drafts[2].extensions[2] = ca(limits[2]);
        }))
    };
    assert_eq!(limited([Some(2), Some(1), Some(0)]), "ok");
    assert_eq!(limited([None, None, Some(0)]), "ok");
    assert_eq!(limited([None, Some(1), Some(5)]), "ok");
    assert_eq!(limited([None, Some(0), None]), "path.path-length");
    assert_eq!(limited([Some(1), None, None]), "path.path-length");
    let good = sign(&chain());
    let deep = |depth| {
        peer(
            |question| {
                judge(
                    &Question {
                        max_depth: Some(depth),
                        ..question
                    },
                    &Hashes,
                )
            },
            &good,
        )
    };
    assert_eq!((deep(2), deep(1)), ("ok", "path.max-depth"));
}

/// Section 6.1.4 (l): a new key of the same authority is no further authority.
#[test]
fn self_issued_certificates_do_not_count() {
    let [root, mut upper, _, mut leaf] = chain();
    upper.extensions[2] = ca(Some(0));
    let rollover = authority("Upper", "Upper", 3, 2);
    leaf.issuer = name(&["Upper"]);
    let report = plain(&sign(&[root, upper, rollover, leaf]));
    assert_eq!(code(&report), "ok");
    let checks = &report.nearest().unwrap().certificates[2].checks;
    let length = checks
        .iter()
        .find(|check| check.rule == Rule::PathLength)
        .unwrap();
    assert_eq!(length.outcome, Outcome::NotApplicable);
}

/// An anchor needs no basic constraints (section 6.1.1 (d)). The authority below it has its name, and
/// a path length of zero: (l) does not count it, (m) lowers max_path_length to zero, and the leaf is
/// not prepared for a next certificate, so that nobody asks.
#[test]
fn a_new_key_of_a_bare_anchor_may_have_a_path_length_of_zero() {
    let [mut root, ..] = chain();
    root.extensions.remove(1);
    let mut rollover = authority("Root", "Root", 2, 1);
    rollover.extensions[2] = ca(Some(0));
    let certificates = [(root, 1), (rollover, 1), (path::leaf("Root", 3, 2), 2)];
    let signed = certificates.map(|(draft, seed)| seal(&draft, seed));
    assert_eq!(code(&plain(&signed)), "ok");
}

#[test]
fn purposes_nest() {
    let report = changed(|drafts| drafts[3].extensions[3] = purpose(1));
    assert_eq!(code(&report), "path.purpose");
    let report = changed(|drafts| {
        drafts[3].extensions[3] = extension(37, false, &tlv(0x30, &[&[6, 4, 0x55, 0x1d, 0x25, 0]]));
    });
    assert_eq!(code(&report), "ok");
    let report = changed(|drafts| drafts[2].extensions.push(purpose(1)));
    assert_eq!(code(&report), "path.issuer-purpose");
    let report = changed(|drafts| drafts[2].extensions.push(purpose(2)));
    assert_eq!(code(&report), "ok");
    let report = changed(|drafts| drafts[3].extensions[2] = key_usage(0x20));
    assert_eq!(code(&report), "path.key-usage");
}

/// SmtpUTF8Mailbox.
fn smtp_utf8(text: &str) -> Vec<u8> {
    let kind = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09";
    let value = tlv(0xa0, &[&tlv(0x0c, &[text.as_bytes()])]);
    tlv(0xa0, &[kind, &value])
}

#[test]
fn peers() {
    let good = sign(&chain());
    let meets = |peers: &[PeerName]| {
        peer(
            |question| judge(&Question { peers, ..question }, &Hashes),
            &good,
        )
    };
    assert_eq!(meets(&[PeerName::Dns("A.example.com".into())]), "ok");
    assert_eq!(
        meets(&[PeerName::Dns("b.example.com".into())]),
        "path.peer-name"
    );
    // The common name counts for nothing.
    assert_eq!(meets(&[PeerName::Dns("leaf".into())]), "path.peer-name");
    assert_eq!(
        meets(&[PeerName::Email("a@example.com".into())]),
        "path.peer-name"
    );
    let mut drafts = chain();
    let names = [
        dns("*.example.com"),
        tlv(0x87, &[&[10, 0, 0, 1]]),
        tlv(0x81, &[b"a@example.com"]),
        smtp_utf8("ä@example.com"),
        smtp_utf8("b@example.com"),
    ];
    drafts[3].extensions[4] = alt_names(&names);
    let good = sign(&drafts);
    let meets = |peers: &[PeerName]| {
        peer(
            |question| judge(&Question { peers, ..question }, &Hashes),
            &good,
        )
    };
    let all = [
        PeerName::Dns("b.example.com".into()),
        PeerName::Address("10.0.0.1".parse().unwrap()),
        PeerName::Email("a@EXAMPLE.com".into()),
        PeerName::Email("ä@Example.com".into()),
    ];
    assert_eq!(meets(&all), "ok");
    // What rfc822Name could hold, only rfc822Name is asked for (RFC 9598 section 3).
    for absent in ["ö@example.com", "ä@example.org", "b@example.com"] {
        let wanted = PeerName::Email(absent.into());
        assert_eq!(meets(&[wanted]), "path.peer-name");
    }
    assert_eq!(
        meets(&[PeerName::Address("10.0.0.2".parse().unwrap())]),
        "path.peer-name"
    );
    assert_eq!(
        meets(&[PeerName::Dns("example.com".into())]),
        "path.peer-name"
    );
}

#[test]
fn one_run_for_each_profile() {
    let good = sign(&chain());
    let with = |profile: &Profile| {
        peer(
            |question| {
                judge(
                    &Question {
                        profile,
                        ..question
                    },
                    &Hashes,
                )
            },
            &good,
        )
    };
    assert_eq!(with(&Profile::rfc5280()), "ok");
    assert_eq!(with(&Profile::device()), "ok");
    assert_eq!(with(&Profile::azure(None)), "ok");
    assert_eq!(with(&Profile::web()), "path.purpose");
}

#[test]
fn codes_are_unique_and_found_again() {
    let mut codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    for rule in Rule::ALL {
        assert_eq!(Rule::find(rule.code()), Some(*rule));
        assert!(
            rule.demand().ends_with('.') && rule.mend().ends_with('.'),
            "{rule}"
        );
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Rule::ALL.len());
    assert_eq!(Rule::find("path.none"), None);
}

#[test]
fn nothing_that_is_cut_or_changed_panics() {
    let good = sign(&chain());
    let leaf = &good[3];
    for cut in 0..leaf.len() {
        let mut chain = good.clone();
        chain[3].truncate(cut);
        assert_eq!(code(&plain(&chain)), "path.certificate-form");
    }
    for at in 0..leaf.len() {
        let mut chain = good.clone();
        chain[3][at] ^= 0x15;
        assert!(!plain(&chain).is_accepted(), "byte {at}");
    }
    let other = seal(&chain()[3], 9);
    let refused = plain(&[good[0].clone(), good[1].clone(), good[2].clone(), other]);
    assert_eq!(code(&refused), "path.signature");
}
