use serde_json::json;

use super::*;
use crate::ledger::verify;

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
