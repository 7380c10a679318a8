//! Chains in which nothing but revocation can be wrong: RFC 5280 sections 5 and 6.3.

use super::make::{Chain, Dice, ECDSA_SHA256, HOST, extension, name, plain, seal, tlv, utc};

/// Distribution points.
const PLACES: [&[u8]; 2] = [b"http://a.example/", b"http://b.example/"];

pub(super) fn chain(seed: u64) -> Chain {
    let mut dice = Dice::new(seed);
    let last = dice.below(2) + 2;
    let (mut made, mut lists) = (Vec::new(), Vec::new());
    for at in 0..=last {
        let (subject, signer) = (format!("C{at}"), at.saturating_sub(1));
        let is_leaf = at == last;
        let extensions = extensions(&mut dice, at, is_leaf);
        let issuer = format!("C{signer}");
        made.push(plain((&subject, at), (&issuer, signer), &extensions));
        if at == 1 {
            // OpenSSL asks about the anchor as well.
            lists.push(good());
        } else if at > 1 {
            let count = dice.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
            lists.extend((0..count).map(|number| list(&mut dice, &issuer, signer, number)));
        }
    }
    let root = made.remove(0);
    let leaf = made.pop().unwrap_or_default();
    Chain {
        root,
        bag: made,
        leaf,
        lists,
        ..Chain::default()
    }
}

fn extensions(dice: &mut Dice, at: u8, is_leaf: bool) -> Vec<Vec<u8>> {
    let ca: &[u8] = if is_leaf { b"" } else { b"\x01\x01\xff" };
    // keyCertSign, and mostly cRLSign.
    let usage: &[u8] = match (is_leaf, dice.percent(4)) {
        (true, _) => &[3, 2, 7, 0x80],
        (false, true) => &[3, 2, 2, 4],
        (false, false) => &[3, 2, 1, 6],
    };
    let mut all = vec![
        extension(19, true, &tlv(0x30, &[ca])),
        extension(15, true, usage),
        extension(14, false, &[4, 1, at]),
        extension(35, false, &tlv(0x30, &[&[0x80, 1, at.saturating_sub(1)]])),
    ];
    if at > 0 && dice.percent(50) {
        let points: Vec<Vec<u8>> = (0..=dice.below(2)).map(|_| point(dice)).collect();
        all.push(extension(31, false, &tlv(0x30, &[&points.concat()])));
    }
    if is_leaf {
        let name = tlv(0x82, &[HOST.as_bytes()]);
        all.push(extension(17, false, &tlv(0x30, &[&name])));
    }
    all
}

/// DistributionPointName: fullName with one address.
fn place(dice: &mut Dice) -> Vec<u8> {
    let address = tlv(0x86, &[dice.pick(&PLACES)]);
    tlv(0xa0, &[&tlv(0xa0, &[&address])])
}

/// ReasonFlags under an implicit tag: one half of the reasons, or the other, or one alone.
fn reasons(dice: &mut Dice, tag: u8) -> Vec<u8> {
    let all: [&[u8]; 3] = [&[4, 0x70], &[7, 0x0f, 0x80], &[6, 0x40]];
    tlv(tag, &[dice.pick(&all)])
}

fn point(dice: &mut Dice) -> Vec<u8> {
    let mut point = place(dice);
    if dice.percent(25) {
        point.extend(reasons(dice, 0x81));
    }
    tlv(0x30, &[&point])
}

fn list(dice: &mut Dice, issuer: &str, signer: u8, number: u8) -> Vec<u8> {
    let is_delta = number > 0 && dice.percent(40);
    // What a delta list is worth that is not good itself, the standard leaves open.
    let mut flawed = |chance| !is_delta && dice.percent(chance);
    let first = if flawed(4) {
        utc("261201000000Z")
    } else {
        // Each a day after the one before it.
        utc(&format!("26110{}000000Z", number + 1))
    };
    let next = if flawed(5) {
        utc("261120000000Z")
    } else {
        utc("261230000000Z")
    };
    let mut entries = Vec::new();
    for serial in 1..5 {
        if dice.percent(12) {
            entries.extend(entry(dice, serial));
        }
    }
    let entries = filled(&entries, |entries| tlv(0x30, &[entries]));
    let body = [
        &[2, 1, 1],
        ECDSA_SHA256,
        &name(issuer),
        &first,
        &next,
        &entries,
        &list_extensions(dice, signer, number, is_delta),
    ];
    let mut list = seal(&tlv(0x30, &body), signer);
    if !is_delta && dice.percent(2) {
        let last = list.len() - 1;
        list[last] ^= 1;
    }
    list
}

/// A list of the anchor that revokes nothing.
fn good() -> Vec<u8> {
    let extensions = [
        extension(35, false, &tlv(0x30, &[&[0x80, 1, 0]])),
        extension(20, false, &[2, 1, 1]),
    ];
    let body = [
        &[2, 1, 1],
        ECDSA_SHA256,
        &name("C0"),
        &utc("261101000000Z"),
        &utc("261230000000Z"),
        &tlv(0xa0, &[&tlv(0x30, &[&extensions.concat()])]),
    ];
    seal(&tlv(0x30, &body), 0)
}

fn list_extensions(dice: &mut Dice, signer: u8, number: u8, is_delta: bool) -> Vec<u8> {
    let mut all = vec![
        extension(35, false, &tlv(0x30, &[&[0x80, 1, signer]])),
        extension(20, false, &[2, 1, number + 1]),
    ];
    if dice.percent(40) {
        all.push(extension(28, true, &scope(dice)));
    }
    if is_delta {
        all.push(extension(27, true, &[2, 1, number]));
    } else {
        // Without it, OpenSSL looks at no delta list.
        all.push(extension(46, false, &tlv(0x30, &[&point(dice)])));
    }
    if !is_delta && dice.percent(2) {
        all.push(extension(99, true, &[5, 0]));
    }
    tlv(0xa0, &[&tlv(0x30, &[&all.concat()])])
}

/// IssuingDistributionPoint.
fn scope(dice: &mut Dice) -> Vec<u8> {
    let mut scope = Vec::new();
    if dice.percent(60) {
        scope.extend(place(dice));
    }
    match dice.below(5) {
        0 => scope.extend(b"\x81\x01\xff"),
        1 => scope.extend(b"\x82\x01\xff"),
        _ => {}
    }
    if dice.percent(35) {
        scope.extend(reasons(dice, 0x83));
    }
    if scope.is_empty() {
        scope = place(dice);
    }
    tlv(0x30, &[&scope])
}

fn entry(dice: &mut Dice, serial: u8) -> Vec<u8> {
    let mut extensions = Vec::new();
    if dice.percent(60) {
        let reason = dice.pick(&[1, 3, 4, 5, 6, 8]);
        extensions.extend(extension(21, false, &[10, 1, reason]));
    }
    if dice.percent(3) {
        extensions.extend(extension(99, true, &[5, 0]));
    }
    let extensions = filled(&extensions, |all| tlv(0x30, &[all]));
    tlv(
        0x30,
        &[&[2, 2, 1, serial], &utc("261001000000Z"), &extensions],
    )
}

/// What is empty is left out.
fn filled(content: &[u8], wrap: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    if content.is_empty() {
        Vec::new()
    } else {
        wrap(content)
    }
}
