use std::cell::RefCell;

use futures::stream::{Stream, StreamExt};
use signet_core::path::{
    Answer, Answers, Fleet, Profile, Question, Report, Revocation, SignatureCheck, SignatureJob,
    Verdict, Verify,
};

use super::wire::{Fate, Fates, Order, Pile};
use crate::proof;

/// Certificates whose signatures the browser has at the same time.
const AT_ONCE: usize = 32;

/// Judges each certificate of the shares, as they come; `tell` hears the fates of each share.
pub(super) async fn audit(
    order: &Order,
    profile: &Profile,
    mut shares: impl Stream<Item = Pile> + Unpin,
    tell: impl Fn(Fates),
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
        let ders: Vec<&[u8]> = share.iter().collect();
        let mut fates = Vec::with_capacity(ders.len());
        for ders in ders.chunks(AT_ONCE) {
            fates.extend(court.fates(ders).await);
        }
        tell(fates.into_iter().collect());
    }
}

/// A device's certificate before the court.
struct Case<'d> {
    der: &'d [u8],
    /// About signatures that nobody else depends on.
    own: Answers,
    fate: Option<Fate>,
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

    /// Judges devices' certificates to the end.
    async fn fates(&self, ders: &[&[u8]]) -> Vec<Fate> {
        let mut cases: Vec<Case<'_>> = ders.iter().map(|der| Case::new(der)).collect();
        loop {
            let mut waiting = Vec::new();
            for case in cases.iter_mut().filter(|case| case.fate.is_none()) {
                let known = Known(&self.answers.borrow(), &case.own);
                let report = self.fleet.judge(case.der, &known);
                if report.pending.is_empty() {
                    case.fate = Some(fate(&report));
                } else {
                    waiting.push((case, report));
                }
            }
            if waiting.is_empty() {
                return cases.into_iter().filter_map(|case| case.fate).collect();
            }
            let jobs = waiting.iter().flat_map(|(_, report)| &report.pending);
            let jobs: Vec<&SignatureJob> = jobs.collect();
            let mut answers = proof::check_all(&jobs).await.into_iter();
            for (case, report) in waiting {
                let found: Vec<Answer> = answers.by_ref().take(report.pending.len()).collect();
                self.learn(case, &report, &found);
                match report.confirm(&found) {
                    Ok(report) => case.fate = Some(fate(&report)),
                    Err(report) => case.learn(&report, &found),
                }
            }
        }
    }

    /// Keeps what others depend on, too.
    fn learn(&self, case: &Case<'_>, report: &Report, found: &[Answer]) {
        for (job, answer) in report.pending.iter().zip(found) {
            if !case.is_own(job) {
                self.answers.borrow_mut().insert(job.clone(), *answer);
            }
        }
    }
}

impl<'d> Case<'d> {
    fn new(der: &'d [u8]) -> Self {
        Self {
            der,
            own: Answers::default(),
            fate: None,
        }
    }

    /// Whether it is the signature under the certificate, which is forgotten with the case.
    fn is_own(&self, job: &SignatureJob) -> bool {
        self.der.ends_with(&job.signature)
    }

    fn learn(&mut self, report: &Report, found: &[Answer]) {
        for (job, answer) in report.pending.iter().zip(found) {
            if self.is_own(job) {
                self.own.insert(job.clone(), *answer);
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
