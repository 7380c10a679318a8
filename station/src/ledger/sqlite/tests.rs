use rusqlite::params;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;
use crate::ledger::{Ledger, Record, verify};

/// The disk is full in the middle of everything.
#[test]
fn what_finds_no_room_is_not_said_to_be_written() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("ledger.db");
    let connection = schema::open(&path).unwrap();
    let pages: u32 = connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    connection
        .pragma_update(None, "max_page_count", pages + 20)
        .unwrap();
    let file = Sqlite::over(connection, &path).unwrap();
    let commit = |n: usize| {
        let facts = json!({ "x": "y".repeat(900) });
        let note = Event::new(Kind::Refused, format!("dev-{n}"), facts);
        file.commit(UnixTime(1), Vec::new(), vec![note])
    };
    let entries = || verify(&file.view().unwrap()).unwrap().entries;
    let written = (0..200).take_while(|n| commit(*n).is_ok()).count();
    assert!((10..190).contains(&written), "{written}");
    // Nothing of the failed one is there, and a smaller one finds the chain where it was left.
    assert_eq!(usize::try_from(entries()).unwrap(), written);
    assert!(commit(7).is_err());
    assert_eq!(usize::try_from(entries()).unwrap(), written);
}

/// The tables as version 1 made them, in both of its forms.
const VERSION_1: [&str; 2] = [
    "CREATE INDEX registrations_by_device ON registrations (device_id);",
    "CREATE INDEX entries_like ON entries (kind);",
];

/// A file of version 1 with a registration, its certificate and their entries.
fn old_file(path: &Path, form: &str) {
    let sql = Connection::open(path).unwrap();
    let tables = include_str!("version_1.sql");
    let script = format!("PRAGMA journal_mode = wal; BEGIN; {tables} {form} COMMIT;");
    sql.execute_batch(&script).unwrap();
    let mut head = Head::of(None).unwrap();
    let leaf = b"leaf".to_vec();
    let facts = json!({ "serial": "0A", "sha256": crate::random::to_hex(&Sha256::digest(&leaf)) });
    for event in [
        Event::new(Kind::Registered, "dev-1", json!({})),
        Event::new(Kind::Issued, "dev-1", facts),
    ] {
        let entry = head.append(UnixTime(20), event);
        sql.execute(
            "INSERT INTO entries VALUES (?1, 20, ?2, ?3, ?4, ?5)",
            params![
                i64::try_from(entry.seq).unwrap(),
                entry.kind,
                entry.subject,
                entry.facts,
                entry.hash
            ],
        )
        .unwrap();
    }
    sql.execute(
        "INSERT INTO authorities VALUES (1, ?1, NULL)",
        [b"root".to_vec()],
    )
    .unwrap();
    sql.execute(
        "INSERT INTO certificates VALUES
         ('0A', 'dev-1', 'op-1', 'default', 20, 1000, ?1, 1, NULL, NULL)",
        [leaf],
    )
    .unwrap();
    sql.execute_batch(
        "INSERT INTO registrations VALUES
         ('dev-1', 'hub-1', 'line', 'symmetricKey', 10, 20, 'e', 'op-1', 'AAAA', 'default', 0, 1);
         PRAGMA user_version = 1",
    )
    .unwrap();
}

/// What the schema of a file is, in an order of its own.
fn schema_of(path: &Path) -> Vec<(String, String)> {
    let sql = Connection::open(path).unwrap();
    let mut statement = sql
        .prepare("SELECT type, name FROM sqlite_schema ORDER BY type, name")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_file_of_version_1_goes_on() {
    let id = RegistrationId::new("dev-1").unwrap();
    for form in VERSION_1 {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("ledger.db");
        old_file(&path, form);
        // Who only reads changes nothing.
        let before = schema_of(&path);
        assert_eq!(verify(&view(&path).unwrap()).unwrap().certificates, 1);
        assert_eq!(schema_of(&path), before);

        let ledger = Ledger::open(data.path()).unwrap();
        let fresh = tempfile::tempdir().unwrap();
        drop(Ledger::open(fresh.path()).unwrap());
        assert_eq!(schema_of(&path), schema_of(&fresh.path().join("ledger.db")));
        let record = ledger.look(&id).unwrap().record.unwrap();
        assert_eq!((record.version, record.device_id.as_str()), (1, "hub-1"));
        assert_eq!(record.operation.chain.len(), 2);
        // Registered anew, and once more after a restart.
        let again = |ledger: &Ledger, record: Record| {
            let event = Event::new(Kind::Registered, "dev-1", json!({}));
            let writes = vec![Write::Registration(record)];
            ledger.commit(UnixTime(30), writes, vec![event]).unwrap();
        };
        again(&ledger, record);
        ledger.belong_to("aa".to_owned(), UnixTime(30)).unwrap();
        drop(ledger);
        let ledger = Ledger::open(data.path()).unwrap();
        let record = ledger.look(&id).unwrap().record.unwrap();
        assert_eq!(record.version, 2);
        again(&ledger, record);
        assert_eq!(ledger.verify().unwrap().entries, 4);
        assert!(ledger.belong_to("bb".to_owned(), UnixTime(30)).is_err());
    }
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("ledger.db");
    old_file(&path, VERSION_1[0]);
    // In the way of the last statement but one: the table and the column are there by then.
    let sql = Connection::open(&path).unwrap();
    sql.execute_batch("CREATE TABLE entries_like (x)").unwrap();
    drop(sql);
    let before = schema_of(&path);
    assert!(Ledger::open(data.path()).is_err());
    assert_eq!(schema_of(&path), before);
    assert_eq!(verify(&view(&path).unwrap()).unwrap().entries, 2);
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_stays() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("ledger.db");
    let sql = Connection::open(&path).unwrap();
    sql.execute_batch("CREATE TABLE later (x); PRAGMA user_version = 3")
        .unwrap();
    drop(sql);
    let before = std::fs::read(&path).unwrap();
    let refused = [
        Ledger::open(data.path()).err().unwrap(),
        view(&path).err().unwrap(),
    ];
    for error in refused {
        let said = format!("{error:#}");
        assert!(said.contains("ledger.newer: "), "{said}");
        assert!(
            said.contains("version 3") && said.contains("up to 2"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
