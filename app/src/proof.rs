//! Signatures, checked by the browser.
//!
//! Core names the checks that it needs; here they are made with WebCrypto, which is several times
//! faster than the same in WebAssembly, and core goes on with the answers. Where WebCrypto is absent
//! (plain http) or knows the algorithm not, P-384 is checked here and the rest is said to be unknown.

mod fallback;
mod scheme;
mod subtle;

use std::rc::Rc;

use js_sys::Promise;
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
        let jobs: Vec<&SignatureJob> = report.pending.iter().collect();
        let found = check_all(&jobs).await;
        for (job, answer) in jobs.into_iter().zip(&found) {
            answers.insert(job.clone(), *answer);
        }
        if let Ok(report) = report.confirm(&found) {
            return report;
        }
    }
}

/// Makes one check.
pub async fn check(job: &SignatureJob) -> Answer {
    let answers = check_all(&[job]).await;
    answers.first().copied().unwrap_or(Answer::Unsupported)
}

/// Makes each check, and waits for all of them together: to wait for one costs as much as a rule or two.
pub async fn check_all(jobs: &[&SignatureJob]) -> Vec<Answer> {
    let mut asked = Vec::with_capacity(jobs.len());
    for job in jobs {
        asked.push(ask(job).await);
    }
    let promises = asked.iter().filter_map(|asked| asked.as_ref().ok());
    let mut verdicts = subtle::all(promises).await.into_iter();
    let mut settle = |job, asked| match asked {
        Err(answer) => answer,
        Ok(_) => match verdicts.next().flatten() {
            Some(valid) => answer(valid),
            None => fallback::verify(job),
        },
    };
    let pairs = jobs.iter().zip(asked);
    pairs.map(|(job, asked)| settle(job, asked)).collect()
}

/// WebCrypto's promise of a verdict; the answer, where it is not to be asked.
async fn ask(job: &SignatureJob) -> Result<Promise, Answer> {
    let signer = match Signer::known(job) {
        Some(signer) => signer,
        None => introduce(job).await?,
    };
    // A signature that is not even formed as the standard says cannot be valid.
    let signature = signer.scheme.signature(&job.signature);
    let signature = signature.ok_or(Answer::Invalid)?;
    let promise = signer.verify(&signature, &job.message);
    promise.ok_or_else(|| fallback::verify(job))
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
