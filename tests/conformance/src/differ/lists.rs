//! Chains in which nothing but revocation can be wrong: RFC 5280 sections 5 and 6.3.

use serde::Deserialize;

use super::make::{Chain, Dice, ECDSA_SHA256, HOST, extension, name, plain, seal, tlv, utc};

/// Distribution points.
const PLACES: [&[u8]; 2] = [b"http://a.example/", b"http://b.example/"];

/// What a chain goes without, to show that a difference comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Without {
    /// What RFC 5280 section 6.3.3 assumes in the end is spelled out: each certificate that names
    /// distribution points names its issuer first, for all reasons.
    ImpliedPoints,
    /// Points of one place are one: OpenSSL holds a list against the first point of its
    /// place only, the standard against each.
    SharedPlaces,
    /// Delta lists that continue no complete one (section 5.2.4) are left out.
    LoneDeltas,
    /// Lists whose signature is bad are left out.
    Damaged,
}

/// A list, and what it was made of.
struct List {
    signer: u8,
    number: u8,
    is_delta: bool,
    scope: Option<Vec<u8>>,
    is_damaged: bool,
    der: Vec<u8>,
}

pub(super) fn chain(seed: u64) -> Chain {
    make(seed, &[])
}

pub(super) fn without(seed: u64, what: &[Without]) -> Chain {
    make(seed, what)
}

fn make(seed: u64, without: &[Without]) -> Chain {
    let mut dice = Dice::new(seed);
    let last = dice.below(2) + 2;
    // OpenSSL asks about the anchor as well.
    let (mut made, mut lists, mut drawn) = (Vec::new(), vec![good()], Vec::new());
    for at in 0..=last {
        let (subject, signer) = (format!("C{at}"), at.saturating_sub(1));
        let is_leaf = at == last;
        let issuer = format!("C{signer}");
        let extensions = extensions(&mut dice, at, is_leaf, without);
        made.push(plain((&subject, at), (&issuer, signer), &extensions));
        if at > 1 {
            let count = dice.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
            drawn.extend((0..count).map(|number| list(&mut dice, &issuer, signer, number)));
        }
    }
    let kept = drawn.iter().filter(|list| {
        let is_lone = list.is_delta && !drawn.iter().any(|other| list.continues(other));
        !(is_lone && without.contains(&Without::LoneDeltas)
            || list.is_damaged && without.contains(&Without::Damaged))
    });
    lists.extend(kept.map(|list| list.der.clone()));
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

impl List {
    /// Section 5.2.4: same issuer and scope, and not older than the base, which is the list before.
    fn continues(&self, other: &Self) -> bool {
        !other.is_delta
            && (self.signer, &self.scope) == (other.signer, &other.scope)
            && self.number == other.number + 1
    }
}

fn extensions(dice: &mut Dice, at: u8, is_leaf: bool, without: &[Without]) -> Vec<Vec<u8>> {
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
        let mut points: Vec<Point> = (0..=dice.below(2)).map(|_| point(dice)).collect();
        if without.contains(&Without::SharedPlaces) {
            points = shared(points);
        }
        let mut points: Vec<Vec<u8>> = points.iter().map(Point::encoded).collect();
        if without.contains(&Without::ImpliedPoints) {
            // OpenSSL matches a list of no point with the first.
            points.insert(0, implied(&format!("C{}", at - 1)));
        }
        all.push(extension(31, false, &tlv(0x30, &[&points.concat()])));
    }
    if is_leaf {
        let name = tlv(0x82, &[HOST.as_bytes()]);
        all.push(extension(17, false, &tlv(0x30, &[&name])));
    }
    all
}

/// DistributionPoint: its place, and for which reasons if not for all.
struct Point {
    place: Vec<u8>,
    reasons: Option<u16>,
}

impl Point {
    fn encoded(&self) -> Vec<u8> {
        let reasons = self.reasons.map(|reasons| flags(0x81, reasons));
        tlv(0x30, &[&self.place, &reasons.unwrap_or_default()])
    }
}

/// The points of one place as one, for the reasons of all of them.
fn shared(points: Vec<Point>) -> Vec<Point> {
    let mut all: Vec<Point> = Vec::new();
    for point in points {
        match all.iter_mut().find(|other| other.place == point.place) {
            Some(other) => {
                let both = other.reasons.zip(point.reasons);
                other.reasons = both.map(|(some, more)| some | more);
            }
            None => all.push(point),
        }
    }
    all
}

/// DistributionPointName: fullName with one address.
fn place(dice: &mut Dice) -> Vec<u8> {
    let address = tlv(0x86, &[dice.pick(&PLACES)]);
    tlv(0xa0, &[&tlv(0xa0, &[&address])])
}

/// One half of the reasons, or the other, or one alone; the first bit is the highest.
fn reasons(dice: &mut Dice) -> u16 {
    dice.pick(&[0x7000, 0x0f80, 0x4000])
}

/// ReasonFlags under an implicit tag.
fn flags(tag: u8, reasons: u16) -> Vec<u8> {
    let [first, second] = reasons.to_be_bytes();
    let unused = |last: u8| u8::try_from(last.trailing_zeros()).unwrap_or(0);
    match second {
        0 => tlv(tag, &[&[unused(first), first]]),
        _ => tlv(tag, &[&[unused(second), first, second]]),
    }
}

fn point(dice: &mut Dice) -> Point {
    Point {
        place: place(dice),
        reasons: dice.percent(25).then(|| reasons(dice)),
    }
}

fn implied(issuer: &str) -> Vec<u8> {
    let issuer = tlv(0xa4, &[&name(issuer)]);
    tlv(0x30, &[&tlv(0xa0, &[&tlv(0xa0, &[&issuer])])])
}

fn list(dice: &mut Dice, issuer: &str, signer: u8, number: u8) -> List {
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
    let scope = dice.percent(40).then(|| scope(dice));
    let body = [
        &[2, 1, 1],
        ECDSA_SHA256,
        &name(issuer),
        &first,
        &next,
        &entries,
        &list_extensions(dice, signer, number, is_delta, scope.as_deref()),
    ];
    let mut der = seal(&tlv(0x30, &body), signer);
    let is_damaged = !is_delta && dice.percent(2);
    if is_damaged {
        let last = der.len() - 1;
        der[last] ^= 1;
    }
    List {
        signer,
        number,
        is_delta,
        scope,
        is_damaged,
        der,
    }
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

fn list_extensions(
    dice: &mut Dice,
    signer: u8,
    number: u8,
    is_delta: bool,
    scope: Option<&[u8]>,
) -> Vec<u8> {
    let mut all = vec![
        extension(35, false, &tlv(0x30, &[&[0x80, 1, signer]])),
        extension(20, false, &[2, 1, number + 1]),
    ];
    all.extend(scope.map(|scope| extension(28, true, scope)));
    if is_delta {
        all.push(extension(27, true, &[2, 1, number]));
    } else {
        // Without it, OpenSSL looks at no delta list.
        all.push(extension(46, false, &tlv(0x30, &[&point(dice).encoded()])));
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
        scope.extend(flags(0x83, reasons(dice)));
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
