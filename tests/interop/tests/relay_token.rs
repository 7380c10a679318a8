//! The relay with a client certificate whose key is in a token, with SoftHSM, OpenSC and openssl as judges.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "relay/fake.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod fake;
#[path = "relay/bench.rs"]
mod line;
#[path = "common/softhsm.rs"]
mod softhsm;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use bench::{Answer, Bench, Drive, Endpoint, csr, openssl, settings};
use line::{Line, poll, trouble};
use signet_core::dps::Credential;
use signet_station::config::Enroll;
use softhsm::Hsm;

const TOKEN: &str = "line-token";
const PIN: &str = "837465";

/// Labels of the keys, and what OpenSC calls their kinds.
const KEYS: [(&str, &str); 3] = [
    ("key-p256", "EC:prime256v1"),
    ("key-p384", "EC:secp384r1"),
    ("key-rsa", "rsa:2048"),
];

/// An authority `fab`, and the public half of each key, which the token makes.
fn make(hsm: &Hsm, bench: &Bench) {
    let folder = bench.path("");
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc -addext keyUsage=critical,keyCertSign";
    openssl(
        &folder,
        &format!("{new} -keyout fab.key -out fab.pem -subj /CN=fab"),
    );
    fs::write(
        bench.path("leaf.cnf"),
        "basicConstraints=critical,CA:FALSE\n",
    )
    .unwrap();
    for (id, (label, kind)) in KEYS.iter().enumerate() {
        let pair = format!("--keypairgen --key-type {kind} --label {label} --id 0{id}");
        hsm.tool(&format!("--login --pin {PIN} {pair}"));
        fs::write(
            bench.path(&format!("{label}.der")),
            public(hsm, bench, label),
        )
        .unwrap();
        openssl(
            &folder,
            &format!("pkey -pubin -inform DER -in {label}.der -out {label}.pub"),
        );
    }
}

/// The SubjectPublicKeyInfo of a key. OpenSC 0.23 reads none on P-384, and shows the point all the same.
fn public(hsm: &Hsm, bench: &Bench, label: &str) -> Vec<u8> {
    let object = format!("--type pubkey --label {label}");
    if label != "key-p384" {
        let file = bench.path("public");
        let read = format!("--read-object {object} --output-file {}", file.display());
        hsm.tool(&read);
        return fs::read(file).unwrap();
    }
    let shown = hsm.tool(&format!("--list-objects {object}"));
    let point = shown.lines().find_map(|line| {
        let (_, point) = line.trim().split_once("EC_POINT:")?;
        point.trim().strip_prefix("0461")
    });
    let head = "3076301006072a8648ce3d020106052b81040022036200";
    let text = format!("{head}{}", point.unwrap());
    let bytes = (0..text.len()).step_by(2);
    bytes
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// A certificate `NAME.pem` of `fab` for that key.
fn certify(bench: &Bench, name: &str, label: &str) {
    let new = format!("x509 -new -force_pubkey {label}.pub -subj /CN={name} -days 2");
    let issuer = "-CA fab.pem -CAkey fab.key -extfile leaf.cnf";
    openssl(&bench.path(""), &format!("{new} {issuer} -out {name}.pem"));
}

/// The lines of `[credential]`.
fn credential(hsm: &Hsm, name: &str, label: &str) -> String {
    format!(
        "kind = \"client-certificate\"\ncertificate = \"{name}.pem\"\npkcs11-module = \"{}\"\n\
         pkcs11-token = \"{TOKEN}\"\npkcs11-key = \"{label}\"\n",
        hsm.module.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_token_proves_the_device() {
    if let Some(hsm) = Hsm::around() {
        return proves_the_device(&hsm).await;
    }
    let Some(hsm) = Hsm::new(TOKEN, PIN) else {
        return;
    };
    let said = hsm.run_inside("a_key_in_a_token_proves_the_device", Some(PIN));
    for event in ["token-session-lost", "token-does-not-sign"] {
        assert!(said.contains(&format!(" {event} ")), "{said}");
    }
    // None of them came from a file.
    let keys = hsm.tool(&format!(
        "--login --pin {PIN} --list-objects --type privkey"
    ));
    let local = "sensitive, always sensitive, never extractable, local";
    assert_eq!(keys.matches(local).count(), KEYS.len(), "{keys}");
}

async fn proves_the_device(hsm: &Hsm) {
    let bench = Bench::new();
    make(hsm, &bench);
    let enroll = |name: &str, group, file: &str| {
        let entry = Enroll {
            name: name.to_owned(),
            group,
            certificate: Some(bench.path(file)),
            policy: Some("default".to_owned()),
            ..Enroll::default()
        };
        signet_station::enroll(&bench.data(), &entry).unwrap();
    };
    enroll("fab", true, "fab.pem");
    let mut devices = Vec::new();
    for (label, _) in KEYS {
        for what in ["own", "of-group"] {
            let name = format!("{label}-{what}");
            certify(&bench, &name, label);
            if what == "own" {
                enroll(&name, false, &format!("{name}.pem"));
            }
            devices.push((name, label));
        }
    }
    let station = bench.start().await;
    fs::copy(bench.data().join("ca/root.pem"), bench.path("trusted.pem")).unwrap();
    let line = |name: &str, label: &str| {
        Line::new(station.device(), station.id_scope(), &station.tls_root())
            .credited(&credential(hsm, name, label))
    };
    for (count, (name, label)) in devices.iter().enumerate() {
        let line = line(name, label);
        // A whole station before the DPS signs on a thread of another kind.
        let relay = match count % 2 {
            0 => line.start(&bench).await,
            _ => {
                line.start_with_ledger(&bench, &format!("kept-{name}"))
                    .await
            }
        };
        let settings = settings(&station, name, Credential::Relay);
        let mut drive = Drive::new(settings, &csr(7, name));
        let assignment = drive.finish(&Endpoint::Relay(relay.page())).await.unwrap();
        assert_eq!(assignment.device_id, *name);
        assert_eq!((assignment.chain.len(), bench.issued()), (3, count + 1));
        for (part, der) in ["leaf", "issuing"].iter().zip(&assignment.chain) {
            fs::write(bench.path(&format!("{part}.der")), der).unwrap();
            let pem = format!("x509 -inform DER -in {part}.der -out {part}.pem");
            openssl(&bench.path(""), &pem);
        }
        let verify = "verify -x509_strict -CAfile trusted.pem -untrusted issuing.pem leaf.pem";
        assert!(openssl(&bench.path(""), verify).contains("leaf.pem: OK"));
    }

    // One relay through all that happens to a token.
    let (name, label) = &devices[0];
    let relay = line(name, label).start(&bench).await;
    let ask = async || poll(&relay, station.id_scope()).await;
    let well = async || {
        let answer = ask().await;
        assert_eq!(trouble(&answer), "", "an answer of the service");
    };
    well().await;
    hsm.end_sessions();
    well().await;
    hsm.pull();
    for _ in 0..2 {
        let answer = ask().await;
        assert_eq!(
            (answer.status, trouble(&answer).as_str()),
            (503, "relay.token")
        );
        let said = String::from_utf8(answer.body).unwrap();
        assert!(said.contains(TOKEN) && said.contains(label), "{said}");
        assert!(!said.contains(PIN), "{said}");
    }
    let status = Endpoint::Relay(relay.page());
    let status = status.send("GET", "page:/relay/status", &[], &[]).await;
    assert_eq!(status.unwrap().json()["error"]["relayError"], "relay.token");
    hsm.plug();
    well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_is_said_at_the_start() {
    if let Some(hsm) = Hsm::around() {
        return is_said_at_the_start(&hsm).await;
    }
    let Some(hsm) = Hsm::new(TOKEN, PIN) else {
        return;
    };
    let test = "what_is_wrong_with_a_token_is_said_at_the_start";
    hsm.run_inside(test, Some(PIN));
    // Nor does a PIN that is wrong end in the log, or one that only a file has.
    let said = hsm.run_inside(test, None);
    assert!(!said.contains(PIN), "{said}");
}

async fn is_said_at_the_start(hsm: &Hsm) {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    let has_pin = std::env::var_os("STATION_PKCS11_PIN").is_some();
    if has_pin {
        make(hsm, &bench);
    } else {
        // The keys are those of the run before.
        return without_a_pin(hsm, &bench).await;
    }
    certify(&bench, "p256", "key-p256");
    certify(&bench, "p384", "key-p384");
    certify(&bench, "rsa", "key-rsa");
    hsm.tool(&format!(
        "--login --pin {PIN} --keypairgen --key-type EC:secp384r1 --label key-other --id 0a"
    ));
    fs::write(bench.path("wrong-pin"), "000111\n").unwrap();
    let with = |name: &str, label: &str| credential(hsm, name, label);
    let right = with("p384", "key-p384");
    let no_token = right.replace(TOKEN, "elsewhere");
    let no_module = right.replace(&hsm.module.display().to_string(), "/nowhere/module.so");
    for (credential, words) in [
        // The first: nothing in this program has logged in yet.
        (
            format!("{right}pin-file = \"wrong-pin\""),
            &["the PIN is wrong"][..],
        ),
        (
            format!("{right}pin-file = \"{PIN}\""),
            &["pin-file names no file"],
        ),
        (
            format!("{right}pin-file = {PIN}"),
            &["not as expected", "path"],
        ),
        (format!("{right}pin = \"{PIN}\""), &["unknown field `pin`"]),
        (
            format!("{right}key = \"server.key\""),
            &["a file and a token"],
        ),
        (no_token, &["elsewhere", TOKEN]),
        (no_module, &["/nowhere/module.so", "is it installed?"]),
        (
            with("p384", "key-none"),
            &["no private EC key \"key-none\"", TOKEN],
        ),
        (
            with("rsa", "key-p384"),
            &["no private RSA key \"key-p384\"", TOKEN],
        ),
        (
            with("p384", "key-other"),
            &["do not belong together", "p384.pem", "key-other", TOKEN],
        ),
        (
            with("p384", "key-p256"),
            &["do not belong together", "p384.pem", "key-p256"],
        ),
        (
            with("server", "key-p256"),
            &["do not belong together", "server.pem", "key-p256"],
        ),
        (with("none", "key-p256"), &["none.pem"]),
    ] {
        let line = Line::new(([127, 0, 0, 1], 1).into(), "0neA", &bench.path("ca.pem"));
        let error = line.credited(&credential).try_start(&bench).await;
        let error = error.unwrap_err();
        for said in [format!("{error:#}"), format!("{error:?}")] {
            for words in words {
                assert!(said.contains(words), "{words}: {said}");
            }
            for pin in [PIN, "000111"] {
                assert!(!said.contains(pin), "{said}");
            }
        }
    }
    let line = Line::new(([127, 0, 0, 1], 1).into(), "0neA", &bench.path("ca.pem"));
    line.credited(&right).start(&bench).await;
}

/// The PIN is in a file, or nowhere.
async fn without_a_pin(hsm: &Hsm, bench: &Bench) {
    fs::copy(bench.path("server.pem"), bench.path("p256.pem")).unwrap();
    let credential = credential(hsm, "p256", "key-p256");
    for (credential, words) in [
        (credential.clone(), "STATION_PKCS11_PIN"),
        (
            format!("{credential}pin-file = \"pin\""),
            "do not belong together",
        ),
    ] {
        fs::write(bench.path("pin"), format!("{PIN}\n")).unwrap();
        let line = Line::new(([127, 0, 0, 1], 1).into(), "0neA", &bench.path("ca.pem"));
        let error = line.credited(&credential).try_start(bench).await;
        let said = format!("{:#}", error.unwrap_err());
        assert!(said.contains(words) && !said.contains(PIN), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_takes_every_kind_of_signature() {
    if let Some(hsm) = Hsm::around() {
        return every_kind_of_signature(&hsm).await;
    }
    let Some(hsm) = Hsm::new(TOKEN, PIN) else {
        return;
    };
    hsm.run_inside("openssl_takes_every_kind_of_signature", Some(PIN));
}

async fn every_kind_of_signature(hsm: &Hsm) {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    make(hsm, &bench);
    for (label, _) in KEYS {
        certify(&bench, &format!("of-{label}"), label);
    }
    for (label, scheme, is_taken) in [
        ("key-p256", "ecdsa_secp256r1_sha256", true),
        ("key-p384", "ecdsa_secp384r1_sha384", true),
        ("key-rsa", "rsa_pss_rsae_sha384", true),
        ("key-rsa", "rsa_pss_rsae_sha256", true),
        ("key-rsa", "rsa_pkcs1_sha384", true),
        ("key-rsa", "rsa_pkcs1_sha256", true),
        // Then there is no certificate either, and this server wants one.
        ("key-p384", "rsa_pkcs1_sha256", false),
    ] {
        let (address, mut server) = server(&bench, scheme);
        let line = Line::new(address, "0neA", &bench.path("ca.pem"));
        let line = line.credited(&credential(hsm, &format!("of-{label}"), label));
        let relay = line.start(&bench).await;
        let answer = poll(&relay, "0neA").await;
        server.kill().unwrap();
        server.wait().unwrap();
        // It has a page of its own for whoever it lets in.
        let page = trouble(&answer) == "relay.answer-not-json";
        assert_eq!(page, is_taken, "{label} {scheme}: {}", text(&answer));
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// openssl's server, which lets in whoever signs so with a certificate of `fab`.
fn server(bench: &Bench, scheme: &str) -> (SocketAddr, Child) {
    let what = "s_server -accept 127.0.0.1:0 -tls1_2 -www -cert server.pem -key server.key";
    let whom = "-CAfile fab.pem -Verify 1 -verify_return_error -client_sigalgs";
    let mut server = Command::new("openssl")
        .args(format!("{what} {whom} {scheme}").split_whitespace())
        .current_dir(bench.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| {
        let line = line.unwrap();
        line.strip_prefix("ACCEPT ").map(|at| at.parse().unwrap())
    });
    // It may go on writing.
    std::thread::spawn(move || lines.for_each(drop));
    (address.unwrap(), server)
}
