//! A DPS that answers what it is told, and keeps what it was asked.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

/// A server over TLS.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// What a connection is answered, in pieces with pauses in milliseconds before them. It is closed after.
pub(crate) type Script = Vec<(u64, Vec<u8>)>;

impl Fake {
    /// Answers every connection so. `identity` is the path of `.pem` and `.key`.
    pub(crate) fn start(identity: &Path, script: Script) -> Self {
        Self::speaking(&[&rustls::version::TLS12], identity, script)
    }

    pub(crate) fn speaking(
        versions: &[&'static SupportedProtocolVersion],
        identity: &Path,
        script: Script,
    ) -> Self {
        let none = Arc::new(NoClientAuth);
        Self::asking(none, versions, identity, script)
    }

    /// With somebody who judges clients.
    pub(crate) fn asking(
        judge: Arc<dyn ClientCertVerifier>,
        versions: &[&'static SupportedProtocolVersion],
        identity: &Path,
        script: Script,
    ) -> Self {
        let chain = CertificateDer::pem_file_iter(identity.with_extension("pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(identity.with_extension("key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(judge)
            .with_single_cert(chain.collect::<Result<_, _>>().unwrap(), key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, script, log) = (Arc::clone(&config), script.clone(), Arc::clone(&log));
                thread::spawn(move || serve(config, stream.unwrap(), script, &log));
            }
        });
        Self { address, heard }
    }

    /// All requests so far, as they came.
    pub(crate) fn heard(&self) -> Vec<u8> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }
}

/// How the other side leaves is its own affair.
fn serve(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    script: Script,
    log: &Mutex<Vec<u8>>,
) -> Option<()> {
    let mut tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&request) {
        match tls.read(&mut buffer).ok()? {
            0 => return None,
            count => request.extend(&buffer[..count]),
        }
    }
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(request);
    for (pause, piece) in script {
        thread::sleep(Duration::from_millis(pause));
        tls.write_all(&piece).ok()?;
        tls.flush().ok()?;
    }
    tls.conn.send_close_notify();
    tls.flush().ok()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
    request.len() >= head.len() + 4 + length
}

/// An answer with this status, these headers and this body.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Script {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n");
    vec![(0, (head + body).into_bytes())]
}

/// An authority `ca.pem`, and a server's certificate under it for that name: `NAME.pem`, `NAME.key`.
pub(crate) fn identity(folder: &Path, name: &str, host: &str, days: i32) {
    identity_with(
        folder,
        name,
        host,
        days,
        "ec -pkeyopt ec_paramgen_curve:P-256",
    );
}

/// With that kind of key.
pub(crate) fn identity_with(folder: &Path, name: &str, host: &str, days: i32, kind: &str) {
    let new = format!("-newkey {kind} -noenc");
    let run = |arguments: String| {
        let words = arguments.split_whitespace();
        let output = Command::new("openssl")
            .args(words)
            .current_dir(folder)
            .output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "openssl {arguments}: {said}");
    };
    if !folder.join("ca.pem").exists() {
        run(format!(
            "req -x509 {new} -keyout ca.key -out ca.pem -subj /CN=ca -days 9"
        ));
    }
    fs::write(
        folder.join(format!("{name}.cnf")),
        format!("basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{host}\n"),
    )
    .unwrap();
    run(format!(
        "req {new} -keyout {name}.key -out {name}.csr -subj /CN={name}"
    ));
    run(format!(
        "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -days {days} -extfile {name}.cnf -out {name}.pem"
    ));
}
