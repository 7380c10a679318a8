//! The relay through an HTTP proxy that others wrote.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "relay/bench.rs"]
mod line;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use bench::{Bench, Drive, Endpoint, csr, settings};
use line::{Line, poll, trouble};
use signet_core::dps::Credential;

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_passes_through_tinyproxy() {
    let bench = Bench::new();
    let Some(proxy) = Tinyproxy::start(&bench, "BasicAuth us3r p4ss\n") else {
        return;
    };
    let station = bench.start().await;
    fs::write(bench.path("line.b64"), bench.symmetric_key("line")).unwrap();
    let line = |user: &str, port: u16| {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Line::new(upstream, station.id_scope(), &station.tls_root())
            .with(&format!("proxy = \"http://{user}{}\"", proxy.address))
            .credited("kind = \"group-key\"\nkey-file = \"line.b64\"")
    };
    let port = station.device().port();
    let relay = line("us3r:p4ss@", port).start(&bench).await;
    let settings = settings(&station, "sn-1", Credential::Relay);
    let mut drive = Drive::new(settings, &csr(7, "sn-1"));
    let assignment = drive.finish(&Endpoint::Relay(relay.page())).await.unwrap();
    assert_eq!((assignment.chain.len(), bench.issued()), (3, 1));
    let log = fs::read_to_string(bench.path("proxy.log")).unwrap();
    let connects = log
        .matches(&format!("CONNECT localhost:{port} HTTP/1.1"))
        .count();
    assert_eq!(connects, drive.requests, "{log}");

    // This proxy says 401 to a wrong password, where RFC 9110 has 407 for both.
    for (user, status) in [("", "HTTP 407"), ("us3r:wrong@", "HTTP 401")] {
        let relay = line(user, port).start(&bench).await;
        let answer = poll(&relay, station.id_scope()).await;
        assert_eq!(
            (answer.status, trouble(&answer).as_str()),
            (502, "relay.proxy-refused")
        );
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains(status) && !text.contains("wrong"), "{text}");
    }
    // The proxy is there, and the DPS is not.
    let relay = line("us3r:p4ss@", 1).start(&bench).await;
    let answer = poll(&relay, station.id_scope()).await;
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (503, "relay.upstream-unreachable")
    );
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("The proxy"), "{text}");

    // The proxy is not there.
    drop(proxy.child);
    let relay = line("us3r:p4ss@", port).start(&bench).await;
    let answer = poll(&relay, station.id_scope()).await;
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (503, "relay.proxy-unreachable")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_forbids_the_port_is_named() {
    let bench = Bench::new();
    let Some(proxy) = Tinyproxy::start(&bench, "ConnectPort 1\n") else {
        return;
    };
    let station = bench.start().await;
    let line = Line::new(station.device(), station.id_scope(), &station.tls_root());
    let line = line.with(&format!("proxy = \"http://{}\"", proxy.address));
    let relay = line.start(&bench).await;
    let answer = poll(&relay, station.id_scope()).await;
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (502, "relay.proxy-refused")
    );
    assert!(answer.json()["message"].as_str().unwrap().contains("403"));
}

/// Debian's tinyproxy.
struct Tinyproxy {
    address: SocketAddr,
    child: Running,
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Tinyproxy {
    fn start(bench: &Bench, more: &str) -> Option<Self> {
        if Command::new("tinyproxy").arg("-v").output().is_err() {
            signet_interop::skip("there is no tinyproxy (Debian: tinyproxy-bin)");
            return None;
        }
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let (file, log) = (bench.path("proxy.conf"), bench.path("proxy.log"));
        let text = format!(
            "Port {}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nMaxClients 20\nLogLevel Connect\nLogFile \"{}\"\n{more}",
            address.port(),
            log.display(),
        );
        fs::write(&file, text).unwrap();
        let child = Command::new("tinyproxy")
            .arg("-d")
            .arg("-c")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let child = Running(child);
        for _ in 0..100 {
            if TcpStream::connect(address).is_ok() {
                return Some(Self { address, child });
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("tinyproxy does not listen on {address}");
    }
}
