//! How many registrations with a CSR a station completes each second, beside what the processor could
//! sign at best (`openssl speed`), and what that costs in memory and on the disk.
//!
//! Station and clients share the machine. Each registration is two requests: the CSR, and the poll that
//! brings the chain. `UNITS` says how many (20,000), `CLIENTS` how many at a time (32).
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod station;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signet_core::csr::Csr;
use signet_core::key::PrivateKey;
use station::{Line, Program, ledger_bytes};

fn main() {
    let number = |name: &str, default| {
        let text = std::env::var(name).ok();
        text.map_or(default, |text| text.parse().unwrap())
    };
    let (units, clients): (usize, usize) = (number("UNITS", 20_000), number("CLIENTS", 32));
    let processors = std::thread::available_parallelism().unwrap().get();
    let floor = floor(processors);

    let folder = tempfile::tempdir().unwrap();
    let (page, data) = (folder.path().join("page"), folder.path().join("data"));
    fs::create_dir(&page).unwrap();
    let csrs = Arc::new(csrs(units));
    let mut program = Program::start(&page, &data, &[]);
    let before = ledger_bytes(&data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let load = runtime.block_on(load(&program, &csrs, clients));
    let grown = ledger_bytes(&data) - before;
    program.stop();

    let restart = Instant::now();
    let mut program = Program::start(&page, &data, &[]);
    let restart = restart.elapsed();
    program.stop();
    let verify = Instant::now();
    let sound = signet_station::verify_ledger(&data).unwrap();
    let verify = verify.elapsed();
    assert_eq!(usize::try_from(sound.certificates).unwrap(), units);

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = units as f64 / load.took.as_secs_f64();
    let at = |share: usize| load.latencies[(load.latencies.len() - 1) * share / 1000];
    println!("## Station\n");
    println!(
        "{units} registrations with CSR by {clients} clients, {processors} processors shared with them\n"
    );
    println!("| figure | value |\n|---|---|");
    println!("| registrations a second | {rate:.0} |");
    println!("| raw P-384 signatures a second, `openssl speed -multi {processors}` | {floor:.0} |");
    println!("| ratio | {:.2} |", rate / floor);
    println!("| from CSR to chain, p50 | {:.1?} |", at(500));
    println!("| from CSR to chain, p99 | {:.1?} |", at(990));
    for (done, memory) in &load.memory {
        println!("| memory after {done} | {} KiB |", memory);
    }
    println!(
        "| ledger on the disk, a unit | {} bytes |",
        grown / u64::try_from(units).unwrap()
    );
    println!("| restart with these units | {restart:.1?} |");
    println!(
        "| `verify-ledger`, {} entries | {verify:.1?} |",
        sound.entries
    );
}

/// Signatures a second on all processors, by OpenSSL.
fn floor(processors: usize) -> f64 {
    let output = Command::new("openssl")
        .args([
            "speed",
            "-seconds",
            "3",
            "-multi",
            &processors.to_string(),
            "ecdsap384",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text
        .lines()
        .rfind(|line| line.contains("nistp384"))
        .unwrap();
    line.split_whitespace()
        .rev()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// One key for all: making keys is not what is measured.
fn csrs(units: usize) -> Vec<String> {
    let key = PrivateKey::from_entropy(&[7; 48]).unwrap();
    (0..units)
        .map(|n| Csr::for_device(&key, &id(n)).unwrap().to_base64())
        .collect()
}

fn id(number: usize) -> String {
    format!("unit-{number:07}")
}

struct Load {
    took: Duration,
    latencies: Vec<Duration>,
    /// Resident KiB, by how many were done.
    memory: BTreeMap<usize, u64>,
}

async fn load(program: &Program, csrs: &Arc<Vec<String>>, clients: usize) -> Load {
    let next = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (csrs, next) = (Arc::clone(csrs), Arc::clone(&next));
            tokio::spawn(client(program.page, program.id_scope.clone(), csrs, next))
        })
        .collect();
    let mut memory = BTreeMap::new();
    let marks = [csrs.len() / 10, csrs.len() / 2, csrs.len() - 1];
    for mark in marks {
        while next.load(Ordering::Relaxed) < mark {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        memory.insert(mark, program.memory());
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let took = begin.elapsed();
    latencies.sort_unstable();
    Load {
        took,
        latencies,
        memory,
    }
}

/// Registers one unit after another over one connection.
async fn client(
    page: SocketAddr,
    scope: String,
    csrs: Arc<Vec<String>>,
    next: Arc<AtomicUsize>,
) -> Vec<Duration> {
    let mut line = Line::open(page).await.unwrap();
    let mut latencies = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(csr) = csrs.get(number) else {
            return latencies;
        };
        let begin = Instant::now();
        let chain = line
            .register(&scope, &id(number), csr, |_| ())
            .await
            .unwrap();
        assert_eq!(chain.len(), 3);
        latencies.push(begin.elapsed());
    }
}
