//! Where each certificate stands in the picture: the leaf at the bottom, each issuer above, other ways
//! up and dropped candidates to the right.

use std::sync::Arc;

use signet_core::path::{CertReport, Check, Dropped, Place, Report, Rule};

use crate::bench::item::day;

/// Size of a card and the space around it, in CSS pixels.
pub(super) const WIDTH: usize = 244;
pub(super) const HEIGHT: usize = 84;
const ACROSS: usize = 20;
const UPWARD: usize = 40;

/// The most paths and dropped candidates that are drawn; the lists below the picture have them all.
const MAX_PATHS: usize = 4;
const MAX_DROPPED: usize = 3;

/// The picture of a report.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// One card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// `None` for an issuer that is not at hand.
    pub(super) place: Option<Place>,
    pub(super) subject: String,
    pub(super) note: String,
    pub(super) state: Mark,
    level: usize,
    column: usize,
    pub(super) x: usize,
    pub(super) y: usize,
}

/// From an issuer down to what it issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) state: Mark,
}

/// How a card or a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Of the shown path, and in order.
    Pass,
    /// Of the shown path, and where it breaks.
    Fail,
    /// Of another path.
    Other,
    /// Looked at and dropped.
    Dropped,
    /// Looked for and not found.
    Missing,
}

impl Layout {
    /// Draws the path `shown`, with the others around it.
    pub(super) fn new(report: &Report, shown: Option<usize>) -> Self {
        let mut layout = Self::default();
        let order = shown.into_iter().chain(0..report.paths.len());
        let mut drawn: Vec<usize> = Vec::new();
        for index in order {
            if !drawn.contains(&index) && drawn.len() < MAX_PATHS {
                drawn.push(index);
            }
        }
        for index in drawn {
            if let Some(path) = report.paths.get(index) {
                layout.path(
                    &path.certificates,
                    Some(index) == shown,
                    path.complete,
                    report,
                );
            }
        }
        for dropped in &report.dropped {
            layout.candidate(dropped);
        }
        layout.settle();
        layout
    }

    fn path(
        &mut self,
        certificates: &[Arc<CertReport>],
        shown: bool,
        complete: bool,
        report: &Report,
    ) {
        let mut above = None;
        if let Some(top) = certificates.first().filter(|_| !complete) {
            let named = |dropped: &Dropped| dropped.subject.as_ref() == Some(&top.identity.issuer);
            let note = if top.identity.subject == top.identity.issuer {
                "not trusted as a root"
            } else if report.dropped.iter().any(named) {
                "the one here does not fit"
            } else {
                "not on the Bench"
            };
            let note = note.to_owned();
            above = Some(self.node(
                None,
                &top.identity.issuer,
                note,
                Mark::Missing,
                certificates.len(),
            ));
        }
        for (index, cert) in certificates.iter().enumerate() {
            // A trusted root that is judged itself stands above itself.
            if certificates
                .get(index + 1)
                .is_some_and(|below| below.identity == cert.identity)
            {
                continue;
            }
            let level = certificates.len() - 1 - index;
            let mark = |broken: bool| match (shown, broken) {
                (true, true) => Mark::Fail,
                (true, false) => Mark::Pass,
                _ => Mark::Other,
            };
            let broken = |check: &Check| check.is_failed();
            let note = format!("until {}", day(cert.identity.not_after));
            let state = mark(cert.checks.iter().any(broken));
            let this = self.node(Some(cert.place), &cert.identity.subject, note, state, level);
            if let Some(above) = above {
                let link = |check: &Check| check.is_failed() && of_link(check.rule);
                let absent = self
                    .nodes
                    .get(above)
                    .is_some_and(|node| node.state == Mark::Missing);
                self.edge(above, this, mark(absent || cert.checks.iter().any(link)));
            }
            above = Some(this);
        }
    }

    fn candidate(&mut self, dropped: &Dropped) {
        let at_level = |node: &&Node| node.level == dropped.depth && node.state == Mark::Dropped;
        let known = |node: &Node| node.place == dropped.candidate;
        let (Some(subject), false) = (&dropped.subject, self.nodes.iter().any(known)) else {
            return;
        };
        let crowded = self.nodes.iter().filter(at_level).count() >= MAX_DROPPED;
        let below = self
            .nodes
            .iter()
            .position(|node| *node.subject == *dropped.below && node.level + 1 == dropped.depth);
        if let Some(below) = below.filter(|_| !crowded) {
            let note = dropped.why.rule.code().to_owned();
            let state = Mark::Dropped;
            let this = self.node(dropped.candidate, subject, note, state, dropped.depth);
            self.edge(this, below, state);
        }
    }

    /// The node of a certificate, which stands once however many paths go through it.
    fn node(
        &mut self,
        place: Option<Place>,
        subject: &str,
        note: String,
        state: Mark,
        level: usize,
    ) -> usize {
        let same = |node: &Node| place.is_some() && node.place == place;
        if let Some(known) = self.nodes.iter().position(same) {
            if let Some(node) = self.nodes.get_mut(known) {
                node.level = node.level.max(level);
            }
            return known;
        }
        self.nodes.push(Node {
            place,
            subject: subject.to_owned(),
            note,
            state,
            level,
            column: 0,
            x: 0,
            y: 0,
        });
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, state: Mark) {
        let same = |edge: &Edge| edge.from == from && edge.to == to;
        if !self.edges.iter().any(same) {
            self.edges.push(Edge { from, to, state });
        }
    }

    fn settle(&mut self) {
        let top = self.nodes.iter().map(|node| node.level).max();
        let top = top.unwrap_or_default();
        let mut used = vec![0; top + 1];
        for node in &mut self.nodes {
            if let Some(next) = used.get_mut(node.level) {
                node.column = *next;
                *next += 1;
            }
            node.x = node.column * (WIDTH + ACROSS);
            node.y = (top - node.level) * (HEIGHT + UPWARD);
        }
        let columns = used.into_iter().max().unwrap_or_default();
        self.width = (columns * (WIDTH + ACROSS)).saturating_sub(ACROSS);
        self.height = top * (HEIGHT + UPWARD) + HEIGHT;
    }
}

/// The rules that join a certificate with the one above it.
fn of_link(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Signature | Rule::NameChaining | Rule::SignatureAlgorithm
    )
}

#[cfg(test)]
mod tests {
    use signet_core::UnixTime;
    use signet_core::path::{Profile, Question, judge};

    use super::*;

    #[test]
    fn a_leaf_without_an_issuer_shows_where_one_is_missing() {
        let leaf = signet_core::trust::ROOTS.first().unwrap().der;
        let profile = Profile::rfc5280();
        let anchors = [leaf];
        let at = UnixTime(1_750_000_000);
        let question = Question::new(leaf, &anchors, at, &profile);
        let report = judge(&question, &signet_core::path::Answers::default());
        let layout = Layout::new(&report, report.nearest);
        // A root that is its own anchor is drawn once.
        assert_eq!((layout.nodes.len(), layout.edges.len()), (1, 0));
        assert_eq!((layout.width, layout.height), (WIDTH, HEIGHT));

        let question = Question::new(leaf, &[], at, &profile);
        let report = judge(&question, &signet_core::path::Answers::default());
        let layout = Layout::new(&report, report.nearest);
        let states: Vec<Mark> = layout.nodes.iter().map(|node| node.state).collect();
        assert_eq!(states, [Mark::Missing, Mark::Pass]);
        assert_eq!(
            layout.edges.first().map(|edge| edge.state),
            Some(Mark::Fail)
        );
        assert!(layout.nodes.first().unwrap().y < layout.nodes.last().unwrap().y);
    }
}
