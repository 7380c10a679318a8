//! Codes of errors are never renamed: people search for them, and records of years ago hold them.
//!
//! `codes.txt` lists every code that was ever given out. A new one is added there; none is taken away.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms whose codes are not listed yet.
const NOT_YET: [&str; 2] = ["flash", "run"];

/// Codes that are said no more. Records may hold them, so that none of them is given out again.
const RETIRED: [&str; 2] = ["cert.no-certificate", "cert.too-many"];

#[test]
fn no_code_is_renamed_and_every_code_is_listed() {
    let listed = fs::read_to_string(folder("tests").join("codes.txt")).unwrap();
    let listed: Vec<&str> = listed.lines().collect();
    let mut said = Vec::new();
    for path in sources(&folder("src")) {
        said.extend(codes(&fs::read_to_string(path).unwrap()));
    }
    said.retain(|code| {
        !NOT_YET
            .iter()
            .any(|room| code.starts_with(&format!("{room}.")))
    });
    said.sort();
    assert!(said.len() > 90, "only {} codes were found", said.len());
    assert!(
        said.is_sorted_by(|one, next| one != next),
        "a code has two meanings: {said:#?}"
    );
    let (said, known): (BTreeSet<&str>, BTreeSet<&str>) = (
        said.iter().map(String::as_str).collect(),
        listed.iter().copied().collect(),
    );
    let again: Vec<_> = RETIRED.iter().filter(|code| said.contains(*code)).collect();
    assert!(again.is_empty(), "retired, and said again: {again:?}");
    let gone = known.difference(&said);
    let gone: Vec<_> = gone.filter(|code| !RETIRED.contains(code)).collect();
    assert!(
        gone.is_empty(),
        "codes are never renamed or dropped: {gone:?}"
    );
    let new: Vec<_> = said.difference(&known).collect();
    assert!(new.is_empty(), "add to core/tests/codes.txt: {new:?}");
    assert!(listed.is_sorted(), "keep core/tests/codes.txt in order");
}

#[test]
fn a_code_is_found_wherever_it_is_said() {
    let source = "impl Explain for E {\n    fn code(&self) -> &'static str {\n        match self {\n            \
        Self::A => \"room.a\",\n            Self::B => {\n                \"room.b-2\"\n            }\n        \
        }\n    }\n\n    fn next_step(&self) -> &'static str {\n        \"room.c\"\n    }\n}\n";
    assert_eq!(codes(source), ["room.a", "room.b-2"]);
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}

/// The texts in each `fn code` of an `impl Explain`, which rustfmt ends with a brace at its own depth.
fn codes(source: &str) -> Vec<String> {
    let bodies = source
        .split("    fn code(&self) -> &'static str {\n")
        .skip(1);
    let bodies = bodies.map(|rest| rest.split("\n    }\n").next().unwrap());
    // Every second part of a text split at its quotation marks lies between two of them.
    let texts = bodies.flat_map(|body| body.split('"').skip(1).step_by(2));
    texts.map(str::to_owned).collect()
}
