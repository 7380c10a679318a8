use std::cell::{Cell, RefCell};

use futures::stream::{self, StreamExt};
use signet_core::path::{Answers, Fleet, Profile, Question, Report, Revocation, Verdict};

use super::wire::{Fate, Order};
use crate::proof;

/// Certificates that are under way at the same time, while the browser has their signatures.
const IN_FLIGHT: usize = 32;

/// Judges each certificate of the order. `progress` hears how many are done.
pub(super) async fn audit(order: &Order, profile: &Profile, progress: impl Fn(usize)) -> Vec<Fate> {
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
        court.fate(authority).await;
    }
    let done = Cell::new(0);
    let fates = stream::iter(order.fleet.iter()).map(|der| {
        let fate = court.fate(der);
        let (done, progress) = (&done, &progress);
        async move {
            let fate = fate.await;
            done.set(done.get() + 1);
            progress(done.get());
            fate
        }
    });
    fates.buffered(IN_FLIGHT).collect().await
}

struct Court<'q> {
    fleet: Fleet<'q>,
    answers: RefCell<Answers>,
}

impl Court<'_> {
    async fn fate(&self, der: &[u8]) -> Fate {
        loop {
            let report = self.fleet.judge(der, &*self.answers.borrow());
            if report.pending.is_empty() {
                return fate(&report);
            }
            for job in &report.pending {
                let answer = proof::check(job).await;
                self.answers.borrow_mut().insert(job.clone(), answer);
            }
            if let Ok(report) = report.confirm(&self.answers.borrow()) {
                return fate(&report);
            }
        }
    }
}

fn fate(report: &Report) -> Fate {
    match &report.verdict {
        Verdict::Refused(check) => Fate {
            code: check.rule.code().to_owned(),
            what: check.what.clone(),
            mend: check.mend.clone(),
        },
        Verdict::Accepted | Verdict::Pending => Fate::default(),
    }
}
