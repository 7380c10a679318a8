//! How many registrations with a CSR a station completes each second, beside what the processor could
//! sign at best (`openssl speed`), and what that costs in memory and on the disk: with its ledger in
//! SQLite, and in PostgreSQL where there is a server.
//!
//! Station, clients and database share the machine. Each registration is two requests: the CSR, and the
//! poll that brings the chain. `UNITS` says how many (20,000), `CLIENTS` how many at a time (32), and
//! `LEDGER=sqlite` or `LEDGER=postgres` asks for one of the two.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod station;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signet_core::csr::Csr;
use signet_core::key::PrivateKey;
use signet_interop::postgres::Postgres;
use signet_interop::station::Program;
use signet_station::{LedgerPlace, LedgerUrl};
use station::{Line, Memory, ledger_bytes, number};

fn main() {
    let (units, clients) = (number("UNITS", 20_000), number("CLIENTS", 32));
    let processors = std::thread::available_parallelism().unwrap().get();
    let only = std::env::var("LEDGER").ok();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let csrs = Arc::new(csrs(units, processors));
    println!("## Station\n");
    println!(
        "{units} registrations with CSR by {clients} clients, {processors} processors shared with them"
    );
    let mut measured = Vec::new();
    if wanted("sqlite") {
        let floor = floor(processors);
        measured.push(measure(&Ledger::Sqlite, &csrs, clients, floor));
    }
    if wanted("postgres")
        && let Some(server) = Postgres::start().unwrap()
    {
        let floor = floor(processors);
        let ledger = Ledger::Postgres(&server, server.database("line").unwrap());
        measured.push(measure(&ledger, &csrs, clients, floor));
    }
    figures(&measured, processors);
    for one in &measured {
        one.samples();
    }
}

/// Where the ledger lies.
enum Ledger<'a> {
    Sqlite,
    /// The server, and the URL of a database of its.
    Postgres(&'a Postgres, String),
}

impl Ledger<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(..) => "PostgreSQL",
        }
    }

    fn start(&self, page: &Path, data: &Path) -> Program {
        let url = match self {
            Self::Sqlite => None,
            Self::Postgres(_, url) => Some(url.as_str()),
        };
        station::start(page, data, &[], url)
    }

    /// On the disk, its log included as far as it is the ledger's alone.
    fn bytes(&self, data: &Path) -> u64 {
        match self {
            Self::Sqlite => ledger_bytes(data),
            Self::Postgres(server, _) => {
                let size = server.run("line", "SELECT pg_database_size('line')");
                size.unwrap().trim().parse().unwrap()
            }
        }
    }

    fn place(&self, data: &Path) -> LedgerPlace {
        match self {
            Self::Sqlite => data.into(),
            Self::Postgres(_, url) => (&url.parse::<LedgerUrl>().unwrap()).into(),
        }
    }
}

/// What came of one ledger.
struct Measured {
    name: &'static str,
    floor: f64,
    rate: f64,
    load: Load,
    unit_bytes: u64,
    restart: Duration,
    verify: Duration,
    entries: u64,
}

fn measure(ledger: &Ledger<'_>, csrs: &Arc<Vec<String>>, clients: usize, floor: f64) -> Measured {
    let units = csrs.len();
    let folder = tempfile::tempdir().unwrap();
    let (page, data) = (folder.path().join("page"), folder.path().join("data"));
    fs::create_dir(&page).unwrap();
    let mut program = ledger.start(&page, &data);
    let before = ledger.bytes(&data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let load = runtime.block_on(load(&program, csrs, clients));
    let grown = ledger.bytes(&data).saturating_sub(before);
    program.stop().unwrap();

    let restart = Instant::now();
    let mut program = ledger.start(&page, &data);
    let restart = restart.elapsed();
    program.stop().unwrap();
    let verify = Instant::now();
    let sound = signet_station::verify_ledger(ledger.place(&data)).unwrap();
    let verify = verify.elapsed();
    assert_eq!(usize::try_from(sound.certificates).unwrap(), units);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = units as f64 / load.took.as_secs_f64();
    Measured {
        name: ledger.name(),
        floor,
        rate,
        load,
        unit_bytes: grown / u64::try_from(units).unwrap(),
        restart,
        verify,
        entries: sound.entries,
    }
}

impl Measured {
    fn at(&self, share: usize) -> Duration {
        self.load.latencies[(self.load.latencies.len() - 1) * share / 1000]
    }

    /// Memory while the units came.
    fn samples(&self) {
        println!("\n| {}: units | own memory, KiB | files, KiB |", self.name);
        println!("|--:|--:|--:|");
        for (done, memory) in &self.load.memory {
            println!("| {done} | {} | {} |", memory.own, memory.files);
        }
    }
}

/// One column each, and how the second does beside the first.
fn figures(measured: &[Measured], processors: usize) {
    let row = |name: &str, value: &dyn Fn(&Measured) -> String| {
        let values: Vec<String> = measured.iter().map(value).collect();
        println!("| {name} | {} |", values.join(" | "));
    };
    println!();
    row("figure", &|one| one.name.to_owned());
    row("---", &|_| "---".to_owned());
    row("registrations a second", &|one| format!("{:.0}", one.rate));
    row(
        &format!("raw P-384 signatures a second, `openssl speed -multi {processors}`"),
        &|one| format!("{:.0}", one.floor),
    );
    row("ratio", &|one| format!("{:.2}", one.rate / one.floor));
    row("beside the first", &|one| {
        format!("{:.2}", one.rate / measured[0].rate)
    });
    row("from CSR to chain, p50", &|one| {
        format!("{:.1?}", one.at(500))
    });
    row("from CSR to chain, p99", &|one| {
        format!("{:.1?}", one.at(990))
    });
    row("ledger on the disk, a unit", &|one| {
        format!("{} bytes", one.unit_bytes)
    });
    row("restart with these units", &|one| {
        format!("{:.1?}", one.restart)
    });
    row("`verify-ledger`", &|one| {
        format!("{:.1?}, {} entries", one.verify, one.entries)
    });
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

/// One key for all: making keys is not what is measured. Nor is making requests, so all are made before.
fn csrs(units: usize, processors: usize) -> Vec<String> {
    let key = PrivateKey::from_entropy(&[7; 48]).unwrap();
    let mut csrs = vec![String::new(); units];
    let share = units.div_ceil(processors).max(1);
    std::thread::scope(|threads| {
        for (part, csrs) in csrs.chunks_mut(share).enumerate() {
            let key = &key;
            threads.spawn(move || {
                for (n, csr) in csrs.iter_mut().enumerate() {
                    let id = id(part * share + n);
                    *csr = Csr::for_device(key, &id).unwrap().to_base64();
                }
            });
        }
    });
    csrs
}

fn id(number: usize) -> String {
    format!("unit-{number:07}")
}

struct Load {
    took: Duration,
    latencies: Vec<Duration>,
    /// By how many were done.
    memory: Vec<(usize, Memory)>,
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
    let mut memory = Vec::new();
    for tenth in 1..=10 {
        let mark = csrs.len() * tenth / 10;
        while next.load(Ordering::Relaxed) < mark {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        memory.push((mark, station::memory(program)));
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
