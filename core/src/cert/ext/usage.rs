use const_oid::ObjectIdentifier;
use der::Decode;
use der::asn1::BitStringRef;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::Explained;
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

/// RFC 5280 section 4.2.1.12 and others often seen.
const PURPOSES: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.3.1", "TLS server"),
    ("1.3.6.1.5.5.7.3.2", "TLS client"),
    ("1.3.6.1.5.5.7.3.3", "code signing"),
    ("1.3.6.1.5.5.7.3.4", "e-mail protection"),
    ("1.3.6.1.5.5.7.3.8", "time stamping"),
    ("1.3.6.1.5.5.7.3.9", "signing OCSP answers"),
    ("2.5.29.37.0", "any purpose"),
];

/// RFC 5280 section 4.2.1.4 and the CA/Browser Forum's arc.
const POLICIES: &[(&str, &str)] = &[
    ("2.5.29.32.0", "any policy"),
    ("2.23.140.1.1", "extended validation"),
    ("2.23.140.1.2.1", "domain validated"),
    ("2.23.140.1.2.2", "organization validated"),
    ("2.23.140.1.2.3", "individual validated"),
];

pub(super) fn key_usage(der: &[u8]) -> Explained {
    let bits = BitStringRef::from_der(der)?;
    let usages = USAGES.iter().zip(bits.bits());
    let lines: Vec<&str> = usages
        .filter(|(_, set)| *set)
        .map(|(name, _)| *name)
        .collect();
    let meaning = "What the key may be used for, and nothing else.";
    Ok((meaning.into(), lines.join("\n")))
}

pub(super) fn extended_key_usage(der: &[u8]) -> Explained {
    let purposes = ExtendedKeyUsage::from_der(der)?;
    let lines: Vec<String> = purposes.0.iter().map(|oid| named(PURPOSES, oid)).collect();
    let meaning = "The purposes for which the certificate may be used, and no others.";
    Ok((meaning.into(), lines.join("\n")))
}

pub(super) fn policy(oid: &ObjectIdentifier) -> String {
    named(POLICIES, oid)
}

fn named(table: &[(&str, &str)], oid: &ObjectIdentifier) -> String {
    let number = oid.to_string();
    match table.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => format!("{name} ({number})"),
        None => text::oid(oid),
    }
}
