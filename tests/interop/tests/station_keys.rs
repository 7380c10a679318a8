//! The keys of the station's authorities, sealed or in a token, with openssl, SoftHSM and OpenSC as judges.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "common/softhsm.rs"]
mod softhsm;

use std::fs;
use std::path::Path;

use base64ct::{Base64, Encoding};
use bench::{Bench, Drive, Endpoint, csr, openssl, settings};
use signet_core::Explain;
use signet_core::dps::Credential;
use signet_station::{
    KeyAccess, Role, SecretFrom, Station, TokenPlace, add_operator, init_with, protect,
    verify_report,
};
use softhsm::Hsm;

const TOKEN: &str = "factory";
const PIN: &str = "837465";

#[test]
fn openssl_opens_what_a_secret_seals() {
    let bench = Bench::new();
    let folder = bench.path("");
    let passphrase = passphrase_file(&bench, "first", "correct horse battery staple\n");
    fs::write(bench.path("second"), [0xa5; 40]).unwrap();
    let key_file = SecretFrom {
        passphrase_file: None,
        key_file: Some(bench.path("second")),
    };
    let encoded = Base64::encode_string(&[0xa5; 40]);

    protect(&bench.data(), &passphrase, &SecretFrom::default()).unwrap();
    same_key(&folder, "root", "file:first");
    same_key(&folder, "default", "file:first");
    protect(&bench.data(), &passphrase, &key_file).unwrap();
    same_key(&folder, "root", &format!("pass:{encoded}"));
    let shape = openssl(&folder, "asn1parse -in data/ca/root.key");
    for part in [
        "PBES2",
        "PBKDF2",
        "hmacWithSHA256",
        "aes-256-cbc",
        ":0927C0",
    ] {
        assert!(shape.contains(part), "no {part} in {shape}");
    }

    // One that is sealed from the beginning.
    fs::remove_dir_all(bench.data()).unwrap();
    init_with(&bench.data(), &access(&passphrase), None).unwrap();
    same_key(&folder, "root", "file:first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_root_from_openssl_is_opened() {
    let bench = Bench::new();
    let folder = bench.path("");
    let passphrase = passphrase_file(&bench, "first", "open-sesame");
    let new = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -aes-256-cbc";
    let root = "req -x509 -new -key data/ca/root.key -passin file:first -sha384 -subj /CN=own \
                -addext keyUsage=critical,keyCertSign,cRLSign -out data/ca/root.pem";
    for kdf in ["pbkdf2", "scrypt"] {
        openssl(
            &folder,
            &format!("{new} -pass file:first -out data/ca/root.key"),
        );
        if kdf == "scrypt" {
            let sealed = "pkcs8 -topk8 -scrypt -passin file:first -passout pass:open-sesame";
            let sealed = format!("{sealed} -in data/ca/root.key -out scrypt.key");
            openssl(&folder, &sealed);
            fs::rename(bench.path("scrypt.key"), bench.path("data/ca/root.key")).unwrap();
        }
        openssl(&folder, root);
        // Its issuing authority is made at the start, and the chain holds.
        for name in ["default.key", "default.pem"] {
            fs::remove_file(bench.data().join("ca").join(name)).unwrap();
        }
        // A ledger belongs to one root.
        for name in ["ledger.db", "ledger.db-shm", "ledger.db-wal"] {
            let _ = fs::remove_file(bench.data().join(name));
        }
        let mut config = bench.config();
        config.keys = access(&passphrase);
        let station = Station::start(config).await.unwrap();
        register(&bench, &station, &format!("sn-{kdf}")).await;
        station.stop().await;
        same_key(&folder, "default", "file:first");
    }

    let refused = async |secret: &SecretFrom| {
        let mut config = bench.config();
        config.keys = access(secret);
        let error = Station::start(config).await.unwrap_err();
        format!("{error:#}")
    };
    let said = refused(&SecretFrom::default()).await;
    assert!(
        said.contains("root.key") && said.contains("STATION_PASSPHRASE"),
        "{said}"
    );
    let said = refused(&passphrase_file(&bench, "wrong", "open-barley")).await;
    assert!(said.contains("the secret does not open it"), "{said}");
    fs::copy(
        bench.path("data/ca/default.key"),
        bench.path("data/ca/root.key"),
    )
    .unwrap();
    let said = refused(&passphrase).await;
    assert!(
        said.contains("root.pem") && said.contains("for another key"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_signs_for_the_authorities() {
    if let Some(hsm) = Hsm::around() {
        return inside_the_token(&hsm).await;
    }
    let Some(hsm) = Hsm::new(TOKEN, PIN) else {
        return;
    };
    let said = hsm.run_inside("a_token_signs_for_the_authorities", Some(PIN));
    assert!(said.contains(" token-session-lost "), "{said}");

    let keys = hsm.tool(&format!(
        "--login --pin {PIN} --list-objects --type privkey"
    ));
    let labels: Vec<&str> = keys
        .lines()
        .filter(|line| line.contains("label:"))
        .collect();
    assert_eq!(
        labels.len(),
        4,
        "root, default, short, batch_report: {keys}"
    );
    let access = "sensitive, always sensitive, never extractable";
    assert_eq!(keys.matches(access).count(), 4, "{keys}");
    let public = hsm.tool(&format!("--login --pin {PIN} --list-objects --type pubkey"));
    assert_eq!(public.matches("EC_POINT 384 bits").count(), 4, "{public}");
}

/// What the program with the token does: all that a station does with its keys.
async fn inside_the_token(hsm: &Hsm) {
    let bench = Bench::new();
    let module = &hsm.module;
    fs::remove_dir_all(bench.data()).unwrap();
    let refused = TokenPlace::new(module.clone(), "elsewhere").unwrap();
    let refused = init_with(&bench.data(), &KeyAccess::default(), Some(&refused)).unwrap_err();
    assert!(
        format!("{refused:#}").contains(TOKEN),
        "the tokens that are there: {refused:#}"
    );
    let place = TokenPlace::new(module.clone(), TOKEN).unwrap();
    init_with(&bench.data(), &KeyAccess::default(), Some(&place)).unwrap();
    assert!(init_with(&bench.data(), &KeyAccess::default(), Some(&place)).is_err());

    let station = bench.start().await;
    register(&bench, &station, "sn-token").await;
    // Somebody else in this program ends the module, and with it all sessions.
    hsm.end_sessions();
    register(&bench, &station, "sn-session-lost").await;
    // The token is away for a while: what cannot be signed is not issued, and then it is.
    let issued = bench.issued();
    hsm.pull();
    let away = settings(&station, "sn-away", Credential::Relay);
    let mut drive = Drive::new(away, &csr(7, "sn-away"));
    let error = drive.finish(&Endpoint::relay(&station)).await.unwrap_err();
    assert_eq!(error.code(), "dps.service-down", "{error}");
    assert_eq!(bench.issued(), issued);
    hsm.plug();
    register(&bench, &station, "sn-away").await;
    assert_eq!(bench.issued(), issued + 1);
    station.stop().await;
    assert!(!bench.data().join("ca/root.key").exists());
    assert!(!bench.data().join("ca/default.key").exists());

    let description = bench.data().join("station.json");
    let text = fs::read_to_string(&description).unwrap();
    assert!(
        text.contains("\"kind\": \"pkcs11\"") && !text.contains(PIN),
        "{text}"
    );
    let policy = r#""policies": [{ "name": "short", "validityDays": 1 },"#;
    fs::write(&description, text.replace("\"policies\": [", policy)).unwrap();
    fs::write(bench.path("pin"), "000000\n").unwrap();
    let mut config = bench.config();
    config.keys.pin_file = Some(bench.path("pin"));
    let refused = Station::start(config.clone()).await.unwrap_err();
    assert!(
        format!("{refused:#}").contains("the PIN is wrong"),
        "{refused:#}"
    );
    fs::write(bench.path("pin"), PIN).unwrap();
    let station = Station::start(config).await.unwrap();
    register(&bench, &station, "sn-again").await;
    through_the_api(&bench, &station).await;
    station.stop().await;
    let short = "verify -x509_strict -CAfile data/ca/root.pem data/ca/short.pem";
    assert!(openssl(&bench.path(""), short).contains("short.pem: OK"));
}

/// A policy that comes and goes, and a report: their keys are in the token, too.
async fn through_the_api(bench: &Bench, station: &Station) {
    let token = add_operator(&bench.data(), "ann", Role::Supervisor).unwrap();
    let (endpoint, bearer) = (Endpoint::relay(station), format!("Bearer {}", *token));
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let ask = async |method: &str, path: &str, body: &str| {
        let path = format!("page:/api/v1/{path}");
        let answer = endpoint
            .send(method, &path, &headers, body.as_bytes())
            .await;
        let answer = answer.unwrap();
        (answer.status, answer.body)
    };
    let week = r#"{"name":"week","validityDays":7}"#;
    assert_eq!(ask("POST", "policies", week).await.0, 201);
    assert_eq!(ask("POST", "policies", week).await.0, 409);
    assert_eq!(ask("DELETE", "policies/week", "").await.0, 204);
    assert_eq!(
        ask("POST", "policies", week).await.0,
        201,
        "its key is gone"
    );
    assert_eq!(ask("DELETE", "policies/week", "").await.0, 204);
    let batch = r#"{"name":"lot","expected":["sn-1"]}"#;
    assert_eq!(ask("POST", "batches", batch).await.0, 201);
    let (status, report) = ask("GET", "batches/lot/report", "").await;
    assert_eq!(status, 200);
    fs::write(bench.path("report.json"), report).unwrap();
    let root = bench.data().join("ca/root.pem");
    let said = verify_report(&bench.path("report.json"), &root).unwrap();
    assert!(said.starts_with("genuine batch=lot"), "{said}");
}

/// Registers a device, and has openssl judge the chain.
async fn register(bench: &Bench, station: &Station, id: &str) {
    let mut drive = Drive::new(settings(station, id, Credential::Relay), &csr(7, id));
    let assignment = drive.finish(&Endpoint::relay(station)).await.unwrap();
    assert_eq!(assignment.chain.len(), 3);
    let folder = bench.path("");
    for (name, der) in ["leaf", "issuing", "root"].iter().zip(&assignment.chain) {
        fs::write(bench.path(&format!("{name}.der")), der).unwrap();
        let convert = format!("x509 -inform DER -in {name}.der -out {name}.pem");
        openssl(&folder, &convert);
    }
    let verify = "verify -x509_strict -purpose sslclient -CAfile root.pem -untrusted issuing.pem";
    assert!(openssl(&folder, &format!("{verify} leaf.pem")).contains("leaf.pem: OK"));
}

/// Opens a key of an authority with openssl, and compares it with the certificate.
fn same_key(folder: &Path, name: &str, passin: &str) {
    let key = format!("pkey -in data/ca/{name}.key -passin {passin} -pubout");
    let certificate = format!("x509 -in data/ca/{name}.pem -noout -pubkey");
    assert_eq!(openssl(folder, &key), openssl(folder, &certificate));
}

fn passphrase_file(bench: &Bench, name: &str, text: &str) -> SecretFrom {
    fs::write(bench.path(name), text).unwrap();
    SecretFrom {
        passphrase_file: Some(bench.path(name)),
        key_file: None,
    }
}

fn access(secret: &SecretFrom) -> KeyAccess {
    KeyAccess {
        secret: secret.clone(),
        pin_file: None,
    }
}
