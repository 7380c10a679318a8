//! Trouble between the relay and the DPS, which is told apart from what the DPS says.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "relay/fake.rs"]
mod fake;
#[path = "relay/bench.rs"]
mod line;
#[path = "relay/middle.rs"]
mod middle;

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use bench::{Answer, Bench, Drive, Endpoint, csr, settings};
use fake::{Fake, Script, answer, identity};
use line::{Line, poll, trouble};
use middle::Middle;
use signet_core::Explain;
use signet_core::dps::{Credential, RegistrationId, Settings};

/// A line before a station, with a man in the middle that can be told what to do.
async fn practice(bench: &Bench) -> (signet_station::Station, Middle, signet_station::Relay) {
    let station = bench.start().await;
    let middle = Middle::start(station.device());
    fs::write(bench.path("line.b64"), bench.symmetric_key("line")).unwrap();
    let line = Line::new(middle.address, station.id_scope(), &station.tls_root());
    let line = line.with("timeout-seconds = 2");
    let line = line.credited("kind = \"group-key\"\nkey-file = \"line.b64\"");
    let relay = line.start(bench).await;
    (station, middle, relay)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_anywhere_is_no_answer() {
    let bench = Bench::new();
    let (station, middle, relay) = practice(&bench).await;
    // In the first handshake, which is whole only at the end of the day.
    for place in (0..1200).step_by(97) {
        middle.cut_after(place);
        let answer = poll(&relay, station.id_scope()).await;
        let found = (answer.status, trouble(&answer));
        assert_eq!(
            found,
            (503, "relay.upstream-unreachable".to_owned()),
            "cut after {place}"
        );
    }
    middle.cut_after(usize::MAX);
    let total = poll_twice(&station, &middle, &relay).await;
    // In the short handshake of the later ones, and in the answer, which is most of it.
    let mut codes = BTreeMap::<String, usize>::new();
    for place in (0..total).step_by(11).chain(total - 20..total) {
        middle.cut_after(place);
        let answer = poll(&relay, station.id_scope()).await;
        let code = trouble(&answer);
        match code.as_str() {
            // The answer was whole, only the farewell was not.
            "" => assert_eq!(
                (answer.status, answer.json()["errorCode"].clone()),
                (404, 404_201.into())
            ),
            "relay.upstream-cut" | "relay.upstream-unreachable" => assert_eq!(answer.status, 503),
            other => panic!("cut after {place}: {other}"),
        }
        *codes.entry(code).or_default() += 1;
    }
    for code in ["relay.upstream-unreachable", "relay.upstream-cut"] {
        assert!(codes.get(code).is_some_and(|count| *count > 5), "{codes:?}");
    }

    // A registration goes on after a cut, and the certificate is issued once.
    middle.cut_once_after(total - 200);
    let id = "sn-cut";
    let mut drive = Drive::new(settings(&station, id, Credential::Relay), &csr(7, id));
    let assignment = drive.finish(&Endpoint::Relay(relay.page())).await.unwrap();
    assert_eq!((assignment.chain.len(), bench.issued()), (3, 1));
    assert!(drive.requests > 3, "{}", drive.requests);
}

/// The bytes that come back for a poll, once the relay has been there before.
async fn poll_twice(
    station: &signet_station::Station,
    middle: &Middle,
    relay: &signet_station::Relay,
) -> usize {
    for _ in 0..2 {
        let whole = poll(relay, station.id_scope()).await;
        assert_eq!((whole.status, trouble(&whole).as_str()), (404, ""));
    }
    let total = middle.back();
    assert!(total > 400, "{total}");
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends() {
    let bench = Bench::new();
    let (station, middle, relay) = practice(&bench).await;
    let total = poll_twice(&station, &middle, &relay).await;
    // At once, in the handshake, and in the answer.
    for place in [0, 50, total - 100] {
        middle.hold_after(place);
        let answer = poll(&relay, station.id_scope()).await;
        assert_eq!(
            (answer.status, trouble(&answer).as_str()),
            (504, "relay.upstream-timeout")
        );
    }
}

/// What a script makes of a poll.
async fn told(bench: &Bench, script: Script) -> (Answer, String) {
    let fake = Fake::start(&bench.path("server"), script);
    let line = Line::new(fake.address, "0neA", &bench.path("ca.pem")).with("timeout-seconds = 2");
    let relay = line.start(bench).await;
    let answer = poll(&relay, "0neA").await;
    let code = trouble(&answer);
    let id = RegistrationId::new("sn-1").unwrap();
    if answer.status == 502 {
        // The page shows the relay's code.
        let settings = Settings::new("0neA", id, Credential::Relay);
        let endpoint = Endpoint::Relay(relay.page());
        let error = Drive::new(settings, &csr(7, "sn-1"))
            .finish(&endpoint)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.rules_out_issuance());
    }
    (answer, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none_is_not_passed_on() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    let page = "<!DOCTYPE html><title>Blocked</title><script>alert(1)</script>";
    let json = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
    let raw = |text: String| vec![(0, text.into_bytes())];
    let ok = "HTTP/1.1 200 OK\r\n";
    let endless = format!("{ok}{}", "X-Y: zzzzzzzzzzzzzzzz\r\n".repeat(90));
    for (what, script, status, code) in [
        (
            "HTML 200",
            answer(200, "Content-Type: application/json\r\n", page),
            502,
            "answer-not-json",
        ),
        (
            "HTML 403",
            answer(403, "Content-Type: text/html\r\n", page),
            502,
            "answer-not-json",
        ),
        (
            "HTML 503",
            answer(503, "Content-Type: text/html\r\n", page),
            503,
            "answer-not-json",
        ),
        ("text", answer(200, "", "Blocked"), 502, "answer-not-json"),
        (
            "half of a JSON",
            answer(200, "", &json[..500]),
            502,
            "answer-not-json",
        ),
        (
            "no HTTP",
            raw("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned()),
            502,
            "answer-not-json",
        ),
        ("nothing", Vec::new(), 503, "upstream-cut"),
        ("a head", raw(ok.to_owned()), 503, "upstream-cut"),
        (
            "cut by length",
            raw(format!("{ok}Content-Length: 1008\r\n\r\n{}", &json[..500])),
            503,
            "upstream-cut",
        ),
        (
            "cut by chunks",
            raw(format!(
                "{ok}Transfer-Encoding: chunked\r\n\r\n1f4\r\n{}\r\n",
                &json[..500]
            )),
            503,
            "upstream-cut",
        ),
        (
            "too large",
            answer(200, "", &format!("\"{}\"", "x".repeat(256 * 1024))),
            502,
            "answer-too-large",
        ),
        (
            "a long head",
            raw(format!("{endless}X: {}\r\n", "y".repeat(70_000))),
            502,
            "answer-too-large",
        ),
        ("slow", vec![(4_000, ok.into())], 504, "upstream-timeout"),
        (
            "slow within",
            vec![
                (0, format!("{ok}Content-Length: 9\r\n\r\n{{").into()),
                (4_000, b"}".to_vec()),
            ],
            504,
            "upstream-timeout",
        ),
    ] {
        let (answer, found) = told(&bench, script).await;
        assert_eq!(
            (answer.status, found),
            (status, format!("relay.{code}")),
            "{what}"
        );
        let text = String::from_utf8(answer.body).unwrap();
        assert!(
            !text.contains("Blocked") && !text.contains("script"),
            "{what}: {text}"
        );
    }
    let whole = raw(format!(
        "{ok}Transfer-Encoding: chunked\r\n\r\n3f2\r\n{json}\r\n0\r\n\r\n"
    ));
    assert_eq!(json.len(), 0x3f0);
    let whole = vec![(
        0,
        String::from_utf8(whole[0].1.clone())
            .unwrap()
            .replace("3f2", "3f0")
            .into(),
    )];
    let (answer, code) = told(&bench, whole).await;
    assert_eq!(
        (answer.status, code.as_str(), answer.body),
        (200, "", json.into_bytes())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_is_named() {
    let bench = Bench::new();
    let folder = bench.path("");
    identity(&folder, "server", "localhost", 2);
    identity(&folder, "other", "dps.example", 2);
    identity(&folder, "expired", "localhost", -1);
    let own =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout own.key -out own.pem";
    bench::openssl(
        &folder,
        &format!("{own} -subj /CN=localhost -addext subjectAltName=DNS:localhost"),
    );
    for (name, said) in [
        ("other", "is for another host"),
        ("expired", "has expired"),
        ("own", "is not accepted"),
    ] {
        let fake = Fake::start(&bench.path(name), answer(200, "", "{}"));
        let relay = Line::new(fake.address, "0neA", &bench.path("ca.pem"))
            .start(&bench)
            .await;
        let answer = poll(&relay, "0neA").await;
        assert_eq!(
            (answer.status, trouble(&answer).as_str()),
            (502, "relay.upstream-certificate")
        );
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{message}");
        assert!(fake.heard().is_empty());
    }
    // One of another authority, and one that only Azure's roots could vouch for.
    let elsewhere = bench.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    identity(&elsewhere, "server", "localhost", 2);
    let fake = Fake::start(&elsewhere.join("server"), answer(200, "", "{}"));
    let relay = Line::new(fake.address, "0neA", &bench.path("ca.pem"))
        .start(&bench)
        .await;
    assert_eq!(
        trouble(&poll(&relay, "0neA").await),
        "relay.upstream-certificate"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_no_tls_1_2_is_named() {
    let bench = Bench::new();
    identity(&bench.path(""), "server", "localhost", 2);
    let start = async |address| {
        Line::new(address, "0neA", &bench.path("ca.pem"))
            .start(&bench)
            .await
    };
    let newer = Fake::speaking(
        &[&rustls::version::TLS13],
        &bench.path("server"),
        answer(200, "", "{}"),
    );
    let answer = poll(&start(newer.address).await, "0neA").await;
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (502, "relay.upstream-tls")
    );

    let station = bench.start().await;
    let answer = poll(&start(station.page()).await, "0neA").await;
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (502, "relay.upstream-tls")
    );

    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let answer = poll(&start(address).await, "0neA").await;
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (503, "relay.upstream-unreachable")
    );
}
