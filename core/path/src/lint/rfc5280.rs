//! RFC 5280 section 4: what conforming authorities must do.

use const_oid::ObjectIdentifier;

use super::Role;
use super::key::{Kind, kind};
use super::names;
use crate::access;
use crate::cert::{Cert, is_null};
use crate::ext::{
    AUTHORITY_INFO, AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, CRL_POINTS, CRL_SIGN, DATA_ENCIPHERMENT,
    DIGITAL_SIGNATURE, Extension, FRESHEST_CRL, INHIBIT_ANY, KEY_AGREEMENT, KEY_CERT_SIGN,
    KEY_ENCIPHERMENT, NAME_CONSTRAINTS, NO_REVOCATION, NON_REPUDIATION, POLICY_CONSTRAINTS,
    SUBJECT_ALT_NAME, SUBJECT_DIRECTORY, SUBJECT_INFO, SUBJECT_KEY_ID,
};
use crate::flaw::is_hint;
use crate::x509::text;
use crate::{Check, Rule, Value};

/// As many as a certificate usually has, to have room for them at once.
const CHECKS: usize = 22;

/// Every rule about one certificate. `strict` is without the Web PKI's rules beside: CABF BR 7.1.2.5.2 lets name
/// constraints be not critical, and 7.1.2.11.1 says more about parts of the authority key identifier.
pub(super) fn certificate(
    cert: &Cert<'_>,
    above: Option<&Cert<'_>>,
    role: Role,
    strict: bool,
    checks: &mut Vec<Check>,
) {
    let serial = serial(cert);
    // An anchor is a name and a key; many a root has the number zero.
    let serial = if role == Role::Anchor {
        serial.noted()
    } else {
        serial
    };
    checks.reserve(CHECKS);
    checks.extend([version(cert), serial, times(cert), identifiers(cert)]);
    let kind = kind(cert.key);
    checks.push(key_form(kind));
    checks.extend(subject_and_issuer(cert));
    let subject = names::subject(cert);
    checks.push(if role == Role::Anchor {
        subject.noted()
    } else {
        subject
    });
    checks.extend(authority_key(cert, above, role, strict));
    checks.extend(subject_key(cert, role));
    checks.extend(basic(cert, role));
    key_usage(cert, role, checks);
    checks.push(usage_of_key(cert, kind));
    names::alternative(cert, checks);
    constraints(cert, strict, checks);
    policies(cert, checks);
    access(cert, checks);
    checks.extend(
        cert.extension(NO_REVOCATION)
            .map(|found| no_revocation(cert, found)),
    );
}

fn version(cert: &Cert<'_>) -> Check {
    let holds = match cert.version {
        1 => cert.extensions.is_empty() && !cert.has_unique_identifier,
        2 => cert.extensions.is_empty(),
        _ => true,
    };
    let check = Check::that(Rule::Version, holds, || {
        format!(
            "The certificate has version {}, but parts of a later one.",
            cert.version
        )
    });
    check.with(&"version", u32::from(cert.version))
}

fn serial(cert: &Cert<'_>) -> Check {
    let bytes = match cert.serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        bytes => bytes,
    };
    let negative = cert.serial.first().is_some_and(|first| *first >= 0x80);
    let wrong = if negative {
        Some("is negative".to_owned())
    } else if bytes == [0] {
        Some("is zero".to_owned())
    } else if bytes.len() > 20 {
        Some(format!("has {} bytes, more than 20", bytes.len()))
    } else {
        None
    };
    let check = Check::that(Rule::Serial, wrong.is_none(), || {
        format!("The serial number {}.", wrong.unwrap_or_default())
    });
    check.with(&"serial", Value::bytes(bytes))
}

fn times(cert: &Cert<'_>) -> Check {
    let holds = cert.not_before.well_encoded && cert.not_after.well_encoded;
    Check::that(Rule::TimeEncoding, holds, || {
        "A date of the validity is in the wrong one of the two forms.".to_owned()
    })
}

fn identifiers(cert: &Cert<'_>) -> Check {
    Check::that(Rule::UniqueIdentifier, !cert.has_unique_identifier, || {
        "The certificate has a unique identifier.".to_owned()
    })
}

fn subject_and_issuer(cert: &Cert<'_>) -> [Check; 3] {
    let empty = cert.subject.is_empty();
    let critical = cert.is_critical(SUBJECT_ALT_NAME);
    [
        Check::that(Rule::IssuerName, !cert.issuer.is_empty(), || {
            "The certificate's issuer has no name.".to_owned()
        }),
        Check::that(Rule::SubjectName, !(empty && cert.is_ca()), || {
            "The authority has no name.".to_owned()
        }),
        if empty {
            Check::that(Rule::SanCritical, critical, || {
                "The subject is empty, and no critical alternative name stands in for it."
                    .to_owned()
            })
        } else {
            Check::not_applicable(Rule::SanCritical)
        },
    ]
}

fn authority_key(
    cert: &Cert<'_>,
    above: Option<&Cert<'_>>,
    role: Role,
    strict: bool,
) -> [Check; 4] {
    let key_id = cert.known.authority_key.as_ref().and_then(|key| key.key_id);
    let self_signed = cert.is_self_issued()
        && (role == Role::Anchor || above.is_some_and(|above| above.spki == cert.spki));
    [
        key_id_form(cert, strict),
        Check::that(
            Rule::AkiCritical,
            !cert.is_critical(AUTHORITY_KEY_ID),
            || "The authority key identifier is critical.".to_owned(),
        ),
        Check::that(Rule::AkiMissing, key_id.is_some() || self_signed, || {
            "The certificate does not say which key of its issuer signed it.".to_owned()
        }),
        key_id_match(key_id, above),
    ]
}

/// Appendix A.2 says which parts go together.
fn key_id_form(cert: &Cert<'_>, strict: bool) -> Check {
    let mut flaws = cert.known.flaws.iter();
    let flaw = flaws.find(|(oid, _)| is_hint(*oid));
    let key = cert.known.authority_key.as_ref();
    let half = strict && key.is_some_and(|key| key.issuer.is_some() != key.serial.is_some());
    Check::that(Rule::KeyIdForm, flaw.is_none() && !half, || match flaw {
        Some((oid, why)) => format!("The extension {} {}.", oid.named(), why.0),
        None => {
            "The authority key identifier has only one of an issuer and a serial number.".to_owned()
        }
    })
}

fn key_id_match(key_id: Option<&[u8]>, above: Option<&Cert<'_>>) -> Check {
    let found = above.and_then(|above| above.known.subject_key);
    let Some((wanted, found)) = key_id.zip(found) else {
        return Check::not_applicable(Rule::KeyIdMatch);
    };
    let names = &["authority key", "issuer's key"];
    if wanted == found {
        return Check::same(Rule::KeyIdMatch, names, Value::bytes(found));
    }
    let what = "The certificate names another key of its issuer than the one that signed it.";
    let facts = names.iter().zip([wanted, found].map(Value::bytes));
    facts.fold(
        Check::failed(Rule::KeyIdMatch, what),
        |check, (name, value)| check.with(name, value),
    )
}

fn subject_key(cert: &Cert<'_>, role: Role) -> [Check; 2] {
    let is_authority = cert.is_ca() || role != Role::Leaf;
    let there = cert.known.subject_key.is_some();
    [
        Check::that(
            Rule::SkiMissing,
            there || !is_authority || cert.version < 3,
            || "The authority's certificate has no subject key identifier.".to_owned(),
        ),
        Check::that(Rule::SkiCritical, !cert.is_critical(SUBJECT_KEY_ID), || {
            "The subject key identifier is critical.".to_owned()
        }),
    ]
}

fn key_usage(cert: &Cert<'_>, role: Role, checks: &mut Vec<Check>) {
    let Some(bits) = cert.known.key_usage else {
        let may_lack = role == Role::Leaf || cert.version < 3;
        checks.push(Check::that(Rule::KeyUsageMissing, may_lack, || {
            "The authority's certificate has no key usage.".to_owned()
        }));
        return;
    };
    checks.extend([
        Check::that(Rule::KeyUsageEmpty, !bits.is_empty(), || {
            "The key usage allows nothing.".to_owned()
        }),
        Check::that(
            Rule::KeyUsageCa,
            !bits.contains(KEY_CERT_SIGN) || cert.is_ca(),
            || "The key usage has keyCertSign, but the certificate is no authority's.".to_owned(),
        ),
    ]);
}

fn key_form(kind: Kind) -> Check {
    let holds = ![Kind::Parameters, Kind::Body].contains(&kind);
    Check::that(Rule::KeyForm, holds, || {
        format!("The certificate is for {kind}.")
    })
}

/// What a key is for by its kind, where that is said: RFC 8813 section 3 for elliptic curves, RFC 9295 section 3 for
/// those of RFC 8410, RFC 4055 section 1.2 for RSA-PSS.
fn usage_of_key(cert: &Cert<'_>, kind: Kind) -> Check {
    let Some(bits) = cert.known.key_usage else {
        return Check::not_applicable(Rule::KeyUsageKey);
    };
    let signs = [DIGITAL_SIGNATURE, NON_REPUDIATION, KEY_CERT_SIGN, CRL_SIGN];
    let encrypts = [KEY_ENCIPHERMENT, DATA_ENCIPHERMENT];
    let has = |list: &[usize]| list.iter().any(|bit| bits.contains(*bit));
    let holds = match kind {
        Kind::Curve(_) => !has(&encrypts),
        Kind::Edwards => has(&signs) && !has(&encrypts) && !has(&[KEY_AGREEMENT]),
        Kind::Montgomery => has(&[KEY_AGREEMENT]) && !has(&signs) && !has(&encrypts),
        Kind::Pss => has(&signs),
        _ => true,
    };
    // Whoever may do nothing is told so elsewhere.
    Check::that(Rule::KeyUsageKey, holds || bits.is_empty(), || {
        format!("The key usage does not go with {kind}.")
    })
}

fn basic(cert: &Cert<'_>, role: Role) -> [Check; 2] {
    let basic = cert.known.basic;
    let is_authority = cert.is_ca() || role != Role::Leaf;
    let critical = cert.is_critical(BASIC_CONSTRAINTS);
    let holds = !is_authority || cert.version < 3 || cert.is_ca() && critical;
    let length = basic.and_then(|basic| basic.path_length);
    let may_have = cert.is_ca() && cert.may(KEY_CERT_SIGN);
    [
        Check::that(Rule::BasicMissing, holds, || match basic {
            None => "The authority's certificate has no basic constraints.".to_owned(),
            Some(basic) if !basic.ca => {
                "The authority's basic constraints say cA FALSE.".to_owned()
            }
            Some(_) => "The authority's basic constraints are not critical.".to_owned(),
        }),
        Check::that(Rule::BasicPathLength, length.is_none() || may_have, || {
            "The certificate has a path length, but is not of an authority that signs certificates."
                .to_owned()
        }),
    ]
}

fn constraints(cert: &Cert<'_>, critical: bool, checks: &mut Vec<Check>) {
    let Some(constraints) = &cert.known.constraints else {
        checks.push(Check::not_applicable(Rule::ConstraintsCritical));
        return;
    };
    let is_critical = cert.is_critical(NAME_CONSTRAINTS);
    let check = Check::that(Rule::ConstraintsCritical, is_critical, || {
        "The name constraints are not critical.".to_owned()
    });
    checks.extend([
        Check::that(Rule::ConstraintsLeaf, cert.is_ca(), || {
            "The certificate is no authority's, but has name constraints.".to_owned()
        }),
        if critical { check } else { check.noted() },
        Check::that(Rule::ConstraintsEmpty, !constraints.is_empty(), || {
            "The name constraints neither permit nor exclude anything.".to_owned()
        }),
    ]);
}

fn policies(cert: &Cert<'_>, checks: &mut Vec<Check>) {
    if let Some(limits) = cert.known.policy_limits {
        let empty = limits == crate::ext::PolicyLimits::default();
        let critical = cert.is_critical(POLICY_CONSTRAINTS);
        checks.push(Check::that(
            Rule::PolicyConstraintsCritical,
            critical && !empty,
            || {
                let fault = if empty { "empty" } else { "not critical" };
                format!("The policy constraints are {fault}.")
            },
        ));
    }
    if cert.known.inhibit_any.is_some() {
        checks.push(Check::that(
            Rule::InhibitAnyCritical,
            cert.is_critical(INHIBIT_ANY),
            || "inhibitAnyPolicy is not critical.".to_owned(),
        ));
    }
    if let Some(policies) = &cert.known.policies {
        let mut seen = std::collections::HashSet::new();
        let twice = policies.iter().find(|policy| !seen.insert(*policy));
        checks.push(Check::that(Rule::PolicyRepeated, twice.is_none(), || {
            let policy = twice.map(|policy| policy.number().named());
            let policy = policy.unwrap_or_default();
            format!("The policy {policy} is named more than once.")
        }));
    }
}

fn access(cert: &Cert<'_>, checks: &mut Vec<Check>) {
    for oid in [AUTHORITY_INFO, SUBJECT_INFO] {
        let Some(extension) = cert.extension(oid) else {
            continue;
        };
        let flaw = access::read(extension.value).err().map(|flaw| flaw.0);
        let flaw = flaw.or(extension.critical.then_some("is critical"));
        checks.push(Check::that(Rule::AccessForm, flaw.is_none(), || {
            format!(
                "The extension {} {}.",
                text::oid(&oid),
                flaw.unwrap_or_default()
            )
        }));
    }
    let never: [ObjectIdentifier; 2] = [SUBJECT_DIRECTORY, FRESHEST_CRL];
    for oid in never
        .into_iter()
        .filter(|oid| cert.extension(*oid).is_some())
    {
        checks.push(Check::that(
            Rule::MustNotBeCritical,
            !cert.is_critical(oid),
            || format!("The extension {} is critical.", text::oid(&oid)),
        ));
    }
}

/// RFC 9608 section 2.
fn no_revocation(cert: &Cert<'_>, extension: &Extension<'_>) -> Check {
    let has = |oid| cert.extension(oid).is_some();
    let access = cert.extension(AUTHORITY_INFO);
    let wrong = if !is_null(extension) {
        Some("is not NULL")
    } else if extension.critical {
        Some("is critical")
    } else if cert.is_ca() {
        Some("stands in the certificate of an authority")
    } else if has(CRL_POINTS) || has(FRESHEST_CRL) {
        Some("stands beside a place of revocation lists")
    } else if access.is_some_and(|access| access::has_ocsp(access.value)) {
        Some("stands beside a place that answers about revocation")
    } else {
        None
    };
    Check::that(Rule::NoRevocation, wrong.is_none(), || {
        format!("The extension noRevAvail {}.", wrong.unwrap_or_default())
    })
}
