//! One board from plug-in to PASS, and everything that can come in between: a reload at every stage, an
//! unplug at any byte, a deaf journal, a wrong board, a cloud in trouble.
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "run/bench.rs"]
mod bench;
mod common;

use bench::{Bench, MAC, Stop, accepted, asks, code, disabled, refusal, relay};
use serde_json::json;
use signet_boards::EspRom;
use signet_core::http::Method;
use signet_core::run::{Command, Decision, Input, Issuance, Outcome, Record, Run, Stage, Verdict};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn passed(run: &Run, stop: Stop) -> &Record {
    assert_eq!(stop, Stop::Card(Verdict::Pass), "{:?}", run.card());
    assert_eq!(run.card().fault, None, "a PASS has nothing to complain of");
    run.record().unwrap()
}

fn failed<'a>(run: &'a Run, stop: Stop, expected: &str) -> &'a Record {
    assert_eq!(stop, Stop::Card(Verdict::Fail), "{:?}", run.card());
    assert_eq!(code(run), expected);
    run.record().unwrap()
}

/// A line on which one board has passed.
fn finished() -> Bench {
    let mut bench = Bench::new();
    let (run, stop) = bench.go();
    passed(&run, stop);
    bench
}

#[test]
fn passes_and_is_left_alone_afterwards() {
    let mut bench = Bench::new();
    let (run, stop) = bench.go();
    let first = passed(&run, stop).clone();
    assert_eq!(first.registration_id, "sn-7cdfa1000001");
    assert_eq!(
        (first.issuance, first.earlier),
        (Issuance::Issued, Issuance::None)
    );
    assert_eq!(first.chain.len(), 3);
    assert_eq!(first.operation_id.as_deref(), Some("4.op.1"));
    let written = bench.partition().to_vec();

    let (run, stop) = bench.go();
    assert_eq!(stop, Stop::Card(Verdict::PassUnchanged), "{:?}", run.card());
    let second = run.record().unwrap();
    assert_eq!(second.outcome, Outcome::PassUnchanged);
    assert_eq!(bench.partition(), written);
    assert_eq!(bench.cloud.issued, 1);
    // What is known of the board goes on with it.
    let facts = |r: &Record| {
        let Record {
            chain,
            leaf,
            image_sha256,
            assigned_hub,
            operation_id,
            ..
        } = r.clone();
        (chain, leaf, image_sha256, assigned_hub, operation_id)
    };
    assert_eq!(facts(second), facts(&first));
}

#[test]
fn a_reload_at_any_stage_ends_in_a_named_state_and_issues_nothing_silently() {
    for (stage, times, reason) in [
        (Stage::Registering, 1, "run.possibly-issued"),
        (Stage::Registering, 2, "run.possibly-issued"),
        (Stage::Issued, 1, "run.issued-before"),
        (Stage::Writing, 1, "run.issued-before"),
    ] {
        let mut bench = Bench::new();
        bench.stop_after = Some((stage, times));
        let (_, stop) = bench.go();
        assert_eq!(stop, Stop::Reloaded, "{stage:?}");
        let entry = bench.journal.values().next().unwrap().clone();
        let record = entry.cut_off().unwrap();
        assert_eq!(record.outcome, Outcome::Fail);
        assert_eq!(record.fault.unwrap().code, "run.interrupted");
        assert_eq!(
            record.chain.len(),
            if reason == "run.issued-before" { 3 } else { 0 }
        );

        let before = bench.cloud.issued;
        let (mut run, stop) = bench.go();
        asks(&run, stop, Decision::IssueAgain, reason);
        assert_eq!(bench.cloud.issued, before);
        let stop = bench.say(&mut run, Command::Accept);
        let record = passed(&run, stop);
        assert_ne!(record.earlier, Issuance::None);
        let replaced = (before > 0).then(|| "01".to_owned());
        assert_eq!(record.replaces, replaced, "{stage:?}");
        assert_eq!(bench.cloud.issued, before + 1);
    }
}

#[test]
fn a_reload_after_the_proof_costs_nothing() {
    let mut bench = Bench::new();
    bench.stop_after = Some((Stage::Written, 1));
    let (_, stop) = bench.go();
    assert_eq!(stop, Stop::Reloaded);
    let record = bench.journal.values().next().unwrap().cut_off().unwrap();
    assert_eq!((record.outcome, record.fault), (Outcome::Pass, None));
    let (run, stop) = bench.go();
    assert_eq!(stop, Stop::Card(Verdict::PassUnchanged), "{:?}", run.card());
    assert_eq!(bench.cloud.issued, 1);
}

#[test]
fn a_no_leaves_the_board_and_what_is_known_of_it() {
    let mut bench = Bench::new();
    bench.stop_after = Some((Stage::Issued, 1));
    bench.go();
    let before = bench.journal.clone();
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.issued-before");
    let stop = bench.say(&mut run, Command::Abandon);
    failed(&run, stop, "run.issued-before");
    assert_eq!(bench.journal, before);
    assert_eq!(bench.cloud.issued, 1);
    assert!(bench.partition().iter().all(|byte| *byte == 0xFF));
}

#[test]
fn a_refused_second_try_still_asks_before_the_third() {
    let mut bench = Bench::new();
    bench.stop_after = Some((Stage::Issued, 1));
    bench.go();
    let (mut run, _) = bench.go();
    bench.cloud.script.push_back(refusal(401, 401_002));
    let stop = bench.say(&mut run, Command::Accept);
    let record = failed(&run, stop, "dps.unauthorized");
    assert_eq!(
        (record.issuance, record.earlier),
        (Issuance::None, Issuance::Issued)
    );
    assert_eq!(record.replaces.as_deref(), Some("01"));
    let (run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.issued-before");
}

#[test]
fn an_unplug_at_any_byte_costs_time_only() {
    // Every moment takes three signature checks, which are slow in a browser's test build.
    let step = if cfg!(target_family = "wasm") {
        293
    } else {
        29
    };
    let mut moments = 0;
    for bytes in (20..).step_by(step) {
        let mut bench = Bench::new();
        bench.board = EspRom::builder().mac(MAC).unplug_after(bytes).build();
        let mut run = bench.begin(None);
        let mut stop = bench.drive(&mut run);
        let pulled = stop == Stop::Card(Verdict::Action);
        if pulled {
            moments += 1;
            assert_eq!(code(&run), "run.unplugged", "after {bytes} bytes");
            bench.plug(&mut run);
            stop = bench.drive(&mut run);
        }
        passed(&run, stop);
        assert_eq!(bench.cloud.issued, 1, "after {bytes} bytes");
        if !bench.unplugged && !pulled {
            break; // the run has fewer bytes on the wire
        }
    }
    assert!(moments * step > 1500, "{moments}");
}

#[test]
fn another_board_in_the_middle_is_not_touched() {
    let mut bench = Bench::new();
    bench.stop_after = Some((Stage::Writing, 1));
    let mut run = bench.begin(None);
    assert_eq!(bench.drive(&mut run), Stop::Reloaded);
    bench.unplug(&mut run);
    let ours = std::mem::replace(
        &mut bench.board,
        EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, 2]).build(),
    );
    bench.plug(&mut run);
    let stop = bench.drive(&mut run);
    asks(&run, stop, Decision::Reconnect, "run.other-board");
    assert_eq!(bench.board.flash().touched(), None);
    bench.unplug(&mut run);
    bench.board = ours;
    bench.plug(&mut run);
    let stop = bench.drive(&mut run);
    passed(&run, stop);
}

#[test]
fn the_right_board_goes_on_at_an_adapter_that_stays_plugged_in() {
    let mut bench = Bench::new();
    bench.stop_after = Some((Stage::Writing, 1));
    let mut run = bench.begin(None);
    assert_eq!(bench.drive(&mut run), Stop::Reloaded);
    // The port stays open while the boards behind it change.
    let other = EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, 2]).build();
    let ours = std::mem::replace(&mut bench.board, other);
    let stop = bench.drive(&mut run);
    asks(&run, stop, Decision::Reconnect, "flash.silent");
    for _ in 0..2 {
        let stop = bench.say(&mut run, Command::Accept);
        asks(&run, stop, Decision::Reconnect, "run.other-board");
        assert_eq!(bench.board.flash().touched(), None);
    }
    bench.board = ours;
    let stop = bench.say(&mut run, Command::Accept);
    passed(&run, stop);
    assert_eq!(bench.cloud.issued, 1);
}

#[test]
fn a_name_belongs_to_one_board() {
    let mut bench = Bench::with(json!({"from": "scan", "template": "sn-{serial}"}));
    let mut run = bench.begin(Some("0001"));
    let stop = bench.drive(&mut run);
    passed(&run, stop);
    bench.board = EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, 2]).build();
    let mut run = bench.begin(Some("0001"));
    let stop = bench.drive(&mut run);
    failed(&run, stop, "run.duplicate-id");
    assert_eq!(bench.cloud.issued, 1);
    // The first board under another label is asked about.
    bench.board = EspRom::builder().mac(MAC).build();
    let mut run = bench.begin(Some("0002"));
    let stop = bench.drive(&mut run);
    asks(&run, stop, Decision::IssueAgain, "run.renamed");
}

#[test]
fn a_scanned_serial_is_for_the_board_that_was_there() {
    let mut bench = Bench::with(json!({"from": "scan", "template": "sn-{serial}"}));
    // The first board is asked about, and pulled before anybody has answered.
    let mut run = bench.begin(Some("0001"));
    let stop = bench.drive(&mut run);
    passed(&run, stop);
    bench.later = 40 * 86_400;
    let mut run = bench.begin(Some("0001"));
    let stop = bench.drive(&mut run);
    asks(&run, stop, Decision::IssueAgain, "run.expired");
    bench.unplug(&mut run);
    assert_eq!(code(&run), "run.unplugged");
    let other = EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, 2]).build();
    let ours = std::mem::replace(&mut bench.board, other);
    for _ in 0..2 {
        bench.plug(&mut run);
        let stop = bench.drive(&mut run);
        asks(&run, stop, Decision::Reconnect, "run.other-board");
        bench.unplug(&mut run);
    }
    assert_eq!(bench.board.flash().touched(), None);
    assert_eq!((bench.cloud.issued, bench.journal.len()), (1, 1));
    bench.board = ours;
    bench.plug(&mut run);
    let stop = bench.drive(&mut run);
    asks(&run, stop, Decision::IssueAgain, "run.expired");
    bench.later = 0;
    let stop = bench.say(&mut run, Command::Accept);
    assert_eq!(passed(&run, stop).registration_id, "sn-0001");
}

#[test]
fn another_board_may_take_the_place_of_one_that_names_itself() {
    let mut bench = finished();
    bench.later = 40 * 86_400;
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.expired");
    bench.later = 0;
    bench.unplug(&mut run);
    bench.board = EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, 2]).build();
    bench.plug(&mut run);
    let stop = bench.drive(&mut run);
    assert_eq!(passed(&run, stop).registration_id, "sn-7cdfa1000002");
}

#[test]
fn a_board_keeps_the_number_it_got_from_the_list() {
    let naming = json!({"from": "list", "template": "sn-{serial}", "serials": ["1", "2", "3"]});
    let mut bench = Bench::with(naming);
    bench.stop_after = Some((Stage::Registering, 2));
    let mut run = bench.begin(Some("1"));
    assert_eq!(bench.drive(&mut run), Stop::Reloaded);
    // It comes back, and is offered the next number.
    let mut run = bench.begin(Some("2"));
    let stop = bench.drive(&mut run);
    asks(&run, stop, Decision::IssueAgain, "run.possibly-issued");
    let stop = bench.say(&mut run, Command::Accept);
    assert_eq!(passed(&run, stop).registration_id, "sn-1");
    // And again, when it is finished.
    let mut run = bench.begin(Some("2"));
    let stop = bench.drive(&mut run);
    assert_eq!(stop, Stop::Card(Verdict::PassUnchanged), "{:?}", run.card());
    assert_eq!(run.record().unwrap().registration_id, "sn-1");
    // The number that was offered is for the next board.
    bench.board = EspRom::builder().mac([0x7C, 0xDF, 0xA1, 0, 0, 2]).build();
    let mut run = bench.begin(Some("2"));
    let stop = bench.drive(&mut run);
    assert_eq!(passed(&run, stop).registration_id, "sn-2");
}

#[test]
fn a_board_that_was_changed_or_has_expired_is_asked_about() {
    let mut bench = finished();
    bench.later = 40 * 86_400;
    let (run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.expired");

    let mut bench = finished();
    bench.board = EspRom::builder().mac(MAC).build();
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.changed");
    let stop = bench.say(&mut run, Command::Accept);
    assert_eq!(passed(&run, stop).replaces.as_deref(), Some("01"));
}

#[test]
fn a_board_of_another_recipe_is_no_pass_of_this_one() {
    let mut bench = finished();
    bench.amend("/endpoint/idScope", json!("0ne00000000"));
    let written = bench.partition().to_vec();
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.other-recipe");
    let before = bench.journal.clone();
    let stop = bench.say(&mut run, Command::Abandon);
    failed(&run, stop, "run.other-recipe");
    assert_eq!((bench.partition(), &bench.journal), (&*written, &before));
    assert_eq!(bench.cloud.issued, 1);

    let (mut run, _) = bench.go();
    let stop = bench.say(&mut run, Command::Accept);
    assert_eq!(passed(&run, stop).replaces.as_deref(), Some("01"));
    // Another name for the same makes no difference.
    bench.amend("/name", json!("Line 2"));
    let (run, stop) = bench.go();
    assert_eq!(stop, Stop::Card(Verdict::PassUnchanged), "{:?}", run.card());
}

#[test]
fn a_board_that_another_station_has_provisioned_is_asked_about() {
    let mut bench = finished();
    bench.journal.clear();
    let written = bench.partition().to_vec();
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.occupied");
    let stop = bench.say(&mut run, Command::Abandon);
    failed(&run, stop, "run.occupied");
    assert_eq!((bench.partition(), bench.cloud.issued), (&*written, 1));
    assert!(bench.journal.is_empty());

    let (mut run, _) = bench.go();
    let stop = bench.say(&mut run, Command::Accept);
    passed(&run, stop);
    assert_eq!(bench.cloud.issued, 2);
}

#[test]
fn a_deaf_journal_ends_the_run_before_anything_is_asked() {
    let mut bench = Bench::new();
    bench.deaf = |entry| entry.stage == Stage::Registering;
    let (run, stop) = bench.go();
    let record = failed(&run, stop, "run.journal-failed");
    assert_eq!(record.issuance, Issuance::None);
    assert!(bench.cloud.requests.is_empty());
}

#[test]
fn what_is_issued_reaches_the_board_though_the_journal_is_deaf() {
    let mut bench = Bench::new();
    bench.deaf = |entry| entry.stage != Stage::Registering;
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::SaveAgain, "run.journal-failed");
    let stop = bench.say(&mut run, Command::Accept);
    asks(&run, stop, Decision::SaveAgain, "run.journal-failed");
    bench.deaf = |_| false;
    let stop = bench.say(&mut run, Command::Accept);
    assert_eq!(passed(&run, stop).outcome, Outcome::Pass);
    assert_eq!(bench.journal.len(), 1);
}

#[test]
fn a_person_can_go_on_without_the_record() {
    let mut bench = Bench::new();
    bench.deaf = |entry| entry.stage == Stage::Ended;
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::SaveAgain, "run.journal-failed");
    run.handle(bench.now(), Input::Command(Command::Abandon));
    assert_eq!(run.card().verdict, Verdict::Pass);
}

#[test]
fn what_dps_says_of_an_accepted_request_is_no_proof_that_nothing_was_issued() {
    // 202, then nothing but trouble when it is asked about.
    for trouble in [disabled(), refusal(401, 401_002), refusal(400, 400_004)] {
        let mut bench = Bench::new();
        bench.cloud.script.push_back(accepted());
        bench.cloud.script.extend((0..40).map(|_| trouble.clone()));
        let (run, stop) = bench.go();
        let code = code(&run).to_owned();
        let record = failed(&run, stop, &code);
        assert_eq!(record.issuance, Issuance::Possible, "{code}");
        bench.cloud.script.clear();
        let (run, stop) = bench.go();
        asks(&run, stop, Decision::IssueAgain, "run.possibly-issued");
    }
}

#[test]
fn an_outage_does_not_lose_the_key_of_what_dps_has_accepted() {
    for (trouble, times, code) in [
        (None, 6, "dps.unreachable"),
        (refusal(503, 503_000), 6, "dps.service-down"),
        (refusal(429, 429_001), 6, "dps.throttled"),
        (
            relay(504, "relay.upstream-timeout"),
            6,
            "relay.upstream-timeout",
        ),
        (accepted(), 160, "dps.timed-out"),
    ] {
        let mut bench = Bench::new();
        let cut = |bench: &mut Bench| {
            let answers = (0..times).map(|_| trouble.clone());
            bench.cloud.lookups.extend(answers);
        };
        cut(&mut bench);
        let (mut run, stop) = bench.go();
        asks(&run, stop, Decision::AskAgain, code);
        // Still out.
        cut(&mut bench);
        let stop = bench.say(&mut run, Command::Accept);
        asks(&run, stop, Decision::AskAgain, code);
        // The board may come and go meanwhile.
        bench.unplug(&mut run);
        bench.plug(&mut run);
        let stop = bench.drive(&mut run);
        asks(&run, stop, Decision::AskAgain, code);
        // DPS answers again, and takes a moment, in which the board connects.
        bench.cloud.lookups = [accepted()].into();
        let stop = bench.say(&mut run, Command::Accept);
        passed(&run, stop);
        let puts = bench.cloud.requests.iter().filter(|m| **m == Method::Put);
        assert_eq!((puts.count(), bench.cloud.issued), (1, 1), "{code}");
    }
}

#[test]
fn a_board_that_is_given_up_while_dps_is_at_work_is_asked_about_next_time() {
    let mut bench = Bench::new();
    bench.cloud.lookups.extend([const { None }; 6]);
    let (mut run, stop) = bench.go();
    asks(&run, stop, Decision::AskAgain, "dps.unreachable");
    let stop = bench.say(&mut run, Command::Abandon);
    let record = failed(&run, stop, "dps.unreachable");
    assert_eq!(record.issuance, Issuance::Possible);
    let (run, stop) = bench.go();
    asks(&run, stop, Decision::IssueAgain, "run.possibly-issued");
}

#[test]
fn a_refusal_after_an_unknown_fate_is_no_proof_either() {
    for first in [None, refusal(504, 504_000)] {
        let mut bench = Bench::new();
        bench.cloud.script.extend([first, refusal(401, 401_002)]);
        let (run, stop) = bench.go();
        let record = failed(&run, stop, "dps.unauthorized");
        assert_eq!(record.issuance, Issuance::Possible);
    }
}

#[test]
fn a_plain_refusal_leaves_no_trace() {
    for (status, number) in [(401, 401_002), (400, 400_004), (429, 429_001)] {
        let mut bench = Bench::new();
        bench
            .cloud
            .script
            .extend((0..20).map(|_| refusal(status, number)));
        let (run, stop) = bench.go();
        let code = code(&run).to_owned();
        assert_eq!(failed(&run, stop, &code).issuance, Issuance::None, "{code}");
        bench.cloud.script.clear();
        let (run, stop) = bench.go();
        assert_eq!(passed(&run, stop).earlier, Issuance::None);
    }
}

#[test]
fn a_conflict_says_that_another_request_is_under_way() {
    let mut bench = Bench::new();
    bench.cloud.script.push_back(refusal(412, 412_001));
    let (run, stop) = bench.go();
    assert_eq!(
        failed(&run, stop, "dps.refused").issuance,
        Issuance::Possible
    );
}

#[test]
fn a_proved_board_cannot_be_given_up() {
    let mut bench = Bench::new();
    bench.stop_after = Some((Stage::Written, 1));
    let mut run = bench.begin(None);
    assert_eq!(bench.drive(&mut run), Stop::Reloaded);
    let stop = bench.say(&mut run, Command::Abandon);
    passed(&run, stop);
}

#[test]
fn a_chain_that_comes_while_the_board_is_on_its_way_back_is_written_without_a_question() {
    let mut bench = Bench::new();
    bench.board = EspRom::builder().mac(MAC).build();
    bench.stop_after = Some((Stage::Registering, 2));
    let mut run = bench.begin(None);
    assert_eq!(bench.drive(&mut run), Stop::Reloaded);
    // Out and in again while DPS is at work: the chain is there before the board has connected.
    bench.unplug(&mut run);
    bench.plug(&mut run);
    let stop = bench.drive(&mut run);
    passed(&run, stop);
    assert_eq!(
        bench
            .cloud
            .requests
            .iter()
            .filter(|m| **m == Method::Put)
            .count(),
        1
    );
}
