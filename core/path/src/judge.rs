use std::sync::OnceLock;

use super::bag::{Bag, Shelf};
use super::build::{Found, Search};
use super::engine::Engine;
use super::walk::{self, Aim};
use super::{Check, Outcome, PathReport, Question, Report, Rule, Verdict, VerifiedPath, Verify};

/// Answers one question, with everything that was found out on the way.
pub fn judge(question: &Question<'_>, verifier: &dyn Verify) -> Report {
    let (question, leaf) = (question.clone(), question.leaf);
    let shelf = Shelf::read(&question);
    Fleet { question, shelf }.judge(leaf, verifier)
}

/// Many certificates under the same authorities, which are read once.
pub struct Fleet<'q> {
    question: Question<'q>,
    shelf: Result<Shelf<'q>, Rule>,
}

impl<'q> Fleet<'q> {
    /// The same question about each: its own leaf does not count.
    pub fn new(question: Question<'q>) -> Self {
        let shelf = Shelf::read(&question);
        if let Ok(shelf) = &shelf {
            shelf.descents.make_room();
        }
        Self { question, shelf }
    }

    /// What [`judge`] says of this leaf (DER). What the verifier knew of an authority's signature it may not forget
    /// from one leaf to the next: those above are judged once, and a path may be accepted while it is asked again.
    pub fn judge(&self, leaf: &[u8], verifier: &dyn Verify) -> Report {
        let question = Question {
            leaf,
            ..self.question.clone()
        };
        let mut report = Report {
            profile: question.profile.name,
            at: question.at,
            verdict: Verdict::Pending,
            nearest: None,
            paths: Vec::new(),
            dropped: Vec::new(),
            unreadable: Vec::new(),
            exhausted: Vec::new(),
            pending: Vec::new(),
            promised: None,
        };
        match &self.shelf {
            Ok(shelf) => answer(&mut report, &question, shelf, verifier),
            Err(rule) => {
                let what = "There are more objects than the budget allows.";
                report.verdict = refused(Check::failed(*rule, what));
                report.exhausted.push(*rule);
            }
        }
        report
    }
}

fn answer<'q>(
    report: &mut Report,
    question: &Question<'q>,
    shelf: &Shelf<'q>,
    verifier: &dyn Verify,
) {
    let bag = Bag::new(shelf, question);
    let mut engine = Engine::new(question, &bag, verifier);
    let mut found = bag.leaf().map_or_else(Found::default, |leaf| {
        Search::new(&mut engine, Aim::Leaf, None).run(leaf, true)
    });
    if found.paths.is_empty()
        && let Some((route, _)) = furthest(&found)
    {
        found.paths.push(walk::partial(&engine, &route.clone()));
    }
    report.pending = engine.pending;
    report.unreadable.clone_from(&bag.unreadable);
    report.exhausted.extend(found.exhausted);
    report.nearest = found.accepted.or_else(|| nearest(&found.paths));
    report.verdict = verdict(report, &found);
    if !matches!(report.verdict, Verdict::Refused(_)) {
        report.promised = promised(&bag, &found, question);
    }
    report.paths = found.paths;
    report.dropped = found.dropped;
}

fn refused(check: Check) -> Verdict {
    Verdict::Refused(Box::new(check))
}

/// The path that breaks the fewest rules, then the one with the least to lint, then the first.
fn nearest(paths: &[PathReport]) -> Option<usize> {
    let cost =
        |(_, path): &(usize, &PathReport)| (path.failures().count(), path.lint_failures().count());
    paths
        .iter()
        .enumerate()
        .min_by_key(cost)
        .map(|(index, _)| index)
}

fn verdict(report: &Report, found: &Found) -> Verdict {
    if let Some(path) = found.accepted.and_then(|index| found.paths.get(index)) {
        return if path.pending {
            Verdict::Pending
        } else {
            Verdict::Accepted
        };
    }
    if let Some(unread) = report
        .unreadable
        .iter()
        .find(|unread| unread.place == super::Place::Leaf)
    {
        return refused(unread.why.clone());
    }
    let path = report.nearest.and_then(|index| found.paths.get(index));
    let path = path.filter(|path| path.complete);
    let broken = path.and_then(|path| {
        path.failures()
            .next()
            .or_else(|| path.lint_failures().next())
    });
    if let Some(rule) = found.unfinished {
        return refused(given_up(rule, broken));
    }
    if let Some(broken) = broken {
        return refused(broken.clone());
    }
    if let Some(rule) = found.exhausted {
        return refused(given_up(rule, None));
    }
    refused(furthest(found).map_or_else(
        || {
            Check::failed(
                Rule::IssuerMissing,
                "There is nothing that leads to an anchor.",
            )
        },
        |(_, why)| why.clone(),
    ))
}

/// What else there is may hold: that the nearest path does not is only the second half.
fn given_up(rule: Rule, broken: Option<&Check>) -> Check {
    let what = format!("The search was given up: {}", rule.demand());
    Check::failed(
        rule,
        match broken {
            Some(broken) => format!("{what} Of the paths that were found: {}", broken.what()),
            None => what,
        },
    )
}

/// The end of the search that got furthest.
fn furthest(found: &Found) -> Option<&(Vec<usize>, Check)> {
    found.ends.iter().rev().max_by_key(|(route, _)| route.len())
}

fn promised(bag: &Bag<'_, '_>, found: &Found, question: &Question<'_>) -> Option<VerifiedPath> {
    let index = found.accepted?;
    let (path, route) = (found.paths.get(index)?, found.routes.get(index)?);
    let holds = path
        .certificates
        .iter()
        .flat_map(|cert| &cert.checks)
        .all(|check| check.outcome != Outcome::Failed);
    let certificates = route.iter().filter_map(|index| bag.item(*index));
    holds.then(|| VerifiedPath {
        route: certificates
            .map(|item| item.cert.identity().clone())
            .collect(),
        certificates: OnceLock::new(),
        policies: path.policies.clone(),
        at: question.at,
    })
}
