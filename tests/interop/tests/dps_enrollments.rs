//! Enrollments of every kind: devices that prove themselves by certificate over mutual TLS and have
//! another one issued for a CSR, and what becomes of an operation when its enrollment changes.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::fs;
use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use bench::{Bench, Drive, Endpoint, csr, key, openssl, settings};
use signet_core::Explain;
use signet_core::dps::{Assignment, Credential, Error, Hint};
use signet_station::Station;
use signet_station::config::Enroll;
use zeroize::Zeroizing;

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_its_own_certificate_gets_one_for_its_request() {
    let bench = Bench::new();
    let folder = bench.path("");
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc";
    for (name, subject) in [("own", "own-1"), ("odd", "own-1")] {
        openssl(
            &folder,
            &format!("{new} -keyout {name}.key -out {name}.pem -subj /CN={subject}"),
        );
    }
    enroll(&bench, "own-1", false, "own.pem");
    certified(&bench, "own-1", "own", 1).await;

    // The certificate decides, and it speaks for its own name only.
    let station = bench.start().await;
    for (id, name) in [("own-1", "odd"), ("own-2", "own")] {
        let refused = ask(&bench, &station, id, name).await.unwrap_err();
        assert_eq!(hint(&refused), Hint::InvalidCertificate, "{id} {name}");
    }
    assert_eq!(bench.issued(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_a_verified_authority_gets_one_through_its_intermediate() {
    let bench = Bench::new();
    fab(&bench);
    enroll(&bench, "fab", true, "fab.pem");
    certified(&bench, "fab-dev-1", "dev", 1).await;

    let station = bench.start().await;
    // Without the intermediate nobody can tell whose device it is.
    let error = ask(&bench, &station, "fab-dev-1", "alone")
        .await
        .unwrap_err();
    assert_eq!(hint(&error), Hint::CaNotFound);
    assert!(error.next_step().contains("CA"), "{}", error.next_step());
    let error = ask(&bench, &station, "fab-dev-2", "dev").await.unwrap_err();
    assert_eq!(hint(&error), Hint::InvalidCertificate);
    assert_eq!(bench.issued(), 1);
}

/// Registers with a CSR over mutual TLS, with a restart between request and answer, and has openssl
/// judge what was issued.
async fn certified(bench: &Bench, id: &str, name: &str, issued: usize) {
    let station = bench.start().await;
    let mut drive = Drive::new(settings(&station, id, Credential::Relay), &csr(7, id));
    drive.first(&device(bench, &station, name)).await;
    let operation = drive.registration.operation_id().unwrap().to_owned();
    assert_eq!(bench.issued(), issued - 1);
    station.stop().await;

    let station = bench.start().await;
    let resume = async |station: &Station| {
        let settings = settings(station, id, Credential::Relay);
        let endpoint = device(bench, station, name);
        Drive::resume(settings, &operation).finish(&endpoint).await
    };
    let first = resume(&station).await.unwrap();
    assert_eq!((first.device_id.as_str(), bench.issued()), (id, issued));
    judge(bench, &first, id);
    let registered = bench.entries("registered");
    let last: serde_json::Value =
        serde_json::from_str(registered.last().unwrap()["facts"].as_str().unwrap()).unwrap();
    assert_eq!(last["attestation"], "x509");
    station.stop().await;

    let station = bench.start().await;
    assert_eq!(
        resume(&station).await.unwrap(),
        first,
        "after another restart"
    );
    assert_eq!(bench.issued(), issued);
    station.stop().await;
}

/// The issued chain, for the key of the request, under the root that the station shows.
fn judge(bench: &Bench, assignment: &Assignment, id: &str) {
    let folder = bench.path("");
    assert_eq!(assignment.chain.len(), 3);
    for (name, der) in ["leaf", "issuing", "root"].iter().zip(&assignment.chain) {
        fs::write(bench.path(&format!("issued-{name}.der")), der).unwrap();
        let pem = format!("x509 -inform DER -in issued-{name}.der -out issued-{name}.pem");
        openssl(&folder, &pem);
    }
    fs::copy(bench.data().join("ca/root.pem"), bench.path("trusted.pem")).unwrap();
    let verify =
        "verify -x509_strict -purpose sslclient -CAfile trusted.pem -untrusted issued-issuing.pem";
    let said = openssl(&folder, &format!("{verify} issued-leaf.pem"));
    assert!(said.contains("issued-leaf.pem: OK"), "{said}");
    let subject = openssl(
        &folder,
        "x509 -in issued-leaf.pem -noout -subject -nameopt RFC2253",
    );
    assert_eq!(subject.trim(), format!("subject=CN={id}"));
    fs::write(bench.path("device.key"), key(7).to_pkcs8_pem().as_bytes()).unwrap();
    let of_key = openssl(&folder, "pkey -in device.key -pubout");
    let of_leaf = openssl(&folder, "x509 -in issued-leaf.pem -noout -pubkey");
    assert_eq!(
        of_leaf, of_key,
        "the certificate is for the key of the request"
    );
}

/// An authority, one of its lines, and a device of that line: `dev` with the whole chain, `alone`
/// without the intermediate.
fn fab(bench: &Bench) {
    let folder = bench.path("");
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc";
    let run = |arguments: String| openssl(&folder, &arguments);
    fs::write(
        bench.path("line.cnf"),
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n",
    )
    .unwrap();
    fs::write(
        bench.path("dev.cnf"),
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
    )
    .unwrap();
    run(format!(
        "req -x509 {new} -addext keyUsage=critical,keyCertSign -keyout fab.key -out fab.pem -subj /CN=fab"
    ));
    for (name, subject, above) in [("line", "fab-line-2", "fab"), ("dev", "fab-dev-1", "line")] {
        run(format!(
            "req {new} -keyout {name}.key -out {name}.csr -subj /CN={subject}"
        ));
        let sign = format!("x509 -req -in {name}.csr -CA {above}.pem -CAkey {above}.key -days 2");
        run(format!("{sign} -extfile {name}.cnf -out {name}.pem"));
    }
    let said = run("verify -x509_strict -CAfile fab.pem -untrusted line.pem dev.pem".to_owned());
    assert!(said.contains("dev.pem: OK"), "{said}");
    let (leaf, line) = (read(bench, "dev.pem"), read(bench, "line.pem"));
    fs::write(bench.path("alone.pem"), &leaf).unwrap();
    fs::copy(bench.path("dev.key"), bench.path("alone.key")).unwrap();
    fs::write(bench.path("dev.pem"), leaf + &line).unwrap();
}

fn read(bench: &Bench, name: &str) -> String {
    fs::read_to_string(bench.path(name)).unwrap()
}

fn enroll(bench: &Bench, name: &str, group: bool, file: &str) {
    let entry = Enroll {
        group,
        certificate: Some(bench.path(file)),
        ..with_key(name)
    };
    signet_station::enroll(&bench.data(), &entry).unwrap();
}

fn with_key(name: &str) -> Enroll {
    Enroll {
        name: name.to_owned(),
        policy: Some("default".to_owned()),
        ..Enroll::default()
    }
}

/// The device port, as the client with that certificate.
fn device(bench: &Bench, station: &Station, name: &str) -> Endpoint {
    let file = |kind: &str| -> PathBuf { bench.path(&format!("{name}.{kind}")) };
    Endpoint::device_as(station, Some((&file("pem"), &file("key"))))
}

async fn ask(bench: &Bench, station: &Station, id: &str, name: &str) -> Result<Assignment, Error> {
    let settings = settings(station, id, Credential::Relay);
    let endpoint = device(bench, station, name);
    Drive::new(settings, &csr(7, id)).finish(&endpoint).await
}

fn hint(error: &Error) -> Hint {
    match error {
        Error::Unauthorized { hint, .. } => *hint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_ends_with_its_enrollment() {
    for (entry, code) in [
        // The group is switched off while the device waits.
        (
            Enroll {
                group: true,
                disabled: true,
                ..with_key("line")
            },
            "dps.disabled",
        ),
        // The device gets an enrollment of its own: the group's operation is not its.
        (with_key("sn-moved"), "dps.operation-gone"),
    ] {
        let bench = Bench::new();
        let station = bench.start().await;
        let id = "sn-moved";
        let mut drive = Drive::new(settings(&station, id, Credential::Relay), &csr(7, id));
        drive.first(&Endpoint::relay(&station)).await;
        let operation = drive.registration.operation_id().unwrap().to_owned();
        station.stop().await;

        signet_station::enroll(&bench.data(), &entry).unwrap();
        let station = bench.start().await;
        let credential = if entry.group {
            Credential::GroupKey(bench.group_key())
        } else {
            let own = Base64::decode_vec(&bench.symmetric_key(id)).unwrap();
            Credential::DeviceKey(Zeroizing::new(own))
        };
        let endpoint = Endpoint::device(&station);
        let mut drive = Drive::resume(settings(&station, id, credential), &operation);
        let error = drive.finish(&endpoint).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(bench.issued(), 0, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_does_not_exist_is_refused_before_anybody_waits_for_it() {
    let bench = Bench::new();
    let entry = Enroll {
        policy: Some("typo".to_owned()),
        ..with_key("sn-1")
    };
    let sentence =
        "enrollment \"sn-1\" names the policy \"typo\", but station.json has only: default";
    let error = signet_station::enroll(&bench.data(), &entry).unwrap_err();
    assert_eq!(error.to_string(), sentence);
    let none = Enroll {
        policy: None,
        ..with_key("sn-1")
    };
    signet_station::enroll(&bench.data(), &none).unwrap();

    // Written by hand, or the policy was taken away.
    let path = bench.data().join("enrollments.json");
    let text = fs::read_to_string(&path).unwrap();
    let spoilt = text.replace("\"policy\": null", "\"policy\": \"typo\"");
    assert_ne!(spoilt, text);
    fs::write(&path, spoilt).unwrap();
    let error = Station::start(bench.config()).await.unwrap_err();
    assert_eq!(error.to_string(), sentence);
    fs::write(&path, text).unwrap();

    // An operation whose policy is gone: the device registers anew under another.
    let station = bench.start().await;
    let mut drive = Drive::new(
        settings(&station, "sn-2", Credential::Relay),
        &csr(7, "sn-2"),
    );
    drive.first(&Endpoint::relay(&station)).await;
    let operation = drive.registration.operation_id().unwrap().to_owned();
    station.stop().await;
    for name in ["station.json", "enrollments.json"] {
        let path = bench.data().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"default\""), "{text}");
        fs::write(&path, text.replace("\"default\"", "\"other\"")).unwrap();
    }
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let settings = || settings(&station, "sn-2", Credential::Relay);
    let gone = Drive::resume(settings(), &operation).finish(&relay).await;
    assert_eq!(gone.unwrap_err().code(), "dps.operation-gone");
    let mut anew = Drive::new(settings(), &csr(7, "sn-2"));
    assert_eq!(anew.finish(&relay).await.unwrap().chain.len(), 3);
}

/// Each kind of wrong request, made by openssl, is refused with its own reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_to_sign_is_refused_with_its_reason() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let path = format!(
        "/{}/registrations/sn-1/register?api-version=2025-07-01-preview",
        station.id_scope()
    );
    let ec = |curve: &str| format!("-newkey ec -pkeyopt ec_paramgen_curve:{curve}");
    for (key, subject, words) in [
        ("-newkey rsa:2048".to_owned(), "/CN=sn-1", "RSA key"),
        (ec("P-256"), "/CN=sn-1", "a key on"),
        ("-newkey ed25519".to_owned(), "/CN=sn-1", "a key of type"),
        (
            ec("P-384") + " -sha256",
            "/CN=sn-1",
            "only ecdsa-with-SHA384",
        ),
        (ec("P-384") + " -sha384", "/O=sn-1", "no common name"),
        (
            ec("P-384") + " -sha384",
            "/CN=sn-1/CN=sn-2",
            "2 common names",
        ),
        (
            ec("P-384") + " -sha384",
            "/CN=sn-2",
            "must be the registration ID",
        ),
    ] {
        let make = format!("req -new {key} -noenc -keyout k.pem -outform DER -out c.der -subj");
        openssl(&bench.path(""), &format!("{make} {subject}"));
        let csr = Base64::encode_string(&fs::read(bench.path("c.der")).unwrap());
        let body = serde_json::json!({ "registrationId": "sn-1", "csr": csr }).to_string();
        let headers = [("Content-Type", "application/json")];
        let answer = relay
            .send("PUT", &path, &headers, body.as_bytes())
            .await
            .unwrap();
        let error = answer.json();
        assert_eq!(
            (answer.status, &error["errorCode"]),
            (400, &400_040.into()),
            "{error}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with("CSR did not pass verification. "),
            "{message}"
        );
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(bench.issued(), 0);
}
