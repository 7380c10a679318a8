use const_oid::ObjectIdentifier;

use super::{Variables, policies};
use crate::cert::Cert;
use crate::ext::{DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_ENCIPHERMENT, NON_REPUDIATION};
use crate::oid::Number;
use crate::profile::{
    ANY_PURPOSE, CLIENT_AUTH, CODE_SIGNING, EMAIL_PROTECTION, OCSP_SIGNING, SERVER_AUTH,
    TIME_STAMPING,
};
use crate::x509::text;
use crate::{Check, Question, Rule, flaw, host};

/// Section 6.1.5, and what the question wants of the leaf.
pub(super) fn leaf(
    variables: &mut Variables,
    cert: &Cert<'_>,
    question: &Question<'_>,
    checks: &mut Vec<Check>,
) {
    policies::end(variables, cert, question, checks);
    checks.push(flaw::critical(cert));
    if variables.is_for_leaf {
        checks.push(usage(cert, question));
        checks.push(purpose(cert, question));
        host::judge(question.peers, cert, checks);
    }
}

/// The names of keyUsage's bits, RFC 5280 section 4.2.1.3.
const USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

fn usage(cert: &Cert<'_>, question: &Question<'_>) -> Check {
    if cert.known.key_usage.is_none() {
        return Check::not_applicable(Rule::KeyUsage);
    }
    let missing = question.wanted_usage().find(|bit| !cert.may(*bit));
    let at_odds = at_odds(cert, question);
    let holds = missing.is_none() && at_odds.is_none();
    Check::that(Rule::KeyUsage, holds, || match (missing, at_odds) {
        (None, Some(purpose)) => {
            let purpose = text::oid(purpose);
            format!("The certificate's key usage has no bit that goes with {purpose}.")
        }
        _ => {
            let name = missing
                .and_then(|bit| USAGES.get(bit))
                .unwrap_or(&"a usage");
            format!("The certificate's key usage lacks {name}.")
        }
    })
}

/// Bits of which one at least goes with the purpose: section 4.2.1.12.
const CONSISTENT: [(ObjectIdentifier, &[usize]); 6] = [
    (
        SERVER_AUTH,
        &[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, KEY_AGREEMENT],
    ),
    (CLIENT_AUTH, &[DIGITAL_SIGNATURE, KEY_AGREEMENT]),
    (CODE_SIGNING, &[DIGITAL_SIGNATURE]),
    (
        EMAIL_PROTECTION,
        &[
            DIGITAL_SIGNATURE,
            NON_REPUDIATION,
            KEY_ENCIPHERMENT,
            KEY_AGREEMENT,
        ],
    ),
    (TIME_STAMPING, &[DIGITAL_SIGNATURE, NON_REPUDIATION]),
    (OCSP_SIGNING, &[DIGITAL_SIGNATURE, NON_REPUDIATION]),
];

/// The wanted purpose that the key usage forbids. "If a certificate contains both a key usage extension and an
/// extended key usage extension, then […] the certificate MUST only be used for a purpose consistent with both."
fn at_odds<'a>(cert: &Cert<'_>, question: &'a Question<'_>) -> Option<&'a ObjectIdentifier> {
    cert.known.purposes.as_ref()?;
    let allows = |purpose: &ObjectIdentifier| {
        let known = CONSISTENT.iter().find(|(known, _)| known == purpose);
        known.is_none_or(|(_, bits)| bits.iter().any(|bit| cert.may(*bit)))
    };
    let mut wanted = question.wanted_purposes().iter();
    wanted.find(|purpose| !allows(purpose))
}

/// Section 4.2.1.12: anyExtendedKeyUsage stands for every purpose.
fn purpose(cert: &Cert<'_>, question: &Question<'_>) -> Check {
    let wanted = question.wanted_purposes();
    let Some(purposes) = cert.known.purposes.as_ref().filter(|_| !wanted.is_empty()) else {
        return Check::not_applicable(Rule::Purpose);
    };
    let has = |purpose: &ObjectIdentifier| purposes.contains(&Number::of(purpose));
    let mut wanted = wanted.iter();
    let missing = wanted.find(|purpose| !has(purpose) && !has(&ANY_PURPOSE));
    let listed = match purposes.as_slice() {
        [only] => only.named(),
        several => {
            let listed: Vec<_> = several.iter().map(|one| one.named()).collect();
            listed.join(", ").into()
        }
    };
    let check = Check::that(Rule::Purpose, missing.is_none(), || {
        let missing = missing.map_or_else(String::new, text::oid);
        format!("The certificate's extended key usage lacks {missing}.")
    });
    check.with(&"purposes", listed)
}
