use zeroize::Zeroizing;

use super::super::{
    API_VERSION, Attestation, Hint, RegistrationId, RelayFault, ServiceCode, Substatus,
};
use super::*;
use crate::Explain;

const ASSIGNED: &str = r#"{"operationId":"4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d",
"status":"assigned","registrationState":{"registrationId":"dev-0001",
"createdDateTimeUtc":"2026-11-23T22:02:50.5163352Z","assignedHub":"hub.example.net",
"deviceId":"DEV-0001","status":"assigned","substatus":"initialAssignment",
"issuedCertificateChain":["MAMCAQc=","MAMCAQg="],"new":{"field":[1]}}}"#;
const ASSIGNING: &str = r#"{"operationId":"op-1","status":"assigning"}"#;

/// A registration, its clock, and the last things it said.
struct Bench {
    registration: Registration,
    now: Now,
}

impl Bench {
    fn new(credential: Credential) -> Self {
        let now = Now {
            tick: Millis(5_000),
            utc: UnixTime(1_800_000_000),
        };
        let registration = Registration::register(settings(credential), "Q1NS".to_owned(), now);
        Self { registration, now }
    }

    fn asks(&mut self) -> Request {
        match self.registration.poll() {
            Output::Request(request) => {
                assert_eq!(self.registration.poll(), Output::Idle);
                request
            }
            other => panic!("no request but {other:?}"),
        }
    }

    fn answer(&mut self, status: u16, body: &str) {
        self.answer_with(Response {
            status,
            body: body.into(),
            ..Response::default()
        });
    }

    fn answer_with(&mut self, response: Response) {
        self.registration
            .handle(self.now, Input::Response(&response));
    }

    /// Waits as told, and gives the milliseconds that it took.
    fn wait(&mut self) -> u64 {
        let Output::WaitUntil(due) = self.registration.poll() else {
            panic!("does not wait")
        };
        let waited = due - self.now.tick;
        self.now.tick = Millis(due.0 - 1);
        self.registration.handle(self.now, Input::Deadline);
        assert_eq!(
            self.registration.poll(),
            Output::WaitUntil(due),
            "came too early"
        );
        self.now.tick = due;
        self.now.utc.0 += waited / 1000;
        self.registration.handle(self.now, Input::Deadline);
        waited
    }

    fn fails(&mut self) -> Error {
        match self.registration.poll() {
            Output::Failed(error) => {
                assert_eq!(self.registration.poll(), Output::Idle);
                error
            }
            other => panic!("did not fail but {other:?}"),
        }
    }
}

fn settings(credential: Credential) -> Settings {
    Settings {
        id_scope: "0ne00ABCDEF".to_owned(),
        registration_id: RegistrationId::new("dev-0001").unwrap(),
        api_version: API_VERSION.to_owned(),
        credential,
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn registers_polls_and_is_assigned() {
    let mut bench = Bench::new(Credential::GroupKey(Zeroizing::new((0..0x40).collect())));
    let put = bench.asks();
    assert_eq!(put.method, Method::Put);
    assert_eq!(
        put.path,
        "/0ne00ABCDEF/registrations/dev-0001/register?api-version=2025-07-01-preview"
    );
    assert_eq!(put.body, br#"{"registrationId":"dev-0001","csr":"Q1NS"}"#);
    assert_eq!(
        header(&put, "Content-Type"),
        Some("application/json; charset=utf-8")
    );
    // The vector of `sas`, but for the expiry.
    let token = header(&put, "Authorization").unwrap();
    assert!(
        token.ends_with("&se=1800000600&skn=registration"),
        "{token}"
    );

    let accepted = Response {
        status: 202,
        retry_after: Some(3),
        body: ASSIGNING.into(),
        date: None,
    };
    bench.answer_with(accepted);
    let operation_id = "op-1".to_owned();
    assert_eq!(
        bench.registration.poll(),
        Output::Assigning {
            polls: 0,
            operation_id
        }
    );
    assert_eq!(bench.registration.operation_id(), Some("op-1"));
    assert_eq!(bench.wait(), 3_000);

    let get = bench.asks();
    assert_eq!((get.method, get.body.as_slice()), (Method::Get, &b""[..]));
    assert_eq!(
        get.path,
        "/0ne00ABCDEF/registrations/dev-0001/operations/op-1?api-version=2025-07-01-preview"
    );
    assert!(
        header(&get, "Authorization")
            .unwrap()
            .contains("&se=1800000603&")
    );

    // Without Retry-After, and with the operation left out: the floor, and the known operation.
    bench.answer(202, r#"{"status":"unassigned"}"#);
    let operation_id = "op-1".to_owned();
    assert_eq!(
        bench.registration.poll(),
        Output::Assigning {
            polls: 1,
            operation_id
        }
    );
    assert_eq!(bench.wait(), 2_000);
    bench.asks();

    bench.answer(200, ASSIGNED);
    let Output::Assigned(assignment) = bench.registration.poll() else {
        panic!("not assigned")
    };
    assert_eq!(assignment.assigned_hub, "hub.example.net");
    assert_eq!(assignment.device_id, "DEV-0001");
    assert_eq!(assignment.chain, [[0x30, 3, 2, 1, 7], [0x30, 3, 2, 1, 8]]);
    assert_eq!(assignment.substatus, Some(Substatus::InitialAssignment));
    assert_eq!(
        assignment.created.as_deref(),
        Some("2026-11-23T22:02:50.5163352Z")
    );
    assert!(assignment.operation_id.starts_with("4.d0a67"));
    assert_eq!(bench.registration.poll(), Output::Idle);
    bench.answer(200, ASSIGNED);
    assert_eq!(
        bench.registration.poll(),
        Output::Idle,
        "an answer after the end"
    );
}

#[test]
fn a_relay_gets_no_credential_and_200_is_as_good_as_202() {
    let mut bench = Bench::new(Credential::Relay);
    assert_eq!(header(&bench.asks(), "Authorization"), None);
    bench.answer(200, ASSIGNED);
    assert!(matches!(bench.registration.poll(), Output::Assigned(_)));
}

#[test]
fn polls_no_faster_than_the_floor() {
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    let hurried = Response {
        status: 202,
        retry_after: Some(0),
        body: ASSIGNING.into(),
        date: None,
    };
    bench.answer_with(hurried);
    assert!(matches!(
        bench.registration.poll(),
        Output::Assigning { .. }
    ));
    assert_eq!(bench.wait(), 2_000);
}

#[test]
fn an_assignment_without_a_chain_is_an_error_of_its_own() {
    for chain in [
        "",
        r#","issuedCertificateChain":[]"#,
        r#","issuedCertificateChain":null"#,
    ] {
        let mut bench = Bench::new(Credential::Relay);
        bench.asks();
        bench.answer(200, &format!(r#"{{"operationId":"op-1","status":"assigned","registrationState":{{"assignedHub":"h","deviceId":"d"{chain}}}}}"#));
        assert_eq!(
            bench.fails(),
            Error::ChainMissing {
                operation_id: "op-1".to_owned()
            }
        );
    }
}

#[test]
fn never_ending_work_ends() {
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    let mut polls = 0;
    let error = loop {
        bench.answer(202, ASSIGNING);
        match bench.registration.poll() {
            Output::Assigning { .. } => polls += 1,
            Output::Failed(error) => break error,
            other => panic!("{other:?}"),
        }
        bench.wait();
        bench.asks();
        assert!(polls < 1000);
    };
    assert_eq!(polls, 150);
    let operation_id = Some("op-1".to_owned());
    assert_eq!(
        error,
        Error::TimedOut {
            polls: 150,
            seconds: 300,
            operation_id
        }
    );
}

#[test]
fn a_service_that_broke_down_may_be_at_work_all_the_same() {
    for status in [500, 502, 503, 504] {
        let mut bench = Bench::new(Credential::Relay);
        bench.asks();
        bench.answer(status, "");
        bench.wait();
        bench.asks();
        bench.answer(412, "{}");
        bench.wait();
        bench.asks();
        bench.answer(202, ASSIGNING);
        let next = bench.registration.poll();
        assert!(matches!(next, Output::Assigning { .. }), "{status}");
    }
}

#[test]
fn trouble_that_passes_is_waited_out() {
    let mut bench = Bench::new(Credential::Relay);
    let first = bench.asks();
    bench
        .registration
        .handle(bench.now, Input::Unreachable("connection\nrefused"));
    assert!((1_000..=1_500).contains(&bench.wait()));
    assert_eq!(bench.asks(), first);
    bench.answer(503, "<html>busy</html>");
    assert!((2_000..=3_000).contains(&bench.wait()));
    bench.asks();
    let throttled = Response {
        status: 429,
        retry_after: Some(20),
        ..Response::default()
    };
    bench.answer_with(throttled);
    assert_eq!(bench.wait(), 20_000);
    bench.asks();
    // The first PUT's answer was lost; the service is still at work on it.
    bench.answer(412, "{}");
    bench.wait();
    bench.asks();
    bench.answer(202, ASSIGNING);
    assert!(matches!(
        bench.registration.poll(),
        Output::Assigning { .. }
    ));
    bench.wait();
    bench.asks();
    // Success in between restored the patience.
    for _ in 0..5 {
        bench.answer(500, "");
        bench.wait();
        bench.asks();
    }
    bench.answer(502, "");
    assert_eq!(
        bench.fails(),
        Error::ServiceDown {
            status: 502,
            attempts: 6,
            retry_after: None
        }
    );
}

#[test]
fn a_service_that_is_down_says_when_to_come_back() {
    let down = |status, retry_after| Response {
        status,
        retry_after,
        ..Response::default()
    };
    let mut bench = Bench::new(Credential::Relay);
    let put = bench.asks();
    bench.answer_with(down(503, Some(40)));
    assert_eq!(bench.wait(), 40_000);
    assert_eq!(bench.asks(), put);
    // Never faster than the own back-off.
    bench.answer_with(down(500, Some(0)));
    assert!((2_000..=3_000).contains(&bench.wait()));
    bench.asks();
    // Nor longer than the budget, whatever it says.
    bench.answer_with(down(503, Some(u32::MAX)));
    let error = bench.fails();
    assert_eq!(
        error,
        Error::ServiceDown {
            status: 503,
            attempts: 3,
            retry_after: Some(u32::MAX)
        }
    );
    assert_eq!(
        error.to_string(),
        "The service answered with an error of its own (HTTP 503) 3 times in a row and asks to wait 4294967295 s."
    );
}

#[test]
fn an_unknown_substatus_is_kept_and_shortened() {
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    let word = format!("a\\tb{}", "c".repeat(100));
    bench.answer(200, &ASSIGNED.replace("initialAssignment", &word));
    let Output::Assigned(assignment) = bench.registration.poll() else {
        panic!("not assigned")
    };
    let kept = format!("a b{}", "c".repeat(77));
    assert_eq!(assignment.substatus, Some(Substatus::Other(kept)));
}

#[test]
fn a_wait_beyond_the_budget_is_not_begun() {
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    bench.answer_with(Response {
        status: 429,
        retry_after: Some(3_600),
        ..Response::default()
    });
    assert_eq!(
        bench.fails(),
        Error::Throttled {
            attempts: 1,
            retry_after: Some(3_600)
        }
    );
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    bench.answer(
        412,
        r#"{"errorCode":412001,"message":"Precondition failed"}"#,
    );
    assert!(matches!(
        bench.fails(),
        Error::Refused {
            status: 412,
            code: ServiceCode::PreconditionFailed,
            ..
        }
    ));
}

#[test]
fn a_resumed_registration_only_polls() {
    let now = Now::default();
    let mut registration = Registration::resume(settings(Credential::Relay), "op/1", now);
    let Output::Request(get) = registration.poll() else {
        panic!("asks nothing")
    };
    assert_eq!(get.method, Method::Get);
    assert!(get.path.contains("/operations/op%2F1?"), "{}", get.path);
    let gone = Response {
        status: 404,
        body: b"{}".to_vec(),
        ..Response::default()
    };
    registration.handle(now, Input::Response(&gone));
    let operation_id = "op/1".to_owned();
    assert_eq!(
        registration.poll(),
        Output::Failed(Error::OperationGone { operation_id })
    );

    for unusable in ["", "a b", "a\r\nX: y", &"x".repeat(257)] {
        let mut registration = Registration::resume(settings(Credential::Relay), unusable, now);
        assert_eq!(registration.poll(), Output::Failed(Error::NoOperation));
        assert_eq!(registration.poll(), Output::Idle);
    }
}

#[test]
fn a_refused_credential_is_explained_by_its_kind_and_the_clock() {
    let body = r#"{"errorCode":401002,"trackingId":"8ad0","message":"CA certificate not found."}"#;
    let refused = |credential: Credential, body: &str, skew: u64| {
        let mut bench = Bench::new(credential);
        bench.asks();
        let date = Some(UnixTime(bench.now.utc.0 - skew));
        bench.answer_with(Response {
            status: 401,
            date,
            body: body.into(),
            retry_after: None,
        });
        bench.fails()
    };
    let key = || Zeroizing::new(vec![7; 32]);
    assert_eq!(
        refused(Credential::Relay, body, 0),
        Error::Unauthorized {
            attestation: Attestation::Relay,
            hint: Hint::CaNotFound,
            number: Some(401_002),
            tracking_id: Some("8ad0".to_owned()),
            message: "CA certificate not found.".to_owned(),
        }
    );
    let steps = [
        Credential::Relay,
        Credential::DeviceKey(key()),
        Credential::GroupKey(key()),
    ]
    .map(|credential| refused(credential, "", 300).next_step());
    assert!(
        steps[0] != steps[1] && steps[1] != steps[2] && steps[0] != steps[2],
        "{steps:?}"
    );
    assert_eq!(
        refused(Credential::DeviceKey(key()), body, 301),
        Error::ClockWrong {
            ours: UnixTime(1_800_000_000),
            theirs: UnixTime(1_799_999_699)
        }
    );
    // A relay signs by its own clock, and the support asks for the number.
    assert!(matches!(
        refused(Credential::Relay, body, 301),
        Error::Unauthorized {
            tracking_id: Some(_),
            ..
        }
    ));
    let challenge = r#"{"message":"","authenticationKey":"AAAA","keyName":"registration"}"#;
    assert_eq!(
        refused(Credential::Relay, challenge, 0),
        Error::TpmChallenge
    );
}

#[test]
fn keys_stay_out_of_debug() {
    let key = Zeroizing::new(b"\x6b\x65\x79 of this device".to_vec());
    let shown = format!("{:?}", Bench::new(Credential::DeviceKey(key)).registration);
    assert!(shown.contains("DeviceKey(..)"), "{shown}");
    for secret in ["[107, 101, 121", "SharedAccessSignature", "6b6579", "a2V5"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_relay_says_what_keeps_it_and_whether_it_passes() {
    let body = |code: &str| {
        format!(r#"{{"relayError":"{code}","message":"The proxy p:1 says no.","next":"x"}}"#)
    };
    // What passes is asked again, and its last words are kept.
    let mut bench = Bench::new(Credential::Relay);
    for _ in 0..5 {
        bench.asks();
        bench.answer(503, &body("relay.upstream-cut"));
        bench.wait();
    }
    bench.asks();
    bench.answer(504, &body("relay.upstream-timeout"));
    let error = bench.fails();
    assert_eq!(error.code(), "relay.upstream-timeout");
    assert!(!error.rules_out_issuance());
    assert_eq!(
        error.to_string(),
        "The relay could not ask the service: The proxy p:1 says no."
    );

    // A request that broke off at the relay may be at work in the service.
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    bench.answer(503, &body("relay.upstream-cut"));
    bench.wait();
    bench.asks();
    bench.answer(412, "{}");
    bench.wait();

    // The rest ends at once. Only what the relay refuses itself proves that nothing was issued.
    for (status, code, known, proof) in [
        (502, "relay.answer-not-json", true, false),
        (502, "relay.upstream-certificate", true, false),
        (403, "relay.scope-not-allowed", true, true),
        (500, "relay.credential", true, true),
        (418, "relay.of-tomorrow", false, false),
    ] {
        let mut bench = Bench::new(Credential::Relay);
        bench.asks();
        bench.answer(status, &body(code));
        let error = bench.fails();
        assert_eq!(error.code(), if known { code } else { "relay.other" });
        assert_eq!(error.rules_out_issuance(), proof, "{code}");
        assert!(!error.next_step().is_empty());
    }
    let mut bench = Bench::new(Credential::Relay);
    bench.asks();
    bench.answer(502, r#"{"relayError":"relay.proxy-refused"}"#);
    assert_eq!(
        bench.fails().to_string(),
        "The relay could not ask the service: the proxy does not let it through."
    );
    for fault in RelayFault::ALL {
        assert!(fault.code().starts_with("relay.") && fault != RelayFault::Other);
    }
}
