//! The relay's key, looked for wherever the relay writes: its log, its answers, and what it sends to the
//! DPS.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/interop/tests/relay/fake.rs"]
mod fake;
#[path = "secrets/needle.rs"]
mod needle;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64ct::{Base64, Encoding};
use fake::Fake;
use needle::Needle;

const KEY: &str = "SIGNET_TEST_GROUP_KEY";
const PIN: &str = "837465";

#[test]
fn the_relays_key_goes_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("page")).unwrap();
    fake::identity(folder.path(), "server", "localhost", 2);
    let secret: [u8; 64] = std::array::from_fn(|i| u8::try_from(i * 3 + 40).unwrap());
    let key = Base64::encode_string(&secret);
    let needle = Needle::new("the group's key", &secret);
    assert!(needle.is_in(key.as_bytes()));
    let derived = signet_core::dps::device_key(&secret, "sn-1");
    let derived = Needle::new("the device's key", &derived);

    let body = "{\"errorCode\":401002,\"message\":\"Unauthorized\"}";
    let fake = Fake::start(&at("server"), fake::answer(401, "", body));
    let html = Fake::start(&at("server"), fake::answer(403, "", "<html>"));
    let port = fake.address.port();
    fs::write(at("group.key"), format!("{key}\n")).unwrap();
    for (credential, port, ledger) in [
        ("key-file = \"group.key\"".to_owned(), port, false),
        (format!("key-env = \"{KEY}\""), port, true),
        (format!("key-env = \"{KEY}\""), html.address.port(), true),
    ] {
        let text = format!(
            "upstream = [\"https://localhost:{port}\"]\nid-scopes = [\"0neA\"]\nroots = \"ca.pem\"\n\
             [credential]\nkind = \"group-key\"\n{credential}\n"
        );
        fs::write(at("relay.toml"), text).unwrap();
        let mut relay = start(folder.path(), &key, ledger);
        let page = page_of(&mut relay);
        let mut answers = Vec::new();
        for (method, path) in [
            (
                "PUT",
                "/dps/0neA/registrations/sn-1/register?api-version=1&secret=in-the-query",
            ),
            (
                "GET",
                "/dps/0neA/registrations/sn-1/operations/5.a?api-version=1",
            ),
            (
                "GET",
                "/dps/0neB/registrations/sn-1/operations/5.a?api-version=1",
            ),
            ("GET", "/relay/status"),
            ("GET", "/recipe.json"),
        ] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: {page}\r\nCookie: of-the-page\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
            );
            let mut stream = TcpStream::connect(&page).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.read_to_end(&mut answers).unwrap();
        }
        relay.kill().unwrap();
        relay.wait().unwrap();
        let mut log = String::new();
        relay
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        assert_eq!(log.matches(" relay method=").count(), 3, "{log}");
        for found in [
            "in-the-query",
            "of-the-page",
            "SharedAccessSignature",
            "sig=",
        ] {
            assert!(!log.contains(found), "{found} is in the log: {log}");
        }
        for needle in [&needle, &derived] {
            assert!(
                !needle.is_in(log.as_bytes()),
                "{} is in the log",
                needle.name
            );
            assert!(!needle.is_in(&answers), "{} is in an answer", needle.name);
            if ledger {
                let kept = written(&at("line"));
                assert!(!needle.is_in(&kept), "{} is kept", needle.name);
                assert!(contains(&kept, b"asked"), "the ledger was looked at");
            }
        }
        let answers = String::from_utf8_lossy(&answers);
        assert!(!answers.contains("SharedAccessSignature"), "{answers}");
    }
    for heard in [fake.heard(), html.heard()] {
        let text = String::from_utf8_lossy(&heard);
        assert!(text.contains("SharedAccessSignature sr=0neA"), "{text}");
        for needle in [&needle, &derived] {
            assert!(!needle.is_in(&heard), "{} is sent", needle.name);
        }
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    let key = Base64::encode_string(&[7; 64]);
    for credential in [
        format!("kind = \"group-key\"\nkey = \"{key}\""),
        format!("kind = \"group-key\"\nkey-file = [\"{key}\"]"),
        format!("kind = \"group-key\" \"{key}\""),
    ] {
        let text = format!(
            "upstream = [\"https://a.example\"]\nid-scopes = [\"0neA\"]\n[credential]\n{credential}\n"
        );
        fs::write(folder.path().join("relay.toml"), text).unwrap();
        let output = start(folder.path(), &key, false)
            .wait_with_output()
            .unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("relay.toml") && !said.contains(&key[..12]),
            "{said}"
        );
    }
}

#[test]
fn a_pin_in_the_wrong_place_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    fake::identity(folder.path(), "server", "localhost", 2);
    let token = "kind = \"client-certificate\"\ncertificate = \"server.pem\"\n\
                 pkcs11-module = \"/nowhere/module.so\"\npkcs11-token = \"t\"\n";
    let key = "pkcs11-key = \"k\"\n";
    for credential in [
        format!("{token}{key}"),
        format!("{token}{key}pin-file = \"{PIN}\""),
        format!("{token}{key}pin-file = {PIN}"),
        format!("{token}{key}pin-file = [\"{PIN}\"]"),
        format!("{token}{key}pin = \"{PIN}\""),
        format!("{token}{key}key = \"server.key\"\npin = {PIN}"),
        format!("{token}pkcs11-key = {PIN}"),
        format!("{token}{key}pin-file = \"\" \"{PIN}\""),
    ] {
        let text = format!(
            "upstream = [\"https://a.example\"]\nid-scopes = [\"0neA\"]\n[credential]\n{credential}\n"
        );
        fs::write(folder.path().join("relay.toml"), text).unwrap();
        let output = start(folder.path(), "", false).wait_with_output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("relay.toml") && !said.contains(PIN), "{said}");
    }
}

fn start(folder: &Path, key: &str, ledger: bool) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_station"));
    match ledger {
        true => command.args(["serve", "--data"]).arg(folder.join("line")),
        false => command.arg("relay"),
    };
    command
        .arg(if ledger { "--relay" } else { "--config" })
        .arg(folder.join("relay.toml"))
        .args(["--page-port", "0", "--page"])
        .arg(folder.join("page"))
        .env(KEY, key)
        .env("STATION_PKCS11_PIN", PIN)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Every file of the relay's folder, one after the other.
fn written(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => bytes.extend(written(&path)),
            false => bytes.extend(fs::read(path).unwrap()),
        }
    }
    bytes
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Host and port, from the one line on standard output.
fn page_of(relay: &mut Child) -> String {
    let mut line = String::new();
    let output = relay.stdout.as_mut().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    let url = line
        .strip_prefix("Open http://")
        .expect("where the page is");
    url.split('/').next().unwrap().to_owned()
}
