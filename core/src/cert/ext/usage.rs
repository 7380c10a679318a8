use const_oid::ObjectIdentifier;
use der::asn1::BitStringRef;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::{Content, content};
use crate::cert::cursor::decode;
use crate::cert::text;

/// RFC 5280 section 4.2.1.3, by bit.
const USAGES: [&str; 9] = [
    "digital signature",
    "non-repudiation",
    "key encipherment",
    "data encipherment",
    "key agreement",
    "signing certificates",
    "signing revocation lists",
    "encipher only",
    "decipher only",
];

/// RFC 5280 section 4.2.1.12 and others often seen: Microsoft's, Netscape's, TCG's for TPM and DICE.
const PURPOSES: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.3.1", "TLS server"),
    ("1.3.6.1.5.5.7.3.2", "TLS client"),
    ("1.3.6.1.5.5.7.3.3", "code signing"),
    ("1.3.6.1.5.5.7.3.4", "e-mail protection"),
    ("1.3.6.1.5.5.7.3.5", "IPsec end system"),
    ("1.3.6.1.5.5.7.3.6", "IPsec tunnel"),
    ("1.3.6.1.5.5.7.3.7", "IPsec user"),
    ("1.3.6.1.5.5.7.3.8", "time stamping"),
    ("1.3.6.1.5.5.7.3.9", "signing OCSP answers"),
    ("1.3.6.1.5.5.7.3.17", "IPsec IKE"),
    ("1.3.6.1.5.5.7.3.21", "SSH client"),
    ("1.3.6.1.5.5.7.3.22", "SSH server"),
    ("1.3.6.1.5.5.7.3.27", "authority for CMC"),
    ("1.3.6.1.5.5.7.3.28", "registration authority for CMC"),
    ("1.3.6.1.5.5.7.3.36", "document signing"),
    ("1.3.6.1.5.2.3.4", "Kerberos client"),
    ("1.3.6.1.5.2.3.5", "Kerberos server"),
    ("1.3.6.1.4.1.311.10.3.1", "signing trust lists"),
    ("1.3.6.1.4.1.311.10.3.4", "encrypting files"),
    ("1.3.6.1.4.1.311.10.3.12", "document signing for Windows"),
    ("1.3.6.1.4.1.311.20.2.1", "requesting for others"),
    ("1.3.6.1.4.1.311.20.2.2", "smart card logon"),
    ("2.16.840.1.113730.4.1", "Netscape server gated"),
    ("2.23.133.8.1", "TPM endorsement key"),
    ("2.23.133.8.2", "TPM platform attributes"),
    ("2.23.133.8.3", "TPM attestation key"),
    ("2.23.133.5.4.100.6", "DICE first identity"),
    ("2.23.133.5.4.100.7", "DICE local identity"),
    ("2.23.133.5.4.100.8", "DICE first attestation"),
    ("2.23.133.5.4.100.9", "DICE local attestation"),
    ("2.5.29.37.0", "any purpose"),
];

/// anyExtendedKeyUsage, RFC 5280 section 4.2.1.12.
const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// RFC 5280 section 4.2.1.4, the CA/Browser Forum's arc and TCG's.
const POLICIES: &[(&str, &str)] = &[
    ("2.5.29.32.0", "any policy"),
    ("2.23.140.1.1", "extended validation"),
    ("2.23.140.1.2.1", "domain validated"),
    ("2.23.140.1.2.2", "organization validated"),
    ("2.23.140.1.2.3", "individual validated"),
    ("2.23.140.1.3", "extended validation, code signing"),
    ("2.23.140.1.4.1", "code signing"),
    ("2.23.140.1.4.2", "time stamping"),
    ("2.23.133.11.1.1", "verified to reside in a TPM"),
    ("2.23.133.11.1.2", "verified to be fixed in a TPM"),
    ("2.23.133.11.1.3", "verified to be a restricted TPM key"),
];

pub(super) fn key_usage(der: &[u8]) -> Content<'_> {
    let bits = decode::<BitStringRef>(der)?;
    let meaning = "What the key may be used for, and nothing else.";
    content(meaning, move || named(&USAGES, bits))
}

pub(super) fn extended_key_usage(der: &[u8]) -> Content<'_> {
    let purposes = decode::<ExtendedKeyUsage>(der)?;
    let meaning = if purposes.0.contains(&ANY) {
        "The certificate may be used for any purpose, but a reader may insist on one that is listed."
    } else {
        "The purposes for which the certificate may be used, and no others."
    };
    content(meaning, move || {
        let lines: Vec<String> = purposes.0.iter().map(|oid| shown(PURPOSES, oid)).collect();
        lines.join("\n")
    })
}

/// The names of the bits that are set, a line for each.
pub(super) fn named(names: &[&str], bits: BitStringRef<'_>) -> String {
    let set = names.iter().zip(bits.bits()).filter(|(_, set)| *set);
    let lines: Vec<&str> = set.map(|(name, _)| *name).collect();
    lines.join("\n")
}

pub(super) fn policy(oid: &ObjectIdentifier) -> String {
    // Microsoft lists purposes in the shape of policies.
    let both = POLICIES.iter().chain(PURPOSES);
    shown(both, oid)
}

fn shown<'t>(
    table: impl IntoIterator<Item = &'t (&'t str, &'t str)>,
    oid: &ObjectIdentifier,
) -> String {
    let number = oid.to_string();
    match table.into_iter().find(|(known, _)| *known == number) {
        Some((_, name)) => format!("{name} ({number})"),
        None => text::oid(oid),
    }
}
