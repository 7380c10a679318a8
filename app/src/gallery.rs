//! Every state of the page on demand, for screenshots and accessibility checks: the address after `#`
//! names it, such as `#line?pass`.

use std::sync::Arc;

use leptos::prelude::*;
use signet_core::recipe::Recipe;
use signet_core::run::{Card, Decision, Outcome, Phase, Record, Timing, Verdict};
use signet_core::{Fault, UnixTime};

use crate::desk::{Desk, Kept, Line, Loaded, Origin, Stage};

const RECIPE: &str = r#"{
  "signet": 1, "name": "Thermostat 4 · line B",
  "endpoint": {"url": "https://global.azure-devices-provisioning.net",
               "idScope": "0ne00ABCDEF", "apiVersion": "2025-07-01-preview"},
  "registrationId": {"from": "scan", "template": "th4-{serial}"},
  "attestation": {"kind": "group-key"},
  "board": {"chips": ["esp32c3", "esp32s3"], "partition": "esp_secure_cert",
            "preset": {"format": "esp-secure-cert"}},
  "roots": ["cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f"],
  "issued": {"rootSha256": ["0000000000000000000000000000000000000000000000000000000000000000"],
             "validityDays": [1, 90]}
}"#;

/// Sets the desk up as the address wants it; `false` if it wants nothing.
pub(crate) fn show(desk: Desk) -> bool {
    let address = window().location().hash().unwrap_or_default();
    let Some((_, wanted)) = address.split_once('?') else {
        return false;
    };
    desk.loaded.set(Loaded::Absent);
    if wanted == "first" {
        return true;
    }
    if let Ok(recipe) = Recipe::parse(RECIPE.as_bytes()) {
        desk.loaded.set(Loaded::Ready(Line {
            recipe: Arc::new(recipe),
            origin: Origin::File,
        }));
    }
    for (name, stage, card) in states() {
        if wanted == name || (wanted == "all" && name != "decide") {
            desk.show("Espressif USB", stage, card);
        }
    }
    if !matches!(wanted, "next") {
        desk.records.set(records());
    }
    if wanted == "notice" {
        desk.refuse(&crate::desk::Refusal::ScanUsed {
            id: "th4-000123".into(),
        });
        desk.update.set(true);
    }
    true
}

fn states() -> Vec<(&'static str, Stage, Card)> {
    let board = Card {
        chip: Some("ESP32-C3".into()),
        mac: Some("7c:df:a1:00:00:01".into()),
        registration_id: Some("th4-000123".into()),
        ..Card::default()
    };
    let fault = |code: &str, what: &str, next: &str| {
        Some(Fault {
            code: code.into(),
            what: what.into(),
            next: next.into(),
        })
    };
    let running = Card {
        verdict: Verdict::Running,
        phase: Phase::Writing,
        bytes: Some((3_300, 8_192)),
        permille: 640,
        left_ms: Some(6_000),
        ..board.clone()
    };
    let decide = Card {
        verdict: Verdict::Action,
        phase: Phase::Locating,
        permille: 120,
        decision: Some(Decision::IssueAgain),
        fault: fault(
            "run.issued-before",
            "A certificate was issued for this board on 2026-11-23, and its key is gone.",
            "Ask a supervisor whether this board gets a new certificate.",
        ),
        ..board.clone()
    };
    let pass = Card {
        verdict: Verdict::Pass,
        phase: Phase::Over,
        permille: 1000,
        ..board.clone()
    };
    let fail = Card {
        verdict: Verdict::Fail,
        phase: Phase::Over,
        fault: fault(
            "chain.wrong-root",
            "The issued chain ends in a root that the recipe does not allow.",
            "Put this board aside and call an engineer: the endpoint is not the one of this line.",
        ),
        ..board
    };
    vec![
        ("running", Stage::Running, running),
        ("decide", Stage::Running, decide),
        ("pass", Stage::Over, pass),
        ("fail", Stage::Over, fail),
        ("ready", Stage::Ready, Card::default()),
    ]
}

fn records() -> Vec<Kept> {
    let now = crate::clock::utc().0;
    let record = |number: u64| Record {
        version: 1,
        run: number.to_string(),
        outcome: if number % 7 == 3 {
            Outcome::Fail
        } else {
            Outcome::Pass
        },
        recipe: "Thermostat 4 · line B".into(),
        registration_id: format!("th4-{:06}", 100 + number),
        chip: Some("ESP32-C3".into()),
        mac: Some(format!("7c:df:a1:00:00:{number:02x}")),
        started: UnixTime(now - 900 + number * 70),
        finished: UnixTime(now - 880 + number * 70),
        timings: vec![Timing {
            phase: "Writing".into(),
            ms: 14_000 + number * 137,
        }],
        fault: (number % 7 == 3).then(|| Fault {
            code: "flash.no-answer".into(),
            what: "The board did not answer.".into(),
            next: String::new(),
        }),
        ..Record::default()
    };
    let kept = (0..12).map(|number| Kept {
        record: record(number),
        practice: false,
    });
    kept.collect()
}
