//! The relay with a ledger, before another station that is the DPS: what it writes down, and when.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "relay/fake.rs"]
mod fake;
#[path = "relay/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod line;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use bench::{Answer, Bench, Drive, Endpoint, csr, settings};
use fake::{Fake, answer, identity};
use line::{Line, trouble};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signet_core::chain::LeafFacts;
use signet_core::dps::Credential;
use signet_core::run::{Outcome, Record};
use signet_core::{Explain, UnixTime};
use signet_interop::postgres::Postgres;
use signet_station::{
    LedgerPlace, Relay, Role, Station, add_operator, export_ledger, verify_ledger, verify_report,
};

const VERSION: &str = "api-version=2025-07-01-preview";

/// A DPS, and a relay before it with a ledger in the folder `line`.
async fn practice(bench: &Bench) -> (Station, Relay) {
    let station = bench.start().await;
    let relay = before(bench, &station)
        .start_with_ledger(bench, "line")
        .await;
    (station, relay)
}

fn before(bench: &Bench, station: &Station) -> Line {
    fs::write(bench.path("line.b64"), bench.symmetric_key("line")).unwrap();
    let line = Line::new(station.device(), station.id_scope(), &station.tls_root());
    line.credited("kind = \"group-key\"\nkey-file = \"line.b64\"")
}

/// The entries of the relay's own ledger: kind, and what it says.
fn written(place: impl Into<LedgerPlace>) -> Vec<(String, Value)> {
    let mut lines = Vec::new();
    export_ledger(place, "jsonl", &mut lines).unwrap();
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    lines
        .lines()
        .map(json)
        .map(|entry| {
            let facts = json(entry["facts"].as_str().unwrap());
            (entry["kind"].as_str().unwrap().to_owned(), facts)
        })
        .filter(|(kind, _)| kind != "station-started")
        .collect()
}

fn kinds(entries: &[(String, Value)]) -> Vec<&str> {
    entries.iter().map(|(kind, _)| kind.as_str()).collect()
}

async fn api(relay: &Relay, token: Option<&str>, method: &str, path: &str, body: &Value) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.iter().map(|text| ("Authorization", text.as_str())));
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let path = format!("page:/api/v1{path}");
    Endpoint::Relay(relay.page())
        .send(method, &path, &headers, body.as_bytes())
        .await
        .unwrap()
}

async fn put(relay: &Relay, scope: &str, id: &str) -> Answer {
    let path = format!("/{scope}/registrations/{id}/register?{VERSION}");
    let body = json!({ "registrationId": id }).to_string();
    Endpoint::Relay(relay.page())
        .send("PUT", &path, &[], body.as_bytes())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_service_issues_is_written_down_before_it_is_told() {
    let bench = Bench::new();
    let (station, relay) = practice(&bench).await;
    let endpoint = Endpoint::Relay(relay.page());
    let upstream = relay.upstream().to_owned();
    for id in ["sn-1", "sn-2", "sn-1"] {
        let settings = settings(&station, id, Credential::Relay);
        let got = Drive::new(settings, &csr(7, id)).finish(&endpoint).await;
        let leaf = got.unwrap().chain[0].clone();
        let entries = written(&bench.path("line"));
        let (kind, facts) = entries.last().unwrap();
        let print: String = Sha256::digest(&leaf)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            (kind.as_str(), facts["sha256"].as_str()),
            ("issued", Some(print.as_str()))
        );
        assert_eq!(facts["upstream"], upstream.as_str());
        assert!(facts["policy"].as_str().unwrap().starts_with("CN="));
        assert_eq!(facts["hub"], "practice-hub.invalid");
    }
    let entries = written(&bench.path("line"));
    assert_eq!(
        kinds(&entries),
        ["asked", "registered", "issued"].repeat(3),
        "each once, however often it was polled"
    );
    let verdict = verify_ledger(&bench.path("line")).unwrap();
    assert_eq!((verdict.entries, verdict.certificates), (10, 3));
    assert_eq!(bench.issued(), 3, "and as many at the DPS");

    let status = api(&relay, None, "GET", "/status", &Value::Null)
        .await
        .json();
    assert_eq!(status["relaysTo"], upstream.as_str());
    assert_eq!(status["idScope"], station.id_scope());
    assert_eq!(status["counts"]["registrations"], 2);
    assert_eq!(
        (&status["counts"]["valid"], &status["policies"]),
        (&json!(3), &json!([]))
    );
    let device = api(&relay, None, "GET", "/devices/sn-1", &Value::Null)
        .await
        .json();
    let registration = &device["registration"];
    assert_eq!(registration["enrollment"], upstream.as_str());
    assert_eq!(
        (&registration["assigned"], &registration["attestation"]),
        (&json!(true), &json!("symmetricKey"))
    );
    assert_eq!(device["certificates"].as_array().unwrap().len(), 2);
    // The folder is free for another program when the relay has stopped.
    relay.stop().await;
    before(&bench, &station)
        .start_with_ledger(&bench, "line")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_and_who_may_what() {
    let bench = Bench::new();
    signet_station::init(&bench.path("line")).unwrap();
    let ann = add_operator(&bench.path("line"), "ann", Role::Operator).unwrap();
    let sue = add_operator(&bench.path("line"), "sue", Role::Supervisor).unwrap();
    let (station, relay) = practice(&bench).await;
    assert_eq!(put(&relay, station.id_scope(), "sn-1").await.status, 401);
    assert!(bench.entries("registered").is_empty(), "nobody was asked");

    let batch = json!({ "name": "lot-1", "expected": ["sn-1", "sn-2"] });
    let opened = api(&relay, Some(&sue), "POST", "/batches", &batch).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let id = "sn-1";
    let path = format!(
        "/{}/registrations/{id}/register?{VERSION}",
        station.id_scope()
    );
    let body = json!({ "registrationId": id, "csr": csr(7, id).to_base64() }).to_string();
    let token = [("X-Signet-Token", ann.as_str())];
    let endpoint = Endpoint::Relay(relay.page());
    let begun = endpoint
        .send("PUT", &path, &token, body.as_bytes())
        .await
        .unwrap();
    assert_eq!(begun.status, 202);
    let operation = begun.json()["operationId"].as_str().unwrap().to_owned();
    let path = format!(
        "/{}/registrations/{id}/operations/{operation}?{VERSION}",
        station.id_scope()
    );
    let done = loop {
        let polled = endpoint
            .send("GET", &path, &token, &[])
            .await
            .unwrap()
            .json();
        if polled["status"] == "assigned" {
            break polled;
        }
    };
    assert_eq!(
        done["registrationState"]["issuedCertificateChain"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let entries = written(&bench.path("line"));
    let asked = entries.iter().find(|(kind, _)| kind == "asked").unwrap();
    assert_eq!(
        (&asked.1["by"], &asked.1["csr"]),
        (&json!("ann"), &json!(true))
    );
    let serial = entries.last().unwrap().1["serial"]
        .as_str()
        .unwrap()
        .to_owned();

    let record = Record {
        version: 1,
        run: "run-1".to_owned(),
        registration_id: id.to_owned(),
        outcome: Outcome::Pass,
        leaf: Some(leaf(&serial, &entries)),
        ..Record::default()
    };
    let run = json!({ "record": record, "batch": "lot-1" });
    let told = api(&relay, Some(&ann), "POST", "/runs", &run).await;
    assert_eq!(told.status, 204, "{}", String::from_utf8_lossy(&told.body));

    // What only the other service can do.
    let reason = json!({ "reason": "keyCompromise" });
    let policy = json!({ "name": "short", "validityDays": 7 });
    for (method, path, body, code) in [
        (
            "POST",
            format!("/certificates/{serial}/revoke"),
            &reason,
            "api.issued-elsewhere",
        ),
        ("POST", "/policies".to_owned(), &policy, "api.relays"),
        (
            "DELETE",
            "/policies/default".to_owned(),
            &Value::Null,
            "api.relays",
        ),
    ] {
        let refused = api(&relay, Some(&sue), method, &path, body).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (409, &json!(code))
        );
    }
    let report = api(
        &relay,
        Some(&sue),
        "GET",
        "/batches/lot-1/report",
        &Value::Null,
    )
    .await;
    fs::write(bench.path("report.json"), &report.body).unwrap();
    let root = bench.path("line/ca/root.pem");
    verify_report(&bench.path("report.json"), &root).unwrap();
    let report: Value = serde_json::from_str(report.json()["report"].as_str().unwrap()).unwrap();
    assert_eq!(report["idScope"], station.id_scope());
    let certificate = &report["units"][0]["certificate"];
    assert_eq!(
        (&certificate["serial"], &certificate["issuedHere"]),
        (&json!(serial), &json!(false))
    );
    // Nor by the command line.
    relay.stop().await;
    let error = signet_station::revoke(&bench.path("line"), &serial, "superseded").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("only that service can revoke it"),
        "{error:#}"
    );
}

/// As the page tells of the certificate that it wrote.
fn leaf(serial: &str, entries: &[(String, Value)]) -> LeafFacts {
    let issued = &entries.last().unwrap().1;
    LeafFacts {
        subject: "CN=sn-1".to_owned(),
        issuer: issued["policy"].as_str().unwrap().to_owned(),
        serial: serial.to_owned(),
        sha1: String::new(),
        sha256: issued["sha256"].as_str().unwrap().to_uppercase(),
        not_before: UnixTime(0),
        not_after: UnixTime(1),
        root_sha256: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_written_down_once_a_minute() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    signet_station::init(&bench.path("line")).unwrap();
    let body = r#"{"errorCode":401002,"trackingId":"t-1","message":"Unauthorized"}"#;
    let fake = Fake::start(&bench.path("server"), answer(401, "", body));
    let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
    let relay = line.start_with_ledger(&bench, "line").await;
    for _ in 0..3 {
        let refused = put(&relay, "0neA", "sn-1").await;
        assert_eq!(
            (refused.status, refused.body.as_slice()),
            (401, body.as_bytes())
        );
    }
    let entries = written(&bench.path("line"));
    assert_eq!(kinds(&entries), ["asked", "refused", "asked", "asked"]);
    let facts = &entries[1].1;
    assert_eq!(facts["code"], 401_002);
    assert_eq!(
        (&facts["message"], &facts["request"]),
        (&json!("Unauthorized"), &json!("t-1"))
    );
    let heard = String::from_utf8(fake.heard()).unwrap().to_lowercase();
    assert!(heard.contains("put /0nea") && !heard.contains("x-signet-token"));

    // A device that a supervisor has disabled is not even asked for.
    let sue = add_operator(&bench.path("line"), "sue", Role::Supervisor).unwrap();
    let disabled = api(
        &relay,
        Some(&sue),
        "POST",
        "/devices/sn-2/disable",
        &Value::Null,
    )
    .await;
    assert_eq!(disabled.status, 200);
    let before = fake.heard().len();
    let path = format!("/0neA/registrations/sn-2/register?{VERSION}");
    let token = [("X-Signet-Token", sue.as_str())];
    let endpoint = Endpoint::Relay(relay.page());
    let refused = endpoint.send("PUT", &path, &token, b"{}").await.unwrap();
    assert_eq!(
        (refused.status, trouble(&refused).as_str()),
        (403, "relay.device-disabled")
    );
    let path = format!("/0neA/registrations/sn-2?{VERSION}");
    let refused = endpoint.send("POST", &path, &token, b"{}").await.unwrap();
    assert_eq!(trouble(&refused), "relay.device-disabled");
    assert_eq!(fake.heard().len(), before);
    let entries = written(&bench.path("line"));
    assert_eq!(entries.last().unwrap().1["code"], "relay.device-disabled");
}

/// What cannot be kept, and what is no answer at all, leaves its trace and reaches the page, which judges.
#[tokio::test(flavor = "multi_thread")]
async fn strange_answers_are_written_down_as_refusals() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    signet_station::init(&bench.path("line")).unwrap();
    let assigned = |items: &str| {
        format!(
            r#"{{"operationId":"5.a","status":"assigned","registrationState":{{"deviceId":"d","assignedHub":"h","issuedCertificateChain":{items}}}}}"#
        )
    };
    let pem = fs::read_to_string(bench.path("server.pem")).unwrap();
    for (id, body, code) in [
        ("sn-1", assigned(r#"["MAA="]"#), json!("relay.chain")),
        ("sn-2", assigned(&json!([pem]).to_string()), json!("relay.chain")),
        ("sn-3", r#"{"status":7}"#.to_owned(), json!(200)),
        ("sn-4", r#"{"operationId":"5.a","status":"disabled"}"#.to_owned(), json!("disabled")),
        (
            "sn-5",
            r#"{"operationId":"5.a","status":"failed","registrationState":{"errorCode":400209,"errorMessage":"no"}}"#
                .to_owned(),
            json!(400_209),
        ),
        (
            "sn-6",
            r#"{"operationId":"5.a","status":"assigned","registrationState":{"registrationId":"sn-7"}}"#
                .to_owned(),
            json!("dps.wrong-device"),
        ),
    ] {
        let fake = Fake::start(&bench.path("server"), answer(200, "", &body));
        let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
        let relay = line.start_with_ledger(&bench, "line").await;
        let passed = put(&relay, "0neA", id).await;
        assert_eq!((passed.status, passed.body.as_slice()), (200, body.as_bytes()), "{id}");
        let entries = written(&bench.path("line"));
        let (kind, facts) = entries.last().unwrap();
        assert_eq!((kind.as_str(), &facts["code"]), ("refused", &code), "{id}: {facts}");
        relay.stop().await;
    }
    let sound = verify_ledger(&bench.path("line")).unwrap();
    assert_eq!(sound.certificates, 0);
}

/// An answer that assigns a device, with these certificates.
fn assigned(operation: Option<&str>, items: &[&str]) -> String {
    let mut answer = json!({
        "status": "assigned",
        "registrationState": {
            "deviceId": "a\u{0}b",
            "assignedHub": "h".repeat(1000),
            "issuedCertificateChain": items,
        },
    });
    if let Some(operation) = operation {
        answer["operationId"] = operation.into();
    }
    answer.to_string()
}

/// A service that names no operation, names one twice, or brings one certificate twice.
#[tokio::test(flavor = "multi_thread")]
async fn no_certificate_is_written_twice_and_none_is_lost() {
    let bench = Bench::new();
    signet_station::init(&bench.path("line")).unwrap();
    let mut chains = Vec::new();
    for name in ["one", "two"] {
        fs::create_dir(bench.path(name)).unwrap();
        identity(&bench.path(name), "server", "localhost", 2);
        let read = |file: &str| fs::read_to_string(bench.path(name).join(file)).unwrap();
        chains.push([read("ca.pem"), read("server.pem")]);
    }
    let chain = |which: usize| chains[which].each_ref().map(String::as_str);
    let (certificates, mut last) = (
        || verify_ledger(&bench.path("line")).unwrap().certificates,
        0,
    );
    for (body, new, kind) in [
        (assigned(None, &chain(0)), 1, "issued"),
        (assigned(None, &chain(0)), 0, "asked"),
        (assigned(None, &chain(1)), 1, "issued"),
        (assigned(Some("5.a"), &chain(0)), 0, "asked"),
        (assigned(Some("not a word"), &chain(1)), 0, "asked"),
    ] {
        let fake = Fake::start(&bench.path("one/server"), answer(200, "", &body));
        let line = Line::new(fake.address, "0neA", &bench.path("one/ca.pem"));
        let relay = line.start_with_ledger(&bench, "line").await;
        let passed = put(&relay, "0neA", "sn-1").await;
        assert_eq!(
            (passed.status, passed.body.as_slice()),
            (200, body.as_bytes())
        );
        relay.stop().await;
        let entries = written(&bench.path("line"));
        assert_eq!(entries.last().unwrap().0, kind, "{body}");
        last += new;
        assert_eq!(certificates(), last, "{body}");
        let hub = entries
            .iter()
            .filter_map(|(_, facts)| facts["hub"].as_str());
        assert!(hub.clone().count() > 0 && hub.into_iter().all(|hub| hub.len() == 300));
    }
    // A second certificate of one operation passes, and leaves its fingerprint.
    let mut fingerprints = Vec::new();
    signet_station::init(&bench.path("other")).unwrap();
    for which in [0, 1] {
        let fake = Fake::start(
            &bench.path("one/server"),
            answer(200, "", &assigned(Some("5.a"), &chain(which))),
        );
        let line = Line::new(fake.address, "0neA", &bench.path("one/ca.pem"));
        let relay = line.start_with_ledger(&bench, "other").await;
        assert_eq!(put(&relay, "0neA", "sn-2").await.status, 200);
        relay.stop().await;
        let (kind, facts) = written(&bench.path("other")).pop().unwrap();
        fingerprints.push((kind, facts["code"].clone(), facts["sha256"].clone()));
    }
    assert_eq!(fingerprints[0].0, "issued");
    assert_eq!(
        (fingerprints[1].0.as_str(), &fingerprints[1].1),
        ("refused", &json!("relay.chain"))
    );
    assert!(fingerprints[1].2.is_string() && fingerprints[1].2 != fingerprints[0].2);
}

/// Of a request that may have reached the service, nobody knows what came of it; of one that cannot have, all do.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_off_leaves_the_outcome_unknown() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    signet_station::init(&bench.path("line")).unwrap();
    let cut = vec![(0, b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{".to_vec())];
    let fake = Fake::start(&bench.path("server"), cut);
    // A port that was let go a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    for (upstream, code, outcome) in [
        (fake.address, "relay.upstream-cut", json!("unknown")),
        (nobody.unwrap(), "relay.upstream-unreachable", Value::Null),
    ] {
        let line = Line::new(upstream, "0neA", &bench.path("ca.pem"));
        let relay = line.start_with_ledger(&bench, "line").await;
        let answer = put(&relay, "0neA", "sn-1").await;
        assert_eq!(trouble(&answer), code);
        relay.stop().await;
        let (kind, facts) = written(&bench.path("line")).pop().unwrap();
        assert_eq!((kind.as_str(), &facts["code"]), ("refused", &json!(code)));
        assert_eq!(facts["outcome"], outcome, "{code}");
    }
}

/// A folder that a relay used before knows devices of another service. They are not this one's.
#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_dps_does_not_answer_for_another_service() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    let fake = Fake::start(&bench.path("server"), answer(200, "", &assigned(None, &[])));
    let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
    let relay = line.start_with_ledger(&bench, "data").await;
    assert_eq!(put(&relay, "0neA", "sn-1").await.status, 200);
    relay.stop().await;
    assert!(kinds(&written(&bench.data())).contains(&"registered"));

    let station = bench.start().await;
    let endpoint = Endpoint::relay(&station);
    let lookup = format!(
        "/{}/registrations/sn-1?api-version=2021-06-01",
        station.id_scope()
    );
    let looked = async || endpoint.send("POST", &lookup, &[], b"{}").await.unwrap();
    assert_eq!(looked().await.status, 404);
    let settings = settings(&station, "sn-1", Credential::Relay);
    let own = Drive::new(settings, &csr(7, "sn-1"))
        .finish(&endpoint)
        .await;
    own.unwrap();
    assert_eq!(looked().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_own_credential_passes_beside_its_token() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    signet_station::init(&bench.path("line")).unwrap();
    let ann = add_operator(&bench.path("line"), "ann", Role::Operator).unwrap();
    let fake = Fake::start(&bench.path("server"), answer(401, "", "{}"));
    let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
    let relay = line.start_with_ledger(&bench, "line").await;
    let endpoint = Endpoint::Relay(relay.page());
    let path = format!("/0neA/registrations/sn-1/register?{VERSION}");
    let own = ("Authorization", "SharedAccessSignature sr=of-the-page");
    let bearer = format!("Bearer {}", ann.as_str());
    for headers in [
        vec![own, ("X-Signet-Token", ann.as_str())],
        vec![("Authorization", bearer.as_str())],
    ] {
        let answer = endpoint.send("PUT", &path, &headers, b"{}").await.unwrap();
        assert_eq!((answer.status, trouble(&answer).as_str()), (401, ""));
    }
    assert_eq!(
        endpoint
            .send("PUT", &path, &[own], b"{}")
            .await
            .unwrap()
            .status,
        401
    );
    let heard = String::from_utf8(fake.heard()).unwrap();
    assert_eq!(
        heard.matches("PUT ").count(),
        2,
        "the third had no token: {heard}"
    );
    assert_eq!(
        heard
            .matches("SharedAccessSignature sr=of-the-page")
            .count(),
        1
    );
    assert!(
        !heard.contains("sgn_") && !heard.contains("Bearer"),
        "{heard}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_at_a_time_for_each_device() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    signet_station::init(&bench.path("line")).unwrap();
    let mut script = answer(202, "", r#"{"operationId":"5.a","status":"assigning"}"#);
    script[0].0 = 1500;
    let fake = Fake::start(&bench.path("server"), script);
    let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
    let relay = line.start_with_ledger(&bench, "line").await;
    let later = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        put(&relay, "0neA", "sn-1").await
    };
    let (first, same, other) = tokio::join!(
        put(&relay, "0neA", "sn-1"),
        later,
        put(&relay, "0neA", "sn-2")
    );
    assert_eq!((first.status, other.status), (202, 202));
    assert_eq!((same.status, trouble(&same).as_str()), (503, "relay.busy"));
    let entries = written(&bench.path("line"));
    let count = |kind: &str| entries.iter().filter(|(it, _)| it == kind).count();
    assert_eq!((count("asked"), count("registered")), (2, 2));
}

/// Two stations of one line before one DPS, with one ledger: the same boards at both at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn two_relays_share_a_ledger() {
    let Some(server) = Postgres::start().unwrap() else {
        return;
    };
    let url: signet_station::LedgerUrl = server.database("line").unwrap().parse().unwrap();
    let bench = Bench::new();
    let station = bench.start().await;
    signet_station::init(&bench.path("one")).unwrap();
    copied(&bench.path("one"), &bench.path("two"));
    let mut relays = Vec::new();
    for name in ["one", "two"] {
        let mut serve = before(&bench, &station).kept(&bench, name);
        serve.ledger = Some((&url).into());
        relays.push(Relay::start_with_ledger(serve).await.unwrap());
    }
    let register = |relay: &Relay, id: String| {
        let (endpoint, settings) = (
            Endpoint::Relay(relay.page()),
            settings(&station, &id, Credential::Relay),
        );
        async move { Drive::new(settings, &csr(7, &id)).finish(&endpoint).await }
    };
    for count in 0..8 {
        let id = format!("sn-{count}");
        let (one, two) = tokio::join!(register(&relays[0], id.clone()), register(&relays[1], id));
        for (name, got) in [("one", one), ("two", two)] {
            // Who came second while the first was at work has waited, or was told.
            if let Err(error) = got {
                let code = error.code();
                assert!(
                    matches!(code, "relay.busy" | "dps.operation-gone" | "dps.refused"),
                    "{name}: {error}"
                );
            }
        }
    }
    let place = url.clone();
    let sound = tokio::task::spawn_blocking(move || verify_ledger(&place))
        .await
        .unwrap()
        .unwrap();
    let issued = bench.issued();
    assert!(issued >= 8, "{issued}");
    assert_eq!(
        sound.certificates,
        u64::try_from(issued).unwrap(),
        "every one is in the line's ledger"
    );
}

fn copied(from: &PathBuf, to: &PathBuf) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
