//! What the relay offers and trusts in TLS, and how it proves itself there.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "relay/fake.rs"]
mod fake;
#[path = "relay/bench.rs"]
mod line;

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use bench::Bench;
use fake::{Fake, answer, identity, identity_with};
use line::{Line, poll, trouble};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS12;

/// By the names of RFC 5289.
const ECDHE_ECDSA_AES_128: u16 = 0xc02b;
const ECDHE_ECDSA_AES_256: u16 = 0xc02c;
const ECDHE_RSA_AES_128: u16 = 0xc02f;
const ECDHE_RSA_AES_256: u16 = 0xc030;
/// Says that renegotiation is understood, RFC 5746.
const SIGNAL: u16 = 0x00ff;

/// A line as for Azure: without `roots`.
fn azure(upstream: SocketAddr) -> Line {
    let mut line = Line::new(upstream, "0neA", Path::new(""));
    line.roots = None;
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_what_the_service_recommends() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    let private = |upstream| Line::new(upstream, "0neA", &bench.path("ca.pem"));
    for (line, expected) in [
        (
            &azure as &dyn Fn(SocketAddr) -> Line,
            &[ECDHE_RSA_AES_256, ECDHE_RSA_AES_128][..],
        ),
        (
            &private,
            &[
                ECDHE_RSA_AES_256,
                ECDHE_ECDSA_AES_256,
                ECDHE_RSA_AES_128,
                ECDHE_ECDSA_AES_128,
            ],
        ),
    ] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let hello = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 5];
            stream.read_exact(&mut head).unwrap();
            let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            stream.read_exact(&mut hello).unwrap();
            hello
        });
        let relay = line(address).start(&bench).await;
        let told = poll(&relay, "0neA").await;
        assert_eq!(trouble(&told), "relay.upstream-unreachable");
        let hello = hello.join().unwrap();
        // RFC 5246, section 7.4.1.2: type and length, version, random, session, suites.
        assert_eq!((hello[0], &hello[4..6]), (1, &[3, 3][..]));
        let at = 39 + usize::from(hello[38]);
        let length = usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
        let suites = hello[at + 2..at + 2 + length].chunks(2);
        let suites: Vec<u16> = suites
            .map(|two| u16::from_be_bytes([two[0], two[1]]))
            .filter(|suite| *suite != SIGNAL)
            .collect();
        assert_eq!(suites, expected);
        assert!(
            hello.windows(9).any(|nine| nine == b"localhost"),
            "the name is sent"
        );
        // `supported_versions` names no TLS 1.3, if it is there (RFC 8446, section 4.2.1).
        let mut rest = &hello[at + length + 6..];
        while let [kind_high, kind, high, low, ..] = rest {
            let end = 4 + usize::from(u16::from_be_bytes([*high, *low]));
            let versions = rest[4..end].windows(2);
            assert!(
                (*kind_high, *kind) != (0, 43) || !versions.into_iter().any(|two| two == [3, 4])
            );
            rest = &rest[end..];
        }
        assert!(rest.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_roots_only_azures_are_trusted() {
    let bench = Bench::new();
    let folder = bench.path("");
    identity_with(&folder, "rsa", "localhost", 2, "rsa:2048");
    identity(&folder, "ec", "localhost", 2);
    let fake = Fake::start(&bench.path("rsa"), answer(200, "", "{}"));
    let told = poll(&azure(fake.address).start(&bench).await, "0neA").await;
    assert_eq!(
        (told.status, trouble(&told).as_str()),
        (502, "relay.upstream-certificate")
    );
    assert!(fake.heard().is_empty());
    // The same server, when its root is named.
    let relay = Line::new(fake.address, "0neA", &bench.path("ca.pem"))
        .start(&bench)
        .await;
    assert_eq!(poll(&relay, "0neA").await.status, 200);
    // Azure has no such key.
    let fake = Fake::start(&bench.path("ec"), answer(200, "", "{}"));
    let told = poll(&azure(fake.address).start(&bench).await, "0neA").await;
    assert_eq!(
        (told.status, trouble(&told).as_str()),
        (502, "relay.upstream-tls")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_shown_and_may_be_refused() {
    let bench = Bench::new();
    let folder = bench.path("");
    identity(&folder, "server", "localhost", 2);
    identity(&folder, "ours", "ours", 2);
    fs::create_dir(bench.path("elsewhere")).unwrap();
    identity(&bench.path("elsewhere"), "theirs", "theirs", 2);
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(bench.path("ca.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let judge = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let script = answer(200, "", "{}");
    let fake = Fake::asking(judge, &[&TLS12], &bench.path("server"), script);
    let line = |credential: &str| {
        Line::new(fake.address, "0neA", &bench.path("ca.pem")).credited(credential)
    };
    let with = |name: &str| {
        format!("kind = \"client-certificate\"\ncertificate = \"{name}.pem\"\nkey = \"{name}.key\"")
    };
    for (credential, status, code) in [
        (with("ours"), 200, ""),
        (with("elsewhere/theirs"), 500, "relay.credential"),
        ("kind = \"page\"".to_owned(), 502, "relay.upstream-tls"),
    ] {
        let told = poll(&line(&credential).start(&bench).await, "0neA").await;
        assert_eq!(
            (told.status, trouble(&told).as_str()),
            (status, code),
            "{credential}"
        );
    }
    let heard = String::from_utf8(fake.heard()).unwrap();
    assert!(heard.starts_with("GET /0neA/"), "{heard}");
    assert!(!heard.to_lowercase().contains("authorization"), "{heard}");

    // A key that is another's is found at the start.
    fs::copy(bench.path("server.key"), bench.path("ours.key")).unwrap();
    let error = line(&with("ours")).try_start(&bench).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("do not belong together"),
        "{error:#}"
    );
}
