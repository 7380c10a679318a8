//! CA/Browser Forum, Baseline Requirements for TLS server certificates.

use const_oid::ObjectIdentifier;

use super::key::{Kind, P256, P384, P521, kind};
use super::{Role, web_names, web_places};
use crate::cert::Cert;
use crate::ext::{
    CRL_SIGN, DATA_ENCIPHERMENT, DECIPHER_ONLY, DIGITAL_SIGNATURE, EXTENDED_KEY_USAGE,
    KEY_AGREEMENT, KEY_CERT_SIGN, KEY_ENCIPHERMENT,
};
use crate::oid::{self, Number};
use crate::profile::{
    ANY_PURPOSE, CODE_SIGNING, EMAIL_PROTECTION, OCSP_SIGNING, SERVER_AUTH, TIME_STAMPING,
};
use crate::{Check, Rule};

const DAY: u64 = 86_400;

/// RSASSA-PKCS1-v1_5 and RSASSA-PSS with SHA-256, SHA-384 and SHA-512: section 7.1.3.2.1.
const RSA_SIGNATURES: [&[u8]; 6] = [
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
    b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\
      \x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\
      \x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\
      \x20",
    b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\
      \x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\
      \x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\
      \x30",
    b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\
      \x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\
      \x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa2\x03\x02\x01\
      \x40",
];

/// Section 7.1.3.2.2.
const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const ECDSA_SHA384: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";
const ECDSA_SHA512: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04";

/// Purposes that section 7.1.2.7.10 keeps out besides anyExtendedKeyUsage; the last signs precertificates
/// (RFC 6962 section 3.1).
const FOREIGN: [ObjectIdentifier; 5] = [
    CODE_SIGNING,
    EMAIL_PROTECTION,
    TIME_STAMPING,
    OCSP_SIGNING,
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.4"),
];

pub(super) fn certificate(
    cert: &Cert<'_>,
    above: Option<&Cert<'_>>,
    role: Role,
    public_suffix: Option<fn(&str) -> bool>,
) -> Vec<Check> {
    let mut checks = vec![version(cert), key(cert), serial(cert, role)];
    if let Some(above) = above {
        checks.push(signature(cert, above));
    }
    checks.extend(authority_key(cert, role));
    if role != Role::Anchor {
        // Many an old root has others, which nobody follows.
        checks.extend(web_places::points(cert));
        checks.extend(web_places::access(cert));
    }
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

/// Section 7.1.1.
fn version(cert: &Cert<'_>) -> Check {
    Check::that(Rule::WebVersion, cert.version == 3, || {
        format!("The certificate has version {}.", cert.version)
    })
}

/// Section 6.1.5, 6.1.6 for the exponent, and 7.1.3.1 for how the algorithm is written.
fn key(cert: &Cert<'_>) -> Check {
    let kind = kind(cert.key);
    let holds = match kind {
        Kind::Curve(curve) => [P256, P384, P521].contains(&curve),
        Kind::Rsa(bits) => bits >= 2048 && bits.is_multiple_of(8),
        _ => false,
    };
    let check = Check::that(Rule::WebKey, holds, || {
        format!("The certificate is for {kind}.")
    });
    check.with(&"key", kind.to_string())
}

/// Section 7.1.3.2, byte for byte; for ECDSA the hash follows from the signer's curve.
fn signature(cert: &Cert<'_>, above: &Cert<'_>) -> Check {
    let allowed: &[&[u8]] = match kind(above.key) {
        Kind::Rsa(..) => &RSA_SIGNATURES,
        Kind::Curve(P256) => &[ECDSA_SHA256],
        Kind::Curve(P384) => &[ECDSA_SHA384],
        Kind::Curve(P521) => &[ECDSA_SHA512],
        _ => &[],
    };
    Check::that(
        Rule::WebSignature,
        allowed.contains(&cert.outer_algorithm),
        || {
            let name = cert.algorithm;
            let same = |known: &&[u8]| oid::of_algorithm(known).is_some_and(|known| name == known);
            if allowed.iter().any(same) {
                format!("The signature algorithm {name} has other parameters than are allowed.")
            } else {
                format!("The signature algorithm {name} does not go with the issuer's key.")
            }
        },
    )
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

/// Section 7.1.2.7.11, which says for RSA and ECDSA which bits there may be.
fn leaf_usage(cert: &Cert<'_>) -> Check {
    let Some(bits) = cert.known.key_usage else {
        return Check::not_applicable(Rule::WebLeafKeyUsage);
    };
    let allowed: &[usize] = match kind(cert.key) {
        Kind::Curve(_) => &[DIGITAL_SIGNATURE, KEY_AGREEMENT],
        _ => &[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, DATA_ENCIPHERMENT],
    };
    let foreign = (0..=DECIPHER_ONLY).find(|bit| bits.contains(*bit) && !allowed.contains(bit));
    let wrong = match foreign {
        Some(KEY_CERT_SIGN | CRL_SIGN) => Some("has keyCertSign or cRLSign"),
        Some(_) => Some("has a bit that does not go with a server's key of this kind"),
        None if allowed.contains(&KEY_AGREEMENT) && !bits.contains(DIGITAL_SIGNATURE) => {
            Some("lacks digitalSignature")
        }
        None => None,
    };
    Check::that(Rule::WebLeafKeyUsage, wrong.is_none(), || {
        format!("The server's key usage {}.", wrong.unwrap_or_default())
    })
}

/// Section 7.1.2.7.10.
fn purpose(cert: &Cert<'_>) -> Check {
    let purposes = cert.known.purposes.as_deref().unwrap_or_default();
    let foreign = purposes
        .iter()
        .find(|purpose| FOREIGN.iter().any(|known| *purpose == known));
    let wrong = if cert.is_critical(EXTENDED_KEY_USAGE) {
        Some("is critical".to_owned())
    } else if purposes.contains(&Number::of(&ANY_PURPOSE)) {
        Some("has anyExtendedKeyUsage".to_owned())
    } else if let Some(purpose) = foreign {
        Some(format!("has {}", purpose.named()))
    } else if !purposes.contains(&Number::of(&SERVER_AUTH)) {
        Some("lacks serverAuth".to_owned())
    } else {
        None
    };
    Check::that(Rule::WebPurpose, wrong.is_none(), || {
        let wrong = wrong.unwrap_or_default();
        format!("The extended key usage of the server's certificate {wrong}.")
    })
}

/// Sections 7.1.2.1 to 7.1.2.7: below 2^159, which the encoding in 20 bytes is, too.
fn serial(cert: &Cert<'_>, role: Role) -> Check {
    let bytes = cert.serial.len();
    let check = Check::that(Rule::WebSerial, bytes <= 20, || {
        "The serial number is 2^159 or more.".to_owned()
    });
    if role == Role::Anchor {
        check.noted()
    } else {
        check
    }
}

/// Section 6.3.2: from which day on a certificate may be valid for how many days, the newest first:
/// 2029-03-15, 2027-03-15, 2026-03-15, 2020-09-01 and 2018-03-01, before which it was 39 months.
const DAYS: [(u64, u64); 6] = [
    (1_868_227_200, 47),
    (1_805_068_800, 100),
    (1_773_532_800, 200),
    (1_598_918_400, 398),
    (1_519_862_400, 825),
    (0, 1_187),
];

/// Told and not held against the certificate, since most verifiers do not look at it. The last second
/// counts, too.
fn days(cert: &Cert<'_>) -> Check {
    let (first, last) = (cert.not_before.at.0, cert.not_after.at.0);
    let days = (last.saturating_sub(first) + 1).div_ceil(DAY);
    let allowed = DAYS.iter().find(|(from, _)| *from <= first);
    let allowed = allowed.map_or(0, |(_, days)| *days);
    let check = Check::that(Rule::WebDays, days <= allowed, || {
        format!("The certificate is valid for {days} days, more than {allowed}.")
    });
    check.noted().with(&"days", days)
}

/// Told only, since no verifier looks at it.
fn policies(cert: &Cert<'_>) -> Check {
    let check = Check::that(Rule::WebPolicies, cert.known.policies.is_some(), || {
        "The certificate names no policy.".to_owned()
    });
    check.noted()
}
