//! The corpora of the fuzz targets `slip`, `partition` and `esp`: what each file name says up to a `+` is
//! what comes out. `tests/interop/tests/flash_corpus.rs` makes them.
#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(not(target_family = "wasm"))]

use std::fs;
use std::path::Path;

use signet_core::Explain as _;
use signet_core::flash::esp::{Decoder, Found, Reply, encode};
use signet_core::image::partition::PartitionTable;

#[path = "common/replay.rs"]
mod replay;

#[test]
fn frames() {
    let frames = |bytes: &[u8]| {
        let mut decoder = Decoder::new();
        let mut counts = [0, 0];
        for &byte in bytes {
            if let Found::Frame(frame) = decoder.push(byte) {
                counts[0] += 1;
                counts[1] += usize::from(Reply::parse(frame).is_some());
                let mut again = Decoder::new();
                let wrapped = encode(frame);
                let mut bytes = wrapped.iter();
                assert!(
                    bytes.any(|&byte| matches!(again.push(byte), Found::Frame(f) if f == frame))
                );
            }
        }
        format!("{}-frames-{}-replies", counts[0], counts[1])
    };
    assert!(run("slip", frames) >= 10);
}

#[test]
fn partition_tables() {
    let count = run("partition", |bytes| match PartitionTable::parse(bytes) {
        Ok(table) => format!("{}-partitions", table.partitions().len()),
        Err(error) => error.code().to_owned(),
    });
    assert!(count >= 14, "only {count}");
}

#[test]
fn recorded_boards() {
    assert!(run("esp", replay::verdict) >= 12);
}

/// No cut, no lost and no changed byte of a recording makes a session panic or run for ever.
#[test]
fn damaged_recordings() {
    for (name, recording) in files("esp") {
        for at in (0..recording.len()).step_by(19) {
            let _ = replay::verdict(&recording[..at]);
            let mut damaged = recording.clone();
            damaged[at] ^= 1 << (at % 8);
            // A changed byte in the identity or the table is noticed, or it was one that does not matter.
            let verdict = replay::verdict(&damaged);
            assert!(!verdict.is_empty(), "{name} {at}");
            damaged.remove(at);
            let _ = replay::verdict(&damaged);
        }
    }
}

/// A table that Espressif's own tools made.
#[test]
fn espressifs_table() {
    let Some(corpora) = std::env::var_os("SIGNET_CORPORA") else {
        return println!("skipped: SIGNET_CORPORA is not set");
    };
    let path =
        Path::new(&corpora).join("esp_secure_cert_golden/cust_flash_tlv-partition-table.bin");
    let table = PartitionTable::parse(&fs::read(path).unwrap()).unwrap();
    assert!(table.has_digest());
    assert_eq!(
        table.find("esp_secure_cert").unwrap().range(),
        0xD000..0xF000
    );
    assert_eq!(table.partitions().len(), 2);
}

fn run(folder: &str, judge: impl Fn(&[u8]) -> String) -> usize {
    let files = files(folder);
    for (name, bytes) in &files {
        assert_eq!(
            judge(bytes),
            name.split('+').next().unwrap(),
            "{folder}/{name}"
        );
    }
    files.len()
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    };
    entries.map(named).collect()
}
