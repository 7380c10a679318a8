//! Chains in which nothing but policies can be wrong: RFC 5280 sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and
//! 4.2.1.14.

use der::Encode;
use spki::ObjectIdentifier;

use super::make::{Chain, Dice, HOST, Policies, extension, plain, tlv};
use super::tree::{ANY, Asserted};

const OWN: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.3.1"),
    ObjectIdentifier::new_unwrap("1.3.2"),
    ObjectIdentifier::new_unwrap("1.3.3"),
];

pub(super) fn chain(seed: u64) -> Chain {
    let mut dice = Dice::new(seed);
    let last = dice.below(4) + 1;
    let (mut made, mut asserted) = (Vec::new(), Vec::new());
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
            let says = assert(&mut dice, renews, is_leaf);
            extensions.extend(encoded(&says));
            asserted.push(says);
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
        asserted,
        ..Chain::default()
    }
}

fn basic(is_leaf: bool) -> Vec<u8> {
    let ca: &[u8] = if is_leaf { b"" } else { b"\x01\x01\xff" };
    extension(19, true, &tlv(0x30, &[ca]))
}

fn assert(dice: &mut Dice, self_issued: bool, is_leaf: bool) -> Asserted {
    let mut says = Asserted {
        self_issued,
        ..Asserted::default()
    };
    let mut policies: Vec<_> = OWN.into_iter().filter(|_| dice.percent(45)).collect();
    if dice.percent(35) {
        policies.push(ANY);
    }
    says.policies = (!policies.is_empty()).then_some(policies);
    if dice.percent(20) {
        let mut limit = || dice.percent(60).then(|| dice.below(3));
        (says.require_explicit, says.inhibit_mapping) = (limit(), limit());
    }
    if dice.percent(15) {
        says.inhibit_any = Some(dice.below(3));
    }
    if !is_leaf {
        let count = dice.below(3);
        let mut mapping = || {
            let from_any = dice.percent(2);
            let from = if from_any { ANY } else { dice.pick(&OWN) };
            (from, dice.pick(&OWN))
        };
        says.mappings = (0..count).map(|_| mapping()).collect();
    }
    says
}

/// The extensions that say so.
fn encoded(says: &Asserted) -> Vec<Vec<u8>> {
    let list = |all: Vec<Vec<u8>>| tlv(0x30, &[&all.concat()]);
    let mut all = Vec::new();
    if let Some(policies) = &says.policies {
        let policies = policies.iter().map(|one| tlv(0x30, &[&oid(*one)]));
        all.push(extension(32, false, &list(policies.collect())));
    }
    let limits = [(0x80, says.require_explicit), (0x81, says.inhibit_mapping)];
    let limits = limits
        .iter()
        .filter_map(|(tag, limit)| limit.map(|limit| tlv(*tag, &[&[limit]])));
    let limits: Vec<Vec<u8>> = limits.collect();
    if !limits.is_empty() {
        all.push(extension(36, true, &list(limits)));
    }
    if let Some(count) = says.inhibit_any {
        all.push(extension(54, true, &[2, 1, count]));
    }
    if !says.mappings.is_empty() {
        let pairs = says.mappings.iter();
        let pairs = pairs.map(|(from, to)| tlv(0x30, &[&oid(*from), &oid(*to)]));
        all.push(extension(33, true, &list(pairs.collect())));
    }
    all
}

fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    oid.to_der().unwrap_or_default()
}
