//! The program itself, and a client that sees every byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use signet_core::csr::Csr;
use signet_core::dps::{
    API_VERSION, Assignment, Credential, Error, Input, Output, Registration, RegistrationId,
    Settings,
};
use signet_core::http::{Request, Response};
use signet_core::key::PrivateKey;
use signet_core::{Millis, Now, UnixTime};

/// The program itself.
pub(crate) struct Program {
    child: Child,
    pub(crate) page: SocketAddr,
    pub(crate) id_scope: String,
}

impl Program {
    pub(crate) fn start(page: &Path, data: &Path, passphrase: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_station"));
        command.env_remove("STATION_PASSPHRASE");
        if let Some(passphrase) = passphrase {
            command.env("STATION_PASSPHRASE", passphrase);
        }
        let mut child = command
            .args([
                "serve",
                "--page-port",
                "0",
                "--device-port",
                "0",
                "--mqtt-port",
                "0",
            ])
            .args(["--polls-per-10s", "0", "--page"])
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

    /// `kill -9`.
    pub(crate) fn kill(&self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    }

    /// Ends the program and gives what it logged.
    pub(crate) fn stop(&mut self) -> String {
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
