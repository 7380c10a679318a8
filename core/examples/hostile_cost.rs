//! What it costs to turn down bags that are made to hurt, beside hashing the same bytes once.
//!
//! `./dev bench hostile_cost` prints the table.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/path.rs"]
mod path;

use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use common::{Draft, NOW, extension, tlv};
use path::{
    Hashes, alt_names, chain, code, constraints, dns, layers, leaf, policies, seal, sign, signed,
};
use sha2::{Digest, Sha256};
use signet_core::path::{Profile, Question, Report, judge};

/// Anchor, bag, leaf.
type Bag = (Vec<u8>, Vec<Vec<u8>>, Vec<u8>);

/// Of so many rounds the best counts.
const ROUNDS: u32 = 5;

fn main() {
    println!("## Bags that are made to hurt (`hostile_cost`)\n");
    println!(
        "Best of {ROUNDS} rounds, natively. The floor is SHA-256 over every byte of the bag, once.\n"
    );
    println!("| what | objects | KiB | ends with | ms | beside the floor |");
    println!("|---|--:|--:|---|--:|--:|");
    for (what, bag) in [
        ("30 layers, each of 3 under each of 3", layers()),
        ("19,990 issuers of one name", namesakes()),
        ("19,990 that differ at their end alone", endings()),
        ("19,990 links in one line", line()),
        ("4,000 names against 4,000 constraints", names()),
        ("2,000 policies, mapped in 3 authorities", mapped()),
        ("one name of 60,000 parts", parts()),
    ] {
        row(what, &bag);
    }
}

fn row(what: &str, (anchor, bag, leaf): &Bag) {
    let all = || bag.iter().chain([anchor, leaf]);
    let bytes: usize = all().map(Vec::len).sum();
    let floor = best(|| {
        let mut hash = Sha256::new();
        all().for_each(|der| hash.update(der));
        black_box(hash.finalize());
    });
    let mut ends = "";
    let time = best(|| ends = code(&find(anchor, bag, leaf)));
    let ms = time.as_secs_f64() * 1e3;
    let ratio = time.as_secs_f64() / floor.as_secs_f64();
    let (count, size) = (all().count(), bytes / 1024);
    println!("| {what} | {count} | {size} | `{ends}` | {ms:.1} | {ratio:.1} |");
}

fn best(mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

fn find(anchor: &[u8], bag: &[Vec<u8>], leaf: &[u8]) -> Report {
    let (anchors, bag): (_, Vec<&[u8]>) = ([anchor], bag.iter().map(Vec::as_slice).collect());
    let profile = Profile::device();
    let mut question = Question::new(leaf, &anchors, NOW, &profile);
    question.bag = &bag;
    judge(&question, &Hashes)
}

/// All have the issuer's name, and none its key.
fn namesakes() -> Bag {
    let bag = (0..19_990).map(|seed| signed("A", "Root", seed, 20_000));
    let root = signed("Root", "Root", 20_000, 20_000);
    (
        root,
        bag.collect(),
        seal(&leaf("A", 30_000, 30_001), 30_001),
    )
}

/// To know them apart, each is read to its end.
fn endings() -> Bag {
    let one = signed("B", "Root", 1, 20_000);
    let bag = (0..19_990_u16).map(|at| {
        let mut other = one.clone();
        other.truncate(one.len() - 2);
        other.extend(at.to_be_bytes());
        other
    });
    let root = signed("Root", "Root", 20_000, 20_000);
    (
        root,
        bag.collect(),
        seal(&leaf("A", 30_000, 30_001), 30_001),
    )
}

/// Each stands under the next.
fn line() -> Bag {
    let name = |at: u16| format!("L{at}");
    let bag = (0..19_990).map(|at| signed(&name(at), &name(at + 1), at, at + 1));
    let root = signed("Root", "Root", 20_000, 20_000);
    (root, bag.collect(), seal(&leaf("L0", 30_000, 0), 0))
}

/// Equal but for their beginning, so that each comparison reads to the end.
fn names() -> Bag {
    let long = "a.".repeat(100);
    let name = |kind: char, at: usize| dns(&format!("{kind}{at}.{long}example.com"));
    let all = |kind| (0..4000).map(move |at| name(kind, at)).collect::<Vec<_>>();
    let mut drafts = chain();
    drafts[1].extensions.push(constraints(&[], &all('c')));
    drafts[3].extensions[4] = alt_names(&all('n'));
    split(&drafts)
}

/// Each policy mapped to each of thirty, again and again.
fn mapped() -> Bag {
    let oid = |at: u16| {
        let [high, low] = [at / 128 + 0x80, at % 128].map(|half| u8::try_from(half).unwrap());
        vec![6, 4, 0x2a, 3, high, low]
    };
    let all: Vec<Vec<u8>> = (1..2000).map(oid).collect();
    let listed: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let pairs = all
        .iter()
        .flat_map(|from| all[..30].iter().map(move |to| tlv(0x30, &[from, to])));
    let mappings = extension(33, true, &tlv(0x30, &[&pairs.collect::<Vec<_>>().concat()]));
    let mut drafts = chain();
    for draft in &mut drafts[..3] {
        draft
            .extensions
            .extend([policies(&listed), mappings.clone()]);
    }
    drafts[3].extensions.push(policies(&listed));
    split(&drafts)
}

/// The leaf's subject takes what a certificate may take.
fn parts() -> Bag {
    let part = [
        0x31, 12, 0x30, 10, 6, 3, 0x55, 4, 3, 0x0c, 3, b'a', b'b', b'c',
    ];
    let mut drafts = chain();
    drafts[3].subject = tlv(0x30, &[&part.repeat(60_000)]);
    split(&drafts)
}

fn split(drafts: &[Draft; 4]) -> Bag {
    let mut all = sign(drafts);
    let leaf = all.pop().unwrap();
    let root = all.remove(0);
    (root, all, leaf)
}
