use std::path::Path;
use std::{fs, io, slice};

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use signet_core::{UnixTime, pem};
use spki::ObjectIdentifier;

use super::tree::Asserted;

/// Whom every leaf is asked about.
pub(super) const HOST: &str = "a.example.com";
/// 2026-11-25T00:00:00Z.
pub(super) const AT: UnixTime = UnixTime(1_795_564_800);

pub(super) const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const P256: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

/// A chain that a seed makes: mostly right, with a few things wrong.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The trusted certificate.
    pub root: Vec<u8>,
    /// Whatever stands between, in any order.
    pub bag: Vec<Vec<u8>>,
    /// The certificate in question.
    pub leaf: Vec<u8>,
    /// Revocation lists; without any, nobody asks.
    pub lists: Vec<Vec<u8>>,
    /// What is asked about policies.
    pub policies: Policies,
    /// What the certificates say about them, those below the root in order.
    pub asserted: Vec<Asserted>,
}

/// The inputs (c) and (e) to (g) of RFC 5280 section 6.1.1.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// user-initial-policy-set; empty is any-policy.
    pub initial: Vec<ObjectIdentifier>,
    /// initial-explicit-policy.
    pub require_explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

/// xorshift64*: the same numbers everywhere.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// Less than a limit of at most 255.
    pub(super) fn below(&mut self, limit: u8) -> u8 {
        u8::try_from(self.next() % u64::from(limit)).unwrap_or(0)
    }

    fn index(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(1).max(1);
        usize::try_from(self.next() % length).unwrap_or(0)
    }

    pub(super) fn percent(&mut self, chance: u8) -> bool {
        self.below(100) < chance
    }

    pub(super) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        let index = self.index(all.len());
        all[index].clone()
    }
}

impl Chain {
    /// The chain of that seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let last = dice.below(4) + 1;
        let mut made = Vec::new();
        let mut above = "C0".to_owned();
        for at in 0..=last {
            let is_leaf = at == last;
            // Now and then an authority only changes its key.
            let changes_key = at > 0 && !is_leaf && dice.percent(8);
            let subject = if changes_key {
                above.clone()
            } else {
                format!("C{at}")
            };
            let signer = at.saturating_sub(1);
            made.push(certificate(
                &mut dice,
                (&subject, at),
                (&above, signer),
                is_leaf,
            ));
            above = subject;
        }
        let root = made.remove(0);
        let mut leaf = made.pop().unwrap_or_default();
        let mut bag = made;
        if dice.percent(4) {
            let at = dice.index(leaf.len());
            leaf[at] ^= 1 << dice.below(8);
        }
        if !bag.is_empty() && dice.percent(3) {
            bag.remove(0);
        }
        if dice.percent(30) {
            bag.reverse();
        }
        if dice.percent(10) {
            bag.push(root.clone());
        }
        Self {
            root,
            bag,
            leaf,
            ..Self::default()
        }
    }
}

impl Chain {
    /// Writes the chain into a folder, to be looked at.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, folder: &Path) -> io::Result<()> {
        let write = |name: &str, all: &[Vec<u8>]| {
            let pems = all.iter().map(|der| pem::encode("CERTIFICATE", der));
            fs::write(folder.join(name), pems.collect::<String>())
        };
        write("root.pem", slice::from_ref(&self.root))?;
        write("bag.pem", &self.bag)?;
        write("leaf.pem", slice::from_ref(&self.leaf))?;
        let pems = self.lists.iter().map(|der| pem::encode("X509 CRL", der));
        fs::write(folder.join("lists.pem"), pems.collect::<String>())?;
        fs::write(
            folder.join("policies.txt"),
            format!("{:?}\n", self.policies),
        )
    }
}

fn key(seed: u8) -> SigningKey {
    let bytes = [seed + 1; 32];
    SigningKey::from_slice(&bytes).unwrap_or_else(|_| unreachable!("a number below the order"))
}

/// Subject and issuer have a name, and a number that their keys come from.
fn certificate(
    dice: &mut Dice,
    (subject, own): (&str, u8),
    (issuer, signer): (&str, u8),
    is_leaf: bool,
) -> Vec<u8> {
    let version: &[u8] = if dice.percent(2) {
        b""
    } else {
        b"\xa0\x03\x02\x01\x02"
    };
    let dates = match dice.below(60) {
        0 => tlv(0x30, &[&utc("240101000000Z"), &utc("251231235959Z")]),
        1 => tlv(0x30, &[&utc("270101000000Z"), &utc("301231235959Z")]),
        _ => tlv(0x30, &[&utc("250101000000Z"), &utc("301231235959Z")]),
    };
    let extensions = if version.is_empty() {
        Vec::new()
    } else {
        let all = extensions(dice, own, signer, is_leaf).concat();
        tlv(0xa3, &[&tlv(0x30, &[&all])])
    };
    let body = [
        version,
        &[2, 2, 1, own],
        ECDSA_SHA256,
        &name(issuer),
        &dates,
    ];
    let mut certificate = sign(&body, (subject, own), signer, &extensions);
    if dice.percent(1) {
        // The last byte of the signature.
        let last = certificate.len() - 1;
        certificate[last] ^= 1;
    }
    certificate
}

/// A certificate whose fields up to the dates are given; `extensions` is the tagged field or nothing.
fn sign(head: &[&[u8]], (subject, own): (&str, u8), signer: u8, extensions: &[u8]) -> Vec<u8> {
    let point = key(own).verifying_key().to_sec1_point(false);
    let spki = tlv(0x30, &[P256, &tlv(3, &[&[0], point.as_bytes()])]);
    let subject = name(subject);
    let body = tlv(0x30, &[&head.concat(), &subject, &spki, extensions]);
    seal(&body, signer)
}

/// Something signed, from its body.
pub(super) fn seal(body: &[u8], signer: u8) -> Vec<u8> {
    let signature: DerSignature = key(signer).sign(body);
    let signature = tlv(3, &[&[0], signature.as_bytes()]);
    tlv(0x30, &[body, ECDSA_SHA256, &signature])
}

/// A good certificate of version 3 with these extensions.
pub(super) fn plain(subject: (&str, u8), issuer: (&str, u8), extensions: &[Vec<u8>]) -> Vec<u8> {
    let dates = tlv(0x30, &[&utc("250101000000Z"), &utc("301231235959Z")]);
    let serial = [2, 2, 1, subject.1];
    let head: [&[u8]; 5] = [
        b"\xa0\x03\x02\x01\x02",
        &serial,
        ECDSA_SHA256,
        &name(issuer.0),
        &dates,
    ];
    let extensions = tlv(0xa3, &[&tlv(0x30, &[&extensions.concat()])]);
    sign(&head, subject, issuer.1, &extensions)
}

/// An anchor of the name and key that every chain ends in, with all that it may have.
pub(super) fn anchor() -> Vec<u8> {
    let extensions = [
        extension(19, true, &tlv(0x30, &[b"\x01\x01\xff"])),
        extension(15, true, &[3, 2, 1, 6]),
        extension(14, false, &[4, 1, 0]),
    ];
    plain(("C0", 0), ("C0", 0), &extensions)
}

fn extensions(dice: &mut Dice, own: u8, signer: u8, is_leaf: bool) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let authority = if is_leaf { 3 } else { 97 };
    if dice.percent(if is_leaf { 50 } else { 97 }) {
        let is_ca = dice.percent(authority);
        let length = if is_ca && dice.percent(25) {
            vec![2, 1, dice.below(3)]
        } else {
            Vec::new()
        };
        let ca: &[u8] = if is_ca { b"\x01\x01\xff" } else { b"" };
        let critical = dice.percent(90);
        all.push(extension(19, critical, &tlv(0x30, &[ca, &length])));
    }
    if dice.percent(80) {
        let good: &[u8] = if is_leaf {
            &[3, 2, 7, 0x80]
        } else {
            &[3, 2, 1, 6]
        };
        let odd: &[u8] = if is_leaf {
            &[3, 2, 5, 0x20]
        } else {
            &[3, 2, 1, 2]
        };
        let usage = if dice.percent(97) { good } else { odd };
        all.push(extension(15, true, usage));
    }
    if dice.percent(if is_leaf { 60 } else { 15 }) {
        let last = dice.pick(&[1, 1, 1, 1, 1, 1, 2]);
        let oid = [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, last];
        all.push(extension(37, false, &tlv(0x30, &[&oid])));
    }
    if dice.percent(95) {
        all.push(extension(14, false, &[4, 1, own]));
    }
    if dice.percent(90) {
        let wrong = dice.percent(1);
        let id = if wrong { 99 } else { signer };
        all.push(extension(35, false, &tlv(0x30, &[&[0x80, 1, id]])));
    }
    if !is_leaf && dice.percent(20) {
        all.push(constraints(dice));
    }
    if is_leaf || dice.percent(10) {
        all.push(alternative(dice));
    }
    if dice.percent(1) {
        all.push(extension(99, true, &[5, 0]));
    }
    if dice.percent(1) {
        all.push(extension(14, false, &[4, 1, own]));
    }
    all
}

fn constraints(dice: &mut Dice) -> Vec<u8> {
    let bases = [
        tlv(0x82, &[b"example.com"]),
        tlv(0x82, &[b"a.example.com"]),
        tlv(0x82, &[b"b.example.com"]),
        tlv(0x82, &[b"example.org"]),
        tlv(0x87, &[&[10, 0, 0, 0, 255, 0, 0, 0]]),
        tlv(0x81, &[b"example.com"]),
        tlv(0x81, &[b".example.com"]),
        tlv(0x86, &[b"example.com"]),
    ];
    let mut lists = Vec::new();
    for tag in [0xa0, 0xa1] {
        let chance = if tag == 0xa0 { 70 } else { 40 };
        if dice.percent(chance) {
            let count = 1 + dice.below(3);
            let trees: Vec<Vec<u8>> = (0..count)
                .map(|_| tlv(0x30, &[&dice.pick(&bases)]))
                .collect();
            lists.push(tlv(tag, &[&trees.concat()]));
        }
    }
    extension(30, true, &tlv(0x30, &[&lists.concat()]))
}

fn alternative(dice: &mut Dice) -> Vec<u8> {
    let others = [
        tlv(0x82, &[b"*.example.com"]),
        tlv(0x82, &[b"b.example.com"]),
        tlv(0x82, &[b"A.EXAMPLE.COM"]),
        tlv(0x82, &[b"example.org"]),
        tlv(0x87, &[&[10, 1, 2, 3]]),
        tlv(0x87, &[&[192, 0, 2, 1]]),
        tlv(0x81, &[b"me@example.com"]),
        tlv(0x81, &[b"me@x.example.com"]),
        tlv(0x86, &[b"https://example.com/x"]),
    ];
    let mut names = Vec::new();
    if dice.percent(85) {
        names.push(tlv(0x82, &[HOST.as_bytes()]));
    }
    for _ in 0..dice.below(3) {
        names.push(dice.pick(&others));
    }
    if names.is_empty() {
        names.push(tlv(0x82, &[b"*.example.com"]));
    }
    extension(17, false, &tlv(0x30, &[&names.concat()]))
}

pub(super) fn name(common_name: &str) -> Vec<u8> {
    let value = tlv(0x0c, &[common_name.as_bytes()]);
    let attribute = tlv(0x30, &[b"\x06\x03\x55\x04\x03", &value]);
    tlv(0x30, &[&tlv(0x31, &[&attribute])])
}

pub(super) fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
    tlv(
        0x30,
        &[&[6, 3, 0x55, 0x1d, arc], critical, &tlv(4, &[value])],
    )
}

pub(super) fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, &[text.as_bytes()])
}

pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let [.., high, low] = value.len().to_be_bytes();
    let mut out = match (value.len(), high) {
        (0..=0x7f, _) => vec![tag, low],
        (_, 0) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    out.extend(value);
    out
}
