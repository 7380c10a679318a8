//! How many registrations with a CSR a station completes each second, beside what the processor could
//! sign at best (`openssl speed`), and what that costs in memory and on the disk.
//!
//! Station and clients share the machine. Each registration is two requests: the CSR, and the poll that
//! brings the chain. `UNITS` says how many (20,000), `CLIENTS` how many at a time (32).
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use signet_core::csr::Csr;
use signet_core::key::PrivateKey;
use tokio::net::TcpStream;

const API_VERSION: &str = "2025-07-01-preview";

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
    let mut program = Program::start(&page, &data);
    let before = ledger_bytes(&data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let load = runtime.block_on(load(&program, &csrs, clients));
    let grown = ledger_bytes(&data) - before;
    program.stop();

    let restart = Instant::now();
    let mut program = Program::start(&page, &data);
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
    let stream = TcpStream::connect(page).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut latencies = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(csr) = csrs.get(number) else {
            return latencies;
        };
        let (id, begin) = (id(number), Instant::now());
        let base = format!("/dps/{scope}/registrations/{id}");
        let body = format!(r#"{{"registrationId":"{id}","csr":"{csr}"}}"#);
        let begun = ask(&mut sender, page, "PUT", &format!("{base}/register"), body).await;
        let operation = begun["operationId"].as_str().unwrap();
        let path = format!("{base}/operations/{operation}");
        let done = ask(&mut sender, page, "GET", &path, String::new()).await;
        let chain = &done["registrationState"]["issuedCertificateChain"];
        assert_eq!(chain.as_array().unwrap().len(), 3, "{done}");
        latencies.push(begin.elapsed());
    }
}

async fn ask(
    sender: &mut SendRequest<Full<Bytes>>,
    page: SocketAddr,
    method: &str,
    path: &str,
    body: String,
) -> serde_json::Value {
    let request = hyper::Request::builder()
        .method(method)
        .uri(format!("{path}?api-version={API_VERSION}"))
        .header("Host", page.to_string())
        .header("Content-Type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    sender.ready().await.unwrap();
    let response = sender.send_request(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// The file and its log.
fn ledger_bytes(data: &Path) -> u64 {
    ["ledger.db", "ledger.db-wal"]
        .iter()
        .filter_map(|name| fs::metadata(data.join(name)).ok())
        .map(|facts| facts.len())
        .sum()
}

/// The program itself.
struct Program {
    child: Child,
    page: SocketAddr,
    id_scope: String,
}

impl Program {
    fn start(page: &Path, data: &Path) -> Self {
        let mut child = Command::new(program())
            .args([
                "serve",
                "--page-port",
                "0",
                "--device-port",
                "0",
                "--mqtt-port",
                "0",
            ])
            .args(["--assigning-polls", "0", "--polls-per-10s", "0", "--page"])
            .arg(page)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.split("http://").nth(1).unwrap();
        let scope = line.trim_end().trim_end_matches(')').rsplit(' ').next();
        Self {
            page: url.split('/').next().unwrap().parse().unwrap(),
            id_scope: scope.unwrap().to_owned(),
            child,
        }
    }

    /// Resident KiB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Built with the same profile as this example, one folder above it.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.parent().unwrap().with_file_name("station");
    assert!(
        program.is_file(),
        "build signet-station with this profile first"
    );
    program
}
