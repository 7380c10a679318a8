//! Our client against our station over real sockets, with openssl as the judge of what is exchanged.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::fs;

use base64ct::{Base64, Encoding};
use bench::{Bench, Drive, Endpoint, csr, key, now, openssl, settings};
use sha2::{Digest, Sha256};
use signet_core::Explain;
use signet_core::chain::{Expectations, VerifiedChain};
use signet_core::dps::{Attestation, Credential, Error, ServiceCode, Settings, Substatus};
use signet_core::recipe::Recipe;

#[tokio::test(flavor = "multi_thread")]
async fn openssl_accepts_the_request_and_the_chain() {
    let bench = Bench::new();
    let station = bench.start().await;
    for (endpoint, id, credential) in [
        (
            Endpoint::relay(&station),
            "sn-0011aabbccdd",
            Credential::Relay,
        ),
        (
            Endpoint::device(&station),
            "a:b.c_d-1",
            Credential::GroupKey(bench.group_key()),
        ),
    ] {
        let csr = csr(7, id);
        let mut drive = Drive::new(settings(&station, id, credential), &csr);
        let assignment = drive.finish(&endpoint).await.unwrap();
        assert_eq!(assignment.assigned_hub, "practice-hub.invalid");
        assert_eq!(assignment.device_id, id);
        assert_eq!(assignment.substatus, Some(Substatus::InitialAssignment));
        assert_eq!(
            drive.operations.len(),
            2,
            "the PUT and one poll say `assigning`"
        );
        assert_eq!(drive.operations[0], assignment.operation_id);

        let folder = bench.path("");
        fs::write(bench.path("csr.der"), csr.as_der()).unwrap();
        let said = openssl(&folder, "req -in csr.der -inform DER -verify -noout");
        assert!(said.contains("verify OK"), "{said}");
        for (name, der) in ["leaf", "issuing", "root"].iter().zip(&assignment.chain) {
            fs::write(bench.path(&format!("{name}.der")), der).unwrap();
            openssl(
                &folder,
                &format!("x509 -inform DER -in {name}.der -out {name}.pem"),
            );
        }
        assert_eq!(assignment.chain.len(), 3);
        let verify =
            "verify -x509_strict -purpose sslclient -CAfile root.pem -untrusted issuing.pem";
        assert!(openssl(&folder, &format!("{verify} leaf.pem")).contains("leaf.pem: OK"));
        let leaf = openssl(&folder, "x509 -in leaf.pem -noout -text");
        for expected in [
            "ecdsa-with-SHA384",
            "NIST CURVE: P-384",
            "CA:FALSE",
            "Digital Signature",
            "TLS Web Client Authentication",
            "X509v3 Authority Key Identifier",
            "X509v3 Subject Key Identifier",
        ] {
            assert!(leaf.contains(expected), "no {expected} in\n{leaf}");
        }
        let subject = openssl(
            &folder,
            "x509 -in leaf.pem -noout -subject -nameopt RFC2253",
        );
        assert_eq!(subject.trim(), format!("subject=CN={id}"));
        let serial = openssl(&folder, "x509 -in leaf.pem -noout -serial");
        assert_eq!(serial.trim().len(), "serial=".len() + 32, "{serial}");
        let issuing = openssl(&folder, "x509 -in issuing.pem -noout -text");
        assert!(issuing.contains("CA:TRUE, pathlen:0"), "{issuing}");
        let soon = std::process::Command::new("openssl")
            .args(["x509", "-in", "leaf.pem", "-noout", "-checkend", "2591000"])
            .current_dir(&folder)
            .status()
            .unwrap();
        assert!(soon.success(), "the policy says 30 days");
    }
    assert_eq!(bench.issued(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_practice_recipe_fits_the_station() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let answer = relay
        .send("GET", "page:/recipe.json", &[], &[])
        .await
        .unwrap();
    let recipe = Recipe::parse(&answer.body).unwrap();
    assert_eq!(recipe.name, "Practice line");
    fs::copy(bench.data().join("ca/root.pem"), bench.path("root.pem")).unwrap();
    let print = openssl(
        &bench.path(""),
        "x509 -in root.pem -noout -fingerprint -sha256",
    );
    let print = print
        .trim()
        .rsplit('=')
        .next()
        .unwrap()
        .replace(':', "")
        .to_lowercase();
    assert_eq!(answer.json()["issued"]["rootSha256"][0], print);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_request_and_answer_loses_nothing() {
    let bench = Bench::new();
    let station = bench.start().await;
    let id = "sn-restart";
    let mut drive = Drive::new(settings(&station, id, Credential::Relay), &csr(7, id));
    drive.first(&Endpoint::relay(&station)).await;
    let operation = drive.registration.operation_id().unwrap().to_owned();
    station.stop().await;

    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let settings = || settings(&station, id, Credential::Relay);
    let first = Drive::resume(settings(), &operation)
        .finish(&relay)
        .await
        .unwrap();
    assert_eq!(first.chain.len(), 3);
    assert_eq!(bench.issued(), 1);
    let again = Drive::resume(settings(), &operation)
        .finish(&relay)
        .await
        .unwrap();
    assert_eq!(
        again, first,
        "the same operation is answered with the same certificate"
    );
    assert_eq!(bench.issued(), 1);

    // A new registration replaces the operation.
    Drive::new(settings(), &csr(8, id))
        .finish(&relay)
        .await
        .unwrap();
    let gone = Drive::resume(settings(), &operation)
        .finish(&relay)
        .await
        .unwrap_err();
    assert_eq!(
        gone,
        Error::OperationGone {
            operation_id: operation
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_answer_was_lost_is_not_issued_twice() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let settings = || settings(&station, "sn-lost", Credential::Relay);
    let mut lost = Drive::new(settings(), &csr(7, "sn-lost"));
    lost.first(&relay).await;
    let mut again = Drive::new(settings(), &csr(7, "sn-lost"));
    let assignment = again.finish(&relay).await.unwrap();
    assert_eq!(
        lost.registration.operation_id(),
        Some(assignment.operation_id.as_str())
    );
    assert_eq!(bench.issued(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_error() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    for (order, code) in [
        (r#"{"fault":"throttle","count":6}"#, "dps.throttled"),
        (r#"{"fault":"throttle","retryAfter":3600}"#, "dps.throttled"),
        (
            r#"{"fault":"server-error","status":503,"count":6}"#,
            "dps.service-down",
        ),
        (r#"{"fault":"html","status":200}"#, "dps.proxy-page"),
        (r#"{"fault":"html","status":403}"#, "dps.proxy-page"),
        (r#"{"fault":"failed"}"#, "dps.failed"),
        (r#"{"fault":"disabled"}"#, "dps.disabled"),
        (r#"{"fault":"no-chain"}"#, "dps.chain-missing"),
    ] {
        order_fault(&relay, order).await;
        let mut drive = Drive::new(
            settings(&station, "sn-1", Credential::Relay),
            &csr(7, "sn-1"),
        );
        let error = drive.finish(&relay).await.unwrap_err();
        assert_eq!(error.code(), code, "{order}: {error}");
        forget_faults(&relay).await;
    }
    assert_eq!(bench.issued(), 0, "what a fault prevents is not issued");
    // Trouble that passes is not seen at all.
    for order in [
        r#"{"fault":"throttle","retryAfter":1,"count":3}"#,
        r#"{"fault":"server-error","status":500,"count":5}"#,
        r#"{"fault":"slow","ms":200}"#,
    ] {
        order_fault(&relay, order).await;
        let mut drive = Drive::new(
            settings(&station, "sn-1", Credential::Relay),
            &csr(7, "sn-1"),
        );
        drive.finish(&relay).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_takes_the_place_of_an_issuance_and_leaves_it_to_the_next_poll() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    for (place, fault) in [
        "failed",
        "disabled",
        "no-chain",
        "wrong-key",
        "wrong-cn",
        "expired",
        "foreign-root",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("sn-{fault}");
        let settings = || settings(&station, &id, Credential::Relay);
        order_fault(&relay, &format!(r#"{{"fault":"{fault}"}}"#)).await;
        let mut drive = Drive::new(settings(), &csr(7, &id));
        let seen = drive.finish(&relay).await;
        let operation = drive.operations[0].clone();
        assert_eq!(bench.issued(), place, "{fault} issued something");
        let mut resumed = Drive::resume(settings(), &operation);
        let right = resumed.finish(&relay).await.unwrap();
        assert_eq!(bench.issued(), place + 1, "{fault}");
        assert!(
            seen.is_err() || seen.unwrap().chain[0] != right.chain[0],
            "{fault} was not seen"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_chain_is_read_or_refused() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let id = "sn-chain";
    let settings = || settings(&station, id, Credential::Relay);
    let mut drive = Drive::new(settings(), &csr(7, id));
    let right = drive.finish(&relay).await.unwrap();
    let [leaf, issuing, root] = right.chain.clone().try_into().unwrap();
    let judge = |chain: &[Vec<u8>]| {
        let expected = Expectations {
            common_name: id.to_owned(),
            public_point: key(7).public_point(),
            root_sha256: vec![Sha256::digest(&root).into()],
            validity_days: (1, 90),
        };
        VerifiedChain::verify(chain, &expected, now().utc)
    };
    assert_eq!(judge(&right.chain).unwrap().certificates(), right.chain);
    for (fault, expected) in [
        ("pem", [&leaf, &issuing, &root]),
        ("base64-pem", [&leaf, &issuing, &root]),
        ("root-first", [&root, &issuing, &leaf]),
        ("shuffled", [&root, &leaf, &issuing]),
    ] {
        order_fault(&relay, &format!(r#"{{"fault":"{fault}"}}"#)).await;
        let seen = Drive::resume(settings(), &right.operation_id)
            .finish(&relay)
            .await
            .unwrap();
        assert_eq!(seen.chain.iter().collect::<Vec<_>>(), expected, "{fault}");
        assert_eq!(
            judge(&seen.chain).unwrap().certificates(),
            right.chain,
            "{fault}"
        );
    }
    for (fault, code) in [
        ("wrong-key", "chain.key-not-found"),
        ("wrong-cn", "chain.wrong-common-name"),
        ("expired", "chain.expired"),
        ("foreign-root", "chain.unexpected-root"),
    ] {
        order_fault(&relay, &format!(r#"{{"fault":"{fault}"}}"#)).await;
        let seen = Drive::resume(settings(), &right.operation_id)
            .finish(&relay)
            .await
            .unwrap();
        assert_eq!(judge(&seen.chain).unwrap_err().code(), code, "{fault}");
    }
    assert_eq!(bench.issued(), 1, "what a fault issues is not recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_refused_with_a_reason() {
    let bench = Bench::new();
    let station = bench.start().await;
    let device = Endpoint::device(&station);
    let id = "sn-wrong";
    let group = || Credential::GroupKey(bench.group_key());
    let run = async |settings: Settings, name: &str| {
        Drive::new(settings, &csr(7, name))
            .finish(&device)
            .await
            .unwrap_err()
    };

    let mut wrong = bench.group_key();
    wrong[0] ^= 1;
    let error = run(settings(&station, id, Credential::GroupKey(wrong)), id).await;
    let Error::Unauthorized {
        attestation,
        number,
        tracking_id,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (*attestation, *number),
        (Attestation::GroupKey, Some(401_002))
    );
    assert!(tracking_id.is_some());

    let mut elsewhere = settings(&station, id, group());
    elsewhere.id_scope = "0ne00000000".to_owned();
    assert_eq!(run(elsewhere, id).await.code(), "dps.unauthorized");

    let mut old = settings(&station, id, group());
    old.api_version = "2019-03-31".to_owned();
    let error = run(old, id).await;
    assert!(
        matches!(
            error,
            Error::Refused {
                code: ServiceCode::Deserialization,
                ..
            }
        ),
        "{error:?}"
    );

    let mut unknown = settings(&station, id, group());
    unknown.api_version = "1999-01-01".to_owned();
    assert_eq!(run(unknown, id).await.code(), "dps.refused");

    let error = run(settings(&station, id, group()), "sn-other").await;
    assert!(
        matches!(
            error,
            Error::Refused {
                status: 400,
                number: Some(400_040),
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(bench.issued(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_requests_get_the_answers_of_the_contract() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    let id = "sn-raw";
    let scope = station.id_scope();
    let base = format!("/{scope}/registrations/{id}");
    let version = "api-version=2025-07-01-preview";
    let put = format!("{base}/register?{version}");

    // A request whose signature was spoilt.
    let mut der = csr(7, id).as_der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let spoilt = serde_json::json!({ "registrationId": id, "csr": Base64::encode_string(&der) });
    let answer = relay
        .send("PUT", &put, &[], spoilt.to_string().as_bytes())
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.json()["errorCode"].as_u64()),
        (400, Some(400_040))
    );

    let good = serde_json::json!({ "registrationId": id, "csr": csr(7, id).to_base64() });
    let good = good.to_string();
    let answer = relay.send("PUT", &put, &[], good.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 202);
    for name in ["retry-after", "location", "x-ms-request-id", "date"] {
        assert!(answer.header(name).is_some(), "{name}");
    }
    let operation = answer.json()["operationId"].as_str().unwrap().to_owned();
    let get = format!("{base}/operations/{operation}?{version}");
    assert_eq!(relay.send("GET", &get, &[], &[]).await.unwrap().status, 202);
    let done = relay.send("GET", &get, &[], &[]).await.unwrap();
    assert_eq!(
        (done.status, done.json()["status"].as_str()),
        (200, Some("assigned"))
    );

    let post = format!("{base}?{version}");
    let lookup = relay.send("POST", &post, &[], b"{}").await.unwrap();
    assert_eq!(lookup.status, 200);
    assert_eq!(lookup.json()["deviceId"], id);
    assert!(lookup.json().get("issuedCertificateChain").is_none());
    let with_csr = relay
        .send("POST", &post, &[], good.as_bytes())
        .await
        .unwrap();
    assert_eq!(with_csr.status, 400);

    for (method, path, body, status) in [
        ("PUT", put.replace(version, ""), good.as_bytes(), 400),
        ("PUT", put.clone(), &b"{"[..], 400),
        (
            "PUT",
            put.clone(),
            &br#"{"registrationId":"other"}"#[..],
            400,
        ),
        ("GET", put.clone(), &b""[..], 405),
        ("GET", format!("/{scope}/else?{version}"), &b""[..], 404),
        ("GET", get.replace(&operation, "op"), &b""[..], 404),
        ("PUT", put.replace(id, "-x"), &b""[..], 400),
    ] {
        let answer = relay.send(method, &path, &[], body).await.unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["trackingId"].is_string());
    }
    let huge = vec![b' '; 97 * 1024];
    assert_eq!(
        relay.send("PUT", &put, &[], &huge).await.unwrap().status,
        413
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_twice_at_the_same_moment_is_refused_once() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    order_fault(&relay, r#"{"fault":"slow","ms":60000}"#).await;
    let id = "sn-twice";
    let settings = || settings(&station, id, Credential::Relay);
    let (csr_a, csr_b) = (csr(7, id), csr(8, id));
    let (mut first, mut second) = (
        Drive::new(settings(), &csr_a),
        Drive::new(settings(), &csr_b),
    );
    let late = async {
        until_held(&relay).await;
        let second = second.finish(&relay).await;
        forget_faults(&relay).await;
        second
    };
    let (first, second) = tokio::join!(first.finish(&relay), late);
    assert_eq!(first.unwrap().chain.len(), 3);
    let Err(Error::Refused {
        status: 412, code, ..
    }) = second
    else {
        panic!("{second:?}")
    };
    assert_eq!(code, ServiceCode::PreconditionFailed);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_elsewhere_are_kept_out_or_let_in_by_name() {
    let bench = Bench::new();
    let mut config = bench.config();
    config.allow_origin = Some("https://line.example".to_owned());
    let station = signet_station::Station::start(config).await.unwrap();

    let relay = Endpoint::relay(&station);
    for host in ["evil.example", "evil.example:8080", "192.168.0.1"] {
        let answer = relay
            .send("GET", "page:/", &[("Host", host)], &[])
            .await
            .unwrap();
        assert_eq!(answer.status, 421, "{host}");
    }
    let path = format!("/{}/registrations/a/register", station.id_scope());
    let answer = relay
        .send("PUT", &path, &[("Origin", "https://evil.example")], &[])
        .await;
    assert_eq!(answer.unwrap().status, 403);
    let page = relay.send("GET", "page:/", &[], &[]).await.unwrap();
    assert_eq!(
        page.header("x-content-type-options").as_deref(),
        Some("nosniff")
    );
    assert_eq!(
        page.header("cross-origin-opener-policy").as_deref(),
        Some("same-origin")
    );
    assert_eq!(
        page.header("content-security-policy").as_deref(),
        Some("frame-ancestors 'none'")
    );

    let device = Endpoint::device(&station);
    let ask = [
        ("Origin", "https://line.example"),
        ("Access-Control-Request-Method", "PUT"),
    ];
    let allowed = device.send("OPTIONS", &path, &ask, &[]).await.unwrap();
    assert_eq!(allowed.status, 204);
    assert_eq!(
        allowed.header("access-control-allow-origin").as_deref(),
        Some("https://line.example")
    );
    let answer = device.send("PUT", &path, &ask[..1], b"{}").await.unwrap();
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(
        exposed.contains("Retry-After") && exposed.contains("Date"),
        "{exposed}"
    );
    let other = [("Origin", "https://evil.example")];
    assert_eq!(
        device
            .send("OPTIONS", &path, &other, &[])
            .await
            .unwrap()
            .status,
        403
    );
    let answer = device.send("PUT", &path, &other, b"{}").await.unwrap();
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_stopped_has_let_go_of_its_folder() {
    let bench = Bench::new();
    let station = bench.start().await;
    let relay = Endpoint::relay(&station);
    order_fault(&relay, r#"{"fault":"slow","ms":60000}"#).await;
    let path = format!("/{}/registrations/sn-busy/register", station.id_scope());
    let path = format!("{path}?api-version=2025-07-01-preview");
    let page = Endpoint::relay(&station);
    let busy = tokio::spawn(async move { page.send("PUT", &path, &[], b"{}").await });
    until_held(&relay).await;
    let begun = std::time::Instant::now();
    station.stop().await;
    bench.start().await;
    assert!(begun.elapsed().as_secs() < 55, "it waited for the fault");
    assert!(busy.await.unwrap().is_err(), "nobody answers any more");
}

/// Waits until the station holds a request for a `slow` fault, and with it the turn of its ID.
async fn until_held(relay: &Endpoint) {
    for _ in 0..6000 {
        let answer = relay
            .send("GET", "page:/test/faults", &[], &[])
            .await
            .unwrap();
        if answer.json()["held"] == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the request never came");
}

async fn forget_faults(relay: &Endpoint) {
    let answer = relay
        .send("DELETE", "page:/test/faults", &[], &[])
        .await
        .unwrap();
    assert_eq!(answer.status, 204);
}

async fn order_fault(relay: &Endpoint, order: &str) {
    let json = [("Content-Type", "application/json")];
    let answer = relay
        .send("POST", "page:/test/faults", &json, order.as_bytes())
        .await
        .unwrap();
    assert_eq!(answer.status, 204, "{order}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_cannot_be_ordered_unless_the_station_was_told_so() {
    let bench = Bench::new();
    let mut config = bench.config();
    config.test_faults = false;
    let station = signet_station::Station::start(config).await.unwrap();
    let relay = Endpoint::relay(&station);
    let json = [("Content-Type", "application/json")];
    let order = br#"{"fault":"failed"}"#;
    let answer = relay
        .send("POST", "page:/test/faults", &json, order)
        .await
        .unwrap();
    assert!(matches!(answer.status, 404 | 405), "{}", answer.status);
    // Two stations on one folder would overwrite each other's records.
    let second = signet_station::Station::start(bench.config())
        .await
        .unwrap_err();
    assert!(
        format!("{second:#}").contains("another station"),
        "{second:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_speaks_both_versions_of_tls() {
    let bench = Bench::new();
    let station = bench.start().await;
    let (port, root) = (station.device().port(), station.tls_root());
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let connect = format!("s_client -connect 127.0.0.1:{port} -verify_hostname localhost");
        let trust = format!("-verify_return_error -CAfile {}", root.display());
        let said = openssl(
            &bench.path(""),
            &format!("{connect} {trust} -brief {version}"),
        );
        assert!(
            said.contains(name) && said.contains("Verification: OK"),
            "{said}"
        );
    }
    let old = std::process::Command::new("openssl")
        .args([
            "s_client",
            "-brief",
            "-tls1_1",
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-connect",
        ])
        .arg(format!("127.0.0.1:{port}"))
        .output()
        .unwrap();
    assert!(!old.status.success(), "TLS 1.1 must not work");
}
