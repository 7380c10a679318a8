use const_oid::ObjectIdentifier;

use super::{Variables, policies};
use crate::cert::Cert;
use crate::engine::Engine;
use crate::flaw;
use crate::oid::Number;
use crate::profile::ANY_PURPOSE;
use crate::x509::text;
use crate::{Check, Question, Rule};

/// Section 6.1.4: what the certificate says about those below it.
pub(super) fn next(
    variables: &mut Variables,
    cert: &Cert<'_>,
    engine: &mut Engine<'_, '_>,
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    policies::mapping(variables, cert, &mut engine.purse, checks)?;
    checks.push(constraints(cert));
    policies::count(variables, cert);
    checks.push(flaw::is_ca(cert));
    checks.push(length(variables, cert));
    lower_length(variables, cert);
    checks.push(flaw::may_sign(cert));
    checks.push(flaw::critical(cert));
    checks.push(purpose(variables, cert, engine.question));
    Ok(())
}

/// The anchor brings its name and key (section 6.1.1 (d)) and, since it is a certificate, its own
/// limits (RFC 5937 section 3): dates, constraints, path length and usages. Its policies are left
/// alone: roots of today assert them loosely.
pub(super) fn anchor(
    variables: &mut Variables,
    cert: &Cert<'_>,
    engine: &Engine<'_, '_>,
    checks: &mut Vec<Check>,
) {
    checks.extend(flaw::validity(cert, engine.question.at));
    checks.push(constraints(cert));
    checks.push(flaw::anchor_is_ca(cert));
    lower_length(variables, cert);
    checks.push(flaw::may_sign(cert));
    checks.push(flaw::critical(cert));
    checks.push(purpose(variables, cert, engine.question));
}

/// (g).
fn constraints(cert: &Cert<'_>) -> Check {
    let Some(constraints) = &cert.known.constraints else {
        return Check::not_applicable(Rule::ConstraintForm);
    };
    match constraints.flaw() {
        None => Check::passed(Rule::ConstraintForm),
        Some((subtree, flaw)) => {
            let shown = subtree.shown();
            let what = format!("The name constraint {shown} {}.", flaw.0);
            Check::failed(Rule::ConstraintForm, what).with(&"constraint", shown)
        }
    }
}

/// (l).
fn length(variables: &mut Variables, cert: &Cert<'_>) -> Check {
    if cert.is_self_issued() {
        return Check::not_applicable(Rule::PathLength).with(&"self-issued", true);
    }
    let left = variables.max_path_length;
    let rule = variables.length_rule;
    let check = Check::that(rule, left > 0, || match rule {
        Rule::MaxDepth => "The path has more authorities than the question allows.".to_owned(),
        _ => "An authority above allows no further authority here.".to_owned(),
    });
    variables.max_path_length = left.saturating_sub(1);
    check.with(&"max_path_length", left)
}

/// (m).
fn lower_length(variables: &mut Variables, cert: &Cert<'_>) {
    let limit = cert.known.basic.and_then(|basic| basic.path_length);
    if let Some(limit) = limit.filter(|limit| *limit < variables.max_path_length) {
        variables.max_path_length = limit;
        variables.length_rule = Rule::PathLength;
    }
}

/// An authority whose certificate names purposes issues for these only: not in RFC 5280, but the
/// practice of every verifier of TLS (CABF BR 7.1.2.10.6).
fn purpose(variables: &Variables, cert: &Cert<'_>, question: &Question<'_>) -> Check {
    let wanted = if variables.is_for_leaf {
        question.wanted_purposes()
    } else {
        &[]
    };
    let Some(purposes) = cert.known.purposes.as_ref().filter(|_| !wanted.is_empty()) else {
        return Check::not_applicable(Rule::IssuerPurpose);
    };
    let has = |purpose: &ObjectIdentifier| purposes.contains(&Number::of(purpose));
    let mut wanted = wanted.iter();
    let missing = wanted.find(|purpose| !has(purpose) && !has(&ANY_PURPOSE));
    Check::that(Rule::IssuerPurpose, missing.is_none(), || {
        let missing = missing.map_or_else(String::new, text::oid);
        format!("The authority's extended key usage lacks {missing}.")
    })
}
