use std::fs;

use super::*;
use crate::ledger::Entry;

/// A station's folder, with a ledger or before its first start.
fn station(begun: bool) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    crate::init(&data).unwrap();
    if begun {
        Ledger::open(&data).unwrap();
    }
    (folder, data)
}

/// What the ledger says of operators, in its order.
fn told(ledger: &Ledger) -> Vec<String> {
    let entries = ledger.entries(0, None, 100).unwrap();
    let operators = entries.iter().filter(|it| it.kind.starts_with("operator-"));
    let line = |it: &Entry| format!("{} {}", it.kind, it.subject);
    operators.map(line).collect()
}

#[test]
fn tokens_are_known_by_their_hash_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(
        add_operator(&data, "ann", Role::Operator).is_err(),
        "no station"
    );
    let (_folder, data) = station(false);
    let _lock = namespace::lock(&data).unwrap();
    let ledger = Ledger::open(&data).unwrap();
    let operators = Operators::new(&data);
    assert!(!operators.read(&ledger).unwrap().begun);
    let ann = add_operator(&data, "ann", Role::Operator).unwrap();
    let bob = add_operator(&data, "bob", Role::Supervisor).unwrap();
    assert!(ann.starts_with(PREFIX) && ann.len() == 47 && *ann != *bob);
    assert!(add_operator(&data, "ann", Role::Supervisor).is_err());
    for name in ["", " ann", "a\nb", "a\"", &"a".repeat(65)] {
        assert!(
            add_operator(&data, name, Role::Operator).is_err(),
            "{name:?}"
        );
    }
    let text = fs::read_to_string(data.join(FILE)).unwrap();
    assert!(!text.contains(&ann[4..]) && text.contains(&sha256(&ann)));
    let roll = operators.read(&ledger).unwrap();
    #[cfg(unix)]
    for file in [FILE, "operators.told.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(data.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let name = |token: &str| roll.whose(token).map(|found| found.name.clone());
    assert_eq!(name(&ann).as_deref(), Some("ann"));
    assert_eq!(name(&bob).as_deref(), Some("bob"));
    for wrong in ["", PREFIX, &ann[..46], &sha256(&ann)] {
        assert_eq!(name(wrong), None);
    }
    assert!(list_operators(&data).unwrap()[1].starts_with("bob\tsupervisor\t20"));

    remove_operator(&data, "ann").unwrap();
    assert!(remove_operator(&data, "ann").is_err());
    let roll = operators.read(&ledger).unwrap();
    assert!(roll.whose(&ann).is_none() && roll.whose(&bob).is_some());
    fs::write(data.join(FILE), "[").unwrap();
    assert!(
        operators.read(&ledger).is_err(),
        "a damaged file lets nobody in"
    );
}

#[test]
fn the_ledger_knows_who_was_added_and_removed() {
    let (_folder, data) = station(true);
    let ann = add_operator(&data, "ann", Role::Supervisor).unwrap();
    remove_operator(&data, "ann").unwrap();
    let bob = add_operator(&data, "bob", Role::Operator).unwrap();
    // While a station runs the command leaves it to the station.
    let lock = namespace::lock(&data).unwrap();
    let ledger = Ledger::open(&data).unwrap();
    let so_far = [
        "operator-added ann",
        "operator-removed ann",
        "operator-added bob",
    ];
    add_operator(&data, "cid", Role::Operator).unwrap();
    assert_eq!(told(&ledger), so_far);
    let operators = Operators::new(&data);
    assert!(operators.unchanged().is_none());
    operators.read(&ledger).unwrap();
    assert!(operators.unchanged().is_some());
    remove_operator(&data, "bob").unwrap();
    assert!(operators.unchanged().is_none());
    let roll = operators.read(&ledger).unwrap();
    assert!(roll.whose(&bob).is_none());
    let all = [&so_far[..], &["operator-added cid", "operator-removed bob"]].concat();
    assert_eq!(told(&ledger), all);

    // A restart tells nothing twice, and a new ledger who is there.
    Operators::new(&data).read(&ledger).unwrap();
    assert_eq!(told(&ledger), all);
    let entries = ledger.entries(0, None, 100).unwrap();
    let facts: String = entries.iter().map(|it| it.facts.as_str()).collect();
    for secret in [&*ann, &*bob] {
        assert!(!facts.contains(&secret[4..]) && !facts.contains(&sha256(secret)));
    }
    assert!(facts.contains(r#""role":"supervisor""#), "{facts}");
    ledger.verify().unwrap();
    let (_other_folder, other) = station(true);
    let other = Ledger::open(&other).unwrap();
    Operators::new(&data).read(&other).unwrap();
    assert_eq!(told(&other), ["operator-added cid"]);
    drop(lock);
}

#[test]
fn nobody_is_let_in_of_whom_the_ledger_cannot_be_told() {
    let (_folder, data) = station(true);
    let ann = add_operator(&data, "ann", Role::Operator).unwrap();
    let _lock = namespace::lock(&data).unwrap();
    let ledger = Ledger::open(&data).unwrap();
    let operators = Operators::new(&data);
    operators.read(&ledger).unwrap();
    let bob = add_operator(&data, "bob", Role::Operator).unwrap();
    remove_operator(&data, "ann").unwrap();
    let sql = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
    let trigger =
        "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END";
    sql.execute_batch(trigger).unwrap();
    let roll = operators.read(&ledger).unwrap();
    assert!(roll.begun && roll.whose(&bob).is_none(), "not told of");
    assert!(roll.whose(&ann).is_none(), "removed all the same");
    sql.execute_batch("DROP TRIGGER full").unwrap();
    let roll = operators.read(&ledger).unwrap();
    assert!(roll.whose(&bob).is_some());
    let all = [
        "operator-added ann",
        "operator-removed ann",
        "operator-added bob",
    ];
    assert_eq!(told(&ledger), all);
}
