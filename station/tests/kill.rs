//! `kill -9` at any moment: what was acknowledged is there afterwards, and the ledger is sound.
#![allow(clippy::unwrap_used)]

mod program;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use program::{Client, Program};
use sha2::{Digest, Sha256};
use signet_core::key::PrivateKey;
use signet_station::{export_ledger, verify_ledger};

/// How often the station is killed, how many clients there are, and the first pause in milliseconds.
const ROUNDS: u32 = 6;
const CLIENTS: u32 = 4;

/// What a client was told: by operation, the registration ID and the chain, once it had come.
type Told = Mutex<HashMap<String, (String, Vec<Vec<u8>>)>>;

#[test]
fn nothing_that_was_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (page, data) = (folder.path().join("page"), folder.path().join("data"));
    fs::create_dir(&page).unwrap();
    survives(&data, || program::start(&page, &data, None));
}

/// The same, of a station whose certificates another one issues: that one goes on living.
#[test]
fn nothing_that_was_relayed_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("page")).unwrap();
    let dps = program::silent(&path("page"), &path("there"));
    survives(&path("here"), || {
        program::relay(&path("page"), &path("here"), &path("there"), &dps)
    });
}

/// Kills it again and again while clients register.
fn survives(data: &Path, start: impl Fn() -> Program) {
    let (told, number) = (Told::default(), AtomicU32::new(0));
    for round in 0..ROUNDS {
        let station = start();
        recall(&station, &told);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| register_until_it_dies(&station, &told, &number));
            }
            // Another moment in each round, so that other work is under way.
            std::thread::sleep(Duration::from_millis(u64::from(150 + 97 * round)));
            program::kill(&station);
        });
        drop(station);
        verify_ledger(data).unwrap();
        written(data, &told);
    }
    let station = start();
    recall(&station, &told);
    written(data, &told);
    let told = told.into_inner().unwrap();
    assert!(
        told.len() > usize::try_from(ROUNDS).unwrap(),
        "{} is too few to tell",
        told.len()
    );
}

/// Every operation that a client was told of is in the ledger, and every certificate that it got.
fn written(data: &Path, told: &Told) {
    let mut lines = Vec::new();
    export_ledger(data, "jsonl", &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    for (operation, (id, chain)) in told.lock().unwrap().iter() {
        assert!(
            lines.contains(operation),
            "{operation} of {id} is not in the ledger"
        );
        if let Some(leaf) = chain.first() {
            let digest = Sha256::digest(leaf);
            let print: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(
                lines.contains(&print),
                "the certificate of {id} is not in the ledger"
            );
        }
    }
}

fn register_until_it_dies(station: &Program, told: &Told, number: &AtomicU32) {
    let key = PrivateKey::from_entropy(&[9; 48]).unwrap();
    loop {
        let id = format!("sn-{}", number.fetch_add(1, Ordering::Relaxed));
        let mut client = Client::register(station, &id, &key);
        let end = client.finish(station.page);
        let chain = match &end {
            Some(Ok(assignment)) => assignment.chain.clone(),
            Some(Err(error)) => panic!("{error}"),
            None => Vec::new(),
        };
        if let Some(operation) = client.operation {
            told.lock().unwrap().insert(operation, (id, chain));
        }
        if end.is_none() {
            return;
        }
    }
}

/// Every operation is still known, and gives the chain that it gave.
fn recall(station: &Program, told: &Told) {
    for (operation, (id, chain)) in told.lock().unwrap().iter_mut() {
        let mut client = Client::resume(station, id, operation);
        let assignment = client.finish(station.page).unwrap().unwrap();
        assert!(
            chain.is_empty() || *chain == assignment.chain,
            "{id} got another certificate"
        );
        *chain = assignment.chain;
    }
}
