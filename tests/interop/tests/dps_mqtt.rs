//! Microsoft's clients, unmodified, over MQTT and MQTT over WebSocket; and the practice hub.
//!
//! The Python client has its ports built in (8883, and 443 for WebSocket), so each test has a
//! loopback address of its own.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64, Encoding};
use bench::{Bench, certificate, csr, key, openssl, operational};
use serde_json::{Value, json};
use signet_core::dps::device_key;
use signet_station::Station;
use signet_station::config::Enroll;

/// A station on the ports of the service, at an address that only this test uses.
async fn station(bench: &Bench, address: &str, hub: &str) -> Option<Station> {
    let mut config = bench.config();
    config.device_address = address.parse::<IpAddr>().unwrap();
    config.device_names.push(address.to_owned());
    (config.device_port, config.mqtt_port) = (443, 8883);
    hub.clone_into(&mut config.hub);
    match Station::start(config).await {
        Ok(station) => Some(station),
        Err(error) => {
            signet_interop::skip(&format!("port 443 or 8883 of {address}: {error:#}"));
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn python_registers_with_keys_and_certificates() {
    if !signet_interop::has_python(&["azure.iot.device"]) {
        return;
    }
    let bench = Bench::new();
    certificate(&bench, "own-1");
    let own = Enroll {
        certificate: Some(bench.path("own-1.pem")),
        ..enroll("own-1")
    };
    signet_station::enroll(&bench.data(), &own).unwrap();
    signet_station::enroll(&bench.data(), &enroll("alone-1")).unwrap();
    let Some(station) = station(&bench, "127.0.8.1", "practice-hub.invalid").await else {
        return;
    };
    let derived = Base64::encode_string(&device_key(&bench.group_key(), "sn-0001"));
    let own = bench.symmetric_key("alone-1");
    let (cert, cert_key) = (bench.path("own-1.pem"), bench.path("own-1.key"));
    for websocket in [false, true] {
        for (id, credential) in [
            ("sn-0001", json!({ "key": derived })),
            ("alone-1", json!({ "key": own })),
            ("own-1", json!({ "cert": cert, "certKey": cert_key })),
        ] {
            let result = python(&station, "127.0.8.1", websocket, id, &credential);
            let state = &result["result"];
            assert_eq!(state["status"], "assigned", "{id} {websocket}: {result}");
            assert_eq!(state["deviceId"], id, "{result}");
            assert_eq!(state["assignedHub"], "practice-hub.invalid", "{result}");
        }
        let refused = python(
            &station,
            "127.0.8.1",
            websocket,
            "sn-0002",
            &json!({ "key": derived }),
        );
        assert_eq!(refused["error"], "CredentialError", "{refused}");
    }
    assert_eq!(bench.entries("registered").len(), 6);
    let codes: Vec<_> = bench
        .entries("refused")
        .iter()
        .map(|e| e["subject"].clone())
        .collect();
    assert_eq!(
        codes,
        ["sn-0002"],
        "the same refusal is noted once a minute"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn node_registers_with_keys_and_certificates() {
    let Some(script) = script() else { return };
    let bench = Bench::new();
    certificate(&bench, "own-1");
    let own = Enroll {
        certificate: Some(bench.path("own-1.pem")),
        ..enroll("own-1")
    };
    signet_station::enroll(&bench.data(), &own).unwrap();
    let host = "127.0.8.3";
    let Some(station) = station(&bench, host, "practice-hub.invalid").await else {
        return;
    };
    let derived = Base64::encode_string(&device_key(&bench.group_key(), "sn-0001"));
    let (cert, cert_key) = (bench.path("own-1.pem"), bench.path("own-1.key"));
    for websocket in [false, true] {
        for (id, credential) in [
            ("sn-0001", json!({ "key": derived })),
            ("own-1", json!({ "cert": cert, "certKey": cert_key })),
        ] {
            let mut task = json!({
                "host": host,
                "websocket": websocket,
                "idScope": station.id_scope(),
                "registrationId": id,
            });
            let fields = task.as_object_mut().unwrap();
            fields.extend(credential.as_object().unwrap().clone());
            let result = node(&script, &station, &task);
            let state = &result["result"];
            assert_eq!(state["status"], "assigned", "{id} {websocket}: {result}");
            assert_eq!(state["deviceId"], id, "{result}");
        }
        let task = json!({
            "host": host,
            "websocket": websocket,
            "idScope": station.id_scope(),
            "registrationId": "sn-0002",
            "key": derived,
        });
        let refused = node(&script, &station, &task);
        let text = refused["text"].as_str().unwrap();
        assert!(text.contains("Not authorized"), "{refused}");
    }
}

/// What the service promises at the end: the issued certificate lets the device into its hub, by
/// Microsoft's own device clients, and no longer once it is revoked.
#[tokio::test(flavor = "multi_thread")]
async fn the_issued_certificate_opens_the_hub() {
    let Some(script) = script() else { return };
    if !signet_interop::has_python(&["azure.iot.device"]) {
        return;
    }
    let bench = Bench::new();
    let hub = "127.0.8.2";
    let Some(running) = station(&bench, hub, hub).await else {
        return;
    };
    let serial = operational(&bench, &running, "sn-0001", 7).await;
    operational(&bench, &running, "sn-0002", 8).await;
    let enter = |station: &Station, device: &str, name: &str| {
        let (cert, cert_key) = (
            bench.path(&format!("{name}.pem")),
            bench.path(&format!("{name}.key")),
        );
        let hub = json!({ "host": hub, "deviceId": device, "cert": cert, "certKey": cert_key });
        let by_python = run_python(&json!({ "root": station.tls_root(), "hub": hub }));
        let by_node = node(&script, station, &json!({ "hub": hub }));
        assert_eq!(
            by_python["result"]["connected"] == true,
            by_node["connected"] == true,
            "the clients differ: {by_python} {by_node}"
        );
        by_python
    };
    let entered = enter(&running, "sn-0001", "sn-0001");
    assert_eq!(entered["result"]["connected"], true, "{entered}");
    let reported = &entered["result"]["reported"]["certificate"];
    assert_eq!(reported["validUntil"], "2026-12-31T00:00:00Z", "{entered}");

    certificate(&bench, "stranger");
    for (device, name) in [
        ("sn-0001", "sn-0002"),
        ("sn-0001", "stranger"),
        ("sn-9", "sn-0001"),
    ] {
        let refused = enter(&running, device, name);
        assert_eq!(
            refused["error"], "CredentialError",
            "{device} {name}: {refused}"
        );
    }
    // Without the issuing certificate the hub cannot build the chain, as Azure's cannot.
    let chain = std::fs::read_to_string(bench.path("sn-0001.pem")).unwrap();
    let leaf = chain
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .unwrap();
    std::fs::write(bench.path("bare.pem"), leaf).unwrap();
    std::fs::copy(bench.path("sn-0001.key"), bench.path("bare.key")).unwrap();
    assert_eq!(
        enter(&running, "sn-0001", "bare")["error"],
        "CredentialError"
    );

    running.stop().await;
    assert!(signet_station::revoke(&bench.data(), "00", "keyCompromise").is_err());
    assert!(signet_station::revoke(&bench.data(), &serial, "because").is_err());
    signet_station::revoke(&bench.data(), &serial, "keyCompromise").unwrap();
    let Some(running) = station(&bench, hub, hub).await else {
        return;
    };
    assert_eq!(
        enter(&running, "sn-0001", "sn-0001")["error"],
        "CredentialError"
    );
    assert_eq!(
        enter(&running, "sn-0002", "sn-0002")["result"]["connected"],
        true
    );
    assert_eq!(bench.entries("revoked").len(), 1);
}

fn enroll(name: &str) -> Enroll {
    Enroll {
        name: name.to_owned(),
        policy: Some("default".to_owned()),
        ..Enroll::default()
    }
}

fn python(station: &Station, host: &str, websocket: bool, id: &str, credential: &Value) -> Value {
    let mut task = json!({
        "host": host,
        "root": station.tls_root(),
        "websocket": websocket,
        "idScope": station.id_scope(),
        "registrationId": id,
    });
    let fields = task.as_object_mut().unwrap();
    fields.extend(credential.as_object().unwrap().clone());
    run_python(&task)
}

fn run_python(task: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/dps_azure.py");
    let mut command = Command::new(signet_interop::python());
    said(command.arg(script).arg(task.to_string()))
}

fn node(script: &Path, station: &Station, task: &Value) -> Value {
    let mut command = Command::new("node");
    command.env("NODE_EXTRA_CA_CERTS", station.tls_root());
    said(command.arg(script).arg(task.to_string()))
}

fn said(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// The script, if Microsoft's packages are installed beside it.
fn script() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node");
    if folder
        .join("node_modules/azure-iot-provisioning-device-mqtt")
        .is_dir()
    {
        return Some(folder.join("dps-mqtt.mjs"));
    }
    signet_interop::skip(
        "tests/node/node_modules is absent; run `npm ci --ignore-scripts` in tests/node",
    );
    None
}

/// A registration with a CSR over MQTT, then a renewal at the hub with what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_sign_and_its_renewal() {
    if !signet_interop::has_python(&["paho.mqtt.client"]) {
        return;
    }
    let bench = Bench::new();
    let mut config = bench.config();
    config.assigning_polls = 0;
    config.hub = "hub.example".to_owned();
    let station = Station::start(config).await.unwrap();
    let id = "sn-0001";
    let (first, second) = (csr(7, id), csr(8, id));
    let scope = station.id_scope();
    let group = device_key(&bench.group_key(), id);
    let token =
        signet_core::dps::sas_token(scope, id, &group, signet_core::UnixTime(4_000_000_000));
    let user = format!("{scope}/registrations/{id}/api-version=2026-11-02-preview&ClientVersion=x");
    let login = json!({
        "host": "localhost", "port": station.mqtt().port(), "root": station.tls_root(),
        "clientId": id, "userName": user, "password": token,
        "subscribe": "$dps/registrations/res/#",
    });
    let register = json!({ "topic": "$dps/registrations/PUT/iotdps-register/?$rid=1", "answers": 1,
        "payload": { "registrationId": id, "csr": first.to_base64() } });
    let begun = mqtt(&login, &[&register]);
    let (topic, body) = answer(&begun, 0, 0);
    assert_eq!(
        topic, "$dps/registrations/res/202/?$rid=1&retry-after=1",
        "{begun}"
    );
    let operation = body["operationId"].as_str().unwrap();
    let query = "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=";
    let poll = json!({ "topic": format!("{query}{operation}"), "payload": " ", "answers": 1 });
    let done = mqtt(&login, &[&poll]);
    let (topic, body) = answer(&done, 0, 0);
    assert_eq!(topic, "$dps/registrations/res/200/?$rid=2", "{done}");
    let state = &body["registrationState"];
    assert_eq!(state["connectionProfile"], "Classic", "{done}");
    keep_chain(&bench, &state["issuedCertificateChain"], "first");
    std::fs::write(bench.path("first.key"), key(7).to_pkcs8_pem()).unwrap();

    let enter = |name: &str| {
        json!({
            "host": "localhost", "port": station.mqtt().port(), "root": station.tls_root(),
            "clientId": id, "userName": format!("hub.example/{id}/?api-version=2025-08-01-preview"),
            "cert": bench.path(&format!("{name}.pem")), "certKey": bench.path(&format!("{name}.key")),
            "subscribe": "$iothub/credentials/res/#",
        })
    };
    let renew = |rid: &str, payload: Value, answers: u32| {
        let topic = format!("$iothub/credentials/POST/issueCertificate/?$rid={rid}");
        json!({ "topic": topic, "payload": payload, "answers": answers })
    };
    let other = csr(9, "sn-0002");
    let renewed = mqtt(
        &enter("first"),
        &[
            &renew("r-01", json!({ "id": id, "csr": other.to_base64() }), 1),
            &renew(
                "r-02",
                json!({ "id": "sn-0002", "csr": second.to_base64() }),
                1,
            ),
            &renew(
                "r-03",
                json!({ "id": id, "csr": second.to_base64(), "more": 1 }),
                1,
            ),
            &renew(
                "r-04",
                json!({ "id": id, "csr": second.to_base64(), "replace": "r-9" }),
                1,
            ),
            &renew(
                "r-05",
                json!({ "id": id, "csr": second.to_base64(), "replace": "*" }),
                2,
            ),
        ],
    );
    for (place, code) in [400_040, 400_004, 400_006, 412_001].into_iter().enumerate() {
        let (topic, body) = answer(&renewed, place, 0);
        assert_eq!(body["errorCode"], code, "{renewed}");
        assert!(topic.contains(&format!("/{}/", code / 1000)), "{renewed}");
    }
    let (accepted, promise) = answer(&renewed, 4, 0);
    assert_eq!(
        accepted, "$iothub/credentials/res/202/?$rid=r-05",
        "{renewed}"
    );
    let (issued, body) = answer(&renewed, 4, 1);
    assert_eq!(
        issued, "$iothub/credentials/res/200/?$rid=r-05",
        "{renewed}"
    );
    assert_eq!(body["correlationId"], promise["correlationId"], "{renewed}");
    keep_chain(&bench, &body["certificates"], "second");
    std::fs::write(bench.path("second.key"), key(8).to_pkcs8_pem()).unwrap();
    assert_eq!(mqtt(&enter("second"), &[])["granted"], json!([1]));
    assert_eq!((bench.issued(), bench.entries("renewed").len()), (2, 1));

    // Topics of others are not given.
    let mut curious = enter("second");
    curious["subscribe"] = "#".into();
    assert_eq!(mqtt(&curious, &[])["granted"], json!([128]));
}

fn keep_chain(bench: &Bench, items: &Value, name: &str) {
    let items = items.as_array().unwrap();
    let der: Vec<_> = items
        .iter()
        .map(|item| Base64::decode_vec(item.as_str().unwrap()))
        .collect();
    let mut all = String::new();
    for (place, der) in der.into_iter().enumerate() {
        std::fs::write(bench.path("one.der"), der.unwrap()).unwrap();
        let folder = bench.path("");
        let pem = openssl(&folder, "x509 -inform DER -in one.der");
        std::fs::write(bench.path(&format!("{name}-{place}.pem")), &pem).unwrap();
        all.push_str(&pem);
    }
    std::fs::write(bench.path(&format!("{name}.pem")), all).unwrap();
    let verify = format!("verify -CAfile {name}-2.pem -untrusted {name}-1.pem {name}-0.pem");
    openssl(&bench.path(""), &verify);
}

fn mqtt(login: &Value, requests: &[&Value]) -> Value {
    let mut task = login.clone();
    task["requests"] = json!(requests);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/mqtt_csr.py");
    let mut command = Command::new(signet_interop::python());
    said(command.arg(script).arg(task.to_string()))
}

/// Topic and body of an answer.
fn answer(said: &Value, request: usize, place: usize) -> (String, Value) {
    let answer = &said["answers"][request][place];
    let (topic, body) = (answer[0].as_str().unwrap(), answer[1].as_str().unwrap());
    (topic.to_owned(), serde_json::from_str(body).unwrap())
}
