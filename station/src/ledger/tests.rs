use super::*;
use serde_json::json;

fn id(text: &str) -> RegistrationId {
    RegistrationId::new(text).unwrap()
}

fn record(text: &str, operation: &str) -> Record {
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
fn certificate(text: &str, operation: &str, serial: &str) -> (Certificate, Event) {
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

#[test]
fn gives_back_what_it_was_given() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(data.path()).unwrap();
    assert_eq!(ledger.look(&id("dev-1")).unwrap().record, None);
    issue(&ledger, "dev-1", "op-1", "0A");
    issue(&ledger, "dev-2", "op-2", "0B");
    drop(ledger);

    let ledger = Ledger::open(data.path()).unwrap();
    let found = ledger.look(&id("dev-1")).unwrap().record.unwrap();
    assert_eq!(
        found.operation.chain.len(),
        3,
        "leaf, issuing authority, root"
    );
    let plain = Record {
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

#[test]
fn a_change_that_fails_leaves_no_entry_and_no_other_change() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(data.path()).unwrap();
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

#[test]
fn many_at_a_time_keep_the_chain() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(data.path()).unwrap();
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

#[test]
fn revoked_once_and_disabled_once() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(data.path()).unwrap();
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

#[test]
fn a_batch_counts_its_units() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(data.path()).unwrap();
    let commit = |write| ledger.commit(UnixTime(1), vec![write], Vec::new());
    let name = || "monday".to_owned();
    let opened = || Write::BatchOpened {
        name: name(),
        expected: vec![id("a"), id("b"), id("c")],
    };
    let unit = |text: &str, run: &str, passed| Write::Unit {
        id: id(text),
        run: run.to_owned(),
        passed,
        batch: Some(name()),
    };
    commit(opened()).unwrap();
    assert!(commit(opened()).is_err());
    for write in [
        unit("a", "r1", false),
        unit("a", "r2", true),
        unit("a", "r3", false),
        unit("b", "r4", false),
        unit("b", "r4", true),
        unit("x", "r5", true),
    ] {
        commit(write).unwrap();
    }
    let state = ledger.batch("monday").unwrap().unwrap();
    let counts = (
        state.expected,
        state.done,
        state.failed,
        state.remaining,
        state.unexpected,
    );
    assert_eq!(
        counts,
        (3, 2, 1, 1, 1),
        "passed stays passed, a run counts once"
    );
    let units = ledger.units("monday").unwrap();
    let states: Vec<_> = units
        .iter()
        .map(|unit| (unit.registration_id.as_str(), unit.state))
        .collect();
    assert_eq!(
        states,
        [
            ("a", "done"),
            ("b", "failed"),
            ("c", "remaining"),
            ("x", "done")
        ]
    );
    commit(Write::BatchClosed { name: name() }).unwrap();
    assert!(commit(Write::BatchClosed { name: name() }).is_err());
    assert!(commit(unit("c", "r6", true)).is_err(), "it is closed");
}

/// Somebody with the file and a tool changes it behind the station's back.
#[test]
fn tampering_is_found() {
    let tamper = |statement: &str| {
        let data = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(data.path()).unwrap();
        issue(&ledger, "dev-1", "op-1", "0A");
        issue(&ledger, "dev-2", "op-2", "0B");
        issue(&ledger, "dev-3", "op-3", "0C");
        drop(ledger);
        let sql = rusqlite::Connection::open(data.path().join(FILE)).unwrap();
        assert!(
            sql.execute("DELETE FROM entries WHERE seq = 3", [])
                .is_err()
        );
        assert!(sql.execute("UPDATE entries SET at = 1", []).is_err());
        sql.execute_batch("DROP TRIGGER entries_stay; DROP TRIGGER entries_remain;")
            .unwrap();
        sql.execute_batch(statement).unwrap();
        verify(&open_to_read(data.path()).unwrap()).map_err(|error| format!("{error:#}"))
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
