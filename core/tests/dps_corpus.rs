//! Answers of a DPS, as files: `STATUS-code.of.error[-what].json`, or `STATUS-assigned`, `-assigning`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use signet_core::dps::{
    API_VERSION, Credential, Input, Output, Registration, RegistrationId, Settings,
};
use signet_core::http::Response;
use signet_core::{Explain, Now};

#[test]
fn each_answer_means_what_its_file_name_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/dps");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|kind| kind != "json") {
            continue;
        }
        let (status, expected) = name.split_once('-').unwrap();
        let expected = expected.split('+').next().unwrap();
        let body = fs::read(&path).unwrap();
        let output = meaning(status.parse().unwrap(), body);
        let found = match &output {
            Output::Assigned(_) => "assigned",
            Output::Assigning { .. } => "assigning",
            Output::Failed(error) => error.code(),
            Output::WaitUntil(_) => "retried",
            Output::Idle | Output::Request(_) => "ignored",
        };
        assert_eq!(found, expected, "{name}: {output:?}");
        if let Output::Failed(error) = output {
            let shown = error.to_string();
            assert!(shown.ends_with('.') && shown.len() < 700, "{name}: {shown}");
            assert!(!shown.chars().any(char::is_control), "{name}: {shown:?}");
        }
        count += 1;
    }
    assert!(count >= 30, "only {count} answers");
}

#[test]
fn an_endless_body_is_not_parsed() {
    let body = vec![b' '; signet_core::http::BODY_LIMIT + 1];
    let Output::Failed(error) = meaning(200, body) else {
        panic!("not refused")
    };
    assert_eq!(error.code(), "dps.body-too-large");
}

#[test]
fn every_cut_of_a_good_answer_is_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/dps/200-assigned.json");
    let whole = fs::read(path).unwrap();
    let end = whole.trim_ascii_end().len();
    for length in 0..end {
        let output = meaning(200, whole[..length].to_vec());
        assert!(matches!(output, Output::Failed(_)), "{length}: {output:?}");
    }
}

fn meaning(status: u16, body: Vec<u8>) -> Output {
    let settings = Settings {
        id_scope: "0ne00ABCDEF".to_owned(),
        registration_id: RegistrationId::new("dev-0001").unwrap(),
        api_version: API_VERSION.to_owned(),
        credential: Credential::Relay,
    };
    let mut registration = Registration::resume(settings, "op-0", Now::default());
    assert!(matches!(registration.poll(), Output::Request(_)));
    let response = Response {
        status,
        body,
        ..Response::default()
    };
    registration.handle(Now::default(), Input::Response(&response));
    registration.poll()
}
