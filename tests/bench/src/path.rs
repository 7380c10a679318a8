use std::hint::black_box;

use signet_app::proof;
use signet_core::UnixTime;
use signet_core::cert::{Certificate, Summary};
use signet_core::path::{Answer, Answers, Fleet, Profile, Question, SignatureJob, Verdict};
use wasm_bindgen::prelude::wasm_bindgen;

/// Decodes a certificate, strictly, and every extension that is known; returns how many extensions it has,
/// or -1 if it is none.
#[wasm_bindgen]
pub fn parse(der: &[u8]) -> i32 {
    let read = Certificate::from_der(der);
    let count = read.ok().and_then(|read| {
        let read = black_box(read); // so that the compiler cannot leave out what is not asked for
        i32::try_from(read.extensions().len()).ok()
    });
    count.unwrap_or(-1)
}

/// Reads a certificate and explains every field and extension; returns how many extensions it has, or
/// -1 if it is none.
#[wasm_bindgen]
pub fn explain(der: &[u8]) -> i32 {
    let summary = Summary::from_der(der).ok();
    let count = summary.and_then(|summary| i32::try_from(summary.extensions.len()).ok());
    count.unwrap_or(-1)
}

/// Whether the leaf is accepted as a device's certificate at that second, signatures by WebCrypto.
#[wasm_bindgen]
pub async fn accepts(leaf: Vec<u8>, issuer: Vec<u8>, root: Vec<u8>, at: f64) -> bool {
    let (profile, anchors, bag) = (Profile::device(), [&*root], [&*issuer]);
    let mut question = Question::new(&leaf, &anchors, seconds(at), &profile);
    question.bag = &bag;
    let report = proof::judge(&question, &mut Answers::default()).await;
    report.verdict == Verdict::Accepted
}

/// The engine alone: judges the leaf that often up to its signature, and returns how often that was all
/// that was missing.
#[wasm_bindgen]
pub fn engine(leaf: &[u8], issuer: &[u8], root: &[u8], at: f64, times: u32) -> u32 {
    let (profile, anchors, bag) = (Profile::device(), [root], [issuer]);
    let mut question = Question::new(leaf, &anchors, seconds(at), &profile);
    question.bag = &bag;
    let fleet = Fleet::new(question);
    let mut answers = Answers::default();
    for job in fleet.judge(issuer, &answers).pending {
        answers.insert(job, Answer::Valid);
    }
    let waits = |_: &u32| fleet.judge(leaf, &answers).verdict == Verdict::Pending;
    let count = (0..times).filter(waits).count();
    u32::try_from(count).unwrap_or(0)
}

/// Checks one signature as the page does: 1 valid, 0 invalid, -1 not known here.
#[wasm_bindgen]
pub async fn check(algorithm: Vec<u8>, spki: Vec<u8>, message: Vec<u8>, signature: Vec<u8>) -> i32 {
    let job = SignatureJob {
        algorithm,
        spki,
        inherited: None,
        message,
        signature,
    };
    match proof::check(&job).await {
        Answer::Valid => 1,
        Answer::Invalid => 0,
        Answer::Pending | Answer::Unsupported => -1,
    }
}

/// JavaScript has no whole numbers of 64 bits beside its doubles.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn seconds(at: f64) -> UnixTime {
    UnixTime(at as u64)
}
