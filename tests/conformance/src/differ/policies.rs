//! Chains in which nothing but policies can be wrong: RFC 5280 sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and
//! 4.2.1.14.

use der::Encode;
use spki::ObjectIdentifier;

use super::make::{Chain, Dice, HOST, Policies, extension, plain, tlv};

const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");
const OWN: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.3.1"),
    ObjectIdentifier::new_unwrap("1.3.2"),
    ObjectIdentifier::new_unwrap("1.3.3"),
];

pub(super) fn chain(seed: u64) -> Chain {
    let mut dice = Dice::new(seed);
    let last = dice.below(4) + 1;
    let mut made = Vec::new();
    let mut above = "C0".to_owned();
    for at in 0..=last {
        let is_leaf = at == last;
        let renews = at > 0 && !is_leaf && dice.percent(15);
        let subject = if renews {
            above.clone()
        } else {
            format!("C{at}")
        };
        let signer = at.saturating_sub(1);
        let mut extensions = vec![
            basic(is_leaf),
            extension(14, false, &[4, 1, at]),
            extension(35, false, &tlv(0x30, &[&[0x80, 1, signer]])),
        ];
        if at > 0 {
            extensions.extend(policies(&mut dice));
            extensions.extend(limits(&mut dice));
        }
        if at > 0 && !is_leaf {
            extensions.extend(mappings(&mut dice));
        }
        if is_leaf {
            let name = tlv(0x82, &[HOST.as_bytes()]);
            extensions.push(extension(17, false, &tlv(0x30, &[&name])));
        }
        made.push(plain((&subject, at), (&above, signer), &extensions));
        above = subject;
    }
    let root = made.remove(0);
    let leaf = made.pop().unwrap_or_default();
    let initial = (0..dice.below(3)).map(|_| dice.pick(&OWN)).collect();
    let policies = Policies {
        initial,
        require_explicit: dice.percent(50),
        inhibit_mapping: dice.percent(15),
        inhibit_any: dice.percent(15),
    };
    Chain {
        root,
        bag: made,
        leaf,
        policies,
        ..Chain::default()
    }
}

fn basic(is_leaf: bool) -> Vec<u8> {
    let ca: &[u8] = if is_leaf { b"" } else { b"\x01\x01\xff" };
    extension(19, true, &tlv(0x30, &[ca]))
}

fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    oid.to_der().unwrap_or_default()
}

fn policies(dice: &mut Dice) -> Option<Vec<u8>> {
    let mut all: Vec<ObjectIdentifier> = OWN.into_iter().filter(|_| dice.percent(45)).collect();
    if dice.percent(35) {
        all.push(ANY);
    }
    let all: Vec<Vec<u8>> = all.into_iter().map(|one| tlv(0x30, &[&oid(one)])).collect();
    (!all.is_empty()).then(|| extension(32, false, &tlv(0x30, &[&all.concat()])))
}

fn mappings(dice: &mut Dice) -> Option<Vec<u8>> {
    let count = dice.below(3);
    let all: Vec<Vec<u8>> = (0..count)
        .map(|_| {
            let from = if dice.percent(2) {
                ANY
            } else {
                dice.pick(&OWN)
            };
            tlv(0x30, &[&oid(from), &oid(dice.pick(&OWN))])
        })
        .collect();
    (count > 0).then(|| extension(33, true, &tlv(0x30, &[&all.concat()])))
}

/// policyConstraints and inhibitAnyPolicy.
fn limits(dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    if dice.percent(20) {
        let mut limits = Vec::new();
        for tag in [0x80, 0x81] {
            if dice.percent(60) {
                limits.push(tlv(tag, &[&[dice.below(3)]]));
            }
        }
        if !limits.is_empty() {
            all.push(extension(36, true, &tlv(0x30, &[&limits.concat()])));
        }
    }
    if dice.percent(15) {
        all.push(extension(54, true, &[2, 1, dice.below(3)]));
    }
    all
}
