//! A station in a temporary folder, and the smallest driver that carries requests to it.
//!
//! The machine's clock is not the wall's: a wait takes no time, so that back-off can be tested.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Encoding};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use signet_core::csr::Csr;
use signet_core::dps::{
    API_VERSION, Assignment, Credential, Error, Input, Output, Registration, RegistrationId,
    Settings,
};
use signet_core::http::{Request, Response};
use signet_core::key::PrivateKey;
use signet_core::{Millis, Now, UnixTime};
use signet_station::Station;
use signet_station::config::Serve;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

/// A folder with a page and a station's data.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("page")).unwrap();
        fs::write(folder.path().join("page/index.html"), "<title>page</title>").unwrap();
        signet_station::init(&folder.path().join("data")).unwrap();
        Self { folder }
    }

    pub(crate) fn config(&self) -> Serve {
        let mut serve = Serve::new(self.path("page"), self.data());
        serve.page_port = 0;
        serve.device_port = 0;
        serve.mqtt_port = 0;
        // Tests do not wait.
        serve.polls_per_ten_seconds = 0;
        serve.test_faults = true;
        serve.retry_after = 1;
        serve
    }

    pub(crate) async fn start(&self) -> Station {
        Station::start(self.config()).await.unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The primary key of an enrollment, in base64.
    pub(crate) fn symmetric_key(&self, name: &str) -> String {
        let list: serde_json::Value =
            serde_json::from_slice(&fs::read(self.data().join("enrollments.json")).unwrap())
                .unwrap();
        let entry = list
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["name"] == name)
            .unwrap();
        entry["proof"]["primaryKey"].as_str().unwrap().to_owned()
    }

    pub(crate) fn group_key(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(Base64::decode_vec(&self.symmetric_key("line")).unwrap())
    }

    /// The ledger's entries of one kind.
    pub(crate) fn entries(&self, kind: &str) -> Vec<serde_json::Value> {
        let mut lines = Vec::new();
        signet_station::export_ledger(&self.data(), "jsonl", &mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|entry: &serde_json::Value| entry["kind"] == kind)
            .collect()
    }

    /// How many certificates have been issued, by a ledger that is sound.
    pub(crate) fn issued(&self) -> usize {
        let verdict = signet_station::verify_ledger(&self.data()).unwrap();
        usize::try_from(verdict.certificates).unwrap()
    }
}

/// Where requests go.
pub(crate) enum Endpoint {
    /// The relay on the page port.
    Relay(SocketAddr),
    /// The device port.
    Device(SocketAddr, Arc<ClientConfig>),
}

impl Endpoint {
    pub(crate) fn relay(station: &Station) -> Self {
        Self::Relay(station.page())
    }

    pub(crate) fn device(station: &Station) -> Self {
        Self::device_as(station, None)
    }

    /// With a client certificate: PEM files of chain and key.
    pub(crate) fn device_as(station: &Station, client: Option<(&Path, &Path)>) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(station.tls_root()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match client {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = CertificateDer::pem_file_iter(chain).unwrap();
                let chain = chain.collect::<Result<_, _>>().unwrap();
                let key = PrivateKeyDer::from_pem_file(key).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        Self::Device(station.device(), Arc::new(config))
    }

    /// One request, and all that came back.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let (address, prefix) = match self {
            Self::Relay(address) => (address, "/dps"),
            Self::Device(address, _) => (address, ""),
        };
        let path = match path.strip_prefix("page:") {
            Some(path) => path.to_owned(),
            None => format!("{prefix}{path}"),
        };
        let mut request = hyper::Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request = request.header("Host", format!("localhost:{}", address.port()));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::copy_from_slice(body)))
            .unwrap();
        let tcp = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        match self {
            Self::Relay(_) => exchange(tcp, request).await,
            Self::Device(_, config) => {
                let name = ServerName::try_from("localhost").unwrap();
                let connector = TlsConnector::from(Arc::clone(config));
                let tls = connector
                    .connect(name, tcp)
                    .await
                    .map_err(|error| error.to_string())?;
                exchange(tls, request).await
            }
        }
    }

    async fn carry(&self, request: &Request) -> Result<Response, String> {
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let method = request.method.to_string();
        let answer = self
            .send(&method, &request.path, &headers, &request.body)
            .await?;
        Ok(Response::new(
            answer.status,
            |name| answer.header(name),
            answer.body.clone(),
        ))
    }
}

/// What came back, with every header.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Most bytes of an answer: more than the client takes, and than an export of a thousand entries has.
const ANSWER: usize = 4 * 1024 * 1024;

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: hyper::Request<Full<Bytes>>,
) -> Result<Answer, String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER)
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    connection.abort();
    let (status, headers) = (parts.status.as_u16(), parts.headers);
    Ok(Answer {
        status,
        headers,
        body: body.to_bytes().to_vec(),
    })
}

/// A registration that is being carried out.
pub(crate) struct Drive {
    pub(crate) registration: Registration,
    pub(crate) now: Now,
    /// Operation IDs of the `Assigning` events.
    pub(crate) operations: Vec<String>,
    /// How many requests were sent.
    pub(crate) requests: usize,
}

impl Drive {
    pub(crate) fn new(settings: Settings, csr: &Csr) -> Self {
        let now = now();
        Self::of(Registration::new(settings, csr, now), now)
    }

    pub(crate) fn resume(settings: Settings, operation_id: &str) -> Self {
        let now = now();
        Self::of(Registration::resume(settings, operation_id, now), now)
    }

    fn of(registration: Registration, now: Now) -> Self {
        Self {
            registration,
            now,
            operations: Vec::new(),
            requests: 0,
        }
    }

    pub(crate) async fn finish(&mut self, endpoint: &Endpoint) -> Result<Assignment, Error> {
        loop {
            match self.registration.poll() {
                Output::Request(request) => self.carry(endpoint, &request).await,
                Output::Assigning { operation_id, .. } => self.operations.push(operation_id),
                Output::Assigned(assignment) => return Ok(assignment),
                Output::Failed(error) => return Err(error),
                Output::WaitUntil(due) => {
                    self.now.tick = due;
                    self.registration.handle(self.now, Input::Deadline);
                }
                Output::Idle => panic!("idle before the end"),
            }
        }
    }

    /// Sends the first request, and takes its answer.
    pub(crate) async fn first(&mut self, endpoint: &Endpoint) {
        let Output::Request(request) = self.registration.poll() else {
            panic!("asks nothing")
        };
        self.carry(endpoint, &request).await;
    }

    async fn carry(&mut self, endpoint: &Endpoint, request: &Request) {
        self.requests += 1;
        match endpoint.carry(request).await {
            Ok(response) => self
                .registration
                .handle(self.now, Input::Response(&response)),
            Err(reason) => self
                .registration
                .handle(self.now, Input::Unreachable(&reason)),
        }
    }
}

pub(crate) fn settings(station: &Station, id: &str, credential: Credential) -> Settings {
    Settings {
        id_scope: station.id_scope().to_owned(),
        registration_id: RegistrationId::new(id).unwrap(),
        api_version: API_VERSION.to_owned(),
        credential,
    }
}

/// A key that is always the same for the same seed: nothing here is secret.
pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_entropy(&[seed; 48]).unwrap()
}

pub(crate) fn csr(seed: u8, id: &str) -> Csr {
    Csr::for_device(&key(seed), id).unwrap()
}

pub(crate) fn now() -> Now {
    let utc = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    Now {
        tick: Millis(0),
        utc: UnixTime(utc),
    }
}

/// Runs openssl and gives both its outputs, or panics with them.
pub(crate) fn openssl(folder: &Path, arguments: &str) -> String {
    let words = arguments.split_whitespace();
    let output = Command::new("openssl")
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {said}");
    said
}

/// Registers with a CSR, and leaves chain and key as PEM files. Gives the serial number.
pub(crate) async fn operational(bench: &Bench, station: &Station, id: &str, seed: u8) -> String {
    let mut drive = Drive::new(settings(station, id, Credential::Relay), &csr(seed, id));
    let assignment = drive.finish(&Endpoint::relay(station)).await.unwrap();
    let pem = |der: &Vec<u8>| {
        let text = Base64::encode_string(der);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    };
    let chain: String = assignment.chain.iter().map(pem).collect();
    fs::write(bench.path(&format!("{id}.pem")), chain).unwrap();
    fs::write(bench.path(&format!("{id}.key")), key(seed).to_pkcs8_pem()).unwrap();
    let serial = openssl(
        &bench.path(""),
        &format!("x509 -in {id}.pem -noout -serial"),
    );
    serial.trim().trim_start_matches("serial=").to_owned()
}

/// A self-signed certificate and its key.
pub(crate) fn certificate(bench: &Bench, id: &str) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc";
    let files = format!("-keyout {id}.key -out {id}.pem -subj /CN={id}");
    openssl(&bench.path(""), &format!("req -x509 {key} {files}"));
}
