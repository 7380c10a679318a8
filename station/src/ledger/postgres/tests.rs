use serde_json::json;
use signet_interop::postgres::Postgres as Server;

use super::*;
use crate::ledger::Ledger;
use crate::ledger::tests::{certificate, record};

/// A unit that registers and gets its certificate, as two jobs.
fn unit(name: &str, serial: &str) -> [Job; 2] {
    let mut done = record(name, "op");
    done.version = 1;
    let (certificate, issued) = certificate(name, "op", serial);
    let registered = Event::new(Kind::Registered, name, json!({}));
    [
        Job::new(
            vec![Write::Registration(record(name, "op"))],
            vec![registered],
        ),
        Job::new(
            vec![Write::Certificate(certificate), Write::Registration(done)],
            vec![issued],
        ),
    ]
}

/// The jobs of a number of units: first all that register, then all that issue.
fn line(from: usize, to: usize) -> [Vec<Job>; 2] {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for n in from..to {
        let [one, other] = unit(&format!("u-{n}"), &format!("{n:04X}"));
        first.push(one);
        second.push(other);
    }
    [first, second]
}

#[test]
fn many_are_written_together_and_each_stands_alone() {
    let Some(server) = Server::start().unwrap() else {
        return;
    };
    let url: LedgerUrl = server.database("bulk").unwrap().parse().unwrap();
    let ledger = Ledger::connect(&url).unwrap();
    let address = Arc::new(Address::of(&url).unwrap());
    let mut scribe = Scribe {
        seat: Seat::new(&address),
    };

    // In the few statements, without a second try.
    for jobs in line(0, 40) {
        assert!(bulk::fits(&jobs));
        scribe.begin().unwrap();
        let written = scribe.seat.held(|session| bulk::write(session, &jobs));
        written.unwrap();
        scribe.end("COMMIT").unwrap();
    }
    let sound = ledger.verify().unwrap();
    assert_eq!((sound.entries, sound.certificates), (80, 40));

    // One was overtaken, one has a serial number that was given, one brings a new authority in vain.
    let [mut first, mut second] = line(40, 50);
    first.insert(3, unit("u-1", "FF01").into_iter().next().unwrap());
    second.insert(3, unit("u-2", "0003").into_iter().nth(1).unwrap());
    let (mut stray, event) = certificate("u-4", "other", "0004");
    stray.chain.push(b"a new root".to_vec());
    second.insert(4, Job::new(vec![Write::Certificate(stray)], vec![event]));
    for (jobs, wrong) in [(&mut first, 3..4), (&mut second, 3..5)] {
        let results = scribe.write(jobs).unwrap();
        for (n, result) in results.iter().enumerate() {
            assert_eq!(result.is_err(), wrong.contains(&n), "{n}: {result:?}");
        }
    }
    // What was taken back is not remembered as being there.
    let (mut fine, event) = certificate("u-5", "other", "F005");
    fine.chain.push(b"a new root".to_vec());
    let mut jobs = [Job::new(vec![Write::Certificate(fine)], vec![event])];
    assert!(scribe.write(&mut jobs).unwrap().iter().all(Result::is_ok));

    // Another kind among them, in one transaction all the same.
    let [mut first, _] = line(50, 55);
    let id = RegistrationId::new("u-50").unwrap();
    let disabled = Write::Disabled { id, disabled: true };
    let event = Event::new(Kind::Disabled, "u-50", json!({}));
    first.push(Job::new(vec![disabled], vec![event]));
    assert!(!bulk::fits(&first));
    assert!(scribe.write(&mut first).unwrap().iter().all(Result::is_ok));
    let sound = ledger.verify().unwrap();
    assert_eq!((sound.entries, sound.certificates), (80 + 20 + 1 + 6, 51));
}

/// Another station holds the right to append for longer than this one waits.
#[test]
fn who_has_waited_in_vain_writes_the_next_time() {
    let Some(server) = Server::start().unwrap() else {
        return;
    };
    let url: LedgerUrl = server.database("wait").unwrap().parse().unwrap();
    let ledger = Ledger::connect(&url).unwrap();
    let address = Arc::new(Address::of(&url).unwrap());
    let scribe = || Scribe {
        seat: Seat::new(&address),
    };
    let (mut other, mut own) = (scribe(), scribe());
    other.begin().unwrap();
    let short = |session: &mut Session| session.run("SET lock_timeout = '1ms'");
    own.seat.ask(&short).unwrap();
    let [mut jobs, _] = line(0, 2);
    assert!(own.write(&mut jobs).is_err());
    other.end("COMMIT").unwrap();
    for result in own.write(&mut jobs).unwrap() {
        result.unwrap();
    }
    assert_eq!(ledger.verify().unwrap().entries, 2);
}
