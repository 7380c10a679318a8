use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::{Aim, Variables, about, end, policies, prepare};
use crate::budget::Cost;
use crate::cert::Cert;
use crate::constraint::NameSpace;
use crate::engine::Engine;
use crate::lint::{self, Role};
use crate::{Answer, CertReport, Check, Outcome, Rule, SignatureCheck, State, flaw, revocation};

/// Some certificates of a path, judged from the anchor on.
#[derive(Clone)]
pub(super) struct Descent {
    /// Which, anchor first.
    route: Vec<usize>,
    pub(super) certificates: Vec<Arc<CertReport>>,
    /// After the last of them.
    pub(super) variables: Variables,
    last: Arc<State>,
    /// Whether a signature is pending.
    pub(super) pending: bool,
    cost: Cost,
}

/// The ways down to the last authority that leaves have in common: what is said there of a certificate
/// is the same for each of them. By default there is no room for any.
#[derive(Default)]
pub(crate) struct Descents {
    known: RefCell<Vec<Descent>>,
    /// How many bytes more may be kept; see [`Descent::weight`].
    room: Cell<usize>,
}

/// 4 MiB: a fleet has few issuers, and a bag may be made to have many and heavy ones.
const ROOM: usize = 4 << 20;

/// As many as a certificate usually has, to have room for them at once.
const CHECKS: usize = 20;

impl Descents {
    /// For many leaves.
    pub(crate) fn make_room(&self) {
        self.room.set(ROOM);
    }

    fn find(&self, above: &[usize]) -> Option<Descent> {
        let known = self.known.borrow();
        known.iter().find(|way| way.route == above).cloned()
    }

    fn keep(&self, way: &Descent, weight: usize) {
        if let Some(room) = self.room.get().checked_sub(weight) {
            self.room.set(room);
            self.known.borrow_mut().push(way.clone());
        }
    }
}

impl Descent {
    /// From the anchor to the last authority.
    pub(super) fn to(engine: &mut Engine<'_, '_>, above: &[usize], aim: Aim) -> Result<Self, Rule> {
        let known = engine.bag.descents();
        // Where lists are consulted, the leaf may have signed one.
        let has_leaf = engine.bag.leaf().is_some_and(|leaf| above.contains(&leaf));
        let is_shared = aim == Aim::Leaf && engine.bag.crls().is_empty() && !has_leaf;
        if is_shared
            && let Some(way) = known.find(above)
            && let Some(left) = engine.purse.without(way.cost)
        {
            engine.purse = left;
            return Ok(way);
        }
        let before = engine.purse;
        let length = u32::try_from(above.len()).unwrap_or(u32::MAX);
        let variables = Variables::new(engine.question, length, aim);
        let mut way = Self {
            route: Vec::with_capacity(above.len() + 1),
            certificates: Vec::with_capacity(above.len() + 1),
            last: Arc::new(variables.snapshot(&NameSpace::default(), None)),
            variables,
            pending: false,
            cost: Cost::default(),
        };
        for index in above {
            way.step(engine, *index, false)?;
        }
        way.cost = engine.purse.spent(&before);
        if is_shared && !way.pending {
            known.keep(&way, way.weight(engine));
        }
        Ok(way)
    }

    /// About how many bytes it takes to keep it: of each certificate the report, with the constraints above in
    /// the state after it, and the nodes of the policy graph.
    fn weight(&self, engine: &Engine<'_, '_>) -> usize {
        let ders: usize = engine.certs(&self.route).map(|cert| cert.der.len()).sum();
        let reports = self.route.len().saturating_mul(ders.saturating_add(8192));
        reports.saturating_add(self.cost.policy_nodes().saturating_mul(1024))
    }

    /// One certificate further down: section 6.1.1 (d) for the anchor; below it section 6.1.3, and
    /// 6.1.4 or 6.1.5.
    pub(super) fn step(
        &mut self,
        engine: &mut Engine<'_, '_>,
        index: usize,
        is_last: bool,
    ) -> Result<(), Rule> {
        let Some(item) = engine.item(index) else {
            return Ok(());
        };
        let cert = &item.cert;
        let mut space = NameSpace::default();
        engine
            .certs(&self.route)
            .for_each(|above| space.narrow(above));
        let mut checks = Vec::with_capacity(CHECKS);
        checks.extend(flaw::form(cert));
        if self.route.is_empty() {
            prepare::anchor(&mut self.variables, cert, engine, &mut checks);
        } else {
            self.judge(engine, (cert, index), &space, is_last, &mut checks)?;
        }
        if !is_last {
            space.narrow(cert);
        }
        let is_pending = |check: &Check| check.outcome == Outcome::Pending;
        self.pending |= checks.iter().any(is_pending);
        let lint = self.lint(engine, cert, is_last);
        let after = Arc::new(self.variables.snapshot(&space, Some(cert)));
        let before = core::mem::replace(&mut self.last, after.clone());
        let report = about(item, [checks, lint], [before, after]);
        self.certificates.push(Arc::new(report));
        self.route.push(index);
        Ok(())
    }

    fn judge<'q>(
        &mut self,
        engine: &mut Engine<'_, 'q>,
        (cert, index): (&Cert<'q>, usize),
        space: &NameSpace<'_, 'q>,
        is_last: bool,
        checks: &mut Vec<Check>,
    ) -> Result<(), Rule> {
        let (above, variables) = (&self.route, &mut self.variables);
        signature(engine, above, cert, checks)?;
        checks.extend(flaw::validity(cert, engine.question.at));
        revocation::judge(engine, index, above, checks)?;
        checks.push(chaining(engine.certs(above).last(), cert));
        if is_last || !cert.is_self_issued() {
            space.judge(cert, &mut engine.purse, checks)?;
        } else {
            let exempt = [Rule::NamePermitted, Rule::NameExcluded].map(Check::not_applicable);
            checks.extend(exempt.map(|check| check.with(&"self-issued", true)));
        }
        policies::basic(variables, cert, is_last, &mut engine.purse, checks)?;
        if is_last {
            end::leaf(variables, cert, engine.question, checks);
        } else {
            prepare::next(variables, cert, engine, checks)?;
        }
        Ok(())
    }

    fn lint(&self, engine: &Engine<'_, '_>, cert: &Cert<'_>, is_last: bool) -> Vec<Check> {
        let role = match self.route.is_empty() {
            _ if is_last => Role::Leaf,
            true => Role::Anchor,
            false => Role::Between,
        };
        if self.variables.is_for_leaf {
            let above = engine.certs(&self.route).last();
            lint::certificate(engine.question, cert, above, role)
        } else {
            Vec::new()
        }
    }
}

/// (a)(1).
fn signature<'q>(
    engine: &mut Engine<'_, 'q>,
    above: &[usize],
    cert: &Cert<'q>,
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    let name = cert.algorithm.named();
    let profile = engine.question.profile;
    let refused = profile.refuses(cert.algorithm, cert.outer_algorithm);
    let key = engine.working_key(above);
    let check = SignatureCheck {
        algorithm: cert.outer_algorithm,
        spki: key.spki,
        inherited: key.inherited(),
        message: cert.tbs,
        signature: cert.signature,
    };
    let answer = engine.check(&check)?;
    let known = Check::that(
        Rule::SignatureAlgorithm,
        !refused && answer != Answer::Unsupported,
        || {
            if refused {
                format!(
                    "The signature algorithm {name} is broken, and this profile does not accept it."
                )
            } else {
                format!(
                    "The signature algorithm {name} with the issuer's key cannot be checked here."
                )
            }
        },
    );
    checks.push(known.with(&"algorithm", name));
    checks.push(match answer {
        Answer::Valid => Check::passed(Rule::Signature),
        Answer::Pending => Check::new(Rule::Signature, Outcome::Pending),
        Answer::Unsupported => Check::not_applicable(Rule::Signature),
        Answer::Invalid => {
            let issuer = engine.certs(above).last();
            let issuer = issuer.map_or("", |cert| &cert.subject.shown);
            let what = format!("The signature was not made with the key of {issuer}.");
            Check::failed(Rule::Signature, what)
        }
    });
    Ok(())
}

/// (a)(4).
fn chaining(above: Option<&Cert<'_>>, cert: &Cert<'_>) -> Check {
    let issuer = &cert.issuer.shown;
    let same = above.is_some_and(|above| above.subject == cert.issuer);
    let check = Check::that(Rule::NameChaining, same, || {
        let above = above.map_or("", |above| &above.subject.shown);
        format!("The certificate names {issuer} as its issuer, but {above} stands above it.")
    });
    check.with(&"issuer", issuer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Profile, Question, UnixTime};

    #[test]
    fn as_many_ways_are_kept_as_there_is_room_for() {
        let profile = Profile::rfc5280();
        let question = Question::new(&[], &[], UnixTime(0), &profile);
        let way = |index| Descent {
            route: vec![index],
            certificates: Vec::new(),
            variables: Variables::new(&question, 1, Aim::Leaf),
            last: Arc::default(),
            pending: false,
            cost: Cost::default(),
        };
        let descents = Descents::default();
        descents.keep(&way(1), 1);
        assert!(descents.find(&[1]).is_none(), "there was no room");
        descents.make_room();
        descents.keep(&way(1), ROOM + 1);
        descents.keep(&way(2), ROOM - 1);
        descents.keep(&way(3), 2);
        descents.keep(&way(4), 1);
        let kept = [1, 2, 3, 4].map(|index| descents.find(&[index]).is_some());
        assert_eq!(kept, [false, true, false, true]);
    }
}
