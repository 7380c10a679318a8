//! Certificates and revocation lists for the path engine. Their signatures are a hash over the
//! signer's key and the body: as hard to get right as real ones, and free of cost.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several programs"
)]

use sha2::{Digest, Sha256};
use signet_core::path::{
    Answer, Outcome, Profile, Question, Report, Revocation, SignatureCheck, Verdict, Verify, judge,
};

use crate::common::{Draft, ECDSA_SHA384, NOW, ca, extension, key, key_usage, name, purpose, tlv};

/// A SubjectPublicKeyInfo that looks like one of P-384.
pub fn spki(seed: u16) -> Vec<u8> {
    let algorithm = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
    let [high, low] = seed.to_be_bytes();
    let point: Vec<u8> = [high, low].into_iter().cycle().take(96).collect();
    tlv(0x30, &[algorithm, &tlv(3, &[&[0, 4], &point])])
}

/// The signature of the key over the body.
pub fn signature(seed: u16, body: &[u8]) -> Vec<u8> {
    hash(&spki(seed), body)
}

fn hash(spki: &[u8], body: &[u8]) -> Vec<u8> {
    Sha256::new()
        .chain_update(spki)
        .chain_update(body)
        .finalize()
        .to_vec()
}

/// Checks the signatures of this file, under the name of ecdsa-with-SHA384.
pub struct Hashes;

impl Verify for Hashes {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        if check.algorithm != ECDSA_SHA384 {
            Answer::Unsupported
        } else if check.signature == hash(check.spki, check.message) {
            Answer::Valid
        } else {
            Answer::Invalid
        }
    }
}

/// A draft with a key of its own and key identifiers.
pub fn draft(subject: &str, issuer: &str, seed: u16, issuer_seed: u16) -> Draft {
    let id = |seed: u16| seed.to_be_bytes();
    let mut draft = Draft {
        spki: spki(seed),
        serial: [&[2, 3, 1][..], &seed.to_be_bytes()].concat(),
        ..Draft::new(subject, issuer, &key(1))
    };
    draft.extensions = vec![extension(14, false, &tlv(4, &[&id(seed)]))];
    if seed != issuer_seed {
        let authority = tlv(0x30, &[&tlv(0x80, &[&id(issuer_seed)])]);
        draft.extensions.push(extension(35, false, &authority));
    }
    draft
}

/// An authority.
pub fn authority(subject: &str, issuer: &str, seed: u16, issuer_seed: u16) -> Draft {
    let mut draft = draft(subject, issuer, seed, issuer_seed);
    draft.extensions.extend([ca(None), key_usage(0x06)]);
    draft
}

/// A client for `a.example.com`.
pub fn leaf(issuer: &str, seed: u16, issuer_seed: u16) -> Draft {
    let mut draft = draft("leaf", issuer, seed, issuer_seed);
    draft.extensions.extend([
        key_usage(0x80),
        purpose(2),
        alt_names(&[dns("a.example.com")]),
    ]);
    draft
}

/// Root, two authorities below each other, leaf: keys 1 to 4.
pub fn chain() -> [Draft; 4] {
    [
        authority("Root", "Root", 1, 1),
        authority("Upper", "Root", 2, 1),
        authority("Lower", "Upper", 3, 2),
        leaf("Lower", 4, 3),
    ]
}

/// The four, signed as they should be.
pub fn sign(drafts: &[Draft; 4]) -> Vec<Vec<u8>> {
    let seeds = [1, 1, 2, 3];
    let pairs = drafts.iter().zip(seeds);
    pairs.map(|(draft, seed)| seal(draft, seed)).collect()
}

pub fn seal(draft: &Draft, seed: u16) -> Vec<u8> {
    draft.seal(|body| signature(seed, body))
}

/// The certificate of an authority.
pub fn signed(subject: &str, issuer: &str, seed: u16, issuer_seed: u16) -> Vec<u8> {
    seal(&authority(subject, issuer, seed, issuer_seed), issuer_seed)
}

/// Anchor, bag and leaf: each of 30 layers may stand under each of the next, and none under the anchor: more
/// than 3^30 paths.
pub fn layers() -> (Vec<u8>, Vec<Vec<u8>>, Vec<u8>) {
    let mut bag = Vec::new();
    for layer in 0..30_u16 {
        let (subject, issuer) = (format!("L{layer}"), format!("L{}", layer + 1));
        for (seed, above) in (0..9).map(|pair| (pair / 3, pair % 3)) {
            let (seed, above) = (layer * 3 + seed, layer * 3 + 3 + above);
            bag.push(signed(&subject, &issuer, seed, above));
        }
    }
    let root = signed("Root", "Root", 998, 998);
    (root, bag, seal(&leaf("L0", 999, 0), 0))
}

pub fn dns(text: &str) -> Vec<u8> {
    tlv(0x82, &[text.as_bytes()])
}

pub fn alt_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(17, false, &tlv(0x30, &[&names.concat()]))
}

/// An OBJECT IDENTIFIER 1.2.3.n.
pub fn oid(last: u8) -> Vec<u8> {
    vec![6, 3, 0x2a, 3, last]
}

/// Contents of object identifiers that few programs hold: 2.25.4294967296, 2.999.1, and one of 61 bytes.
pub fn odd_numbers() -> [Vec<u8>; 3] {
    let long = [&[0x2b][..], &[1; 60]].concat();
    [
        b"\x69\x90\x80\x80\x80\x00".to_vec(),
        b"\x88\x37\x01".to_vec(),
        long,
    ]
}

/// An extension of that number, which is NULL.
pub fn numbered(number: &[u8], critical: bool) -> Vec<u8> {
    let critical: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
    tlv(0x30, &[&tlv(6, &[number]), critical, &[4, 2, 5, 0]])
}

/// anyPolicy.
pub const ANY: &[u8] = &[6, 4, 0x55, 0x1d, 0x20, 0];

/// certificatePolicies.
pub fn policies(oids: &[&[u8]]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = oids.iter().map(|oid| tlv(0x30, &[oid])).collect();
    extension(32, false, &tlv(0x30, &[&list.concat()]))
}

/// nameConstraints: permitted and excluded bases, each a GeneralName.
pub fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag: u8, bases: &[Vec<u8>]| {
        let trees: Vec<Vec<u8>> = bases.iter().map(|base| tlv(0x30, &[base])).collect();
        if trees.is_empty() {
            Vec::new()
        } else {
            tlv(tag, &[&trees.concat()])
        }
    };
    extension(
        30,
        true,
        &tlv(0x30, &[&list(0xa0, permitted), &list(0xa1, excluded)]),
    )
}

/// A revocation list before it is signed.
#[derive(Clone)]
pub struct List {
    pub version: &'static [u8],
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub this_update: &'static str,
    pub next_update: &'static str,
    /// Serial numbers as INTEGER, and a reason.
    pub entries: Vec<(Vec<u8>, Option<u8>)>,
    /// Instead of no entries, a list of none.
    pub none: bool,
    /// Of each entry, besides the reason.
    pub entry_extensions: Vec<Vec<u8>>,
    pub extensions: Vec<Vec<u8>>,
}

impl List {
    /// A current list number 5 of nobody.
    pub fn new(issuer: &str, issuer_seed: u16) -> Self {
        let authority = tlv(0x30, &[&tlv(0x80, &[&issuer_seed.to_be_bytes()])]);
        Self {
            version: &[2, 1, 1],
            algorithm: ECDSA_SHA384.to_vec(),
            issuer: name(&[issuer]),
            this_update: "270101000000Z",
            next_update: "270201000000Z",
            entries: Vec::new(),
            none: false,
            entry_extensions: Vec::new(),
            extensions: vec![extension(35, false, &authority), number(5)],
        }
    }

    pub fn revoking(mut self, draft: &Draft) -> Self {
        self.entries.push((draft.serial.clone(), Some(1)));
        self
    }

    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub fn seal(&self, seed: u16) -> Vec<u8> {
        let time = |text: &str| tlv(0x17, &[text.as_bytes()]);
        let entry = |(serial, reason): &(Vec<u8>, Option<u8>)| {
            let reason = reason.map(|reason| extension(21, false, &[10, 1, reason]));
            let all = [reason.unwrap_or_default(), self.entry_extensions.concat()].concat();
            let extensions = if all.is_empty() {
                all
            } else {
                tlv(0x30, &[&all])
            };
            tlv(0x30, &[serial, &time("270102000000Z"), &extensions])
        };
        let entries: Vec<Vec<u8>> = self.entries.iter().map(entry).collect();
        let entries = match entries.concat() {
            all if all.is_empty() && !self.none => all,
            all => tlv(0x30, &[&all]),
        };
        let extensions = tlv(0xa0, &[&tlv(0x30, &[&self.extensions.concat()])]);
        let (first, last) = (time(self.this_update), time(self.next_update));
        let body = [
            self.version,
            &self.algorithm,
            &self.issuer,
            &first,
            &last,
            &entries,
            &extensions,
        ];
        let body = tlv(0x30, &body);
        let signature = tlv(3, &[&[0], &signature(seed, &body)]);
        tlv(0x30, &[&body, &self.algorithm, &signature])
    }
}

/// cRLNumber.
pub fn number(number: u8) -> Vec<u8> {
    extension(20, false, &[2, 1, number])
}

/// Asks about the last of a signed chain whose first is the anchor.
pub fn ask(chain: &[Vec<u8>], answer: impl FnOnce(Question<'_>) -> Report) -> Report {
    let slices: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    let profile = Profile::device();
    let [anchor, bag @ .., leaf] = slices.as_slice() else {
        panic!("a chain has two ends");
    };
    let anchors = [*anchor];
    answer(Question {
        bag,
        ..Question::new(leaf, &anchors, NOW, &profile)
    })
}

/// The plain question.
pub fn plain(chain: &[Vec<u8>]) -> Report {
    ask(chain, |question| judge(&question, &Hashes))
}

/// With these lists, which have to be good.
pub fn with_lists(chain: &[Vec<u8>], lists: &[Vec<u8>]) -> Report {
    let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    ask(chain, |question| {
        let revocation = Revocation::Require { indirect: false };
        judge(
            &Question {
                crls: &crls,
                revocation,
                ..question
            },
            &Hashes,
        )
    })
}

/// `ok`, or the code of the rule that decided. Looks at every sentence on the way.
pub fn code(report: &Report) -> &'static str {
    for check in report.failures() {
        let (what, mend) = (check.what(), check.mend());
        assert!(what.ends_with('.') && mend.ends_with('.'), "{what} {mend}");
        assert!(
            what.starts_with(char::is_uppercase) || what.starts_with("inhibit"),
            "{what}"
        );
        assert!(
            !what.contains("  ") && !mend.contains("  "),
            "{what} {mend}"
        );
        assert!(!check.section().is_empty() && check.outcome == Outcome::Failed);
    }
    assert_eq!(report.verified().is_some(), report.is_accepted());
    match &report.verdict {
        Verdict::Accepted => "ok",
        Verdict::Pending => "pending",
        Verdict::Refused(check) => check.rule.code(),
    }
}

/// The good chain with a change, signed again.
pub fn changed(change: impl FnOnce(&mut [Draft; 4])) -> Report {
    let mut drafts = chain();
    change(&mut drafts);
    plain(&sign(&drafts))
}
