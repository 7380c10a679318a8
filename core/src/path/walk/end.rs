use super::{Aim, Variables, policies};
use crate::cert::text;
use crate::path::cert::Cert;
use crate::path::profile::ANY_PURPOSE;
use crate::path::{Check, Question, Rule, flaw, host};

/// Section 6.1.5, and what the question wants of the leaf.
pub(super) fn leaf<'q>(
    variables: &mut Variables<'q>,
    cert: &Cert<'q>,
    question: &Question<'q>,
    aim: Aim,
    checks: &mut Vec<Check>,
) {
    policies::end(variables, cert, question, checks);
    variables.take_key(cert);
    checks.push(flaw::critical(cert));
    if aim == Aim::Leaf {
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
    Check::that(Rule::KeyUsage, missing.is_none(), || {
        let name = missing
            .and_then(|bit| USAGES.get(bit))
            .unwrap_or(&"a usage");
        format!("The certificate's key usage lacks {name}.")
    })
}

/// Section 4.2.1.12: anyExtendedKeyUsage stands for every purpose.
fn purpose(cert: &Cert<'_>, question: &Question<'_>) -> Check {
    let wanted = question.wanted_purposes();
    let Some(purposes) = cert.known.purposes.as_ref().filter(|_| !wanted.is_empty()) else {
        return Check::not_applicable(Rule::Purpose);
    };
    let missing = wanted
        .iter()
        .find(|purpose| !purposes.contains(purpose) && !purposes.contains(&ANY_PURPOSE));
    let listed: Vec<_> = purposes.iter().map(text::named).collect();
    let check = Check::that(Rule::Purpose, missing.is_none(), || {
        let missing = missing.map_or_else(String::new, text::oid);
        format!("The certificate's extended key usage lacks {missing}.")
    });
    check.with("purposes", listed.join(", "))
}
