//! Every certificate of x509-limbo, seen: as a summary, as extensions, and as the tree that
//! `openssl asn1parse` shows, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use signet_core::asn1;
use signet_core::cert::Summary;

/// How many of the trees are compared: OpenSSL is started for each.
const COMPARED: usize = 250;

#[test]
fn extensions_are_known_and_can_be_read_but_for_those_that_are_broken_on_purpose() {
    let Some(certificates) = common::certificates() else {
        return;
    };
    let (mut read, mut refused) = (0, 0);
    let (mut unknown, mut damaged) = (BTreeMap::new(), BTreeMap::new());
    for der in &certificates {
        let Ok(summary) = Summary::from_der(der) else {
            refused += 1;
            continue;
        };
        for extension in summary.extensions {
            read += 1;
            assert!(!extension.meaning.is_empty());
            if extension.meaning.contains("cannot be read") {
                *damaged.entry(extension.name).or_insert(0) += 1;
            } else if extension.meaning.starts_with("Not understood") {
                *unknown.entry(extension.oid).or_insert(0) += 1;
            }
        }
    }
    let of = certificates.len();
    println!("{of} certificates, {refused} refused, {read} extensions");
    println!("unknown: {unknown:?}\ndamaged: {damaged:?}");
    assert!(of > 1_000 && refused * 20 < of);
    // The suite breaks some alternative names, and one access description.
    let broken = ["Authority information access", "Subject alternative name"];
    let all_meant = damaged.keys().all(|name| broken.contains(&name.as_str()));
    assert!(all_meant, "{damaged:?}");
    let few = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>() * 100 < read;
    assert!(few(&damaged) && few(&unknown), "{damaged:?} {unknown:?}");
}

/// Where it begins, how deep, the lengths of header and content.
type Place = (usize, usize, usize, usize);

#[test]
fn the_tree_is_the_one_of_openssl() {
    let Some(certificates) = common::certificates() else {
        return;
    };
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let every = (certificates.len() / COMPARED).max(1);
    let mut nodes = 0;
    for der in certificates.iter().step_by(every) {
        let theirs = openssl(der);
        let ours = ours(der);
        assert_eq!(ours, theirs);
        nodes += ours.len();
    }
    println!("{nodes} nodes in the same places");
}

/// OpenSSL does not look into strings of octets and bits.
fn ours(der: &[u8]) -> Vec<Place> {
    let tree = asn1::tree(der);
    let mut places = Vec::new();
    let mut inside = u16::MAX;
    for node in &tree.nodes {
        if node.depth < inside {
            inside = u16::MAX;
        }
        if node.inside {
            inside = inside.min(node.depth);
        }
        if inside == u16::MAX {
            let (header, length) = (node.content - node.at, node.stop - node.content);
            places.push((node.at, node.depth.into(), header, length));
        }
    }
    places
}

/// Lines such as `    4:d=1  hl=4 l= 495 cons: SEQUENCE`.
fn openssl(der: &[u8]) -> Vec<Place> {
    let mut child = Command::new("openssl")
        .args(["asn1parse", "-inform", "DER"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(der).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |part: &str| part.trim().parse().unwrap();
    let lines = text.lines().map(|line| {
        let (at, rest) = line.split_once(":d=").unwrap();
        let (depth, rest) = rest.split_once("hl=").unwrap();
        let (header, rest) = rest.split_once("l=").unwrap();
        let length = rest.trim_start().split(' ').next().unwrap();
        (number(at), number(depth), number(header), number(length))
    });
    lines.collect()
}
