//! The program itself, and requests to its page port.

use std::fmt::Debug;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

const API_VERSION: &str = "2025-07-01-preview";

/// A connection to the page port.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    page: SocketAddr,
}

impl Line {
    pub(crate) async fn open(page: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(page).await?;
        stream.set_nodelay(true)?;
        let stream = TokioIo::new(stream);
        let (sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        Ok(Self { sender, page })
    }

    /// Status and body.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: String,
    ) -> Result<(u16, Vec<u8>)> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("Host", self.page.to_string())
            .header("Content-Type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, body.to_vec()))
    }

    /// A whole registration with a CSR; `told` hears of the operation as soon as it is acknowledged.
    pub(crate) async fn register(
        &mut self,
        scope: &str,
        id: &str,
        csr: &str,
        told: impl FnOnce(&str),
    ) -> Result<Vec<String>> {
        let base = format!("/dps/{scope}/registrations/{id}");
        let body = format!(r#"{{"registrationId":"{id}","csr":"{csr}"}}"#);
        let path = format!("{base}/register?api-version={API_VERSION}");
        let (status, begun) = self.ask("PUT", &path, body).await?;
        ensure!(status == 202, "{status}");
        let begun: Value = serde_json::from_slice(&begun)?;
        let operation = begun["operationId"].as_str().context("no operation")?;
        told(operation);
        self.chain(scope, id, operation).await
    }

    /// What an operation has issued.
    pub(crate) async fn chain(
        &mut self,
        scope: &str,
        id: &str,
        operation: &str,
    ) -> Result<Vec<String>> {
        let base = format!("/dps/{scope}/registrations/{id}");
        let path = format!("{base}/operations/{operation}?api-version={API_VERSION}");
        let (status, done) = self.ask("GET", &path, String::new()).await?;
        ensure!(status == 200, "{status}");
        let done: Value = serde_json::from_slice(&done)?;
        let chain = &done["registrationState"]["issuedCertificateChain"];
        Ok(serde_json::from_value(chain.clone())?)
    }
}

/// A number that the environment may give.
pub(crate) fn number<T: FromStr<Err: Debug>>(name: &str, default: T) -> T {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap())
}

/// The file and its log.
pub(crate) fn ledger_bytes(data: &Path) -> u64 {
    ["ledger.db", "ledger.db-wal"]
        .iter()
        .filter_map(|name| fs::metadata(data.join(name)).ok())
        .map(|facts| facts.len())
        .sum()
}

/// Resident KiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Heap and stacks.
    pub(crate) own: u64,
    /// The program, its libraries, and SQLite's index of the write-ahead log: the system may take these
    /// pages back at any time.
    pub(crate) files: u64,
}

/// The program itself.
pub(crate) struct Program {
    child: Child,
    pub(crate) page: SocketAddr,
    pub(crate) id_scope: String,
}

impl Program {
    /// `ledger`: the URL of a database, else it is SQLite's.
    pub(crate) fn start(page: &Path, data: &Path, more: &[&str], ledger: Option<&str>) -> Self {
        let mut command = Command::new(program());
        match ledger {
            Some(url) => command.env("STATION_LEDGER", url),
            None => command.env_remove("STATION_LEDGER"),
        };
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
            .args(["--assigning-polls", "0", "--page"])
            .arg(page)
            .arg("--data")
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.split("http://").nth(1).unwrap();
        let scope = line.trim_end().trim_end_matches(')').rsplit(' ').next();
        Self {
            page: url.split('/').next().unwrap().parse().unwrap(),
            id_scope: scope.unwrap().to_owned(),
            child,
        }
    }

    /// What is resident of it now.
    pub(crate) fn memory(&self) -> Memory {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.unwrap().split_whitespace().next().unwrap();
            number.parse().unwrap()
        };
        Memory {
            own: of("RssAnon:"),
            files: of("RssFile:") + of("RssShmem:"),
        }
    }

    pub(crate) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Built with the same profile as this example, one folder above it.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.parent().unwrap().with_file_name("station");
    assert!(
        program.is_file(),
        "build signet-station with this profile first"
    );
    program
}
