//! A station at half load with faults and `kill -9`, and whether it lost anything.
//!
//! `MINUTES` says how long (30), `RATE` how many registrations begin each second (1000). Every
//! operation that was acknowledged must end with a certificate, each unit's certificate must stay the
//! same, and the ledger must be sound.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod station;

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use signet_core::csr::Csr;
use signet_core::key::PrivateKey;
use station::{Line, Memory, ledger_bytes, number};

/// How long the station lives before it is killed.
const LIFE: Duration = Duration::from_secs(60);

/// What the station is told to do wrong now and then.
const FAULTS: [&str; 5] = [
    r#"{"fault":"server-error","status":503,"count":3}"#,
    r#"{"fault":"throttle","retryAfter":1,"count":3}"#,
    r#"{"fault":"html","status":403,"count":2}"#,
    r#"{"fault":"slow","ms":1500,"count":2}"#,
    r#"{"fault":"failed","count":2}"#,
];

/// What clients were told: by operation, the registration ID and the leaf, once it had come.
type Told = Arc<Mutex<HashMap<String, (String, Option<String>)>>>;

struct Count {
    next: AtomicUsize,
    refused: AtomicUsize,
}

#[tokio::main]
async fn main() {
    let (minutes, rate) = (number("MINUTES", 30u64), number("RATE", 1000u64));
    let folder = tempfile::tempdir().unwrap();
    let (page, data) = (folder.path().join("page"), folder.path().join("data"));
    fs::create_dir(&page).unwrap();
    let told = Told::default();
    let count = Arc::new(Count {
        next: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
    });
    println!(
        "## Soak\n\n| minute | begun | own memory, KiB | files, KiB | ledger, MiB | certificates |"
    );
    println!("|--:|--:|--:|--:|--:|--:|");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60 * minutes) {
        let memory = life(&page, &data, rate, &told, &count).await;
        let sound = signet_station::verify_ledger(&data).unwrap();
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            begin.elapsed().as_secs() / 60,
            count.next.load(Ordering::Relaxed),
            memory.own,
            memory.files,
            ledger_bytes(&data) / (1024 * 1024),
            sound.certificates
        );
    }
    let operations = told.lock().unwrap().len();
    let lost = recall(&page, &data, &told).await;
    let refused = count.refused.load(Ordering::Relaxed);
    let sound = signet_station::verify_ledger(&data).unwrap();
    println!(
        "\n{operations} operations acknowledged, {lost} lost, {refused} attempts refused by faults or cut off; {sound}"
    );
    assert_eq!(lost, 0);
}

/// One life of the station, and its memory before its end.
async fn life(page: &Path, data: &Path, rate: u64, told: &Told, count: &Arc<Count>) -> Memory {
    let mut program = station::start(page, data, &["--test-faults"], None);
    let key = Arc::new(PrivateKey::from_entropy(&[7; 48]).unwrap());
    let clients = 16;
    let pause = Duration::from_micros(1_000_000 * clients / rate);
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (told, count, key) = (Arc::clone(told), Arc::clone(count), Arc::clone(&key));
            tokio::spawn(client(
                program.page,
                program.id_scope.clone(),
                key,
                told,
                count,
                pause,
            ))
        })
        .collect();
    let end = Instant::now() + LIFE;
    for fault in FAULTS.iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let mut line = Line::open(program.page).await.unwrap();
        let (status, _) = line
            .ask("POST", "/test/faults", (*fault).to_owned())
            .await
            .unwrap();
        assert_eq!(status, 204);
    }
    let memory = station::memory(&program);
    program.stop().unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    memory
}

/// Registers at its share of the rate until the station is gone.
async fn client(
    page: SocketAddr,
    scope: String,
    key: Arc<PrivateKey>,
    told: Told,
    count: Arc<Count>,
    pause: Duration,
) {
    let mut line = Line::open(page).await.unwrap();
    let mut clock = tokio::time::interval(pause);
    loop {
        clock.tick().await;
        let id = format!("unit-{:08}", count.next.fetch_add(1, Ordering::Relaxed));
        let csr = Csr::for_device(&key, &id).unwrap().to_base64();
        let mut operation = None;
        let chain = line
            .register(&scope, &id, &csr, |name| {
                told.lock()
                    .unwrap()
                    .insert(name.to_owned(), (id.clone(), None));
                operation = Some(name.to_owned());
            })
            .await;
        match (chain, operation) {
            (Ok(chain), Some(operation)) => {
                told.lock()
                    .unwrap()
                    .insert(operation, (id, chain.into_iter().next()));
            }
            (_, _) => {
                count.refused.fetch_add(1, Ordering::Relaxed);
                // A page of HTML leaves the connection as it is; a killed station does not.
                match Line::open(page).await {
                    Ok(fresh) => line = fresh,
                    Err(_) => return,
                }
            }
        }
    }
}

/// How many operations are not what their clients were told.
async fn recall(page: &Path, data: &Path, told: &Told) -> usize {
    let mut program = station::start(page, data, &[], None);
    let told = std::mem::take(&mut *told.lock().unwrap());
    let told = Arc::new(Mutex::new(told.into_iter()));
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (scope, told) = (program.id_scope.clone(), Arc::clone(&told));
            let page = program.page;
            tokio::spawn(async move {
                let mut line = Line::open(page).await.unwrap();
                let mut lost = 0;
                loop {
                    let next = told.lock().unwrap().next();
                    let Some((operation, (id, leaf))) = next else {
                        return lost;
                    };
                    let chain = line.chain(&scope, &id, &operation).await;
                    let right = chain.is_ok_and(|chain| {
                        let first = chain.first();
                        first.is_some() && leaf.as_ref().is_none_or(|leaf| first == Some(leaf))
                    });
                    lost += usize::from(!right);
                }
            })
        })
        .collect();
    let mut lost = 0;
    for task in tasks {
        lost += task.await.unwrap();
    }
    program.stop().unwrap();
    lost
}
