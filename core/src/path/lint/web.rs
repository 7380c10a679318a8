//! CA/Browser Forum, Baseline Requirements for TLS server certificates.

use super::key::{Kind, P256, P384, P521, kind};
use super::{Role, web_names};
use crate::path::cert::Cert;
use crate::path::ext::{CRL_SIGN, EXTENDED_KEY_USAGE, KEY_CERT_SIGN};
use crate::path::profile::{ANY_PURPOSE, SERVER_AUTH};
use crate::path::{Check, Rule};

const DAY: u64 = 86_400;

pub(super) fn certificate(
    cert: &Cert<'_>,
    above: Option<&Cert<'_>>,
    role: Role,
    public_suffix: Option<fn(&str) -> bool>,
) -> Vec<Check> {
    let mut checks = vec![key(cert)];
    if let Some(above) = above {
        checks.push(signature(cert, above));
    }
    checks.extend(authority_key(cert, role));
    match role {
        Role::Anchor => checks.push(root_purpose(cert)),
        Role::Between => {}
        Role::Leaf => {
            checks.push(leaf_ca(cert));
            checks.push(leaf_usage(cert));
            checks.push(purpose(cert));
            checks.extend(web_names::leaf(cert, public_suffix));
            checks.push(days(cert));
            checks.push(policies(cert));
        }
    }
    checks
}

/// Section 6.1.5, and 6.1.6 for the exponent.
fn key(cert: &Cert<'_>) -> Check {
    let kind = kind(cert.spki);
    let holds = match kind {
        Kind::Curve(curve) => [P256, P384, P521].contains(&curve),
        Kind::Rsa(bits, good_exponent) => bits >= 2048 && bits.is_multiple_of(8) && good_exponent,
        Kind::Other => false,
    };
    let check = Check::that(Rule::WebKey, holds, || {
        format!("The certificate is for {kind}.")
    });
    check.with("key", kind.to_string())
}

/// Section 7.1.3.2: for ECDSA the hash follows from the signer's curve.
fn signature(cert: &Cert<'_>, above: &Cert<'_>) -> Check {
    let name = cert
        .algorithm
        .map_or_else(String::new, |oid| oid.to_string());
    let holds = match kind(above.spki) {
        Kind::Rsa(..) => [
            "1.2.840.113549.1.1.10",
            "1.2.840.113549.1.1.11",
            "1.2.840.113549.1.1.12",
            "1.2.840.113549.1.1.13",
        ]
        .contains(&name.as_str()),
        Kind::Curve(P256) => name == "1.2.840.10045.4.3.2",
        Kind::Curve(P384) => name == "1.2.840.10045.4.3.3",
        Kind::Curve(P521) => name == "1.2.840.10045.4.3.4",
        _ => false,
    };
    Check::that(Rule::WebSignature, holds, || {
        format!("The signature algorithm {name} does not go with the issuer's key.")
    })
}

/// Sections 7.1.2.1.3 and 7.1.2.11.1.
fn authority_key(cert: &Cert<'_>, role: Role) -> Option<Check> {
    let key = cert.known.authority_key.as_ref()?;
    let wrong = if key.issuer.is_some() || key.serial.is_some() {
        Some("The authority key identifier names an issuer and a serial number.")
    } else if key.key_id.is_none() {
        Some("The authority key identifier has no key identifier.")
    } else if role == Role::Anchor && cert.is_self_issued() && key.key_id != cert.known.subject_key
    {
        Some("The root's authority key identifier is not its own subject key identifier.")
    } else {
        None
    };
    Some(Check::that(Rule::WebAki, wrong.is_none(), || {
        wrong.unwrap_or_default().to_owned()
    }))
}

fn root_purpose(cert: &Cert<'_>) -> Check {
    let there = cert.extension(EXTENDED_KEY_USAGE).is_some();
    Check::that(
        Rule::WebRootPurpose,
        !(there && cert.is_self_issued()),
        || "The root has an extended key usage.".to_owned(),
    )
}

fn leaf_ca(cert: &Cert<'_>) -> Check {
    Check::that(Rule::WebLeafCa, !cert.is_ca(), || {
        "The server's certificate is an authority's.".to_owned()
    })
}

fn leaf_usage(cert: &Cert<'_>) -> Check {
    let usage = cert.known.key_usage;
    let signs = usage.is_some_and(|bits| bits.contains(KEY_CERT_SIGN) || bits.contains(CRL_SIGN));
    Check::that(Rule::WebLeafKeyUsage, !signs, || {
        "The server's key usage has keyCertSign or cRLSign.".to_owned()
    })
}

fn purpose(cert: &Cert<'_>) -> Check {
    let purposes = cert.known.purposes.as_deref().unwrap_or_default();
    let wrong = if cert.is_critical(EXTENDED_KEY_USAGE) {
        Some("The extended key usage is critical.")
    } else if purposes.contains(&ANY_PURPOSE) {
        Some("The extended key usage has anyExtendedKeyUsage.")
    } else if !purposes.contains(&SERVER_AUTH) {
        Some("The certificate has no extended key usage with serverAuth.")
    } else {
        None
    };
    Check::that(Rule::WebPurpose, wrong.is_none(), || {
        wrong.unwrap_or_default().to_owned()
    })
}

/// Told and not held against the certificate: what was allowed at the day of issue has changed many
/// times, and nobody who checks a path knows when the rule of the day began.
fn days(cert: &Cert<'_>) -> Check {
    let days = cert.not_after.at.0.saturating_sub(cert.not_before.at.0) / DAY;
    let check = Check::that(Rule::WebDays, days <= 398, || {
        format!("The certificate is valid for {days} days.")
    });
    check.noted().with("days", days)
}

/// Told only, since no verifier looks at it.
fn policies(cert: &Cert<'_>) -> Check {
    let check = Check::that(Rule::WebPolicies, cert.known.policies.is_some(), || {
        "The certificate names no policy.".to_owned()
    });
    check.noted()
}
