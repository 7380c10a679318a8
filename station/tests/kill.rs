//! `kill -9` at any moment: what was acknowledged is there afterwards, and the ledger is sound.
#![allow(clippy::unwrap_used)]

mod program;

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use program::{Client, Program};
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
    let (told, number) = (Told::default(), AtomicU32::new(0));
    for round in 0..ROUNDS {
        let station = program::start(&page, &data, None);
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
        let sound = verify_ledger(&data).unwrap();
        let chains = told
            .lock()
            .unwrap()
            .values()
            .filter(|(_, chain)| !chain.is_empty())
            .count();
        assert!(sound.certificates >= u64::try_from(chains).unwrap());
    }
    let station = program::start(&page, &data, None);
    recall(&station, &told);
    let told = told.into_inner().unwrap();
    assert!(
        told.len() > usize::try_from(ROUNDS).unwrap(),
        "{} is too few to tell",
        told.len()
    );

    let mut lines = Vec::new();
    export_ledger(&data, "jsonl", &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    for operation in told.keys() {
        assert!(
            lines.contains(operation),
            "{operation} is not in the ledger"
        );
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
