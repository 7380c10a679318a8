//! The station's HTTP API: judged against its own document by schemathesis, its reports by openssl, and
//! what it promises about access, batches, policies and revocation.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::fs;
use std::process::Command;

use base64ct::{Base64, Encoding};
use bench::{Answer, Bench, Drive, Endpoint, csr, openssl, settings};
use serde_json::{Value, json};
use signet_core::dps::Credential;
use signet_core::run::{Outcome, Record};
use signet_core::{Explain, cert};
use signet_station::{Role, Station, add_operator, remove_operator, verify_ledger, verify_report};

/// Somebody who asks, with a token or without.
struct Asks {
    endpoint: Endpoint,
    token: Option<String>,
}

impl Asks {
    fn nobody(station: &Station) -> Self {
        Self {
            endpoint: Endpoint::relay(station),
            token: None,
        }
    }

    /// A new operator.
    fn somebody(bench: &Bench, station: &Station, name: &str, role: Role) -> Self {
        let token = add_operator(&bench.data(), name, role).unwrap();
        Self {
            endpoint: Endpoint::relay(station),
            token: Some(token.to_string()),
        }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(bearer.iter().map(|text| ("Authorization", text.as_str())));
        let body = body.map(Value::to_string).unwrap_or_default();
        let path = format!("page:/api/v1{path}");
        let answer = self.endpoint.send(method, &path, &headers, body.as_bytes());
        answer.await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", text(&answer));
        answer.json()
    }

    async fn post(&self, path: &str, body: Option<&Value>) -> Answer {
        self.send("POST", path, body).await
    }

    /// Expects a refusal with this status and code.
    async fn refused(&self, method: &str, path: &str, body: Option<&Value>, as_: (u16, &str)) {
        let answer = self.send(method, path, body).await;
        assert_eq!(answer.status, as_.0, "{path}: {}", text(&answer));
        let fault = answer.json();
        assert_eq!(fault["code"], as_.1, "{path}: {fault}");
        assert!(!fault["next"].as_str().unwrap().is_empty(), "{fault}");
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    if !signet_interop::has_python(&["schemathesis"]) {
        return;
    }
    let bench = Bench::new();
    let mut config = bench.config();
    config.test_faults = false;
    let station = Station::start(config).await.unwrap();
    // Something to look at: devices, certificates, a batch, a refusal.
    let nobody = Asks::nobody(&station);
    register(&station, &nobody.endpoint, "sn-0001", 7)
        .await
        .unwrap();
    register(&station, &nobody.endpoint, "sn-0002", 8)
        .await
        .unwrap();
    let certificates = nobody.get("/certificates").await;
    let serial = certificates["certificates"][0]["serial"].as_str().unwrap();
    let ann = Asks::somebody(&bench, &station, "ann", Role::Supervisor);
    let batch = json!({ "name": "seen", "expected": ["sn-0001", "sn-0002"] });
    assert_eq!(ann.post("/batches", Some(&batch)).await.status, 201);

    let known = |path: &str, values: &str| {
        format!("[[operations]]\ninclude-path = \"{path}\"\nparameters = {{ {values} }}\n")
    };
    let known = known("/certificates/{serial}", &format!("serial = \"{serial}\""))
        + &known(
            "/certificates/{serial}/revoke",
            &format!("serial = \"{serial}\""),
        );
    fs::write(bench.path("schemathesis.toml"), known).unwrap();
    let port = station.page().port();
    let token = ann.token.clone().unwrap();
    let folder = bench.path("");
    let run = move || {
        Command::new(signet_interop::python())
            .args(["-m", "schemathesis.cli", "run", "--checks", "all"])
            .args(["--max-examples", "25", "--seed", "5", "--no-color"])
            .arg("--continue-on-failure")
            // It judges answers, not how fast a busy machine makes up questions.
            .args([
                "--suppress-health-check",
                "too_slow",
                "--request-timeout",
                "60",
            ])
            .arg(format!("-HAuthorization: Bearer {token}"))
            .arg(format!("http://localhost:{port}/api/v1/openapi.json"))
            .current_dir(folder)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("20 selected") && said.contains("passed"),
        "it has really looked: {said}"
    );
    let verdict = verify_ledger(&bench.data()).unwrap();
    assert!(verdict.entries > 10, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_begins_with_the_first_operator() {
    let bench = Bench::new();
    let station = bench.start().await;
    let nobody = Asks::nobody(&station);
    assert_eq!(nobody.get("/status").await["you"], Value::Null);
    assert_eq!(
        nobody.post("/runs", Some(&run("r-0", "sn-0"))).await.status,
        204
    );
    let disable = "/devices/sn-1/disable";
    nobody
        .refused("POST", disable, None, (403, "api.wants-supervisor"))
        .await;
    // Another page may not even read.
    for origin in ["https://evil.example", "null"] {
        let headers = [("Origin", origin)];
        let answer = nobody
            .endpoint
            .send("GET", "page:/api/v1/status", &headers, b"");
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 403, "{}", text(&answer));
        assert!(answer.header("access-control-allow-origin").is_none());
    }

    let bob = Asks::somebody(&bench, &station, "bob", Role::Operator);
    let ann = Asks::somebody(&bench, &station, "ann", Role::Supervisor);
    let answer = nobody.send("GET", "/status", None).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate").as_deref(), Some("Bearer"));
    let own = bob.token.as_ref().unwrap();
    for wrong in ["sgn_", &own[..46], &format!("{own}x"), "sgn_ä"] {
        let asks = Asks {
            token: Some(wrong.to_owned()),
            ..Asks::nobody(&station)
        };
        asks.refused("GET", "/status", None, (401, "api.unauthorized"))
            .await;
    }
    bob.refused("POST", disable, None, (403, "api.wants-role"))
        .await;
    assert_eq!(
        bob.post("/runs", Some(&run("r-1", "sn-0"))).await.status,
        204
    );
    assert_eq!(bob.get("/status").await["you"]["name"], "bob");
    assert_eq!(ann.post(disable, None).await.status, 200);
    let entry = &bench.entries("device-disabled")[0];
    assert_eq!(entry["facts"], r#"{"by":"ann"}"#);

    // The relay, too; and a token in the other header is as good.
    let relayed = register(&station, &nobody.endpoint, "sn-2", 7).await;
    assert_eq!(relayed.unwrap_err(), "dps.unauthorized");
    let path = format!(
        "/{}/registrations/sn-2?api-version=2021-06-01",
        station.id_scope()
    );
    let headers = [("X-Signet-Token", own.as_str())];
    let answer = nobody.endpoint.send("POST", &path, &headers, b"{}").await;
    assert_eq!(answer.unwrap().status, 404, "not registered, but let in");

    remove_operator(&bench.data(), "bob").unwrap();
    bob.refused("GET", "/status", None, (401, "api.unauthorized"))
        .await;
    ann.get("/status").await;
    // Before a token opened anything, the ledger knew of it; and the export says so.
    let mut text = Vec::new();
    signet_station::export_ledger(&bench.data(), "jsonl", &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains(&own[4..]), "{text}");
    let (added, removed) = (
        bench.entries("operator-added"),
        bench.entries("operator-removed"),
    );
    let subjects = |entries: &[Value]| -> Vec<Value> {
        entries.iter().map(|it| it["subject"].clone()).collect()
    };
    assert_eq!(subjects(&added), ["bob", "ann"]);
    assert_eq!(subjects(&removed), ["bob"]);
    assert!(
        added[1]["facts"]
            .as_str()
            .unwrap()
            .contains(r#""role":"supervisor""#)
    );
    station.stop().await;
    // And without a station at once, by the command itself.
    remove_operator(&bench.data(), "ann").unwrap();
    assert_eq!(subjects(&bench.entries("operator-removed")), ["bob", "ann"]);
    verify_ledger(&bench.data()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_disabled_and_certificates_revoked() {
    let bench = Bench::new();
    let station = bench.start().await;
    register(&station, &Endpoint::relay(&station), "sn-1", 7)
        .await
        .unwrap();
    let ann = Asks::somebody(&bench, &station, "ann", Role::Supervisor);
    let device = ann.get("/devices/SN-1").await;
    let serial = device["certificates"][0]["serial"].as_str().unwrap();
    assert_eq!(device["registration"]["assigned"], true, "{device}");
    let path = format!("/certificates/{serial}");
    let certificate = ann.get(&path).await;
    fs::write(
        bench.path("chain.pem"),
        certificate["chain"].as_str().unwrap(),
    )
    .unwrap();
    let said = openssl(&bench.path(""), "x509 -in chain.pem -noout -serial");
    assert_eq!(said.trim(), format!("serial={serial}"));

    let revoke = format!("{path}/revoke");
    let wrong = json!({ "reason": "because" });
    ann.refused("POST", &revoke, Some(&wrong), (400, "api.unreadable"))
        .await;
    for reason in ["keyCompromise", "superseded"] {
        let answer = ann.post(&revoke, Some(&json!({ "reason": reason }))).await;
        let kept = answer.json()["revoked"]["reason"].clone();
        assert_eq!(kept, "keyCompromise", "the first reason stays");
    }
    let entries = bench.entries("revoked");
    assert_eq!(entries.len(), 1);
    assert!(
        entries[0]["facts"]
            .as_str()
            .unwrap()
            .contains(r#""by":"ann""#)
    );
    assert_eq!(ann.get("/status").await["counts"]["revoked"], 1);
    for (query, count) in [
        ("revoked=true&registrationId=sn-1", 1),
        ("revoked=true&registrationId=sn-2", 0),
        ("endsBy=2020-01-01T00:00:00%2B01:00", 0),
        ("endsBy=2100-01-01T00:00:00Z", 1),
        (&format!("after={serial}"), 0),
    ] {
        let found = ann.get(&format!("/certificates?{query}")).await;
        let found = found["certificates"].as_array().unwrap();
        assert_eq!(found.len(), count, "{query}");
    }

    // One that never registered, and one that did.
    for id in ["sn-1", "sn-9"] {
        let path = format!("/devices/{id}");
        ann.post(&format!("{path}/disable"), None).await;
        assert_eq!(ann.get(&path).await["disabled"], true);
        // The device port wants no operator's token.
        let group = Credential::GroupKey(bench.group_key());
        let csr = csr(9, id);
        let mut drive = Drive::new(settings(&station, id, group), &csr);
        let refused = drive.finish(&Endpoint::device(&station)).await.unwrap_err();
        assert_eq!(refused.code(), "dps.disabled", "{refused}");
    }
    let page = ann.get("/devices?limit=1").await;
    assert_eq!(page["next"], "sn-1", "{page}");
    ann.refused("GET", "/devices/sn-77", None, (404, "api.device-unknown"))
        .await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_come_and_go() {
    let bench = Bench::new();
    let station = bench.start().await;
    let ann = Asks::somebody(&bench, &station, "ann", Role::Supervisor);
    let group = Credential::GroupKey(bench.group_key());
    let add = json!({ "name": "short", "validityDays": 2 });
    let last = "/policies/default?force=true";
    ann.refused("DELETE", last, None, (409, "api.policy-last"))
        .await;
    assert_eq!(ann.post("/policies", Some(&add)).await.status, 201);
    ann.refused("POST", "/policies", Some(&add), (409, "api.policy-exists"))
        .await;
    for wrong in [
        json!({ "name": "root", "validityDays": 2 }),
        json!({ "name": "../up", "validityDays": 2 }),
        json!({ "name": "long", "validityDays": 91 }),
        json!({ "name": "more", "validityDays": 2, "key": "x" }),
    ] {
        ann.refused("POST", "/policies", Some(&wrong), (400, "api.unreadable"))
            .await;
    }
    let bundle = ann.send("GET", "/authorities?format=pem", None).await;
    assert_eq!(text(&bundle).matches("BEGIN CERTIFICATE").count(), 3);
    fs::write(bench.path("all.pem"), &bundle.body).unwrap();
    let authorities = ann.get("/authorities").await;
    let issuing = authorities["issuing"].as_array().unwrap();
    let short = issuing.iter().find(|it| it["policy"] == "short").unwrap();
    fs::write(bench.path("short.pem"), short["pem"].as_str().unwrap()).unwrap();
    let said = openssl(
        &bench.path(""),
        "verify -x509_strict -CAfile all.pem short.pem",
    );
    assert!(said.contains("OK"), "{said}");

    // An operation that has begun ends with its policy.
    let device = Endpoint::device(&station);
    let csr = csr(7, "sn-1");
    let mut drive = Drive::new(settings(&station, "sn-1", group), &csr);
    drive.first(&device).await;
    let in_use = (409, "api.policy-in-use");
    ann.refused("DELETE", "/policies/default", None, in_use)
        .await;
    let answer = ann.send("DELETE", last, None).await;
    assert_eq!(answer.status, 204, "{}", text(&answer));
    assert!(!bench.data().join("ca/default.key").exists());
    assert!(drive.finish(&device).await.is_err());
    assert_eq!(bench.issued(), 0);
    ann.refused("DELETE", last, None, (404, "api.policy-unknown"))
        .await;
    assert_eq!(bench.entries("policy-added").len(), 1);
    assert_eq!(bench.entries("policy-deleted").len(), 1);

    // As the folder says it, so it is after the next start.
    station.stop().await;
    let station = bench.start().await;
    let names = |status: &Value| status["policies"].clone();
    let ann = Asks {
        endpoint: Endpoint::relay(&station),
        ..ann
    };
    let status = ann.get("/status").await;
    assert_eq!(
        names(&status),
        json!([{ "name": "short", "validityDays": 2 }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_reported_and_openssl_agrees() {
    let bench = Bench::new();
    let station = bench.start().await;
    let endpoint = Endpoint::relay(&station);
    let leaf = register(&station, &endpoint, "sn-1", 7).await.unwrap();
    let leaf = cert::Summary::from_der(&leaf).unwrap();
    let ann = Asks::somebody(&bench, &station, "ann", Role::Supervisor);
    let batch = json!({ "name": "lot-1", "expected": ["sn-1", "sn-2", "sn-3"] });
    assert_eq!(ann.post("/batches", Some(&batch)).await.status, 201);
    ann.refused("POST", "/batches", Some(&batch), (409, "api.batch-exists"))
        .await;

    let mut passed = run("r-1", "sn-1");
    passed["record"]["leaf"] = json!({
        "subject": "CN=sn-1", "issuer": "", "serial": leaf.serial, "sha1": "", "sha256": "",
        "not_before": 0, "not_after": 0, "root_sha256": "",
    });
    let mut failed = run("r-2", "sn-2");
    failed["record"]["outcome"] = json!("fail");
    for report in [&mut passed, &mut failed] {
        report["batch"] = json!("lot-1");
        // Twice: the page cannot know whether the first arrived.
        for _ in 0..2 {
            assert_eq!(ann.post("/runs", Some(report)).await.status, 204);
        }
    }
    assert_eq!(bench.entries("unit").len(), 2);
    // What passed does not fail afterwards.
    let mut late = run("r-1", "sn-1");
    late["record"]["outcome"] = json!("fail");
    let settled = (409, "api.run-settled");
    ann.refused("POST", "/runs", Some(&late), settled).await;
    // A board that failed before it had a name is in the ledger, once, and no unit of the batch.
    let mut nameless = run("r-0", "");
    nameless["batch"] = json!("lot-1");
    let no_name = (400, "api.unreadable");
    ann.refused("POST", "/runs", Some(&nameless), no_name).await;
    nameless["record"]["outcome"] = json!("fail");
    for _ in 0..2 {
        assert_eq!(ann.post("/runs", Some(&nameless)).await.status, 204);
    }
    let entries = bench.entries("unit");
    assert_eq!((entries.len(), &entries[2]["subject"]), (3, &json!("r-0")));
    let found = ann.get("/ledger?subject=r-0").await;
    assert_eq!(found["entries"].as_array().unwrap().len(), 1, "{found}");
    let mut wrong = run("r-3", "sn-3");
    wrong["batch"] = json!("lot-2");
    let unknown = (404, "api.batch-unknown");
    ann.refused("POST", "/runs", Some(&wrong), unknown).await;
    wrong["record"]["chain"] = json!(["-----BEGIN PRIVATE KEY-----"]);
    let key = (400, "api.private-key");
    ann.refused("POST", "/runs", Some(&wrong), key).await;
    wrong["record"]["chain"] = json!(["A".repeat(70_000)]);
    let large = (413, "api.body-too-large");
    ann.refused("POST", "/runs", Some(&wrong), large).await;

    assert_eq!(ann.post("/batches/lot-1/close", None).await.status, 200);
    let closed = (409, "api.batch-closed");
    ann.refused("POST", "/batches/lot-1/close", None, closed)
        .await;
    wrong["record"]["chain"] = json!([]);
    wrong["batch"] = json!("lot-1");
    ann.refused("POST", "/runs", Some(&wrong), closed).await;
    assert_eq!(ann.post("/runs", Some(&passed)).await.status, 204, "known");

    let signed = ann.get("/batches/lot-1/report").await;
    let report: Value = serde_json::from_str(signed["report"].as_str().unwrap()).unwrap();
    let counts = ["done", "failed", "remaining"].map(|name| report["batch"][name].clone());
    assert_eq!(counts, [1, 1, 1]);
    let unit = &report["units"][0]["certificate"];
    assert_eq!(
        (&unit["serial"], &unit["issuedHere"]),
        (&json!(leaf.serial), &json!(true))
    );

    // As the document says it.
    let folder = bench.path("");
    let part = |name: &str| signed[name].as_str().unwrap().to_owned();
    fs::write(bench.path("report.json"), part("report")).unwrap();
    let signature = Base64::decode_vec(&part("signature")).unwrap();
    fs::write(bench.path("report.sig"), signature).unwrap();
    fs::write(bench.path("report.pem"), part("certificate")).unwrap();
    openssl(
        &folder,
        "verify -x509_strict -CAfile data/ca/root.pem report.pem",
    );
    openssl(
        &folder,
        "x509 -in report.pem -pubkey -noout -out report.pub",
    );
    let digest = "dgst -sha384 -verify report.pub -signature report.sig report.json";
    assert!(openssl(&folder, digest).contains("Verified OK"));

    let (file, root) = (bench.path("signed.json"), bench.data().join("ca/root.pem"));
    fs::write(&file, signed.to_string()).unwrap();
    let said = verify_report(&file, &root).unwrap();
    assert!(
        said.starts_with("genuine batch=lot-1 done=1 failed=1"),
        "{said}"
    );
    fs::write(&file, signed.to_string().replace("r-2", "r-9")).unwrap();
    let said = format!("{:#}", verify_report(&file, &root).unwrap_err());
    assert!(said.contains("not what was signed"), "{said}");
    fs::write(&file, signed.to_string()).unwrap();
    let other = station.tls_root();
    let said = format!("{:#}", verify_report(&file, &other).unwrap_err());
    assert!(said.contains("not from this root"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_shown_whole() {
    let bench = Bench::new();
    let station = bench.start().await;
    let nobody = Asks::nobody(&station);
    for number in 0..1_003 {
        let report = run(&format!("r-{number}"), &format!("sn-{}", number % 7));
        assert_eq!(nobody.post("/runs", Some(&report)).await.status, 204);
    }
    let verdict = nobody.get("/ledger/verify").await;
    assert_eq!(
        (&verdict["sound"], &verdict["entries"]),
        (&json!(true), &json!(1_004))
    );
    let page = nobody.get("/ledger?after=1000&limit=3").await;
    assert_eq!(page["next"], 1_003);
    let page = nobody.get("/ledger?after=1000&limit=1000").await;
    assert_eq!(
        (&page["next"], page["entries"].as_array().unwrap().len()),
        (&Value::Null, 4)
    );
    let page = nobody.get("/ledger?subject=sn-3&limit=1000").await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 143);
    for format in ["jsonl", "csv"] {
        let path = format!("/ledger/export?format={format}");
        let answer = nobody.send("GET", &path, None).await;
        let mut own = Vec::new();
        signet_station::export_ledger(&bench.data(), format, &mut own).unwrap();
        assert_eq!(answer.body, own, "{format}");
        assert!(
            answer
                .header("content-disposition")
                .unwrap()
                .contains(format)
        );
    }
    let head = nobody.get("/status").await["ledger"].clone();
    assert_eq!(head, json!({ "seq": 1_004, "hash": verdict["head"] }));
}

/// Registers with a CSR; gives the DER of the certificate, or the code of the error.
async fn register(
    station: &Station,
    endpoint: &Endpoint,
    id: &str,
    seed: u8,
) -> Result<Vec<u8>, &'static str> {
    let mut drive = Drive::new(settings(station, id, Credential::Relay), &csr(seed, id));
    let assignment = drive.finish(endpoint).await;
    assignment
        .map(|mut assignment| assignment.chain.remove(0))
        .map_err(|error| error.code())
}

/// What a page tells of a unit that passed.
fn run(run: &str, id: &str) -> Value {
    let record = Record {
        version: 1,
        run: run.to_owned(),
        registration_id: id.to_owned(),
        outcome: Outcome::Pass,
        ..Record::default()
    };
    json!({ "record": record })
}
