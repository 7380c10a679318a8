//! What boards' records come to, and their batches.

use super::*;

/// A page's record of a run.
fn run(name: &str, unit: &str, passed: bool) -> signet_core::run::Record {
    use signet_core::run::Outcome;
    signet_core::run::Record {
        run: name.to_owned(),
        registration_id: unit.to_owned(),
        outcome: if passed { Outcome::Pass } else { Outcome::Fail },
        ..Default::default()
    }
}

fn told(batch: &str, record: &signet_core::run::Record) -> Write {
    Write::Unit {
        id: RegistrationId::new(&record.registration_id).ok(),
        record: Box::new(record.clone()),
        batch: Some(batch.to_owned()),
    }
}

/// A second tab has told that a run was cut off which then passed.
pub(super) fn a_record_corrects_its_run_and_never_takes_back_that_it_passed(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    let open = |name: &str| Write::BatchOpened {
        name: name.to_owned(),
        expected: vec![id("a"), id("b")],
    };
    for name in ["monday", "tuesday"] {
        let opened = vec![open(name)];
        ledger.commit(UnixTime(1), opened, Vec::new()).unwrap();
    }
    let tell = |batch: &str, record: &signet_core::run::Record| {
        let facts = json!({ "record": record, "batch": batch, "by": null });
        let event = Event::new(Kind::Unit, record.registration_id.as_str(), facts);
        ledger.commit(UnixTime(2), vec![told(batch, record)], vec![event])?;
        Ok::<_, anyhow::Error>(ledger.verify()?.entries)
    };
    let done = |batch: &str| ledger.batch(batch).unwrap().unwrap().done;
    let (cut_off, passed) = (run("r1", "a", false), run("r1", "a", true));
    assert_eq!(tell("monday", &cut_off).unwrap(), 1);
    assert_eq!(tell("monday", &cut_off).unwrap(), 1, "told again");
    assert_eq!((tell("monday", &passed).unwrap(), done("monday")), (2, 1));
    for known in [&cut_off, &passed] {
        assert_eq!(tell("monday", known).unwrap(), 2, "known already");
    }
    let failed = signet_core::run::Record {
        operator: "ann".to_owned(),
        ..cut_off
    };
    for wrong in [&failed, &run("r1", "b", true)] {
        assert!(tell("monday", wrong).unwrap_err().is::<Settled>());
    }
    assert_eq!(done("monday"), 1);

    // What went wrong is told better, and the unit's last word stays another run's.
    assert_eq!(tell("tuesday", &run("r2", "b", false)).unwrap(), 3);
    assert_eq!(tell("tuesday", &run("r3", "b", false)).unwrap(), 4);
    let better = signet_core::run::Record {
        operator: "ann".to_owned(),
        ..run("r2", "b", false)
    };
    assert_eq!(tell("tuesday", &better).unwrap(), 5);
    let units = ledger.units("tuesday").unwrap();
    assert_eq!(units[1].run.as_deref(), Some("r3"));

    // A batch that is closed stays as it was signed.
    let close = Write::BatchClosed {
        name: "tuesday".to_owned(),
    };
    ledger.commit(UnixTime(3), vec![close], Vec::new()).unwrap();
    assert!(tell("tuesday", &run("r3", "b", true)).is_err());
    assert_eq!(done("tuesday"), 0);
}

pub(super) fn a_batch_counts_its_units(source: &Source<'_>) {
    let place = source.place();
    let ledger = place.open();
    let commit = |write| ledger.commit(UnixTime(1), vec![write], Vec::new());
    let name = || "monday".to_owned();
    let opened = || Write::BatchOpened {
        name: name(),
        expected: vec![id("a"), id("b"), id("c")],
    };
    let unit = |text: &str, name: &str, passed| told("monday", &run(name, text, passed));
    let nameless = |name: &str| told("monday", &run(name, "", false));
    commit(opened()).unwrap();
    assert!(commit(opened()).is_err());
    for write in [
        unit("a", "r1", false),
        unit("a", "r2", true),
        unit("a", "r3", false),
        unit("b", "r4", false),
        unit("x", "r5", true),
        nameless("r7"),
        nameless("r8"),
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
    assert_eq!(counts, (3, 2, 1, 1, 1), "passed stays passed");
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
    assert!(commit(nameless("r9")).is_err(), "it is closed");
}
