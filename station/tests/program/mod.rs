//! The program itself, and a client that sees every byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use signet_core::csr::Csr;
use signet_core::dps::{
    API_VERSION, Assignment, Credential, Error, Input, Output, Registration, RegistrationId,
    Settings,
};
use signet_core::http::{Request, Response};
use signet_core::key::PrivateKey;
use signet_core::{Millis, Now, UnixTime};
pub(crate) use signet_interop::station::Program;

/// Starts the program itself, its log kept for [`Program::stop`].
pub(crate) fn start(page: &Path, data: &Path, passphrase: Option<&str>) -> Program {
    let program = Path::new(env!("CARGO_BIN_EXE_station"));
    let start = Program::start(program, page, data, |command| {
        command.args(["--polls-per-10s", "0"]);
        if let Some(passphrase) = passphrase {
            command.env("STATION_PASSPHRASE", passphrase);
        }
    });
    start.unwrap()
}

/// Starts the program without its log: one that lives long would wait for somebody to read it.
pub(crate) fn silent(page: &Path, data: &Path) -> Program {
    let program = Path::new(env!("CARGO_BIN_EXE_station"));
    let start = Program::start(program, page, data, |command| {
        command.args(["--polls-per-10s", "0"]);
        command.stderr(std::process::Stdio::null());
    });
    start.unwrap()
}

/// A station at `here` that relays to the one at `there`.
pub(crate) fn relay(page: &Path, here: &Path, there: &Path, dps: &Program) -> Program {
    let (_, device) = dps.said.split_once("https://localhost:").unwrap();
    let (port, _) = device.split_once('/').unwrap();
    let list = std::fs::read(there.join("enrollments.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let key = list[0]["proof"]["primaryKey"].as_str().unwrap();
    std::fs::write(there.join("line.b64"), key).unwrap();
    let file = there.join("relay.toml");
    let text = format!(
        "upstream = [\"https://localhost:{port}\"]\nid-scopes = [\"{}\"]\nroots = \"tls/root.pem\"\n\
         [credential]\nkind = \"group-key\"\nkey-file = \"line.b64\"\n",
        dps.id_scope
    );
    std::fs::write(&file, text).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_station"));
    let start = Program::start(program, page, here, |command| {
        command.arg("--relay").arg(&file);
    });
    let mut relay = start.unwrap();
    relay.id_scope.clone_from(&dps.id_scope);
    relay
}

/// `kill -9`, also while somebody talks to it.
pub(crate) fn kill(program: &Program) {
    let process = rustix::process::Pid::from_child(program.process());
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}

/// A registration through the relay, without its waits.
pub(crate) struct Client {
    registration: Registration,
    now: Now,
    /// The operation, once the station has acknowledged it.
    pub(crate) operation: Option<String>,
    /// Everything sent and received.
    pub(crate) wire: Vec<u8>,
}

impl Client {
    pub(crate) fn register(station: &Program, id: &str, key: &PrivateKey) -> Self {
        let csr = Csr::for_device(key, id).unwrap();
        let now = now();
        Self::of(Registration::new(settings(station, id), &csr, now), now)
    }

    pub(crate) fn resume(station: &Program, id: &str, operation: &str) -> Self {
        let now = now();
        let settings = settings(station, id);
        Self::of(Registration::resume(settings, operation, now), now)
    }

    fn of(registration: Registration, now: Now) -> Self {
        Self {
            registration,
            now,
            operation: None,
            wire: Vec::new(),
        }
    }

    /// `None` when the station could not be reached any more.
    pub(crate) fn finish(&mut self, page: SocketAddr) -> Option<Result<Assignment, Error>> {
        loop {
            match self.registration.poll() {
                Output::Request(request) => {
                    let response = exchange(page, &request, &mut self.wire).ok()?;
                    self.registration
                        .handle(self.now, Input::Response(&response));
                }
                Output::Assigning { operation_id, .. } => self.operation = Some(operation_id),
                Output::Assigned(assignment) => return Some(Ok(assignment)),
                Output::Failed(error) => return Some(Err(error)),
                Output::WaitUntil(due) => {
                    self.now.tick = due;
                    self.registration.handle(self.now, Input::Deadline);
                }
                Output::Idle => panic!("idle before the end"),
            }
        }
    }
}

fn settings(station: &Program, id: &str) -> Settings {
    Settings {
        id_scope: station.id_scope.clone(),
        registration_id: RegistrationId::new(id).unwrap(),
        api_version: API_VERSION.to_owned(),
        credential: Credential::Relay,
    }
}

fn now() -> Now {
    let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Now {
        tick: Millis(0),
        utc: UnixTime(utc.as_secs()),
    }
}

/// One request to the relay, by hand, so that every byte is kept.
fn exchange(page: SocketAddr, request: &Request, wire: &mut Vec<u8>) -> std::io::Result<Response> {
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
    let mut stream = TcpStream::connect(page)?;
    stream.write_all(&sent)?;
    let mut received = Vec::new();
    stream.read_to_end(&mut received)?;
    wire.extend(&sent);
    wire.extend(&received);
    let text = String::from_utf8(received).unwrap();
    // Killed in the middle of an answer: as if there had been none.
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    if length.is_some_and(|length| length != body.len().to_string()) {
        return Err(cut());
    }
    Ok(Response {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        body: body.as_bytes().to_vec(),
        ..Response::default()
    })
}
