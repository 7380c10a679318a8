use x509_cert::ext::pkix::constraints::PolicyConstraints;
use x509_cert::ext::pkix::{CertificatePolicies, PolicyMappings};

use super::{Content, content, usage};
use crate::cert::cursor::decode;
use crate::cert::{name, text};

pub(super) fn certificate(der: &[u8]) -> Content<'_> {
    listed(der, "The rules under which the certificate was issued.")
}

/// Microsoft's own list of purposes, in the shape of policies.
pub(super) fn application(der: &[u8]) -> Content<'_> {
    listed(
        der,
        "Microsoft's extended key usage: the purposes for Windows.",
    )
}

fn listed<'a>(der: &'a [u8], meaning: &'static str) -> Content<'a> {
    let policies = decode::<CertificatePolicies>(der)?;
    content(meaning, move || rules(&policies))
}

fn rules(policies: &CertificatePolicies) -> String {
    let mut lines = Vec::new();
    for policy in &policies.0 {
        lines.push(usage::policy(&policy.policy_identifier));
        for qualifier in policy.policy_qualifiers.iter().flatten() {
            let Some(value) = &qualifier.qualifier else {
                continue;
            };
            // id-qt-cps and id-qt-unotice, section 4.2.1.4: a URI, and text in a structure.
            if let Some(uri) = name::text(value) {
                lines.push(format!("  practices: {}", text::shown(&uri)));
            } else {
                lines.extend(notice(&der::Encode::to_der(value).unwrap_or_default()));
            }
        }
    }
    lines.join("\n")
}

/// UserNotice: the organization that a reference names, and the text.
fn notice(der: &[u8]) -> Vec<String> {
    let tree = crate::asn1::tree(der);
    let texts = tree.nodes.iter();
    let texts = texts.filter(|node| node.kind.ends_with("String"));
    let lines = texts.filter_map(|node| match node.depth {
        1 => Some(format!("  notice: {}", node.value)),
        2 => Some(format!("  notice of: {}", node.value)),
        _ => None,
    });
    lines.collect()
}

pub(super) fn mappings(der: &[u8]) -> Content<'_> {
    let mappings = decode::<PolicyMappings>(der)?;
    let meaning = "Policies of the issuer, and those of the subject that it holds to be the same.";
    content(meaning, move || {
        let lines = mappings.0.iter().map(|mapping| {
            let from = usage::policy(&mapping.issuer_domain_policy);
            let to = usage::policy(&mapping.subject_domain_policy);
            format!("{from} = {to}")
        });
        let lines: Vec<String> = lines.collect();
        lines.join("\n")
    })
}

pub(super) fn constraints(der: &[u8]) -> Content<'_> {
    let constraints = decode::<PolicyConstraints>(der)?;
    let meaning = "From where on in the path the rules about policies become strict.";
    content(meaning, move || {
        let required = constraints.require_explicit_policy;
        let required = required.map(|skip| after("a policy is required", skip));
        let mapped = constraints.inhibit_policy_mapping;
        let mapped = mapped.map(|skip| after("policies may not be mapped", skip));
        let lines: Vec<String> = required.into_iter().chain(mapped).collect();
        lines.join("\n")
    })
}

pub(super) fn inhibit_any(der: &[u8]) -> Content<'_> {
    let skip = decode::<u32>(der)?;
    let meaning = "From where on in the path anyPolicy no longer stands for every policy.";
    content(meaning, move || after("anyPolicy does not count", skip))
}

fn after(what: &str, skip: u32) -> String {
    match skip {
        0 => format!("{what} from here on"),
        1 => format!("{what} after 1 further certificate"),
        _ => format!("{what} after {skip} further certificates"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_names_its_organization() {
        let whole = b"\x30\x10\x30\x08\x0c\x01O\x30\x03\x02\x01\x01\x0c\x04text";
        assert_eq!(notice(whole), ["  notice of: O", "  notice: text"]);
        assert_eq!(notice(b"\x30\x03\x0c\x01t"), ["  notice: t"]);
        assert_eq!(notice(b"\x30\x05\x30\x03\x0c\x01O"), ["  notice of: O"]);
        assert_eq!(notice(&[]), [""; 0]);
    }
}
