//! Signatures, checked by the browser.
//!
//! Core names the checks that it needs; here they are made with WebCrypto, which is several times
//! faster than the same in WebAssembly, and core goes on with the answers. Where WebCrypto is absent
//! (plain http) or knows the algorithm not, P-384 is checked here and the rest is said to be unknown.

mod fallback;
mod scheme;
mod subtle;

use futures::future::join_all;
use signet_core::path::{self, Answer, Answers, Question, Report, SignatureJob};

use scheme::Scheme;

/// Judges to the end: asks core, makes the checks it wants, asks again, until nothing is pending.
/// `answers` remembers every check, so that the same question costs no second one.
pub async fn judge(question: &Question<'_>, answers: &mut Answers) -> Report {
    loop {
        let report = path::judge(question, answers);
        if report.pending.is_empty() {
            return report;
        }
        // All at once: the browser has threads for them.
        let found = join_all(report.pending.iter().map(check)).await;
        for (job, answer) in report.pending.iter().zip(found) {
            answers.insert(job.clone(), answer);
        }
        if let Ok(report) = report.confirm(answers) {
            return report;
        }
    }
}

/// Makes one check.
pub async fn check(job: &SignatureJob) -> Answer {
    let Some(scheme) = Scheme::of(job) else {
        return Answer::Unsupported;
    };
    // A signature that is not even formed as the standard says cannot be valid.
    let Some(signature) = scheme.signature(&job.signature) else {
        return Answer::Invalid;
    };
    match subtle::verify(&scheme, &signature, &job.message).await {
        Some(valid) => answer(valid),
        None => fallback::verify(job),
    }
}

fn answer(valid: bool) -> Answer {
    if valid {
        Answer::Valid
    } else {
        Answer::Invalid
    }
}
