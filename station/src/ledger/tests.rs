mod runs;

use super::model::Revocation;
use super::*;
use std::cell::Cell;

use serde_json::json;
use signet_interop::postgres::{PASSWORD, Postgres};
use tempfile::TempDir;

use runs::{
    a_batch_counts_its_units, a_record_corrects_its_run_and_never_takes_back_that_it_passed,
};

fn id(text: &str) -> RegistrationId {
    RegistrationId::new(text).unwrap()
}

pub(super) fn record(text: &str, operation: &str) -> Record {
    Record {
        registration_id: id(text),
        device_id: format!("{text}-in-hub"),
        enrollment: "line".to_owned(),
        attestation: "symmetricKey".to_owned(),
        created: UnixTime(10),
        updated: UnixTime(20),
        etag: "e".to_owned(),
        version: 0,
        operation: Operation {
            id: operation.to_owned(),
            csr: Some("AAAA".to_owned()),
            policy: Some("default".to_owned()),
            polls_left: 0,
            done: true,
            chain: Vec::new(),
        },
    }
}

/// Bytes that stand for certificates: the ledger does not look inside.
pub(super) fn certificate(text: &str, operation: &str, serial: &str) -> (Certificate, Event) {
    use sha2::{Digest, Sha256};
    let leaf = format!("leaf {serial}").into_bytes();
    let facts =
        json!({ "serial": serial, "sha256": crate::random::to_hex(&Sha256::digest(&leaf)) });
    let certificate = Certificate {
        serial: serial.to_owned(),
        registration_id: id(text),
        operation_id: operation.to_owned(),
        policy: "default".to_owned(),
        issued_at: UnixTime(20),
        not_after: UnixTime(1000),
        chain: vec![leaf, b"issuing".to_vec(), b"root".to_vec()],
        revocation: None,
    };
    (certificate, Event::new(Kind::Issued, text, facts))
}

fn issue(ledger: &Ledger, text: &str, operation: &str, serial: &str) {
    let (certificate, event) = certificate(text, operation, serial);
    let writes = vec![
        Write::Certificate(certificate),
        Write::Registration(record(text, operation)),
    ];
    ledger.commit(UnixTime(20), writes, vec![event]).unwrap();
}

/// Where the ledgers of the tests lie.
struct Source<'a> {
    server: Option<&'a Postgres>,
    count: Cell<u32>,
}

/// A place for one ledger.
enum Place<'a> {
    Folder(TempDir),
    Database(&'a Postgres, String, LedgerUrl),
}

impl<'a> Source<'a> {
    fn new(server: Option<&'a Postgres>) -> Self {
        let count = Cell::new(0);
        Self { server, count }
    }

    fn place(&self) -> Place<'a> {
        self.count.set(self.count.get() + 1);
        match self.server {
            None => Place::Folder(tempfile::tempdir().unwrap()),
            Some(server) => {
                let name = format!("ledger{}", self.count.get());
                let url = server.database(&name).unwrap().parse().unwrap();
                Place::Database(server, name, url)
            }
        }
    }
}

impl Place<'_> {
    fn open(&self) -> Ledger {
        match self {
            Self::Folder(data) => Ledger::open(data.path()).unwrap(),
            Self::Database(_, _, url) => Ledger::connect(url).unwrap(),
        }
    }

    fn verify(&self) -> Result<Verdict> {
        match self {
            Self::Folder(data) => verify(&open_to_read(data.path())?),
            Self::Database(_, _, url) => verify(&connect_to_read(url)?),
        }
    }

    /// Changes what cannot be changed, behind the station's back.
    fn tamper(&self, statement: &str) {
        let forbidden = [
            "DELETE FROM entries WHERE seq = 3",
            "UPDATE entries SET at = 1",
        ];
        match self {
            Self::Folder(data) => {
                let sql = rusqlite::Connection::open(data.path().join(FILE)).unwrap();
                for statement in forbidden {
                    assert!(sql.execute(statement, []).is_err());
                }
                sql.execute_batch("DROP TRIGGER entries_stay; DROP TRIGGER entries_remain;")
                    .unwrap();
                sql.execute_batch(statement).unwrap();
            }
            Self::Database(server, name, _) => {
                for statement in forbidden.into_iter().chain(["TRUNCATE entries"]) {
                    let said = server.run_as("line", name, statement).unwrap_err();
                    assert!(said.to_string().contains("permission denied"), "{said}");
                    let said = server.run(name, statement).unwrap_err();
                    assert!(said.to_string().contains("never changed"), "{said}");
                }
                let statement = statement.replace("x'00'", "'\\x00'");
                let all = format!("ALTER TABLE entries DISABLE TRIGGER entries_stay; {statement}");
                server.run(name, &all).unwrap();
            }
        }
    }
}

macro_rules! scenarios {
    ($($name:ident),*) => {
        mod in_a_file {
            $(#[test] fn $name() { super::$name(&super::Source::new(None)); })*
        }

        #[test]
        fn in_a_database() {
            let Some(server) = Postgres::start().unwrap() else {
                return;
            };
            let source = Source::new(Some(&server));
            $(
                println!("{}", stringify!($name));
                $name(&source);
            )*
            stations_share_the_chain(&source);
            a_turn_is_had_by_one_station(&source);
            a_database_that_went_away_comes_back(server);
        }
    };
}

scenarios!(
    a_batch_counts_its_units,
    a_change_that_fails_leaves_no_entry_and_no_other_change,
    a_record_corrects_its_run_and_never_takes_back_that_it_passed,
    a_registration_follows_the_one_that_was_read,
    another_namespace_is_refused,
    gives_back_what_it_was_given,
    lists_and_counts,
    many_at_a_time_keep_the_chain,
    revoked_once_and_disabled_once,
    tampering_is_found
);

fn a_registration_follows_the_one_that_was_read(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    let write = |record: &Record| {
        let event = Event::new(Kind::Registered, "dev-1", json!({}));
        let write = Write::Registration(record.clone());
        ledger.commit(UnixTime(30), vec![write], vec![event])
    };
    let fresh = record("dev-1", "op-1");
    write(&fresh).unwrap();
    let said = write(&fresh).unwrap_err().to_string();
    assert!(said.contains("written by somebody else"), "{said}");
    let read = ledger.look(&id("dev-1")).unwrap().record.unwrap();
    assert_eq!(read.version, 1);
    write(&read).unwrap();
    assert!(write(&read).is_err());
    assert_eq!(ledger.verify().unwrap().entries, 2);
}

fn another_namespace_is_refused(source: &Source<'_>) {
    let place = source.place();
    let root = |text: &str| text.repeat(64);
    place.open().belong_to(root("a"), UnixTime(1)).unwrap();
    let ledger = place.open();
    ledger.belong_to(root("a"), UnixTime(2)).unwrap();
    let said = ledger.belong_to(root("b"), UnixTime(2)).unwrap_err();
    assert!(said.to_string().contains("another namespace"), "{said}");
}

fn lists_and_counts(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    for (name, operation, serial) in [
        ("dev-1", "op-1", "0A"),
        ("dev.2", "op-2", "0B"),
        ("dev:3", "op-3", "0C"),
    ] {
        issue(&ledger, name, operation, serial);
    }
    let looks = ledger.registrations("dev-1", 2).unwrap();
    let names = looks.iter().map(|look| look.record.as_ref().unwrap());
    let names: Vec<_> = names
        .map(|record| record.registration_id.as_str())
        .collect();
    assert_eq!(names, ["dev.2", "dev:3"], "in the order of their bytes");
    let filter = Filter {
        registration_id: Some("dev-1".to_owned()),
        ends_by: Some(UnixTime(1000)),
        limit: 10,
        ..Filter::default()
    };
    assert_eq!(ledger.certificates(&filter).unwrap().len(), 1);
    let none = Filter {
        revoked: true,
        ..filter
    };
    assert_eq!(ledger.certificates(&none).unwrap(), []);
    let entries = ledger.entries(0, Some("dev:3"), 10).unwrap();
    assert_eq!((entries.len(), entries[0].seq), (1, 3));
    assert_eq!(ledger.last(Kind::Issued, 1).unwrap()[0].seq, 3);
    let counts = ledger.counts(UnixTime(999)).unwrap();
    let expected = Counts {
        entries: 3,
        registrations: 3,
        valid: 3,
        ending: [3; 4],
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(ledger.counts(UnixTime(1000)).unwrap().expired, 3);
    let mut lines = Vec::new();
    export(&ledger.view().unwrap(), Format::JsonLines, 1, &mut lines).unwrap();
    assert_eq!(String::from_utf8(lines).unwrap().lines().count(), 2);
}

fn stations_share_the_chain(source: &Source<'_>) {
    let place = source.place();
    let ledgers = [place.open(), place.open(), place.open()];
    std::thread::scope(|scope| {
        for (station, ledger) in ledgers.iter().enumerate() {
            for thread in 0..4 {
                scope.spawn(move || {
                    for n in 0..20 {
                        let name = format!("dev-{station}-{thread}-{n}");
                        let serial = format!("{station:02X}{thread:02X}{n:02X}");
                        issue(ledger, &name, &format!("op-{name}"), &serial);
                    }
                });
            }
        }
    });
    let verdict = place.verify().unwrap();
    assert_eq!((verdict.entries, verdict.certificates), (240, 240));
}

fn a_turn_is_had_by_one_station(source: &Source<'_>) {
    let place = source.place();
    let (one, other) = (place.open(), place.open());
    let (first, second) = (id("dev-1"), id("dev-2"));
    let turn = one.turn(&first).unwrap();
    assert!(turn.is_some() && one.turn(&first).unwrap().is_none());
    assert!(other.turn(&first).unwrap().is_none());
    assert!(other.turn(&second).unwrap().is_some());
    assert!(one.turn(&second).unwrap().is_some(), "it was given back");
    drop(turn);
    let turn = other.turn(&first).unwrap();
    assert!(turn.is_some() && one.turn(&first).unwrap().is_none());

    // Its connection dies, and with it the lock. What it read before is of no use any more.
    let record = record("dev-1", "op-1");
    let register = |ledger: &Ledger| {
        let write = Write::Registration(record.clone());
        ledger.commit(UnixTime(30), vec![write], Vec::new())
    };
    let Place::Database(server, _, _) = &place else {
        panic!("not a database")
    };
    let killed = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1";
    server.run("postgres", killed).unwrap();
    let taken = one.turn(&first).unwrap();
    assert!(taken.is_some(), "nobody has it any more");
    register(&one).unwrap();
    assert!(register(&other).is_err());
    drop((turn, taken));
    assert!(other.turn(&first).unwrap().is_some());
}

fn a_database_that_went_away_comes_back(mut server: Postgres) {
    let url = server.database("away").unwrap().parse().unwrap();
    let ledger = Ledger::connect(&url).unwrap();
    issue(&ledger, "dev-1", "op-1", "0A");
    server.stop().unwrap();
    assert!(ledger.look(&id("dev-1")).is_err());
    assert!(ledger.turn(&id("dev-1")).is_err());
    assert!(ledger.commit(UnixTime(1), Vec::new(), Vec::new()).is_err());
    server.go().unwrap();
    assert!(ledger.turn(&id("dev-1")).unwrap().is_some());
    issue(&ledger, "dev-2", "op-2", "0B");
    server.stop().unwrap();
    server.go().unwrap();
    // Nobody has noticed.
    assert!(ledger.turn(&id("dev-3")).unwrap().is_some());
    assert!(ledger.look(&id("dev-2")).unwrap().record.is_some());
    issue(&ledger, "dev-3", "op-3", "0C");
    assert_eq!(ledger.verify().unwrap().certificates, 3);
    server
        .run("away", "UPDATE meta SET value = '9' WHERE name = 'version'")
        .unwrap();
    let said = format!("{:#}", Ledger::connect(&url).err().unwrap());
    assert!(said.contains("of version 9"), "{said}");

    // With TLS: the certificate's issuer and its name are checked.
    let address = |host: &str, root: &Path| {
        let (port, root) = (server.port(), root.display());
        let text = format!(
            "postgres://line:{PASSWORD}@{host}:{port}/tls?sslmode=require&sslrootcert={root}"
        );
        Ledger::connect(&text.parse().unwrap()).map(|_| ())
    };
    server.database("tls").unwrap();
    address("localhost", &server.root()).unwrap();
    let said = format!("{:#}", address("127.0.0.1", &server.root()).unwrap_err());
    assert!(said.contains("certificate"), "{said}");
    let other = tempfile::tempdir().unwrap();
    crate::init(other.path()).unwrap();
    let said = address("localhost", &other.path().join("ca/root.pem")).unwrap_err();
    assert!(format!("{said:#}").contains("certificate"), "{said:#}");
}

fn gives_back_what_it_was_given(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    assert_eq!(ledger.look(&id("dev-1")).unwrap().record, None);
    issue(&ledger, "dev-1", "op-1", "0A");
    issue(&ledger, "dev-2", "op-2", "0B");
    drop(ledger);

    let ledger = place.open();
    let found = ledger.look(&id("dev-1")).unwrap().record.unwrap();
    assert_eq!(
        found.operation.chain.len(),
        3,
        "leaf, issuing authority, root"
    );
    let plain = Record {
        version: 0,
        operation: Operation {
            chain: Vec::new(),
            ..found.operation.clone()
        },
        ..found
    };
    assert_eq!(plain, record("dev-1", "op-1"));
    let (expected, _) = certificate("dev-2", "op-2", "0B");
    assert_eq!(ledger.certificate("0B").unwrap(), Some(expected));
}

fn a_change_that_fails_leaves_no_entry_and_no_other_change(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    issue(&ledger, "dev-1", "op-1", "0A");
    let (again, event) = certificate("dev-3", "op-3", "0A");
    let writes = vec![
        Write::Registration(record("dev-3", "op-3")),
        Write::Certificate(again),
    ];
    assert!(ledger.commit(UnixTime(30), writes, vec![event]).is_err());
    assert_eq!(ledger.look(&id("dev-3")).unwrap().record, None);
    let (twice, event) = certificate("dev-1", "op-1", "0C");
    let issued_twice = ledger.commit(UnixTime(30), vec![Write::Certificate(twice)], vec![event]);
    assert!(issued_twice.is_err(), "one operation, one certificate");
    let verdict = ledger.verify().unwrap();
    assert_eq!((verdict.entries, verdict.certificates), (1, 1));
}

fn many_at_a_time_keep_the_chain(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || {
                for n in 0..25 {
                    let name = format!("dev-{thread}-{n}");
                    issue(
                        ledger,
                        &name,
                        &format!("op-{thread}-{n}"),
                        &format!("{thread:02X}{n:02X}"),
                    );
                }
            });
        }
    });
    let verdict = ledger.verify().unwrap();
    assert_eq!((verdict.entries, verdict.certificates), (200, 200));
}

fn revoked_once_and_disabled_once(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    issue(&ledger, "dev-1", "op-1", "0A");
    for (at, reason) in [(40, "keyCompromise"), (50, "superseded")] {
        let write = Write::Revoked {
            serial: "0A".to_owned(),
            reason: reason.to_owned(),
        };
        let event = Event::new(Kind::Revoked, "dev-1", json!({ "serial": "0A" }));
        ledger
            .commit(UnixTime(at), vec![write], vec![event])
            .unwrap();
    }
    let revocation = ledger.certificate("0A").unwrap().unwrap().revocation;
    let first = Revocation {
        at: UnixTime(40),
        reason: "keyCompromise".to_owned(),
    };
    assert_eq!(revocation, Some(first));
    for disabled in [true, true, false] {
        let write = Write::Disabled {
            id: id("dev-1"),
            disabled,
        };
        let event = Event::new(Kind::Disabled, "dev-1", json!({}));
        ledger
            .commit(UnixTime(60), vec![write], vec![event])
            .unwrap();
        assert_eq!(ledger.look(&id("dev-1")).unwrap().disabled, disabled);
    }
    assert_eq!(ledger.verify().unwrap().entries, 1 + 1 + 2);
}

/// Somebody with the file and a tool changes it behind the station's back.
fn tampering_is_found(source: &Source<'_>) {
    let tamper = |statement: &str| {
        let place = source.place();
        let ledger = place.open();
        issue(&ledger, "dev-1", "op-1", "0A");
        issue(&ledger, "dev-2", "op-2", "0B");
        issue(&ledger, "dev-3", "op-3", "0C");
        drop(ledger);
        place.tamper(statement);
        place.verify().map_err(|error| format!("{error:#}"))
    };
    assert_eq!(tamper("SELECT 1").unwrap().entries, 3);
    for (statement, words) in [
        ("DELETE FROM entries WHERE seq = 2", "entry 2 is missing"),
        (
            "UPDATE entries SET at = 21 WHERE seq = 2",
            "entry 2 is not what was written",
        ),
        (
            "UPDATE entries SET subject = 'dev-9' WHERE seq = 3",
            "entry 3 is not",
        ),
        (
            "DELETE FROM entries WHERE seq = 3",
            "certificate 0C has no entry",
        ),
        (
            "DELETE FROM certificates WHERE serial = '0B'",
            "0B was issued and is not kept",
        ),
        (
            "UPDATE certificates SET der = x'00' WHERE serial = '0A'",
            "0A is not the one",
        ),
        (
            "UPDATE certificates SET revoked_at = 5, revocation_reason = '' WHERE serial = '0A'",
            "0A: its revocation",
        ),
    ] {
        let said = tamper(statement).unwrap_err();
        assert!(said.contains(words), "{statement}: {said}");
    }
}
