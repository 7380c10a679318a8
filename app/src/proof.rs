//! Signatures, checked by the browser.
//!
//! Core names the checks that it needs; here they are made with WebCrypto, which is several times
//! faster than the same in WebAssembly, and core goes on with the answers. Where WebCrypto is absent
//! (plain http) or knows the algorithm not, P-384 is checked here and the rest is said to be unknown.

mod fallback;
mod scheme;
mod subtle;

use std::rc::Rc;

use futures::future::join_all;
use signet_core::path::{self, Answer, Answers, Question, Report, SignatureJob};

use scheme::Scheme;
use subtle::Signer;

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
    let signer = match Signer::known(job) {
        Some(signer) => signer,
        None => match introduce(job).await {
            Ok(signer) => signer,
            Err(answer) => return answer,
        },
    };
    // A signature that is not even formed as the standard says cannot be valid.
    let Some(signature) = signer.scheme.signature(&job.signature) else {
        return Answer::Invalid;
    };
    match signer.verify(&signature, &job.message).await {
        Some(valid) => answer(valid),
        None => fallback::verify(job),
    }
}

/// A signer that the browser has not met; the answer, if it wants to meet none.
async fn introduce(job: &SignatureJob) -> Result<Rc<Signer>, Answer> {
    let scheme = Scheme::of(job).ok_or(Answer::Unsupported)?;
    if scheme.signature(&job.signature).is_none() {
        return Err(Answer::Invalid);
    }
    let signer = Signer::import(job, scheme).await;
    signer.ok_or_else(|| fallback::verify(job))
}

fn answer(valid: bool) -> Answer {
    if valid {
        Answer::Valid
    } else {
        Answer::Invalid
    }
}
