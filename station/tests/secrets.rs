//! No private key leaves the place where it belongs: not into the log, the state, or the wire.
//!
//! The device's key is planted, so that it is known what to look for.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use signet_core::csr::Csr;
use signet_core::dps::{
    API_VERSION, Assignment, Credential, Input, Output, Registration, RegistrationId, Settings,
};
use signet_core::file::Content;
use signet_core::http::{Request, Response};
use signet_core::key::PrivateKey;
use signet_core::{Millis, Now, UnixTime};

#[test]
fn private_keys_stay_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    let data = folder.path().join("data");
    let mut station = Program::start(&page, &data, None);

    let secret: [u8; 48] = std::array::from_fn(|i| u8::try_from(i * 5 + 1).unwrap());
    let key = PrivateKey::from_entropy(&secret).unwrap();
    let mut wire = Vec::new();
    let assignment = register(&station, &key, &mut wire);
    assert_eq!(assignment.chain.len(), 3);
    let log = station.stop();
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
    let mut station = Program::start(&page, &data, Some(passphrase));
    let key = PrivateKey::from_entropy(&[7; 48]).unwrap();
    let mut wire = Vec::new();
    register(&station, &key, &mut wire);
    let log = station.stop();
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
    let mut station = Program::start(&page, &data, None);
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
    let log = station.stop();
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

/// Bytes to look for, in every form in which they might be written.
struct Needle {
    name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Needle {
    fn new(name: &'static str, bytes: &[u8]) -> Self {
        // A run of 18 bytes is enough to recognise it, and short enough to stand between line breaks.
        let part = &bytes[6..24];
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let decimal = format!("{part:?}");
        let mut forms = vec![
            part.to_vec(),
            hex.to_uppercase().into(),
            hex.into(),
            decimal[1..40].into(),
        ];
        // Base64 has three alignments; the outer characters depend on the neighbours.
        for skip in 0..3 {
            let length = (part.len() - skip) / 3 * 3;
            forms.push(Base64Unpadded::encode_string(&part[skip..skip + length]).into_bytes());
        }
        Self { name, forms }
    }

    /// Line breaks of PEM are no hiding place.
    fn is_in(&self, bytes: &[u8]) -> bool {
        let joined: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|b| !b"\r\n".contains(b))
            .collect();
        let found = |hay: &[u8], form: &Vec<u8>| hay.windows(form.len()).any(|w| w == form);
        self.forms
            .iter()
            .any(|form| found(bytes, form) || found(&joined, form))
    }
}

/// The program itself.
struct Program {
    child: Child,
    page: SocketAddr,
    id_scope: String,
}

impl Program {
    fn start(page: &Path, data: &Path, passphrase: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_station"));
        command.env_remove("STATION_PASSPHRASE");
        if let Some(passphrase) = passphrase {
            command.env("STATION_PASSPHRASE", passphrase);
        }
        let mut child = command
            .args(["serve", "--page-port", "0", "--device-port", "0"])
            .args(["--mqtt-port", "0", "--page"])
            .arg(page)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .strip_prefix("Open http://")
            .expect("the one line says where the page is");
        let page = url.split('/').next().unwrap().parse().unwrap();
        let id_scope = line
            .trim_end()
            .trim_end_matches(')')
            .rsplit(' ')
            .next()
            .unwrap()
            .to_owned();
        Self {
            child,
            page,
            id_scope,
        }
    }

    /// Ends the program and gives what it logged.
    fn stop(&mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn register(station: &Program, key: &PrivateKey, wire: &mut Vec<u8>) -> Assignment {
    let utc = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut now = Now {
        tick: Millis(0),
        utc: UnixTime(utc),
    };
    let settings = Settings {
        id_scope: station.id_scope.clone(),
        registration_id: RegistrationId::new("sn-secret").unwrap(),
        api_version: API_VERSION.to_owned(),
        credential: Credential::Relay,
    };
    let csr = Csr::for_device(key, "sn-secret").unwrap();
    let mut registration = Registration::new(settings, &csr, now);
    loop {
        match registration.poll() {
            Output::Request(request) => {
                let response = exchange(station.page, &request, wire);
                registration.handle(now, Input::Response(&response));
            }
            Output::Assigning { .. } => {}
            Output::Assigned(assignment) => return assignment,
            Output::WaitUntil(due) => {
                now.tick = due;
                registration.handle(now, Input::Deadline);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// One request to the relay, by hand, so that every byte is kept.
fn exchange(page: SocketAddr, request: &Request, wire: &mut Vec<u8>) -> Response {
    let mut sent = format!(
        "{} /dps{} HTTP/1.1\r\nHost: {page}\r\n",
        request.method, request.path
    );
    for (name, value) in &request.headers {
        sent += &format!("{name}: {value}\r\n");
    }
    sent += &format!(
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        request.body.len()
    );
    let mut sent = sent.into_bytes();
    sent.extend(&request.body);
    let mut stream = TcpStream::connect(page).unwrap();
    stream.write_all(&sent).unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    wire.extend(&sent);
    wire.extend(&received);
    let text = String::from_utf8(received).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response {
        status,
        body: body.as_bytes().to_vec(),
        ..Response::default()
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
