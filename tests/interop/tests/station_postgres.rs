//! Several stations on one line: their ledger in one PostgreSQL database, which is the judge of what
//! they do to it.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bench::{Bench, Drive, Endpoint, csr, settings};
use sha2::{Digest, Sha256};
use signet_core::dps::{API_VERSION, Assignment, Credential, Error, RegistrationId, Settings};
use signet_interop::postgres::{PASSWORD, Postgres};
use signet_interop::station::Program;
use signet_station::config::Serve;
use signet_station::{LedgerUrl, Station, Verdict, export_ledger, verify_ledger};

/// One namespace, for several stations, and a database.
struct Line {
    bench: Bench,
    server: Postgres,
    url: String,
}

impl Line {
    /// `None`: there is no PostgreSQL here.
    fn new() -> Option<Self> {
        let server = Postgres::start().unwrap()?;
        let url = server.database("line").unwrap();
        let bench = Bench::new();
        Some(Self { bench, server, url })
    }

    /// Where the program with that name logs to.
    fn log(&self, name: &str) -> PathBuf {
        self.bench.path(&format!("{name}.log"))
    }

    fn url(&self) -> LedgerUrl {
        self.url.parse().unwrap()
    }

    /// A station's folder, with what the stations of a line share.
    fn folder(&self, name: &str) -> PathBuf {
        let (from, to) = (self.bench.data(), self.bench.path(name));
        fs::create_dir_all(to.join("ca")).unwrap();
        let shared = [
            "station.json",
            "enrollments.json",
            "ca/root.pem",
            "ca/root.key",
        ];
        for file in shared
            .into_iter()
            .chain(["ca/default.pem", "ca/default.key"])
        {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        to
    }

    fn config(&self, name: &str) -> Serve {
        let mut config = self.bench.config();
        config.data = self.folder(name);
        config.ledger = Some(self.url().into());
        config
    }

    async fn start(&self, name: &str) -> Station {
        Station::start(self.config(name)).await.unwrap()
    }

    async fn verify(&self) -> Verdict {
        let url = self.url();
        let verdict = tokio::task::spawn_blocking(move || verify_ledger(&url));
        verdict.await.unwrap().unwrap()
    }

    /// SHA-256 of every certificate that the ledger says was issued.
    fn issued(&self) -> BTreeSet<String> {
        let mut lines = Vec::new();
        export_ledger(self.url(), "jsonl", &mut lines).unwrap();
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        let entries = lines
            .lines()
            .map(json)
            .filter(|entry| entry["kind"] == "issued");
        let facts = entries.map(|entry| json(entry["facts"].as_str().unwrap()));
        facts
            .map(|facts| facts["sha256"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn print(assignment: &Assignment) -> String {
    let digest = Sha256::digest(&assignment.chain[0]);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn wish(id_scope: &str, id: &str) -> Settings {
    Settings {
        id_scope: id_scope.to_owned(),
        registration_id: RegistrationId::new(id).unwrap(),
        api_version: API_VERSION.to_owned(),
        credential: Credential::Relay,
    }
}

/// Registers as a patient person does: whoever is refused because somebody else is at it tries again.
async fn register(endpoint: &Endpoint, scope: &str, id: &str, refused: &AtomicUsize) -> Assignment {
    let mut drive = Drive::new(wish(scope, id), &csr(7, id));
    for _ in 0..200 {
        let error = match drive.finish(endpoint).await {
            Ok(assignment) => return assignment,
            Err(error) => error,
        };
        assert!(
            matches!(error, Error::Refused { status: 412, .. }),
            "{id}: {error:?}"
        );
        refused.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        drive = match drive.registration.operation_id() {
            Some(operation) => Drive::resume(wish(scope, id), operation),
            None => Drive::new(wish(scope, id), &csr(7, id)),
        };
    }
    panic!("{id} is refused for ever");
}

/// The same devices through two stations at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn two_stations_issue_once_for_each_operation() {
    let Some(line) = Line::new() else { return };
    let stations = [line.start("a").await, line.start("b").await];
    let refused = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for n in 0..24 {
        for station in &stations {
            let (relay, scope) = (Endpoint::relay(station), station.id_scope().to_owned());
            let refused = Arc::clone(&refused);
            tasks.push(tokio::spawn(async move {
                let id = format!("sn-{n}");
                (register(&relay, &scope, &id, &refused).await, id)
            }));
        }
    }
    let mut operations: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut asked = 0;
    for task in tasks {
        let (assignment, id) = task.await.unwrap();
        let print = print(&assignment);
        let (of, prints) = operations.entry(assignment.operation_id).or_default();
        assert!(of.is_empty() || *of == id, "an operation is one device's");
        *of = id;
        prints.push(print);
        asked += 1;
    }
    let mut received = BTreeSet::new();
    for (of, prints) in operations.values() {
        assert!(
            prints.iter().all(|print| *print == prints[0]),
            "{of}: {prints:?}"
        );
        received.insert(prints[0].clone());
    }
    let verdict = line.verify().await;
    assert_eq!(
        usize::try_from(verdict.certificates).unwrap(),
        operations.len()
    );
    assert_eq!(line.issued(), received);
    let met = refused.load(Ordering::Relaxed) + asked - operations.len();
    assert!(met > 0, "the stations never met");
    // Nobody has signed what another had issued already.
    let log = line.server.log().unwrap();
    assert!(!log.contains("duplicate key"), "{log}");
    for station in stations {
        station.stop().await;
    }
}

/// What one station works on, the other refuses.
#[tokio::test(flavor = "multi_thread")]
async fn one_id_is_worked_on_by_one_station() {
    let Some(line) = Line::new() else { return };
    let (one, other) = (line.start("a").await, line.start("b").await);
    let (relay, id) = (Endpoint::relay(&one), "sn-1");
    let json = [("Content-Type", "application/json")];
    let slow = br#"{"fault":"slow","ms":60000}"#;
    relay
        .send("POST", "page:/test/faults", &json, slow)
        .await
        .unwrap();
    let late = async {
        loop {
            let held = relay
                .send("GET", "page:/test/faults", &[], &[])
                .await
                .unwrap();
            if held.json()["held"] == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let credential = Credential::Relay;
        let mut drive = Drive::new(settings(&other, id, credential), &csr(8, id));
        let refused = drive.finish(&Endpoint::relay(&other)).await;
        relay
            .send("DELETE", "page:/test/faults", &[], &[])
            .await
            .unwrap();
        refused
    };
    let mut drive = Drive::new(settings(&one, id, Credential::Relay), &csr(7, id));
    let (first, refused) = tokio::join!(drive.finish(&relay), late);
    assert_eq!(first.unwrap().chain.len(), 3);
    assert!(
        matches!(refused, Err(Error::Refused { status: 412, .. })),
        "{refused:?}"
    );
    assert_eq!(line.verify().await.certificates, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_goes_on_at_another_station() {
    let Some(line) = Line::new() else { return };
    let (one, other) = (line.start("a").await, line.start("b").await);
    assert_eq!(one.id_scope(), other.id_scope());
    let settings = || settings(&one, "sn-1", Credential::Relay);
    let mut drive = Drive::new(settings(), &csr(7, "sn-1"));
    drive.first(&Endpoint::relay(&one)).await;
    let operation = drive.registration.operation_id().unwrap().to_owned();
    let mut chains = Vec::new();
    for station in [&other, &one] {
        let mut drive = Drive::resume(settings(), &operation);
        chains.push(drive.finish(&Endpoint::relay(station)).await.unwrap().chain);
    }
    assert_eq!(chains[0], chains[1]);
    assert_eq!(chains[0].len(), 3);
    assert_eq!(line.verify().await.certificates, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_went_away_comes_back() {
    let Some(mut line) = Line::new() else { return };
    let station = line.start("a").await;
    let (relay, scope) = (Endpoint::relay(&station), station.id_scope().to_owned());
    let nobody = AtomicUsize::new(0);
    let before = register(&relay, &scope, "sn-before", &nobody).await;
    let mut begun = Drive::new(wish(&scope, "sn-begun"), &csr(7, "sn-begun"));
    begun.first(&relay).await;
    let operation = begun.registration.operation_id().unwrap().to_owned();

    line.server.stop().unwrap();
    let register_path = format!("/{scope}/registrations/sn-x/register?api-version={API_VERSION}");
    let poll =
        format!("/{scope}/registrations/sn-begun/operations/{operation}?api-version={API_VERSION}");
    for (method, path) in [("PUT", &register_path), ("GET", &poll), ("GET", &poll)] {
        let body = br#"{"registrationId":"sn-x"}"#;
        let answer = relay.send(method, path, &[], body).await.unwrap();
        assert!(answer.status >= 500, "{method} {path}: {}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.body).contains(PASSWORD));
    }

    line.server.go().unwrap();
    let after = register(&relay, &scope, "sn-after", &nobody).await;
    let mut resumed = Drive::resume(wish(&scope, "sn-begun"), &operation);
    let resumed = resumed.finish(&relay).await.unwrap();
    let received = [before, after, resumed].iter().map(print).collect();
    assert_eq!(line.issued(), received);
    assert_eq!(line.verify().await.certificates, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_another_namespace_is_refused() {
    let Some(line) = Line::new() else { return };
    line.start("a").await.stop().await;
    let foreign = Bench::new();
    let mut config = foreign.config();
    config.ledger = Some(line.url().into());
    let said = format!("{:#}", Station::start(config).await.err().unwrap());
    assert!(said.contains("belongs to another namespace"), "{said}");
    let start = Station::start(line.config("b")).await;
    start.unwrap().stop().await;
    let entries = line.verify().await.entries;
    assert_eq!(entries, 2, "the two starts, and nothing of the stranger's");
}

/// The real program, built.
fn built() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "signet-station"]);
    // What tells this test of its own package would have others built anew.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            build.env_remove(name);
        }
    }
    let built = build.status();
    assert!(built.unwrap().success());
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("station")
}

fn start(line: &Line, name: &str) -> Program {
    let (page, data) = (line.bench.path("page"), line.folder(name));
    let log = fs::File::create(line.log(name)).unwrap();
    let start = Program::start(&built(), &page, &data, |command| {
        command.args(["--polls-per-10s", "0"]);
        command.env("STATION_LEDGER", &line.url).stderr(log);
    });
    let program = start.unwrap();
    assert!(!program.said.contains(PASSWORD));
    program
}

/// `kill -9` in the middle of its work.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_station_answered_is_in_the_ledger() {
    let Some(line) = Line::new() else { return };
    let mut program = start(&line, "a");
    let other = line.start("b").await;
    let scope = other.id_scope().to_owned();
    let (done, dead) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut tasks = Vec::new();
    for worker in 0..6 {
        // Two thirds work with the station that dies.
        let killed = worker % 3 != 0;
        let address = if killed { program.page } else { other.page() };
        let (scope, done, dead) = (scope.clone(), Arc::clone(&done), Arc::clone(&dead));
        tasks.push(tokio::spawn(async move {
            let endpoint = Endpoint::Relay(address);
            let (mut received, mut unfinished) = (Vec::new(), Vec::new());
            for n in 0.. {
                if dead.load(Ordering::Relaxed) && n > 8 {
                    break;
                }
                let id = format!("sn-{worker}-{n}");
                let mut drive = Drive::new(wish(&scope, &id), &csr(7, &id));
                match drive.finish(&endpoint).await {
                    Ok(assignment) => received.push(print(&assignment)),
                    Err(error) if killed => {
                        let operation = drive.registration.operation_id().map(str::to_owned);
                        unfinished.push((id, operation));
                        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
                        break;
                    }
                    Err(error) => panic!("{error:?}"),
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
            (received, unfinished)
        }));
    }
    while done.load(Ordering::Relaxed) < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    program.stop().unwrap();
    dead.store(true, Ordering::Relaxed);

    let (mut received, mut unfinished) = (BTreeSet::new(), Vec::new());
    for task in tasks {
        let (prints, left) = task.await.unwrap();
        received.extend(prints);
        unfinished.extend(left);
    }
    assert!(!unfinished.is_empty(), "nothing was under way");
    let relay = Endpoint::relay(&other);
    for (id, operation) in unfinished {
        let mut drive = match &operation {
            Some(operation) => Drive::resume(wish(&scope, &id), operation),
            None => Drive::new(wish(&scope, &id), &csr(7, &id)),
        };
        received.insert(print(&drive.finish(&relay).await.unwrap()));
    }
    line.verify().await;
    let issued = line.issued();
    assert!(
        received.is_subset(&issued),
        "something was answered and is not in the ledger"
    );

    // The same program checks and writes it out.
    for (arguments, found) in [
        ("verify-ledger", "sound entries="),
        ("export-ledger", "\"hash\""),
    ] {
        let output = Command::new(built())
            .args([arguments, "--ledger", &line.url])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains(found), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_not_in_the_log() {
    let Some(mut line) = Line::new() else { return };
    let program = start(&line, "a");
    let relay = Endpoint::Relay(program.page);
    let scope = serde_json::from_slice::<serde_json::Value>(
        &fs::read(line.bench.data().join("station.json")).unwrap(),
    );
    let scope = scope.unwrap()["idScope"].as_str().unwrap().to_owned();
    register(&relay, &scope, "sn-1", &AtomicUsize::new(0)).await;
    line.server.stop().unwrap();
    let path = format!("/{scope}/registrations/sn-2/register?api-version={API_VERSION}");
    let body = br#"{"registrationId":"sn-2"}"#;
    assert!(relay.send("PUT", &path, &[], body).await.unwrap().status >= 500);
    let log = fs::read_to_string(line.log("a")).unwrap();
    assert!(log.contains("broken") && log.contains("127.0.0.1"), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
    line.server.go().unwrap();
    for url in [
        line.url.replace(PASSWORD, "wr0ng-password"),
        line.url.replace("/line", "/none"),
        line.url.replace("127.0.0.1", "203.0.113.1"),
        line.url.replace("postgres:", "mysql:"),
        format!("{}?sslmode=require", line.url),
        format!("{}?nothing=1", line.url),
    ] {
        let output = Command::new(built())
            .args(["verify-ledger", "--ledger", &url])
            .output()
            .unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with("station: "), "{said}");
        assert!(
            !said.contains(PASSWORD) && !said.contains("wr0ng"),
            "{said}"
        );
    }
}
