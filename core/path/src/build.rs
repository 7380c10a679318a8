//! From the leaf up to an anchor: RFC 4158.

use std::collections::BTreeSet;

use super::bag::Item;
use super::engine::Engine;
use super::ext::AUTHORITY_INFO;
use super::walk::{self, Aim};
use super::{Answer, Check, Dropped, PathReport, Rule, SignatureCheck};

/// A search for paths from one certificate.
pub(super) struct Search<'e, 'b, 'q> {
    engine: &'e mut Engine<'b, 'q>,
    aim: Aim,
    /// The only anchor that counts, if any does.
    anchor: Option<usize>,
    pass: Pass,
    /// Whether a path failed at an anchor that has an issuer.
    may_go_through: bool,
    /// Whether a path would have ended at an anchor that breaks a rule by itself.
    is_flawed: bool,
    /// From where this pass comes to no end that counts, whatever stands below.
    dead: BTreeSet<usize>,
    path: Vec<usize>,
    pub(super) found: Found,
}

/// How the search goes over the bag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// To the nearest anchors that break no rule by themselves.
    Strict,
    /// On through anchors that have an issuer: a path to another one may hold where that to the first
    /// does not, since each anchor is an input of its own (RFC 5280 section 6.1.1 (d)).
    Through,
    /// To the other anchors, where no path holds: to see what else is wrong.
    Flawed,
    /// Over candidates that break a rule by themselves, to see what else is wrong.
    Lenient,
}

/// What a search found out.
#[derive(Default)]
pub(super) struct Found {
    /// The index of the path that holds, in `paths`.
    pub(super) accepted: Option<usize>,
    pub(super) paths: Vec<PathReport>,
    /// Of each path, the certificates, leaf first.
    pub(super) routes: Vec<Vec<usize>>,
    pub(super) dropped: Vec<Dropped>,
    /// Where the search could not go on: the certificates up to there, leaf first, and why.
    pub(super) ends: Vec<(Vec<usize>, Check)>,
    pub(super) exhausted: Option<Rule>,
    /// The same, if a path that holds may have been missed for it.
    pub(super) unfinished: Option<Rule>,
}

/// The most entries of [`Found::dropped`]: more explain nothing.
const DROPPED: usize = 200;

/// Paths that are judged only for the explanation.
const EXPLAINED: usize = 16;

impl<'e, 'b, 'q> Search<'e, 'b, 'q> {
    pub(super) fn new(engine: &'e mut Engine<'b, 'q>, aim: Aim, anchor: Option<usize>) -> Self {
        Self {
            engine,
            aim,
            anchor,
            pass: Pass::Strict,
            may_go_through: false,
            is_flawed: false,
            dead: BTreeSet::new(),
            path: Vec::new(),
            found: Found::default(),
        }
    }

    /// Strictly first. If no path holds, once more over what is broken, so that the report can say
    /// what a person has to mend.
    pub(super) fn run(mut self, from: usize, explain: bool) -> Found {
        self.path.push(from);
        self.go(Pass::Strict);
        if self.found.accepted.is_none() && self.may_go_through {
            self.go(Pass::Through);
        }
        // What follows explains.
        self.found.unfinished = self.found.exhausted;
        if self.is_flawed && !self.is_over() {
            self.go(Pass::Flawed);
        }
        if explain && self.found.accepted.is_none() && self.found.paths.is_empty() {
            self.go(Pass::Lenient);
        }
        self.found
    }

    fn go(&mut self, pass: Pass) {
        self.pass = pass;
        self.path.truncate(1);
        self.dead.clear();
        if let Err(rule) = self.climb() {
            self.found.exhausted.get_or_insert(rule);
        }
    }

    /// Tries every candidate issuer of the last certificate of the path, the likeliest first. Whether
    /// one leads to an end that counts, or might from another path.
    fn climb(&mut self) -> Result<bool, Rule> {
        let Some(below) = self.path.last().and_then(|index| self.engine.item(*index)) else {
            return Ok(false);
        };
        let mut why_not = Vec::new();
        let (mut is_open, mut leads_on) = (false, false);
        for index in self.candidates(below) {
            if self.is_over() {
                return Ok(true);
            }
            let Some(item) = self.engine.item(index) else {
                continue;
            };
            self.engine.purse.candidate()?;
            if let Some(why) = self.objection(below, index, item)? {
                leads_on |= [Rule::Loop, Rule::BudgetDepth].contains(&why.rule);
                self.drop(below, Some(item), &why);
                why_not.push(why);
                continue;
            }
            is_open = true;
            if self.is_end(index, item) {
                leads_on |= self.arrive(index, item)?;
                if !self.goes_through(item) {
                    continue;
                }
            }
            leads_on |= self.climb_over(index)?;
        }
        if !is_open {
            self.end(below, why_not);
        }
        Ok(leads_on)
    }

    fn climb_over(&mut self, index: usize) -> Result<bool, Rule> {
        if self.dead.contains(&index) {
            return Ok(false);
        }
        self.path.push(index);
        let leads_on = self.climb()?;
        self.path.pop();
        if !leads_on {
            self.dead.insert(index);
        }
        Ok(leads_on)
    }

    /// Whether a path may end there. Where one anchor counts, another is a certificate as any.
    fn is_end(&self, index: usize, item: &Item<'_>) -> bool {
        item.is_anchor() && self.anchor.is_none_or(|only| only == index)
    }

    /// Whether the anchor counts in this pass. If so, the path to it is judged, unless it was before.
    fn arrive(&mut self, anchor: usize, item: &Item<'_>) -> Result<bool, Rule> {
        let is_flawed = item.flaw(self.engine.question.at).is_some();
        self.is_flawed |= is_flawed;
        let mut items = self
            .path
            .iter()
            .filter_map(|index| self.engine.item(*index));
        let (counts, is_new) = match self.pass {
            Pass::Strict => (!is_flawed, true),
            Pass::Through => (!is_flawed, items.any(Item::is_anchor)),
            Pass::Flawed => (is_flawed, true),
            Pass::Lenient => (true, true),
        };
        if counts && is_new {
            self.judge(anchor)?;
        }
        Ok(counts)
    }

    /// Whether to climb on from an anchor: if it has an issuer, and the path to it does not hold.
    fn goes_through(&mut self, item: &Item<'_>) -> bool {
        let able = self.found.accepted.is_none()
            && !item.cert.is_self_issued()
            && item.flaw(self.engine.question.at).is_none()
            && !self.engine.bag.named(&item.cert.issuer).is_empty();
        match self.pass {
            Pass::Strict => {
                self.may_go_through |= able;
                false
            }
            Pass::Through => able && self.obstacle(item).is_none(),
            Pass::Flawed | Pass::Lenient => false,
        }
    }

    fn is_over(&self) -> bool {
        let paths = self.found.paths.len();
        let more = match self.aim {
            Aim::Leaf => self.engine.question.alternatives,
            Aim::CrlSigner => 0,
        };
        let more = usize::try_from(more).unwrap_or(usize::MAX);
        let explains = matches!(self.pass, Pass::Flawed | Pass::Lenient);
        let enough = |accepted: usize| paths > accepted.saturating_add(more);
        self.found.accepted.is_some_and(enough) || explains && paths >= EXPLAINED
    }

    /// Certificates whose subject is the issuer, in the order of RFC 4158 section 3.5: anchors, then
    /// those whose key identifier fits, then those without a flaw of their own.
    fn candidates(&self, below: &Item<'_>) -> Vec<usize> {
        let mut named: Vec<usize> = self.engine.bag.named(&below.cert.issuer);
        // Nobody's issuer is the certificate itself; as an anchor it is another item.
        let own = self.path.last().copied();
        named.retain(|index| Some(*index) != own);
        let at = self.engine.question.at;
        named.sort_by_cached_key(|index| {
            let Some(item) = self.engine.item(*index) else {
                return (true, 2, true);
            };
            (
                !self.is_end(*index, item),
                key_distance(below, item),
                item.flaw(at).is_some(),
            )
        });
        named
    }

    /// Why the candidate cannot stand above, if so.
    fn objection(
        &mut self,
        below: &Item<'q>,
        index: usize,
        item: &Item<'q>,
    ) -> Result<Option<Check>, Rule> {
        let is_end = self.is_end(index, item);
        if !is_end
            && self.pass != Pass::Lenient
            && let Some(why) = item.flaw(self.engine.question.at)
        {
            return Ok(Some(why.clone()));
        }
        if let Some(why) = self.bad_signature(below, item)? {
            return Ok(Some(why));
        }
        Ok(if is_end { None } else { self.obstacle(item) })
    }

    /// Why the path cannot go on there, whatever the certificate is worth.
    fn obstacle(&mut self, item: &Item<'_>) -> Option<Check> {
        if self.is_loop(item) {
            let what = format!(
                "The name and key of {} stand in the path already.",
                item.cert.subject.shown
            );
            return Some(Check::failed(Rule::Loop, what));
        }
        if self.path.len() > self.engine.purse.depth() {
            self.found.exhausted.get_or_insert(Rule::BudgetDepth);
            let what = "The path would be longer than the budget allows.";
            return Some(Check::failed(Rule::BudgetDepth, what));
        }
        None
    }

    fn bad_signature(&mut self, below: &Item<'q>, item: &Item<'q>) -> Result<Option<Check>, Rule> {
        if self.pass == Pass::Lenient && below.cert.inner_algorithm != below.cert.outer_algorithm {
            // Which algorithm it was signed with, nobody can tell: the way down says so.
            return Ok(None);
        }
        if item.cert.key.lacks_parameters() {
            // Only the way down from the anchor tells which parameters the key has.
            return Ok(None);
        }
        let check = SignatureCheck {
            algorithm: below.cert.outer_algorithm,
            spki: item.cert.spki,
            inherited: None,
            message: below.cert.tbs,
            signature: below.cert.signature,
        };
        let answer = self.engine.check(&check)?;
        // What nobody can check is judged on the way down, where the report says so.
        Ok((answer == Answer::Invalid).then(|| {
            let (subject, issuer) = (&below.cert.subject.shown, &item.cert.subject.shown);
            let what = format!("The signature of {subject} was not made with the key of this certificate of {issuer}.");
            Check::failed(Rule::Signature, what)
        }))
    }

    /// RFC 4158 section 5.2: the same name with the same key leads nowhere new. The target has issued
    /// nothing in this path: another certificate of its name and key, such as a cross-certificate of a
    /// root, may stand above it.
    fn is_loop(&self, item: &Item<'_>) -> bool {
        let known = self.path.iter();
        let mut known = known.filter_map(|index| self.engine.item(*index));
        let target = known.next();
        target.is_some_and(|target| target.cert.der == item.cert.der)
            || known.any(|known| {
                known.cert.spki == item.cert.spki && known.cert.subject == item.cert.subject
            })
    }

    fn judge(&mut self, anchor: usize) -> Result<(), Rule> {
        self.engine.purse.path()?;
        let report = walk::path(self.engine, &self.path, anchor, self.aim)?;
        let lint_holds =
            !self.engine.question.lint_decides || report.lint_failures().next().is_none();
        let holds = report.failures().next().is_none() && lint_holds;
        if holds {
            self.found.accepted.get_or_insert(self.found.paths.len());
        }
        self.found.paths.push(report);
        let route = [self.path.as_slice(), &[anchor]].concat();
        self.found.routes.push(route);
        Ok(())
    }

    /// Nothing stands above: remembers the reason that says most.
    fn end(&mut self, below: &Item<'_>, why_not: Vec<Check>) {
        let weight = |why: &Check| match why.rule {
            Rule::Signature => 1,
            Rule::Loop | Rule::BudgetDepth => 2,
            _ => 3,
        };
        let why = why_not.into_iter().max_by_key(weight).unwrap_or_else(|| {
            let why = dead_end(below);
            self.drop(below, None, &why);
            why
        });
        if self.found.ends.len() < DROPPED {
            self.found.ends.push((self.path.clone(), why));
        }
    }

    fn drop(&mut self, below: &Item<'_>, candidate: Option<&Item<'_>>, why: &Check) {
        let dropped = Dropped {
            below: below.cert.subject.shown.clone(),
            depth: self.path.len(),
            candidate: candidate.map(|item| item.place),
            subject: candidate.map(|item| item.cert.subject.shown.clone()),
            why: why.clone(),
        };
        if self.found.dropped.len() < DROPPED && !self.found.dropped.contains(&dropped) {
            self.found.dropped.push(dropped);
        }
    }
}

/// How well the issuer's key identifier fits: 0 if it does, 1 if it cannot be told, 2 if not. Only a
/// hint (RFC 4158 section 3.5.12): the signature decides.
fn key_distance(below: &Item<'_>, above: &Item<'_>) -> u8 {
    let wanted = below
        .cert
        .known
        .authority_key
        .as_ref()
        .and_then(|key| key.key_id);
    match wanted.zip(above.cert.known.subject_key) {
        Some((wanted, found)) if wanted == found => 0,
        Some(_) => 2,
        None => 1,
    }
}

/// No certificate at hand has the issuer's name.
fn dead_end(below: &Item<'_>) -> Check {
    let cert = &below.cert;
    if cert.issuer.is_empty() {
        let what = format!("The certificate of {} names no issuer.", cert.subject.shown);
        return Check::failed(Rule::IssuerName, what);
    }
    if cert.is_self_issued() {
        let what = format!(
            "The path ends at {}, which is its own issuer and not trusted.",
            cert.subject.shown
        );
        return Check::failed(Rule::Untrusted, what).with(&"issuer", &cert.issuer.shown);
    }
    let (subject, issuer) = (&cert.subject.shown, &cert.issuer.shown);
    let what = format!("The issuer of {subject} is missing: {issuer}.");
    let check = Check::failed(Rule::IssuerMissing, what).with(&"issuer", issuer);
    let place = cert.extension(AUTHORITY_INFO);
    match place.and_then(|access| super::access::issuer_url(access.value)) {
        Some(url) => {
            let mend = format!("Get the certificate of {issuer} from {url} and add it.");
            check.with(&"caIssuers", url).mended_by(mend)
        }
        None => check.mended_by(format!("Add the certificate of {issuer}.")),
    }
}
