use std::cell::RefCell;

use futures::stream::{self, Stream, StreamExt};
use signet_core::path::{
    Answer, Answers, Fleet, Profile, Question, Report, Revocation, SignatureCheck, Verdict, Verify,
};

use super::wire::{Fate, Order, Pile};
use crate::proof;

/// Certificates that are under way at the same time, while the browser has their signatures.
const IN_FLIGHT: usize = 32;

/// Judges each certificate of the shares, as they come; `tell` hears the fates of each share.
pub(super) async fn audit(
    order: &Order,
    profile: &Profile,
    mut shares: impl Stream<Item = Pile> + Unpin,
    tell: impl Fn(Vec<Fate>),
) {
    let (anchors, bag): (Vec<&[u8]>, Vec<&[u8]>) =
        (order.anchors.iter().collect(), order.bag.iter().collect());
    let crls: Vec<&[u8]> = order.crls.iter().collect();
    let mut question = Question::new(&[], &anchors, order.at, profile);
    question.bag = &bag;
    question.crls = &crls;
    if !crls.is_empty() {
        question.revocation = Revocation::Consult { indirect: true };
    }
    let court = Court {
        fleet: Fleet::new(question),
        answers: RefCell::default(),
    };
    // One after the other, so that no two certificates ask for the same signature of an authority.
    for authority in &bag {
        court.admit(authority).await;
    }
    while let Some(share) = shares.next().await {
        let fates = stream::iter(share.iter()).map(|der| court.fate(der));
        tell(fates.buffered(IN_FLIGHT).collect().await);
    }
}

struct Court<'q> {
    fleet: Fleet<'q>,
    /// About signatures on which more than one certificate depends.
    answers: RefCell<Answers>,
}

impl Court<'_> {
    /// Finds out about every signature on which an authority depends.
    async fn admit(&self, der: &[u8]) {
        loop {
            let pending = self.fleet.judge(der, &*self.answers.borrow()).pending;
            if pending.is_empty() {
                return;
            }
            for job in pending {
                let answer = proof::check(&job).await;
                self.answers.borrow_mut().insert(job, answer);
            }
        }
    }

    /// Judges a device's certificate to the end, and forgets what it found out about its signature.
    async fn fate(&self, der: &[u8]) -> Fate {
        let mut own = Answers::default();
        loop {
            let report = self.fleet.judge(der, &Known(&self.answers.borrow(), &own));
            if report.pending.is_empty() {
                return fate(&report);
            }
            for job in &report.pending {
                let answer = proof::check(job).await;
                if der.ends_with(&job.signature) {
                    own.insert(job.clone(), answer);
                } else {
                    self.answers.borrow_mut().insert(job.clone(), answer);
                }
            }
            if let Ok(report) = report.confirm(&own) {
                return fate(&report);
            }
        }
    }
}

/// What is known of all, and of one certificate.
struct Known<'a>(&'a Answers, &'a Answers);

impl Verify for Known<'_> {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        match self.0.verify(check) {
            Answer::Pending => self.1.verify(check),
            answer => answer,
        }
    }
}

fn fate(report: &Report) -> Fate {
    match &report.verdict {
        Verdict::Refused(check) => Fate {
            code: check.rule.code().to_owned(),
            what: check.what().to_owned(),
            mend: check.mend().to_owned(),
        },
        Verdict::Accepted | Verdict::Pending => Fate::default(),
    }
}
