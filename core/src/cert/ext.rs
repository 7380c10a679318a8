mod names;
mod usage;

use const_oid::ObjectIdentifier;
use der::Decode;
use der::asn1::OctetStringRef;
use serde::{Deserialize, Serialize};
use x509_cert::ext::Extension as Raw;
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, NameConstraints,
};

use super::text;

/// One extension of a certificate, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// What people call it, such as `Key usage`.
    pub name: String,
    /// Object identifier, dotted.
    pub oid: String,
    /// Whether a reader that does not understand it must refuse the certificate.
    pub critical: bool,
    /// One sentence: what this one means for the certificate.
    pub meaning: String,
    /// The content, one item per line; hex if it is not understood here.
    pub value: String,
}

/// The longest content that is shown as hex, in bytes.
const HEX_LIMIT: usize = 512;

/// A decoder's result: the sentence and the content.
type Explained = der::Result<(String, String)>;

type Decoder = fn(&[u8]) -> Explained;

/// RFC 5280 section 4.2: arc, name, decoder.
const KNOWN: &[(&str, &str, Decoder)] = &[
    (
        "2.5.29.14",
        "Subject key identifier",
        subject_key_identifier,
    ),
    ("2.5.29.15", "Key usage", usage::key_usage),
    (
        "2.5.29.17",
        "Subject alternative name",
        names::subject_alternative,
    ),
    (
        "2.5.29.18",
        "Issuer alternative name",
        names::issuer_alternative,
    ),
    ("2.5.29.19", "Basic constraints", basic_constraints),
    ("2.5.29.30", "Name constraints", name_constraints),
    (
        "2.5.29.31",
        "CRL distribution points",
        crl_distribution_points,
    ),
    ("2.5.29.32", "Certificate policies", certificate_policies),
    (
        "2.5.29.35",
        "Authority key identifier",
        authority_key_identifier,
    ),
    ("2.5.29.37", "Extended key usage", usage::extended_key_usage),
    (
        "1.3.6.1.5.5.7.1.1",
        "Authority information access",
        authority_information,
    ),
];

impl Extension {
    pub(crate) fn new(raw: &Raw) -> Self {
        let oid = raw.extn_id.to_string();
        let bytes = raw.extn_value.as_bytes();
        let known = KNOWN.iter().find(|(known, ..)| *known == oid);
        let explained = known.map(|(_, _, decode)| decode(bytes));
        let (meaning, value) = match explained {
            Some(Ok(explained)) => explained,
            Some(Err(_)) => (
                "The content of this extension cannot be read.".to_owned(),
                hex(bytes),
            ),
            None if raw.critical => (
                "Not understood here, and a reader that does not understand it must refuse the \
                 certificate."
                    .to_owned(),
                hex(bytes),
            ),
            None => (
                "Not understood here; it may be ignored.".to_owned(),
                hex(bytes),
            ),
        };
        let name = known.map_or_else(
            || text::oid(&raw.extn_id),
            |(_, name, _)| (*name).to_owned(),
        );
        Self {
            name,
            oid,
            critical: raw.critical,
            meaning,
            value,
        }
    }
}

/// Whether basicConstraints says so.
pub(super) fn is_ca(extensions: &[Raw]) -> bool {
    const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    let mut extensions = extensions.iter();
    let found = extensions.find(|extension| extension.extn_id == BASIC_CONSTRAINTS);
    let decoded = found.map(|found| BasicConstraints::from_der(found.extn_value.as_bytes()));
    matches!(decoded, Some(Ok(basic)) if basic.ca)
}

fn hex(bytes: &[u8]) -> String {
    match bytes.split_at_checked(HEX_LIMIT) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{}… ({} bytes)", text::hex(first), bytes.len())
        }
        _ => text::hex(bytes),
    }
}

fn basic_constraints(der: &[u8]) -> Explained {
    let basic = BasicConstraints::from_der(der)?;
    let meaning = match (basic.ca, basic.path_len_constraint) {
        (true, None) => "This belongs to an authority, which may issue other certificates.".into(),
        (true, Some(0)) => {
            "This belongs to an authority, which may issue certificates, but not of authorities."
                .into()
        }
        (true, Some(limit)) => format!(
            "This belongs to an authority, with at most {limit} levels of authorities below it."
        ),
        (false, _) => "This belongs to a device, server or person and may not issue others.".into(),
    };
    let limit = basic.path_len_constraint;
    let limit = limit.map_or_else(String::new, |limit| format!("\npath length: {limit}"));
    let ca = if basic.ca { "yes" } else { "no" };
    Ok((meaning, format!("CA: {ca}{limit}")))
}

fn subject_key_identifier(der: &[u8]) -> Explained {
    let identifier = <&OctetStringRef>::from_der(der)?;
    let meaning = "A short name for the public key, by which others refer to it.";
    Ok((meaning.into(), text::hex(identifier.as_bytes())))
}

fn authority_key_identifier(der: &[u8]) -> Explained {
    let identifier = AuthorityKeyIdentifier::from_der(der)?;
    let mut lines = Vec::new();
    if let Some(key) = identifier.key_identifier {
        lines.push(text::hex(key.as_bytes()));
    }
    for name in identifier.authority_cert_issuer.unwrap_or_default() {
        lines.push(format!("issuer: {}", names::general(&name)));
    }
    if let Some(serial) = identifier.authority_cert_serial_number {
        lines.push(format!("serial: {}", text::hex(serial.as_bytes())));
    }
    let meaning = "Says which key of the issuer made the signature.";
    Ok((meaning.into(), lines.join("\n")))
}

fn name_constraints(der: &[u8]) -> Explained {
    let constraints = NameConstraints::from_der(der)?;
    let mut lines = Vec::new();
    for tree in constraints.permitted_subtrees.unwrap_or_default() {
        lines.push(format!("permitted: {}", names::general(&tree.base)));
    }
    for tree in constraints.excluded_subtrees.unwrap_or_default() {
        lines.push(format!("excluded: {}", names::general(&tree.base)));
    }
    let meaning = "Certificates below this one may only have names inside these limits.";
    Ok((meaning.into(), lines.join("\n")))
}

fn crl_distribution_points(der: &[u8]) -> Explained {
    let points = CrlDistributionPoints::from_der(der)?;
    let lines: Vec<String> = points.0.iter().map(names::distribution_point).collect();
    let meaning = "Where the issuer publishes its list of revoked certificates.";
    Ok((meaning.into(), lines.join("\n")))
}

fn authority_information(der: &[u8]) -> Explained {
    let access = AuthorityInfoAccessSyntax::from_der(der)?;
    let line = |access: &x509_cert::ext::pkix::AccessDescription| {
        let method = match access.access_method.to_string().as_str() {
            "1.3.6.1.5.5.7.48.1" => "OCSP".to_owned(),
            "1.3.6.1.5.5.7.48.2" => "issuer's certificate".to_owned(),
            _ => text::oid(&access.access_method),
        };
        format!("{method}: {}", names::general(&access.access_location))
    };
    let lines: Vec<String> = access.0.iter().map(line).collect();
    let meaning = "Where to ask whether the certificate was revoked, or for the issuer's own.";
    Ok((meaning.into(), lines.join("\n")))
}

fn certificate_policies(der: &[u8]) -> Explained {
    let policies = CertificatePolicies::from_der(der)?;
    let mut lines = Vec::new();
    for policy in policies.0 {
        lines.push(usage::policy(&policy.policy_identifier));
        for qualifier in policy.policy_qualifiers.unwrap_or_default() {
            // id-qt-cps, section 4.2.1.4: the qualifier is a URI.
            let is_uri = qualifier.policy_qualifier_id.to_string() == "1.3.6.1.5.5.7.2.1";
            let uri = qualifier.qualifier.filter(|_| is_uri);
            if let Some(uri) = uri.and_then(|uri| super::name::text(&uri)) {
                lines.push(format!("  practices: {}", text::shown(&uri)));
            }
        }
    }
    let meaning = "The rules under which the certificate was issued.";
    Ok((meaning.into(), lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use der::asn1::OctetString;

    use super::*;

    fn explain(oid: &str, critical: bool, value: &[u8]) -> Extension {
        Extension::new(&Raw {
            extn_id: ObjectIdentifier::new_unwrap(oid),
            critical,
            extn_value: OctetString::new(value).unwrap(),
        })
    }

    #[test]
    fn unknown_and_damaged_ones_are_shown_as_hex() {
        let unknown = explain("1.2.3.4", false, &[1, 2]);
        assert_eq!(
            (unknown.name.as_str(), unknown.value.as_str()),
            ("1.2.3.4", "0102")
        );
        assert!(
            explain("1.2.3.4", true, &[1, 2])
                .meaning
                .contains("must refuse")
        );
        let damaged = explain("2.5.29.19", true, &[0x30, 9]);
        assert_eq!(
            (damaged.name.as_str(), damaged.value.as_str()),
            ("Basic constraints", "3009")
        );
        let long = explain("1.2.3.4", false, &[0; 513]).value;
        assert!(long.ends_with("00… (513 bytes)") && long.len() < 1_100);
    }

    #[test]
    fn every_known_one_refuses_damage_without_panic() {
        for (oid, ..) in KNOWN {
            for first in 0..=255 {
                for second in 0..=8 {
                    let _ = explain(oid, false, &[first, second, 0x30, 2, 4, 0, 0xff]);
                }
            }
        }
    }
}
