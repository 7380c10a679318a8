//! Certificate policies: RFC 5280 sections 6.1.3 (d) to (f), 6.1.4 (a), (b), (h) to (j) and 6.1.5
//! (g), as RFC 9618 writes them.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use common::{Draft, extension, name, tlv};
use der::Decode;
use der::asn1::ObjectIdentifier;
use path::{
    ANY, Hashes, ask, authority, chain, code, leaf, odd_numbers, oid, policies, seal, sign,
};
use signet_core::path::{PolicyInput, Question, Report, judge};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn number(last: u8) -> ObjectIdentifier {
    ObjectIdentifier::from_der(&oid(last)).unwrap()
}

/// policyMappings.
fn mapping(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let pairs: Vec<Vec<u8>> = pairs
        .iter()
        .map(|(from, to)| tlv(0x30, &[from, to]))
        .collect();
    extension(33, true, &tlv(0x30, &[&pairs.concat()]))
}

/// policyConstraints.
fn limits(explicit: Option<u8>, mapping: Option<u8>) -> Vec<u8> {
    let part =
        |tag: u8, count: Option<u8>| count.map(|count| vec![tag, 1, count]).unwrap_or_default();
    extension(
        36,
        true,
        &tlv(0x30, &[&part(0x80, explicit), &part(0x81, mapping)]),
    )
}

fn inhibit_any(count: u8) -> Vec<u8> {
    extension(54, true, &[2, 1, count])
}

/// What is asked: (initial policies, explicit, no mapping, no anyPolicy).
type Input<'a> = (&'a [u8], bool, bool, bool);

fn with(
    (initial, require_explicit, inhibit_mapping, inhibit_any): Input<'_>,
    drafts: &[Draft; 4],
) -> Report {
    let initial: Vec<ObjectIdentifier> = initial.iter().map(|last| number(*last)).collect();
    let input = PolicyInput {
        initial: &initial,
        inhibit_mapping,
        require_explicit,
        inhibit_any,
    };
    ask(&sign(drafts), |question| {
        judge(
            &Question {
                policies: input,
                ..question
            },
            &Hashes,
        )
    })
}

fn verdict(input: Input<'_>, change: impl FnOnce(&mut [Draft; 4])) -> &'static str {
    let mut drafts = chain();
    change(&mut drafts);
    code(&with(input, &drafts))
}

/// Adds policies to the three certificates below the root.
fn asserted(drafts: &mut [Draft; 4], lists: [&[&[u8]]; 3]) {
    for (draft, list) in drafts[1..].iter_mut().zip(lists) {
        if !list.is_empty() {
            draft.extensions.push(policies(list));
        }
    }
}

const PLAIN: Input<'_> = (&[], false, false, false);
const EXPLICIT: Input<'_> = (&[], true, false, false);

#[test]
fn a_policy_holds_if_every_certificate_asserts_it() {
    let one: &[&[u8]] = &[&oid(1)];
    let all = |drafts: &mut [Draft; 4]| asserted(drafts, [one, one, one]);
    assert_eq!(verdict(EXPLICIT, all), "ok");
    assert_eq!(verdict((&[1], true, false, false), all), "ok");
    assert_eq!(
        verdict((&[2], true, false, false), all),
        "path.policy-accepted"
    );
    assert_eq!(verdict((&[2, 1], true, false, false), all), "ok");
    // Without the demand, another policy is no reason to refuse.
    assert_eq!(verdict((&[2], false, false, false), all), "ok");
    let gap = |drafts: &mut [Draft; 4]| asserted(drafts, [one, &[], one]);
    assert_eq!(
        (verdict(PLAIN, gap), verdict(EXPLICIT, gap)),
        ("ok", "path.policy-required")
    );
    let change = |drafts: &mut [Draft; 4]| asserted(drafts, [one, one, &[&oid(2)]]);
    assert_eq!(
        (verdict(PLAIN, change), verdict(EXPLICIT, change)),
        ("ok", "path.policy-required")
    );
}

#[test]
fn the_report_names_the_policies() {
    let mut drafts = chain();
    let two: &[&[u8]] = &[&oid(1), &oid(2)];
    asserted(&mut drafts, [two, &[ANY], two]);
    let report = with((&[2, 3], true, false, false), &drafts);
    assert_eq!(code(&report), "ok");
    assert_eq!(report.verified().unwrap().policies(), ["1.2.3.2"]);
}

#[test]
fn explicit_policy_counts_down() {
    let at = |index: usize, count: u8| {
        verdict(PLAIN, |drafts| {
            drafts[index].extensions.push(limits(Some(count), None));
        })
    };
    // Zero asks at once, more after that many certificates; the last counts, too (6.1.5 (a)).
    let (required, accepted) = ("path.policy-required", "path.policy-accepted");
    assert_eq!(
        [0, 1, 2, 3].map(|count| at(1, count)),
        [required, required, accepted, "ok"]
    );
    assert_eq!(
        [0, 1, 2].map(|count| at(2, count)),
        [required, accepted, "ok"]
    );
    // Section 6.1.5 (b): in the last certificate only zero asks.
    assert_eq!([0, 1].map(|count| at(3, count)), [accepted, "ok"]);
}

#[test]
fn any_policy_can_be_inhibited() {
    let any: &[&[u8]] = &[ANY];
    let all = |drafts: &mut [Draft; 4]| asserted(drafts, [any, any, any]);
    assert_eq!(verdict(EXPLICIT, all), "ok");
    assert_eq!(verdict((&[1], true, false, false), all), "ok");
    assert_eq!(
        verdict((&[], true, false, true), all),
        "path.policy-required"
    );
    let limit = |count: u8| {
        verdict(EXPLICIT, |drafts| {
            all(drafts);
            drafts[1].extensions.push(inhibit_any(count));
        })
    };
    assert_eq!(
        (limit(0), limit(1), limit(2)),
        ("path.policy-required", "path.policy-required", "ok")
    );
}

/// Section 6.1.3 (d)(2): a self-issued certificate between may assert anyPolicy all the same.
#[test]
fn a_self_issued_certificate_may_assert_any_policy() {
    let [root, mut upper, _, mut leaf] = chain();
    upper
        .extensions
        .extend([policies(&[&oid(1)]), inhibit_any(0)]);
    let mut rollover = authority("Upper", "Upper", 3, 2);
    rollover.extensions.push(policies(&[ANY]));
    leaf.issuer = name(&["Upper"]);
    leaf.extensions.push(policies(&[&oid(1)]));
    assert_eq!(code(&with(EXPLICIT, &[root, upper, rollover, leaf])), "ok");
}

#[test]
fn policies_are_mapped() {
    let mapped = |drafts: &mut [Draft; 4]| {
        asserted(drafts, [&[&oid(1)], &[&oid(2)], &[&oid(2)]]);
        drafts[1].extensions.push(mapping(&[(&oid(1), &oid(2))]));
    };
    assert_eq!(verdict((&[1], true, false, false), mapped), "ok");
    // What counts is the policy of the authority nearest to the anchor.
    assert_eq!(
        verdict((&[2], true, false, false), mapped),
        "path.policy-accepted"
    );
    assert_eq!(
        verdict((&[1], true, true, false), mapped),
        "path.policy-required"
    );
    let limited = |count: u8| {
        verdict((&[1], true, false, false), |drafts| {
            asserted(drafts, [&[&oid(1)], &[&oid(1)], &[&oid(2)]]);
            drafts[1].extensions.push(limits(None, Some(count)));
            drafts[2].extensions.push(mapping(&[(&oid(1), &oid(2))]));
        })
    };
    assert_eq!((limited(0), limited(1)), ("path.policy-required", "ok"));
    let any = verdict(PLAIN, |drafts| {
        asserted(drafts, [&[&oid(1)], &[&oid(1)], &[&oid(1)]]);
        drafts[1].extensions.push(mapping(&[(ANY, &oid(2))]));
    });
    assert_eq!(any, "path.policy-mapping-any");
}

#[test]
fn any_policy_is_mapped_as_what_it_stands_for() {
    let mapped = |drafts: &mut [Draft; 4]| {
        asserted(drafts, [&[ANY], &[&oid(2)], &[&oid(2)]]);
        drafts[1].extensions.push(mapping(&[(&oid(1), &oid(2))]));
    };
    assert_eq!(verdict((&[1], true, false, false), mapped), "ok");
    assert_eq!(
        verdict((&[2], true, false, false), mapped),
        "path.policy-accepted"
    );
}

/// The policies of an authority, and its mappings.
type Says<'a> = (&'a [&'a [u8]], &'a [(&'a [u8], &'a [u8])]);

/// Root and three authorities that assert and map these, a leaf of the last list; any of the
/// policies `initial` is asked for, and one is required.
fn mapped(initial: &[u8], authorities: [Says<'_>; 3], last: &[&[u8]]) -> Report {
    let names = ["Root", "First", "Second", "Third"];
    let mut signed = vec![seal(&authority("Root", "Root", 1, 1), 1)];
    for (seed, (asserts, maps)) in (2..).zip(authorities) {
        let index = usize::from(seed) - 1;
        let mut draft = authority(names[index], names[index - 1], seed, seed - 1);
        draft.extensions.push(policies(asserts));
        draft
            .extensions
            .extend((!maps.is_empty()).then(|| mapping(maps)));
        signed.push(seal(&draft, seed - 1));
    }
    let mut leaf = leaf("Third", 5, 4);
    leaf.extensions.push(policies(last));
    signed.push(seal(&leaf, 4));
    let initial: Vec<ObjectIdentifier> = initial.iter().map(|last| number(*last)).collect();
    ask(&signed, |question| {
        judge(
            &Question {
                policies: PolicyInput {
                    initial: &initial,
                    require_explicit: true,
                    ..question.policies
                },
                ..question
            },
            &Hashes,
        )
    })
}

/// Section 6.1.3 (d)(2) makes children of the policies that are expected, also where section 6.1.4
/// (b)(1) took the node from anyPolicy. OpenSSL 3.0 makes one of the policy before the mapping.
#[test]
fn any_policy_passes_on_what_a_policy_of_any_policy_was_mapped_to() {
    let (one, two, three) = (&*oid(1), &*oid(2), &*oid(3));
    // First:  2, 3, any, below any.
    // Second: (d)(1) 2 below 2; (d)(2) 3 below 3, any below any; (b)(1) 1 below any expects 2, and
    //         2 now expects 3.
    // Third:  (d)(1) nobody expects 1: 1 below any; (d)(2) 2 below 1, 3 below 2 and 3, any below any;
    //         (b)(1) 3 now expects 1.
    // Leaf:   (d)(1) only the 2 below 1 expects 2. What is left: any, 1, 2, 2.
    // 6.1.5 (g): the one node whose parent is anyPolicy is 1.
    let authorities: [Says<'_>; 3] = [
        (&[two, three, ANY], &[]),
        (&[two, ANY], &[(one, two), (two, three)]),
        (&[one, ANY], &[(three, one)]),
    ];
    let report = mapped(&[1], authorities, &[two]);
    assert_eq!(code(&report), "ok");
    assert_eq!(report.verified().unwrap().policies(), ["1.2.3.1"]);
    // The leaf's own policy is one of another domain.
    let report = mapped(&[2], authorities, &[two]);
    assert_eq!(code(&report), "path.policy-accepted");
}

/// The same where the node comes from an expected policy.
#[test]
fn any_policy_passes_on_what_an_expected_policy_was_mapped_to() {
    let (one, two, three) = (&*oid(1), &*oid(2), &*oid(3));
    // First:  1 and 2 below any; (b)(1) 2 expects 3, 1 expects 1.
    // Second: (d)(1) nobody expects 2, and there is no any; (d)(2) 3 below 2, 1 below 1; (b)(1) both
    //         expect 1.
    // Third:  (d)(1) nobody expects 2 or 3; (d)(2) 1 below 3 and below 1; (b)(1) there is no 2.
    // Leaf:   (d)(1) 1 below both; nobody expects 2.
    // 6.1.5 (g): below anyPolicy stand 1 and 2, and 2 is asked for.
    let authorities: [Says<'_>; 3] = [
        (&[one, two], &[(two, three), (one, one)]),
        (&[two, ANY], &[(three, one), (one, one)]),
        (&[two, three, ANY], &[(two, two), (two, three)]),
    ];
    let report = mapped(&[2, 3], authorities, &[one, two]);
    assert_eq!(code(&report), "ok");
    assert_eq!(report.verified().unwrap().policies(), ["1.2.3.2"]);
    let report = mapped(&[3], authorities, &[one, two]);
    assert_eq!(code(&report), "path.policy-accepted");
}

/// X.690 section 8.19 bounds neither the number of a policy nor its arcs: such a one holds and is mapped as any.
#[test]
fn policies_of_any_number() {
    for (rare, shown) in odd_numbers()
        .iter()
        .zip(["2.25.4294967296", "2.999.1", "1.3.1.1"])
    {
        let rare = tlv(6, &[rare]);
        let any: Input<'_> = (&[], true, false, false);
        let one: Input<'_> = (&[1], true, false, false);
        let mut drafts = chain();
        asserted(&mut drafts, [&[&rare]; 3]);
        let report = with(any, &drafts);
        assert_eq!(code(&report), "ok");
        let held = &report.nearest().unwrap().policies;
        assert!(held.len() == 1 && held[0].starts_with(shown), "{held:?}");
        assert_eq!(code(&with(one, &drafts)), "path.policy-accepted");
        // 1.2.3.1 above is the rare one below.
        let mapped = |leaf: &[u8]| {
            verdict(one, |drafts| {
                asserted(drafts, [&[&oid(1)], &[&rare], &[leaf]]);
                drafts[1].extensions.push(mapping(&[(&oid(1), &rare)]));
            })
        };
        assert_eq!(
            (mapped(&rare), mapped(&oid(1))),
            ("ok", "path.policy-required")
        );
    }
}
