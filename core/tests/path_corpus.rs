//! The seed corpus of the fuzz target `path`: each file through the engine, with the verdict that is
//! known of it. `SIGNET_WRITE=1` writes the files anew.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use std::{env, fs};

use common::{NOW, extension, name, tlv};
use path::{
    Hashes, List, authority, chain, code, constraints, dns, leaf, oid, policies, seal, sign,
};
use signet_core::path::{Profile, Question, Report, Revocation, judge};

/// Objects with a kind (0 leaf, 1 anchor, 2 bag, 3 list) and a length in front.
fn packed(chain: &[Vec<u8>], lists: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut add = |kind: u8, object: &[u8]| {
        out.push(kind);
        out.extend(u16::try_from(object.len()).unwrap().to_be_bytes());
        out.extend(object);
    };
    let [anchor, bag @ .., leaf] = chain else {
        panic!("a chain has two ends")
    };
    add(0, leaf);
    add(1, anchor);
    bag.iter().for_each(|object| add(2, object));
    lists.iter().for_each(|object| add(3, object));
    out
}

fn verdict(data: &[u8]) -> &'static str {
    code(&report(data))
}

fn report(data: &[u8]) -> Report {
    let (mut kinds, mut rest) = ([const { Vec::new() }; 4], data);
    while let [kind, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (object, after) = after.split_at(length);
        kinds[usize::from(kind % 4)].push(object);
        rest = after;
    }
    let [leaves, anchors, bag, crls] = &kinds;
    let profile = Profile::device();
    let plain = Question::new(leaves[0], anchors, NOW, &profile);
    let revocation = if crls.is_empty() {
        Revocation::Ignore
    } else {
        Revocation::Require { indirect: true }
    };
    judge(
        &Question {
            bag,
            crls,
            revocation,
            ..plain
        },
        &Hashes,
    )
}

fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = sign(&chain());
    let lists = |revoked: bool| -> Vec<Vec<u8>> {
        let last = List::new("Lower", 3);
        let last = if revoked {
            last.revoking(&chain()[3])
        } else {
            last
        };
        vec![
            List::new("Root", 1).seal(1),
            List::new("Upper", 2).seal(2),
            last.seal(3),
        ]
    };
    let delta = List::new("Lower", 3).with(extension(27, true, &[2, 1, 5]));
    let delta = List {
        extensions: [
            &delta.extensions[..1],
            &[path::number(6)],
            &delta.extensions[2..],
        ]
        .concat(),
        ..delta
    };
    let mut named = chain();
    named[1].extensions.push(constraints(
        &[dns("example.com"), tlv(0x87, &[&[0; 8]])],
        &[dns("b.example.com")],
    ));
    let mut mapped = chain();
    for draft in &mut mapped[1..] {
        draft
            .extensions
            .push(policies(&[&oid(1), &oid(2), path::ANY]));
    }
    let pair = tlv(0x30, &[&oid(1), &oid(2)]);
    mapped[1]
        .extensions
        .push(extension(33, true, &tlv(0x30, &[&pair])));
    mapped[1]
        .extensions
        .push(extension(36, true, &tlv(0x30, &[&[0x80, 1, 0]])));
    let mut cross = good.clone();
    cross.insert(1, seal(&authority("Lower", "Root", 3, 1), 1));
    cross.insert(1, seal(&authority("Root", "Upper", 1, 2), 2));
    let mut astray = leaf("Lower", 4, 3);
    astray.issuer = name(&["Nobody"]);
    let astray = [&good[..3], &[seal(&astray, 3)]].concat();
    vec![
        ("astray.bin", packed(&astray, &[]), "path.issuer-missing"),
        ("constraints.bin", packed(&sign(&named), &[]), "ok"),
        ("cross.bin", packed(&cross, &[]), "ok"),
        (
            "delta.bin",
            packed(&good, &[&lists(false)[..], &[delta.seal(3)]].concat()),
            "ok",
        ),
        ("good.bin", packed(&good, &[]), "ok"),
        ("listed.bin", packed(&good, &lists(false)), "ok"),
        ("policies.bin", packed(&sign(&mapped), &[]), "ok"),
        ("revoked.bin", packed(&good, &lists(true)), "path.revoked"),
    ]
}

#[test]
fn path_files_are_what_they_should_be() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/path/");
    for (name, bytes, expected) in files() {
        let path = format!("{folder}{name}");
        if env::var_os("SIGNET_WRITE").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(
            fs::read(&path).unwrap() == bytes,
            "{name} is not what it should be"
        );
        assert_eq!(verdict(&bytes), expected, "{name}");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), files().len());
}

/// Each byte of each file changed, and each file cut: a poor man's fuzzer that runs everywhere.
#[test]
fn single_changes_do_not_panic() {
    for (_, bytes, _) in files() {
        for at in (3..bytes.len()).step_by(7) {
            for change in [1, 0x20, 0x80] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                let _ = report(&bytes);
            }
            let _ = report(&bytes[..at]);
        }
    }
}

/// Several changes at once, and pieces of one file in another. `SIGNET_ROUNDS` asks for more.
#[test]
fn random_changes_do_not_panic() {
    let rounds = env::var("SIGNET_ROUNDS").map_or(2_000, |rounds| rounds.parse().unwrap());
    let files = files();
    // xorshift64, from a seed that is the same each time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(limit).unwrap()).unwrap()
    };
    for round in 0..rounds {
        let mut bytes = files[dice(files.len())].1.clone();
        for _ in 0..=dice(4) {
            let at = 3 + dice(bytes.len() - 3);
            match dice(4) {
                0 => bytes[at] = u8::try_from(dice(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                2 => bytes[at] ^= 1 << dice(8),
                _ => {
                    let other = &files[dice(files.len())].1;
                    let from = dice(other.len());
                    let length = dice(40).min(other.len() - from).min(bytes.len() - at);
                    bytes[at..at + length].copy_from_slice(&other[from..from + length]);
                }
            }
        }
        // Names may hold anything by now, so only the verdict is looked at, not the sentences.
        let report = report(&bytes);
        assert_eq!(
            report.is_accepted(),
            report.verified().is_some(),
            "round {round}"
        );
    }
}
