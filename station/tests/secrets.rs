//! No private key leaves the place where it belongs: not into the log, the state, or the wire.
//!
//! The device's key is planted, so that it is known what to look for.
#![allow(clippy::unwrap_used)]

#[path = "secrets/needle.rs"]
mod needle;
#[expect(dead_code, reason = "shared with other tests")]
mod program;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use needle::Needle;
use program::Client;
use signet_core::file::Content;
use signet_core::key::PrivateKey;

#[test]
fn private_keys_stay_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    let data = folder.path().join("data");
    let mut station = program::start(&page, &data, None);

    let secret: [u8; 48] = std::array::from_fn(|i| u8::try_from(i * 5 + 1).unwrap());
    let key = PrivateKey::from_entropy(&secret).unwrap();
    let mut client = Client::register(&station, "sn-secret", &key);
    let assignment = client.finish(station.page).unwrap().unwrap();
    let wire = client.wire;
    assert_eq!(assignment.chain.len(), 3);
    let log = station.stop().unwrap();
    assert!(
        log.contains("issued id=sn-secret"),
        "the log is really the station's: {log}"
    );

    let device = Needle::new("the device's key", &secret);
    let authorities: Vec<(PathBuf, Needle)> = files(&data)
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|kind| kind == "key"))
        .map(|(path, pem)| {
            let (_, der) = pem_rfc7468::decode_vec(&pem).unwrap();
            // PKCS#8 of a P-384 key: the scalar follows 35 bytes of headers.
            let needle = Needle::new("an authority's key", &der[35..83]);
            assert!(
                needle.is_in(&der) && needle.is_in(&pem),
                "the needle finds what it should"
            );
            (path, needle)
        })
        .collect();
    assert_eq!(authorities.len(), 3, "root, issuing, TLS root");
    let group = {
        let list: serde_json::Value =
            serde_json::from_slice(&fs::read(data.join("enrollments.json")).unwrap()).unwrap();
        let text = list[0]["proof"]["primaryKey"].as_str().unwrap();
        Needle::new("the group's key", &Base64::decode_vec(text).unwrap())
    };
    assert!(device.is_in(&key.to_pkcs8_der()) && device.is_in(key.to_sec1_pem().as_bytes()));

    for (place, bytes) in [("the log", log.as_bytes()), ("the wire", &wire)] {
        for needle in authorities
            .iter()
            .map(|(_, needle)| needle)
            .chain([&device, &group])
        {
            assert!(!needle.is_in(bytes), "{} is in {place}", needle.name);
        }
    }
    for (path, bytes) in files(&data) {
        assert!(
            !device.is_in(&bytes),
            "the device's key is in {}",
            path.display()
        );
        let own = path.ends_with("enrollments.json");
        assert!(
            own || !group.is_in(&bytes),
            "the group's key is in {}",
            path.display()
        );
        for (home, needle) in &authorities {
            assert!(
                *home == path || !needle.is_in(&bytes),
                "a key is in {}",
                path.display()
            );
        }
        #[cfg(unix)]
        if own || path.extension().is_some_and(|kind| kind == "key") {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is readable by others", path.display());
        }
    }
}

#[test]
fn sealed_keys_and_their_passphrase_are_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    let data = folder.path().join("data");
    let passphrase = "four words nobody guesses";
    let mut station = program::start(&page, &data, Some(passphrase));
    let key = PrivateKey::from_entropy(&[7; 48]).unwrap();
    let mut client = Client::register(&station, "sn-secret", &key);
    client.finish(station.page).unwrap().unwrap();
    let wire = client.wire;
    let log = station.stop().unwrap();
    assert!(!log.contains("keys-not-encrypted"), "{log}");

    let mut needles = vec![Needle::new("the passphrase", passphrase.as_bytes())];
    for (path, bytes) in files(&data) {
        if path.extension().is_none_or(|kind| kind != "key") {
            continue;
        }
        let opened = signet_core::file::open(&bytes, Some(passphrase));
        let [object] = opened.objects.as_slice() else {
            panic!("{}: {opened:?}", path.display())
        };
        let Content::PrivateKey(key) = &object.content else {
            panic!("{}: {object:?}", path.display())
        };
        needles.push(Needle::new("an authority's key", &key.as_pkcs8()[35..83]));
    }
    assert_eq!(needles.len(), 4, "with root, issuing, TLS root");
    let mut places = files(&data);
    places.extend([("the wire".into(), wire), ("the log".into(), log.into())]);
    for (place, bytes) in &places {
        for needle in &needles {
            let found = needle.is_in(bytes);
            assert!(!found, "{} is in {}", needle.name, place.display());
        }
    }
    // The program itself does not start without it.
    let refused = Command::new(env!("CARGO_BIN_EXE_station"))
        .args(["serve", "--page-port", "0", "--device-port", "0", "--page"])
        .args([&page, Path::new("--data"), &data])
        .env_remove("STATION_PASSPHRASE")
        .output()
        .unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("--passphrase-file"));
}

#[test]
fn an_operators_token_is_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    let data = folder.path().join("data");
    let mut station = program::start(&page, &data, None);
    let added = Command::new(env!("CARGO_BIN_EXE_station"))
        .args(["operator", "add", "ann", "--role", "supervisor", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let token = String::from_utf8(added.stdout).unwrap().trim().to_owned();
    let secret = Base64UrlUnpadded::decode_vec(&token[4..]).unwrap();
    let relay = format!("/dps/{}/registrations/sn-1", station.id_scope);
    let mut wire = String::new();
    for (method, path, header) in [
        ("GET", "/api/v1/status", "Authorization: Bearer "),
        ("POST", "/api/v1/devices/sn-1/disable", "X-Signet-Token: "),
        (
            "POST",
            &format!("{relay}?api-version=2021-06-01"),
            "X-Signet-Token: ",
        ),
        (
            "GET",
            &format!("/api/v1/status?token={token}"),
            "X-Signet-Token: x",
        ),
        ("GET", "/api/v1/ledger", "Authorization: Bearer "),
    ] {
        let sent = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{header}{token}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
            station.page
        );
        let mut stream = TcpStream::connect(station.page).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        stream.read_to_string(&mut wire).unwrap();
    }
    assert_eq!(wire.matches("HTTP/1.1 200").count(), 4, "{wire}");
    assert!(wire.contains("HTTP/1.1 401") && wire.contains("device-disabled"));
    let log = station.stop().unwrap();
    assert!(log.contains("api method=GET path=/api/v1/status status=200 by=ann"));
    let needles = [
        Needle::new("the token", &secret),
        Needle::new("the token as text", token.as_bytes()),
    ];
    assert!(needles[1].is_in(token.as_bytes()), "the needle is found");
    let mut places = files(&data);
    places.extend([
        ("answers".into(), wire.into()),
        ("the log".into(), log.into()),
    ]);
    for (place, bytes) in &places {
        for needle in &needles {
            assert!(
                !needle.is_in(bytes),
                "{} is in {}",
                needle.name,
                place.display()
            );
        }
    }
}

/// Every file below a folder, with its content.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, [b'a'; 40]).unwrap();
    let warned = |option: &str, mode: u32, guarded: bool| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let data = folder.path().join(format!("{option}-{mode}-{guarded}"));
        let mut init = Command::new(env!("CARGO_BIN_EXE_station"));
        init.arg("init")
            .arg("--data")
            .arg(data)
            .arg(option)
            .arg(&path);
        init.env_remove("STATION_PASSPHRASE")
            .env_remove("CREDENTIALS_DIRECTORY");
        if guarded {
            init.env("CREDENTIALS_DIRECTORY", folder.path());
        }
        let output = init.output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{log}");
        log.contains("key-readable-by-others") && log.contains(path.to_str().unwrap())
    };
    for option in ["--passphrase-file", "--key-file"] {
        assert!(warned(option, 0o644, false));
        assert!(!warned(option, 0o600, false));
        // systemd lets nobody else in; the group's bits are those of an access list.
        assert!(!warned(option, 0o440, true));
    }
}
