//! What is wrong with a certificate whatever path it stands in.

use super::cert::Cert;
use super::ext::{AUTHORITY_KEY_ID, KEY_CERT_SIGN, POLICIES, PROCESSED, SUBJECT_KEY_ID};
use super::oid::Number;
use super::{Check, Rule, Value};
use crate::UnixTime;

/// The first rule that keeps a certificate from issuing others.
pub(super) fn of_issuer(cert: &Cert<'_>, at: UnixTime) -> Option<Check> {
    first(cert, at, is_ca(cert))
}

/// The first rule that keeps an anchor from being one: no path that ends there holds.
pub(super) fn of_anchor(cert: &Cert<'_>, at: UnixTime) -> Option<Check> {
    first(cert, at, anchor_is_ca(cert))
}

fn first(cert: &Cert<'_>, at: UnixTime, is_ca: Check) -> Option<Check> {
    // Nothing is written down about dates that hold.
    let current = (cert.not_before.at..=cert.not_after.at).contains(&at);
    let dates = (!current).then(|| validity(cert, at)).into_iter().flatten();
    let checks = form(cert).into_iter().chain(dates);
    let mut checks = checks.chain([critical(cert), is_ca, may_sign(cert)]);
    checks.find(Check::is_failed)
}

/// Each extension once and readable, one algorithm.
pub(super) fn form(cert: &Cert<'_>) -> [Check; 3] {
    [repeated(cert), readable(cert), agreement(cert)]
}

fn repeated(cert: &Cert<'_>) -> Check {
    match cert.repeated() {
        None => Check::passed(Rule::RepeatedExtension).with(&"extensions", cert.extensions.len()),
        Some(oid) => {
            let name = oid.named();
            let what = format!("The extension {name} stands in the certificate more than once.");
            Check::failed(Rule::RepeatedExtension, what).with(&"extension", name)
        }
    }
}

/// Key identifiers only hint at the way; one that cannot be read hints at nothing.
fn readable(cert: &Cert<'_>) -> Check {
    let mut flaws = cert.known.flaws.iter();
    let flaw = flaws.find(|(oid, _)| !is_hint(*oid));
    match flaw {
        None => Check::passed(Rule::ExtensionForm),
        Some((oid, why)) => {
            let name = oid.named();
            let what = format!("The extension {name} cannot be read: it {}.", why.0);
            Check::failed(Rule::ExtensionForm, what).with(&"extension", name)
        }
    }
}

pub(super) fn is_hint(oid: Number<'_>) -> bool {
    oid == AUTHORITY_KEY_ID || oid == SUBJECT_KEY_ID
}

fn agreement(cert: &Cert<'_>) -> Check {
    let same = cert.inner_algorithm == cert.outer_algorithm;
    Check::that(Rule::AlgorithmAgreement, same, || {
        "The certificate names one signature algorithm inside and another outside.".to_owned()
    })
}

/// Section 4.1.2.5: both ends belong to the period.
pub(super) fn validity(cert: &Cert<'_>, at: UnixTime) -> [Check; 2] {
    let (first, last) = (cert.not_before.at, cert.not_after.at);
    let begun = Check::that(Rule::NotYetValid, first <= at, || {
        format!("The certificate is valid from {first} on; it is judged at {at}.")
    });
    let ended = Check::that(Rule::Expired, at <= last, || {
        format!("The certificate expired at {last}; it is judged at {at}.")
    });
    [
        begun.with_moments(&["notBefore", "at"], [first, at]),
        ended.with_moments(&["notAfter", "at"], [last, at]),
    ]
}

pub(super) fn critical(cert: &Cert<'_>) -> Check {
    let mut critical = cert
        .extensions
        .iter()
        .filter(|extension| extension.critical);
    let is_known = |oid: Number<'_>| PROCESSED.iter().any(|known| oid == *known) || is_hint(oid);
    let unknown = critical.find(|extension| !is_known(extension.oid));
    // Section 4.2.1.4: critical policies are understood with their qualifiers or not at all.
    let qualifier = cert.known.unknown_qualifier.as_ref();
    match (unknown, qualifier.filter(|_| cert.is_critical(POLICIES))) {
        (None, None) => Check::passed(Rule::UnknownCritical),
        (None, Some(oid)) => {
            let name = oid.named();
            let what = format!(
                "The certificate's policies are critical, and their qualifier {name} is not understood here."
            );
            Check::failed(Rule::UnknownCritical, what).with(&"qualifier", name)
        }
        (Some(extension), _) => {
            let name = extension.oid.named();
            let what = format!("The extension {name} is critical and not understood here.");
            Check::failed(Rule::UnknownCritical, what).with(&"extension", name)
        }
    }
}

/// Section 6.1.4 (k). Of an earlier version than 3, who is an authority has to be known by other means:
/// as of an anchor.
pub(super) fn is_ca(cert: &Cert<'_>) -> Check {
    if cert.version == 3 || !cert.is_ca() {
        return says_ca(cert);
    }
    let version = cert.version;
    let what = format!(
        "Others were signed by this certificate of version {version}, in which basic constraints prove no authority."
    );
    let mend = "Have the authority's certificate issued again as version 3.";
    let check = Check::failed(Rule::IssuerIsCa, what).mended_by(mend.to_owned());
    check.with(&"version", u32::from(version))
}

/// The same of an anchor, whatever its version. Roots older than version 3 have no basic constraints, and
/// being trusted is enough.
pub(super) fn anchor_is_ca(cert: &Cert<'_>) -> Check {
    match cert.known.basic {
        None => Check::not_applicable(Rule::IssuerIsCa),
        Some(_) => says_ca(cert),
    }
}

fn says_ca(cert: &Cert<'_>) -> Check {
    let basic = cert.known.basic;
    let check = Check::that(Rule::IssuerIsCa, cert.is_ca(), || match basic {
        Some(_) => "Others were signed by this certificate, whose basic constraints say cA FALSE."
            .to_owned(),
        None => {
            "Others were signed by this certificate, which has no basic constraints.".to_owned()
        }
    });
    check.with(
        &"cA",
        basic.map_or("absent".into(), |basic| Value::Flag(basic.ca)),
    )
}

pub(super) fn may_sign(cert: &Cert<'_>) -> Check {
    if cert.known.key_usage.is_none() {
        return Check::not_applicable(Rule::IssuerMaySign);
    }
    Check::that(Rule::IssuerMaySign, cert.may(KEY_CERT_SIGN), || {
        "Others were signed by this certificate, whose key usage lacks keyCertSign.".to_owned()
    })
}
