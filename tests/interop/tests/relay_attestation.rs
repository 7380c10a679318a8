//! The relay to a DPS elsewhere: another station is that DPS, in every attestation, and a server that
//! keeps what it was asked shows what passes.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;
#[path = "relay/fake.rs"]
mod fake;
#[path = "relay/bench.rs"]
mod line;

use std::fs;

use bench::{Bench, Drive, Endpoint, csr, now, openssl, settings};
use line::{Line, poll, trouble};
use serde_json::Value;
use signet_core::Explain;
use signet_core::UnixTime;
use signet_core::dps::{Attestation, Credential, Error, sas_token};
use signet_station::Station;
use signet_station::config::{Enroll, RelayOptions};

const VERSION: &str = "api-version=2025-07-01-preview";

/// A station with an enrollment of every kind, and the relay's credential for each: registration ID and
/// lines of the file.
async fn upstream(bench: &Bench) -> (Station, Vec<(&'static str, String)>) {
    let folder = bench.path("");
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc";
    let run = |arguments: String| openssl(&folder, &arguments);
    run(format!(
        "req -x509 {new} -keyout own.key -out own.pem -subj /CN=own-1"
    ));
    run(format!(
        "req -x509 {new} -addext keyUsage=critical,keyCertSign -keyout fab.key -out fab.pem -subj /CN=fab"
    ));
    run(format!(
        "req {new} -keyout dev.key -out dev.csr -subj /CN=fab-dev-1"
    ));
    fs::write(
        bench.path("dev.cnf"),
        "basicConstraints=critical,CA:FALSE\n",
    )
    .unwrap();
    run(
        "x509 -req -in dev.csr -CA fab.pem -CAkey fab.key -days 2 -extfile dev.cnf -out dev.pem"
            .to_owned(),
    );
    for (name, group, file) in [
        ("alone-1", false, None),
        ("own-1", false, Some("own.pem")),
        ("fab", true, Some("fab.pem")),
    ] {
        let entry = Enroll {
            name: name.to_owned(),
            group,
            certificate: file.map(|file| bench.path(file)),
            policy: Some("default".to_owned()),
            ..Enroll::default()
        };
        signet_station::enroll(&bench.data(), &entry).unwrap();
    }
    for name in ["line", "alone-1"] {
        fs::write(
            bench.path(&format!("{name}.b64")),
            bench.symmetric_key(name),
        )
        .unwrap();
    }
    let key = |kind, file| format!("kind = \"{kind}\"\nkey-file = \"{file}\"");
    let certificate = |name| {
        format!("kind = \"client-certificate\"\ncertificate = \"{name}.pem\"\nkey = \"{name}.key\"")
    };
    let credentials = vec![
        ("sn-of-the-group", key("group-key", "line.b64")),
        ("alone-1", key("individual-key", "alone-1.b64")),
        ("own-1", certificate("own")),
        ("fab-dev-1", certificate("dev")),
    ];
    (bench.start().await, credentials)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_registration_passes_in_every_attestation() {
    let bench = Bench::new();
    let (station, credentials) = upstream(&bench).await;
    fs::copy(bench.data().join("ca/root.pem"), bench.path("trusted.pem")).unwrap();
    for (count, (id, credential)) in credentials.iter().enumerate() {
        let line = Line::new(station.device(), station.id_scope(), &station.tls_root());
        let relay = line.credited(credential).start(&bench).await;
        let settings = settings(&station, id, Credential::Relay);
        let mut drive = Drive::new(settings, &csr(7, id));
        let assignment = drive.finish(&Endpoint::Relay(relay.page())).await.unwrap();
        assert_eq!(
            (assignment.device_id.as_str(), assignment.chain.len()),
            (*id, 3)
        );
        assert_eq!(bench.issued(), count + 1);
        for (name, der) in ["leaf", "issuing"].iter().zip(&assignment.chain) {
            fs::write(bench.path(&format!("{name}.der")), der).unwrap();
            let pem = format!("x509 -inform DER -in {name}.der -out {name}.pem");
            openssl(&bench.path(""), &pem);
        }
        let verify = "verify -x509_strict -purpose sslclient -CAfile trusted.pem -untrusted issuing.pem leaf.pem";
        assert!(openssl(&bench.path(""), verify).contains("leaf.pem: OK"));
        let subject = openssl(
            &bench.path(""),
            "x509 -in leaf.pem -noout -subject -nameopt RFC2253",
        );
        assert_eq!(subject.trim(), format!("subject=CN={id}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_service_is_the_services() {
    let bench = Bench::new();
    let (station, _) = upstream(&bench).await;
    fs::write(bench.path("wrong.b64"), "QUFBQUFBQUFBQUFBQUFBQUFBQUE=").unwrap();
    let line = Line::new(station.device(), station.id_scope(), &station.tls_root());
    let line = line.credited("kind = \"group-key\"\nkey-file = \"wrong.b64\"");
    let relay = line.start(&bench).await;
    let endpoint = Endpoint::Relay(relay.page());
    let target = |id: &str| {
        format!(
            "/{}/registrations/{id}/register?{VERSION}",
            station.id_scope()
        )
    };
    let relayed = endpoint
        .send("PUT", &target("sn-1"), &[], br#"{"registrationId":"sn-1"}"#)
        .await
        .unwrap();
    let token = sas_token(
        station.id_scope(),
        "sn-1",
        b"wrong",
        UnixTime(4_000_000_000),
    );
    let direct = Endpoint::device(&station)
        .send(
            "PUT",
            &target("sn-1"),
            &[("Authorization", &token)],
            br#"{"registrationId":"sn-1"}"#,
        )
        .await
        .unwrap();
    let without_marks = |mut body: Value| {
        for mark in ["trackingId", "timestampUtc"] {
            assert!(body.as_object_mut().unwrap().remove(mark).is_some());
        }
        body
    };
    assert_eq!((relayed.status, trouble(&relayed).as_str()), (401, ""));
    assert_eq!(without_marks(relayed.json()), without_marks(direct.json()));
    for name in ["content-type", "date", "x-ms-request-id", "x-ms-error-code"] {
        assert_eq!(
            relayed.header(name).is_some(),
            direct.header(name).is_some(),
            "{name}"
        );
    }
    let settings = settings(&station, "sn-1", Credential::Relay);
    let error = Drive::new(settings, &csr(7, "sn-1"))
        .finish(&endpoint)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unauthorized {
                attestation: Attestation::Relay,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_as_they_are() {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    // A challenge for a TPM, with white space that another writer would not keep.
    let nonce =
        "{ \"message\" : \"\",\n\"authenticationKey\":\"AAAA\",\"keyName\":\"registration\" }";
    for (status, body) in [(401, nonce), (202, "{\"a\":1}"), (429, ""), (500, "{}")] {
        let headers = "Content-Type: application/json; charset=utf-8\r\nRetry-After: 7\r\nx-ms-request-id: r-1\r\n\
            x-ms-error-code: 401002\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nSet-Cookie: a=b\r\n\
            Strict-Transport-Security: max-age=1\r\nAccess-Control-Allow-Origin: *\r\n\
            Location: https://localhost:PORT/0neA/registrations/sn-1/operations/5.a?api-version=V\r\n";
        let script = fake::answer(status, headers, body);
        let fake = fake::Fake::start(&bench.path("server"), script);
        let relay = Line::new(fake.address, "0neA", &bench.path("ca.pem"))
            .start(&bench)
            .await;
        let answer = poll(&relay, "0neA").await;
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (status, body.as_bytes())
        );
        for (name, value) in [
            ("content-type", Some("application/json; charset=utf-8")),
            ("retry-after", Some("7")),
            ("x-ms-request-id", Some("r-1")),
            ("x-ms-error-code", Some("401002")),
            ("date", Some("Sun, 06 Nov 1994 08:49:37 GMT")),
            ("cache-control", Some("no-store")),
            ("set-cookie", None),
            ("strict-transport-security", None),
            ("access-control-allow-origin", None),
            ("x-signet-relay-error", None),
            // This one names another port.
            ("location", None),
        ] {
            assert_eq!(answer.header(name).as_deref(), value, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_page_passes_that_should_not() {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    fs::write(bench.path("group.b64"), "QUFBQUFBQUFBQUFBQUFBQUFBQUE=").unwrap();
    let key = "key-file = \"group.b64\"";
    let certificate = "certificate = \"server.pem\"\nkey = \"server.key\"";
    // Which `Authorization` arrives: the page's, the relay's, or none.
    for (kind, more, mark) in [
        ("page", "", Some("of-the-page")),
        (
            "group-key",
            key,
            Some("sr=0neA%2Fregistrations%2Fa%3Ab&sig="),
        ),
        (
            "individual-key",
            key,
            Some("sr=0neA%2Fregistrations%2Fa%3Ab&sig="),
        ),
        ("client-certificate", certificate, None),
    ] {
        let script = fake::answer(202, "", "{}");
        let fake = fake::Fake::start(&bench.path("server"), script);
        let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
        let line = line.credited(&format!("kind = \"{kind}\"\n{more}"));
        let relay = line.start(&bench).await;
        let path =
            format!("/0neA/registrations/a%3ab/register?secret=s&{VERSION}&forceRegistration=true");
        let headers = [
            ("Authorization", "SharedAccessSignature of-the-page"),
            ("Cookie", "session=of-the-page"),
            ("X-Forwarded-For", "of-the-page"),
            ("Accept-Encoding", "gzip"),
            ("Content-Type", "application/json; charset=utf-8"),
        ];
        let endpoint = Endpoint::Relay(relay.page());
        let answer = endpoint
            .send("PUT", &path, &headers, b"{\"a\":1}")
            .await
            .unwrap();
        assert_eq!((answer.status, trouble(&answer).as_str()), (202, ""));
        let heard = String::from_utf8(fake.heard()).unwrap();
        let (head, body) = heard.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "{\"a\":1}");
        let mut lines = head.lines();
        let target = format!("/0neA/registrations/a%3Ab/register?{VERSION}&forceRegistration=true");
        assert_eq!(
            lines.next(),
            Some(format!("PUT {target} HTTP/1.1").as_str())
        );
        let mut names: Vec<_> = lines
            .map(|l| l.split(':').next().unwrap().to_lowercase())
            .collect();
        names.sort();
        let mut expected = vec![
            "accept",
            "content-length",
            "content-type",
            "host",
            "user-agent",
        ];
        if let Some(mark) = mark {
            expected.insert(1, "authorization");
            let token = heard.split("authorization: SharedAccessSignature ").nth(1);
            assert!(
                token.is_some_and(|token| token.starts_with(mark)),
                "{heard}"
            );
        }
        assert_eq!(names, expected, "{kind}");
        assert_eq!(heard.contains("of-the-page"), kind == "page", "{heard}");
        // The relay's token is soon worthless.
        if let Some(expiry) = heard.split("&se=").nth(1) {
            let expiry: u64 = expiry.split('&').next().unwrap().parse().unwrap();
            let left = expiry - now().utc.0;
            assert!((200..=300).contains(&left), "{left}");
        }
        assert!(
            !heard.contains("session") && !heard.contains("secret"),
            "{heard}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_no_way_to_anywhere_else() {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    let fake = fake::Fake::start(&bench.path("server"), fake::answer(200, "", "{}"));
    let relay = Line::new(fake.address, "0neA", &bench.path("ca.pem"))
        .start(&bench)
        .await;
    let endpoint = Endpoint::Relay(relay.page());
    let register = "/0neA/registrations/sn-1/register";
    let operation = "/0neA/registrations/sn-1/operations/5.a";
    for (method, path, headers, status, code) in [
        (
            "PUT",
            "/0neB/registrations/sn-1/register",
            &[][..],
            403,
            "relay.scope-not-allowed",
        ),
        (
            "GET",
            "/0neB/registrations/sn-1/operations/a",
            &[],
            403,
            "relay.scope-not-allowed",
        ),
        ("GET", "/", &[], 404, ""),
        (
            "GET",
            "/0neA/enrollments/sn-1",
            &[],
            404,
            "relay.not-an-operation",
        ),
        (
            "POST",
            "/0neA/registrations/sn-1/getDeviceUpdate",
            &[],
            404,
            "relay.not-an-operation",
        ),
        (
            "GET",
            "/0neA/registrations/../operations/a",
            &[],
            400,
            "relay.not-an-operation",
        ),
        (
            "GET",
            "/0neA/registrations/a/operations/%2e%2e",
            &[],
            400,
            "relay.not-an-operation",
        ),
        (
            "GET",
            "/0neA/registrations/a/operations/..%2f..",
            &[],
            400,
            "relay.not-an-operation",
        ),
        ("DELETE", register, &[], 405, "relay.not-an-operation"),
        ("POST", register, &[], 405, "relay.not-an-operation"),
        (
            "PUT",
            register,
            &[("Origin", "https://evil.example")],
            403,
            "",
        ),
        (
            "PUT",
            register,
            &[("Sec-Fetch-Site", "cross-site")],
            403,
            "",
        ),
        (
            "GET",
            operation,
            &[("Origin", "https://evil.example")],
            403,
            "relay.request-foreign",
        ),
        (
            "GET",
            operation,
            &[("Sec-Fetch-Site", "same-site")],
            403,
            "relay.request-foreign",
        ),
        (
            "GET",
            "page:/relay/status",
            &[("Sec-Fetch-Site", "cross-site")],
            403,
            "relay.request-foreign",
        ),
        ("GET", operation, &[("Host", "evil.example")], 421, ""),
    ] {
        let answer = endpoint.send(method, path, headers, b"").await.unwrap();
        assert_eq!(
            (answer.status, trouble(&answer).as_str()),
            (status, code),
            "{method} {path}"
        );
    }
    assert!(fake.heard().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_relay_refuses_itself_is_shown_as_its_own() {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    let fake = fake::Fake::start(&bench.path("server"), fake::answer(200, "", "{}"));
    let line = Line::new(fake.address, "0neA", &bench.path("ca.pem"));
    let relay = line.start(&bench).await;
    let endpoint = Endpoint::Relay(relay.page());
    let register = "/0neA/registrations/sn-1/register";
    let long = vec![b'x'; 96 * 1024 + 1];
    let answer = endpoint.send("PUT", register, &[], &long).await.unwrap();
    assert_eq!(
        (answer.status, trouble(&answer).as_str()),
        (413, "relay.request-unreadable")
    );
    // The page sees what it was.
    let id = signet_core::dps::RegistrationId::new("sn-1").unwrap();
    let settings = signet_core::dps::Settings::new("0neB", id, Credential::Relay);
    let error = Drive::new(settings, &csr(7, "sn-1"))
        .finish(&endpoint)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "relay.scope-not-allowed");
    assert!(error.rules_out_issuance() && error.next_step().contains("id-scopes"));
    assert!(fake.heard().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_says_why_a_line_does_not_work() {
    let bench = Bench::new();
    let (station, _) = upstream(&bench).await;
    let line = Line::new(station.device(), station.id_scope(), &station.tls_root());
    let relay = line.start(&bench).await;
    let status = async |relay: &signet_station::Relay, path: &str| {
        Endpoint::Relay(relay.page())
            .send("GET", path, &[], b"")
            .await
            .unwrap()
    };
    let well = status(&relay, "page:/relay/status").await.json();
    assert_eq!(
        well["upstream"],
        format!("https://localhost:{}", station.device().port())
    );
    assert_eq!(
        (&well["reachable"], &well["error"]),
        (&Value::Bool(true), &Value::Null)
    );
    assert!(
        well["clockSkewSeconds"].as_i64().unwrap().abs() < 5,
        "{well}"
    );
    assert_eq!(status(&relay, "page:/healthz").await.json()["status"], "ok");
    assert_eq!(status(&relay, "page:/").await.body, b"<title>page</title>");
    assert_eq!(status(&relay, "page:/recipe.json").await.status, 404);

    // A clock that is off, and a DPS that is not there.
    fake::identity(&bench.path(""), "server", "localhost", 2);
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let fake = fake::Fake::start(&bench.path("server"), fake::answer(404, date, ""));
    let recipe = bench.path("recipe.json");
    fs::write(
        &recipe,
        include_bytes!("../../../core/tests/corpus/recipe/good-relay.json"),
    )
    .unwrap();
    let line =
        Line::new(fake.address, "0neA", &bench.path("ca.pem")).with("recipe = \"recipe.json\"");
    let relay = line.start(&bench).await;
    let off = status(&relay, "page:/relay/status").await.json();
    assert_eq!(off["reachable"], true, "{off}");
    assert!(
        off["clockSkewSeconds"].as_i64().unwrap() > 900_000_000,
        "{off}"
    );
    assert_eq!(
        status(&relay, "page:/recipe.json").await.body,
        fs::read(recipe).unwrap()
    );
    let gone = Line::new(
        "127.0.0.1:1".parse().unwrap(),
        "0neA",
        &bench.path("ca.pem"),
    );
    let relay = gone.start(&bench).await;
    let gone = status(&relay, "page:/relay/status").await.json();
    assert_eq!(
        (&gone["reachable"], &gone["clockSkewSeconds"]),
        (&Value::Bool(false), &Value::Null)
    );
    assert_eq!(gone["error"]["relayError"], "relay.upstream-unreachable");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_name_is_asked_where_no_connection_to_the_first_comes_about() {
    let bench = Bench::new();
    fake::identity(&bench.path(""), "server", "localhost", 2);
    let fake = fake::Fake::start(&bench.path("server"), fake::answer(202, "", "{}"));
    let port = fake.address.port();
    fs::write(
        bench.path("two.toml"),
        format!(
            "upstream = [\"https://localhost:1\", \"https://localhost:{port}\"]\nid-scopes = [\"0neA\"]\n\
             roots = \"ca.pem\"\n[credential]\nkind = \"page\"\n"
        ),
    )
    .unwrap();
    let mut options = RelayOptions::new(bench.path("page"), bench.path("two.toml"));
    options.page_port = 0;
    let relay = signet_station::Relay::start(options).await.unwrap();
    assert_eq!(poll(&relay, "0neA").await.status, 202);
}
