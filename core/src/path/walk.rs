//! From the anchor down to the leaf: RFC 5280 section 6.1.

mod end;
mod policies;
mod prepare;
mod state;

use std::sync::Arc;

use super::bag::Item;
use super::cert::Cert;
use super::engine::Engine;
use super::{Answer, CertReport, Check, PathReport, Rule, SignatureCheck, State};
use super::{flaw, lint, revocation};
use crate::cert::text;
use state::Variables;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// The signer of a revocation list: no purposes, names or policies.
    CrlSigner,
    /// The certificate in question.
    Leaf,
}

/// As many as a certificate usually has, to have room for them at once.
const CHECKS: usize = 20;

/// Judges one path, given leaf first. An error is a budget that ran out.
pub(super) fn path(
    engine: &mut Engine<'_, '_>,
    route: &[usize],
    anchor: usize,
    aim: Aim,
) -> Result<PathReport, Rule> {
    let mut order = Vec::with_capacity(route.len() + 1);
    order.push(anchor);
    order.extend(route.iter().rev());
    let length = u32::try_from(route.len()).unwrap_or(u32::MAX);
    let mut variables = Variables::new(engine.question, length, aim);
    let mut certificates = Vec::with_capacity(order.len());
    let mut last = Arc::new(variables.snapshot());
    let mut pending = false;
    for (at, index) in order.iter().enumerate() {
        let Some(item) = engine.item(*index) else {
            continue;
        };
        let cert = &item.cert;
        let mut checks = Vec::with_capacity(CHECKS);
        checks.extend(flaw::form(cert));
        if at == 0 {
            prepare::anchor(&mut variables, cert, engine, &mut checks);
        } else {
            let is_last = at + 1 == order.len();
            let above = order.get(..at).unwrap_or_default();
            one(
                engine,
                &mut variables,
                (cert, *index),
                above,
                is_last,
                aim,
                &mut checks,
            )?;
        }
        pending |= checks
            .iter()
            .any(|check| check.outcome == super::Outcome::Pending);
        let after = Arc::new(variables.snapshot());
        let before = core::mem::replace(&mut last, after.clone());
        certificates.push(about(item, checks, [before, after]));
    }
    let mut report = PathReport {
        certificates,
        policies: variables.accepted(engine.question),
        lint: Vec::new(),
        pending,
        complete: true,
    };
    if aim == Aim::Leaf {
        lint::path(engine.question, &order, engine.bag, &mut report);
    }
    Ok(report)
}

/// As far as a search got that found no anchor: what each certificate, given leaf first, says by
/// itself.
pub(super) fn partial(engine: &Engine<'_, '_>, route: &[usize]) -> PathReport {
    let none: Arc<State> = Arc::default();
    let items = route.iter().rev().filter_map(|index| engine.item(*index));
    let certificates = items.map(|item| {
        let cert = &item.cert;
        let mut checks = Vec::from(flaw::form(cert));
        checks.extend(flaw::validity(cert, engine.question.at));
        if item.place != super::Place::Leaf {
            checks.extend([flaw::is_ca(cert), flaw::may_sign(cert)]);
        }
        checks.push(flaw::critical(cert));
        let lint = lint::alone(engine.question, cert, item.place);
        CertReport {
            lint,
            ..about(item, checks, [none.clone(), none.clone()])
        }
    });
    PathReport {
        certificates: certificates.collect(),
        policies: Vec::new(),
        lint: Vec::new(),
        pending: false,
        complete: false,
    }
}

/// The report of one certificate, with the variables before and after it.
fn about(item: &Item<'_>, checks: Vec<Check>, [before, after]: [Arc<State>; 2]) -> CertReport {
    let cert = &item.cert;
    CertReport {
        place: item.place,
        subject: cert.subject.shown.clone(),
        issuer: cert.issuer.shown.clone(),
        serial: cert.serial_shown().clone(),
        sha256: cert.sha256().clone(),
        not_before: cert.not_before.at,
        not_after: cert.not_after.at,
        checks,
        lint: Vec::new(),
        before,
        after,
    }
}

/// One certificate below the anchor: sections 6.1.3, and 6.1.4 or 6.1.5.
fn one<'q>(
    engine: &mut Engine<'_, 'q>,
    variables: &mut Variables<'q>,
    (cert, index): (&Cert<'q>, usize),
    above: &[usize],
    is_last: bool,
    aim: Aim,
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    signature(engine, variables, cert, checks)?;
    checks.extend(flaw::validity(cert, engine.question.at));
    revocation::judge(engine, index, above, checks)?;
    checks.push(chaining(variables, cert));
    if is_last || !cert.is_self_issued() {
        variables.space.judge(cert, &mut engine.purse, checks)?;
    } else {
        let exempt = [Rule::NamePermitted, Rule::NameExcluded].map(Check::not_applicable);
        checks.extend(exempt.map(|check| check.with("self-issued", true)));
    }
    policies::basic(variables, cert, is_last, &mut engine.purse, checks)?;
    if is_last {
        end::leaf(variables, cert, engine.question, aim, checks);
    } else {
        prepare::next(variables, cert, engine, checks)?;
    }
    Ok(())
}

/// (a)(1).
fn signature<'q>(
    engine: &mut Engine<'_, 'q>,
    variables: &Variables<'q>,
    cert: &Cert<'q>,
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    let name = text::named(&cert.algorithm);
    let profile = engine.question.profile;
    let refused = profile.refuses(cert.algorithm, cert.outer_algorithm);
    let check = SignatureCheck {
        algorithm: cert.outer_algorithm,
        spki: variables.key.spki,
        inherited: variables.key.inherited(),
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
    checks.push(known.with("algorithm", name));
    checks.push(match answer {
        Answer::Valid => Check::passed(Rule::Signature),
        Answer::Pending => Check::new(Rule::Signature, super::Outcome::Pending),
        Answer::Unsupported => Check::not_applicable(Rule::Signature),
        Answer::Invalid => {
            let what = format!(
                "The signature was not made with the key of {}.",
                variables.issuer_shown()
            );
            Check::failed(Rule::Signature, what)
        }
    });
    Ok(())
}

/// (a)(4).
fn chaining(variables: &Variables<'_>, cert: &Cert<'_>) -> Check {
    let issuer = &cert.issuer.shown;
    let above = variables.issuer_shown();
    let check = Check::that(
        Rule::NameChaining,
        variables.is_issuer(&cert.issuer),
        || format!("The certificate names {issuer} as its issuer, but {above} stands above it."),
    );
    check.with("issuer", issuer)
}
