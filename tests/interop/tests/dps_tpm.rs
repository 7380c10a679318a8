//! Devices that a TPM proves. The TPM is swtpm: what it activates, imports and signs with is what
//! the station made. The clients are tpm2-tools, step by step, and Microsoft's own for Node.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "tpm/device.rs"]
mod device;
#[path = "tpm/simulator.rs"]
mod simulator;

use std::path::Path;
use std::process::Command;

use base64ct::{Base64, Encoding};
use bench::{Answer, Bench, Endpoint, csr, now};
use device::{EK, IDENTITY, Tpm};
use serde_json::{Value, json};
use signet_core::UnixTime;
use signet_interop::skip;
use signet_station::Station;
use signet_station::config::Enroll;

const ID: &str = "tpm-1";

#[tokio::test(flavor = "multi_thread")]
async fn a_tpm_registers() {
    if !device::tools() {
        return;
    }
    let (bench, tpm) = (Bench::new(), Tpm::start().with_storage_root());
    enroll(&bench, &tpm);
    let station = bench.start().await;
    let line = Line::new(&station);

    let challenge = line.register(None, Some(&keys(&tpm, &tpm)), None).await;
    assert_eq!(challenge.status, 401);
    let challenge = challenge.json();
    assert_eq!(challenge["keyName"], "registration");
    tpm.activate(text(&challenge["authenticationKey"])).unwrap();
    let token = line.token(&tpm);
    // With a request to sign, so that it gets its certificate too.
    let request = csr(7, ID).to_base64();
    let body = Some(keys(&tpm, &tpm));
    let begun = line
        .register(Some(&token), body.as_ref(), Some(&request))
        .await;
    assert_eq!(begun.status, 202, "{:?}", begun.json());
    let assigned = line.finish(&token, &begun).await;
    let state = &assigned["registrationState"];
    assert_eq!(state["status"], "assigned", "{assigned}");
    assert_eq!(state["deviceId"], ID);
    assert_eq!(state["issuedCertificateChain"].as_array().unwrap().len(), 3);

    // The second blob holds another key, which the TPM takes as well.
    let first = tpm.hmac("key.ctx", "same words");
    tpm.activate(text(&state["tpm"]["authenticationKey"]))
        .unwrap();
    assert_ne!(tpm.hmac("key.ctx", "same words"), first);

    let registered = bench.entries("registered");
    let facts: Value = serde_json::from_str(text(&registered[0]["facts"])).unwrap();
    assert_eq!(facts["attestation"], "tpm");
    assert!(bench.entries("refused").is_empty(), "a challenge is none");
    // Of the keys nothing is on the disk.
    station.stop().await;
    let station = bench.start().await;
    let again = Line::new(&station).register(Some(&token), None, None).await;
    assert_refused(&again, 401, 401_002);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_refused() {
    if !device::tools() {
        return;
    }
    let bench = Bench::new();
    let (own, other) = (
        Tpm::start().with_storage_root(),
        Tpm::start().with_storage_root(),
    );
    enroll(&bench, &own);
    let station = bench.start().await;
    let line = Line::new(&station);

    // Another TPM, with whatever of the keys is its own.
    for shown in [keys(&other, &other), keys(&other, &own)] {
        let refused = line.register(None, Some(&shown), None).await;
        assert_refused(&refused, 401, 401_002);
    }
    let refused = line.register(None, None, None).await;
    assert_refused(&refused, 401, 401_002);

    // The device's own endorsement key, which is no secret, and another TPM's storage root key: the
    // answer is of no use to either.
    let stolen = line.register(None, Some(&keys(&own, &other)), None).await;
    let blob = text(&stolen.json()["authenticationKey"]).to_owned();
    for tpm in [&own, &other] {
        let said = tpm.activate(&blob).unwrap_err();
        assert!(
            said.contains("integrity") || said.contains("Activate"),
            "{said}"
        );
    }

    // Keys that cannot be read or cannot serve.
    let (ek, srk) = (own.read("ek.pub"), own.read("srk.pub"));
    own.run("createprimary -Q -C o -G ecc -c ecc.ctx");
    own.run("readpublic -Q -c ecc.ctx -o ecc.pub");
    own.run("flushcontext -t");
    let encode = Base64::encode_string;
    for (ek, srk) in [
        (encode(&ek[..ek.len() - 1]), encode(&srk)),
        (encode(&ek[..20]), encode(&srk)),
        ("not base64!".to_owned(), encode(&srk)),
        (encode(&srk), encode(&srk)),
        (encode(&ek), encode(&ek)),
        (encode(&ek), own.text("ecc.pub")),
        (encode(&ek), String::new()),
        (encode(&ek), "A".repeat(50_000)),
    ] {
        let shown = json!({ "endorsementKey": ek, "storageRootKey": srk });
        let refused = line.register(None, Some(&shown), None).await;
        assert_refused(&refused, 400, 400_004);
    }
    assert_eq!(bench.entries("registered").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_challenge_is_over() {
    if !device::tools() {
        return;
    }
    let (bench, tpm) = (Bench::new(), Tpm::start().with_storage_root());
    enroll(&bench, &tpm);
    let station = bench.start().await;
    let line = Line::new(&station);
    let shown = keys(&tpm, &tpm);
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let challenge = line.register(None, Some(&shown), None).await.json();
        tpm.activate(text(&challenge["authenticationKey"])).unwrap();
        tokens.push(line.token(&tpm));
    }
    // The key of a challenge is for the keys that were shown then.
    let other = Tpm::start().with_storage_root();
    let mixed = keys(&tpm, &other);
    let refused = line.register(Some(&tokens[1]), Some(&mixed), None).await;
    assert_refused(&refused, 401, 401_002);

    let begun = line.register(Some(&tokens[1]), Some(&shown), None).await;
    assert_eq!(begun.status, 202);
    let refused = line.register(Some(&tokens[0]), Some(&shown), None).await;
    assert_refused(&refused, 401, 401_002);
    // A group's key, or nothing, does not speak for it either.
    let foreign = bench.group_key();
    let signed = signet_core::dps::sas_token(
        station.id_scope(),
        ID,
        &signet_core::dps::device_key(&foreign, ID),
        UnixTime(now().utc.0 + 600),
    );
    let refused = line.register(Some(&signed), Some(&shown), None).await;
    assert_refused(&refused, 401, 401_002);
    let assigned = line.finish(&tokens[1], &begun).await;
    assert_eq!(assigned["status"], "assigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn microsofts_client_registers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node");
    if !device::tools() {
        return;
    }
    if !folder.join("node_modules/azure-iot-security-tpm").is_dir() {
        skip(
            "tests/node/node_modules lacks azure-iot-security-tpm; run `npm ci --ignore-scripts` in tests/node",
        );
        return;
    }
    // The client makes the storage root key itself.
    let (bench, tpm) = (Bench::new(), Tpm::start());
    enroll(&bench, &tpm);
    let station = bench.start().await;
    let task = json!({
        "port": station.device().port(),
        "idScope": station.id_scope(),
        "registrationId": ID,
        "tpmPort": simulator::serve(tpm.port),
    });
    let root = station.tls_root();
    let run = move || {
        Command::new("node")
            .arg(folder.join("dps-tpm.mjs"))
            .arg(task.to_string())
            .env("NODE_EXTRA_CA_CERTS", root)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let state = &result["result"]["registrationState"];
    assert_eq!(state["status"], "assigned", "{result} {said}");
    assert_eq!(state["deviceId"], ID, "{result}");
    // It has left the hub's key in the TPM, ready to sign.
    assert_eq!(tpm.hmac(IDENTITY, "words").len(), 32);
    tpm.run(&format!("readpublic -c {EK}"));
}

/// The two legs of a registration over HTTPS.
struct Line {
    endpoint: Endpoint,
    id_scope: String,
}

impl Line {
    fn new(station: &Station) -> Self {
        Self {
            endpoint: Endpoint::device(station),
            id_scope: station.id_scope().to_owned(),
        }
    }

    async fn register(
        &self,
        token: Option<&str>,
        tpm: Option<&Value>,
        csr: Option<&str>,
    ) -> Answer {
        let mut body = json!({ "registrationId": ID });
        for (name, value) in [("tpm", tpm.cloned()), ("csr", csr.map(Value::from))] {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        let body = body.to_string();
        self.ask("PUT", "register", token, body.as_bytes()).await
    }

    async fn finish(&self, token: &str, begun: &Answer) -> Value {
        let begun = begun.json();
        let path = format!("operations/{}", text(&begun["operationId"]));
        loop {
            let answer = self.ask("GET", &path, Some(token), b"").await;
            if answer.status != 202 {
                return answer.json();
            }
        }
    }

    async fn ask(&self, method: &str, what: &str, token: Option<&str>, body: &[u8]) -> Answer {
        let scope = &self.id_scope;
        let path = format!("/{scope}/registrations/{ID}/{what}?api-version=2025-07-01-preview");
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(token.map(|token| ("Authorization", token)));
        self.endpoint
            .send(method, &path, &headers, body)
            .await
            .unwrap()
    }

    /// Signed by the TPM, with the key that it has activated last.
    fn token(&self, tpm: &Tpm) -> String {
        let resource = format!("{}%2Fregistrations%2F{ID}", self.id_scope);
        let expiry = now().utc.0 + 600;
        let signature = tpm.hmac("key.ctx", &format!("{resource}\n{expiry}"));
        let signature = Base64::encode_string(&signature)
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn=registration")
    }
}

fn enroll(bench: &Bench, tpm: &Tpm) {
    let entry = Enroll {
        name: ID.to_owned(),
        policy: Some("default".to_owned()),
        endorsement_key: Some(tpm.path("ek.pub").display().to_string()),
        ..Enroll::default()
    };
    signet_station::enroll(&bench.data(), &entry).unwrap();
    // As text it is the same, and for a group it is none.
    let entry = Enroll {
        endorsement_key: Some(tpm.text("ek.pub")),
        ..entry
    };
    signet_station::enroll(&bench.data(), &entry).unwrap();
    let group = Enroll {
        group: true,
        ..entry
    };
    assert!(signet_station::enroll(&bench.data(), &group).is_err());
}

/// The endorsement key of one and the storage root key of the other.
fn keys(ek: &Tpm, srk: &Tpm) -> Value {
    json!({ "endorsementKey": ek.text("ek.pub"), "storageRootKey": srk.text("srk.pub") })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: u32) {
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["errorCode"]),
        (status, &json!(code)),
        "{body}"
    );
    assert!(body.get("authenticationKey").is_none(), "{body}");
}
