//! Microsoft's device client for Node, unmodified, against our station.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64, Encoding};
use bench::{Bench, openssl};
use serde_json::{Value, json};
use signet_core::dps::device_key;
use signet_station::Station;
use signet_station::config::Enroll;

#[tokio::test(flavor = "multi_thread")]
async fn symmetric_keys() {
    let Some(script) = script() else { return };
    let bench = Bench::new();
    signet_station::enroll(&bench.data(), &enroll("alone-1")).unwrap();
    let station = bench.start().await;

    let own = bench.symmetric_key("alone-1");
    let result = register(&script, &station, "alone-1", &json!({ "key": own }));
    assert_assigned(&result, "alone-1");

    // A device of the group, with the key that somebody derived for it.
    let derived = Base64::encode_string(&device_key(&bench.group_key(), "sn-0001"));
    let result = register(&script, &station, "sn-0001", &json!({ "key": derived }));
    assert_assigned(&result, "sn-0001");

    // Another device's key, and another kind of key, are refused as the service refuses them.
    for (id, key) in [
        ("sn-0002", &derived),
        ("alone-1", &derived),
        ("sn-0001", &own),
    ] {
        let result = register(&script, &station, id, &json!({ "key": key }));
        assert_eq!(result["status"], 401, "{result}");
        let body: Value = serde_json::from_str(result["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["errorCode"], 401_002, "{body}");
    }
    assert_eq!(bench.issued(), 0, "this client sends no CSR");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates() {
    let Some(script) = script() else { return };
    let bench = Bench::new();
    let folder = bench.path("");
    let p256 = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc";
    let p384 = "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc";
    let rsa = "-newkey rsa:2048 -noenc";
    openssl(
        &folder,
        &format!("req -x509 {p256} -keyout own.key -out own.pem -subj /CN=own-1"),
    );
    openssl(
        &folder,
        &format!("req -x509 {p256} -keyout odd.key -out odd.pem -subj /CN=own-1"),
    );
    std::fs::write(
        bench.path("leaf.cnf"),
        "basicConstraints=critical,CA:FALSE\n",
    )
    .unwrap();
    for (ca, key, leaf_key) in [
        ("fab", p384, p256),
        ("old", rsa, rsa),
        ("stranger", p256, p256),
    ] {
        let root = format!("req -x509 {key} -keyout {ca}.key -out {ca}.pem -subj /CN={ca}");
        openssl(&folder, &root);
        let subject = format!("-subj /CN={ca}-dev");
        let request = format!("req {leaf_key} -keyout {ca}-dev.key -out {ca}-dev.csr {subject}");
        openssl(&folder, &request);
        let sign = format!("x509 -req -in {ca}-dev.csr -CA {ca}.pem -CAkey {ca}.key -days 2");
        openssl(
            &folder,
            &format!("{sign} -extfile leaf.cnf -out {ca}-dev.pem"),
        );
    }
    let with = |name: &str, group: bool, file: &str| Enroll {
        group,
        certificate: Some(bench.path(file)),
        ..enroll(name)
    };
    for entry in [
        with("own-1", false, "own.pem"),
        with("fab", true, "fab.pem"),
        with("old", true, "old.pem"),
    ] {
        signet_station::enroll(&bench.data(), &entry).unwrap();
    }
    let station = bench.start().await;
    let present = |id: &str, name: &str| {
        let (cert, key) = (
            bench.path(&format!("{name}.pem")),
            bench.path(&format!("{name}.key")),
        );
        register(
            &script,
            &station,
            id,
            &json!({ "cert": cert, "certKey": key }),
        )
    };

    assert_assigned(&present("own-1", "own"), "own-1");
    assert_assigned(&present("fab-dev", "fab-dev"), "fab-dev");
    assert_assigned(&present("old-dev", "old-dev"), "old-dev");
    for (id, name, words) in [
        ("own-1", "odd", "Invalid certificate"),
        ("own-2", "own", "Invalid certificate"),
        ("fab-other", "fab-dev", "Invalid certificate"),
        ("stranger-dev", "stranger-dev", "CA certificate not found"),
    ] {
        let result = present(id, name);
        assert_eq!(result["status"], 401, "{id} {name}: {result}");
        assert!(
            result["body"].as_str().unwrap().contains(words),
            "{id} {name}: {result}"
        );
    }
}

fn assert_assigned(result: &Value, id: &str) {
    let state = &result["result"];
    assert_eq!(state["status"], "assigned", "{result}");
    assert_eq!(state["registrationId"], id, "{result}");
    assert_eq!(state["deviceId"], id, "{result}");
    assert_eq!(state["assignedHub"], "practice-hub.invalid", "{result}");
}

fn enroll(name: &str) -> Enroll {
    Enroll {
        name: name.to_owned(),
        policy: Some("default".to_owned()),
        ..Enroll::default()
    }
}

fn register(script: &Path, station: &Station, id: &str, credential: &Value) -> Value {
    let mut task = json!({
        "port": station.device().port(),
        "idScope": station.id_scope(),
        "registrationId": id,
    });
    let fields = task.as_object_mut().unwrap();
    fields.extend(credential.as_object().unwrap().clone());
    let output = Command::new("node")
        .arg(script)
        .arg(task.to_string())
        .env("NODE_EXTRA_CA_CERTS", station.tls_root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// The script, if Microsoft's packages are installed beside it.
fn script() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node");
    if folder
        .join("node_modules/azure-iot-provisioning-device-http")
        .is_dir()
    {
        return Some(folder.join("dps-azure.mjs"));
    }
    let missing = "tests/node/node_modules is absent; run `npm ci --ignore-scripts` in tests/node";
    assert!(
        std::env::var_os("SIGNET_REQUIRE_PEERS").is_none_or(|v| v != "1"),
        "{missing}"
    );
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(std::io::stderr(), "skipped: {missing}");
    None
}
