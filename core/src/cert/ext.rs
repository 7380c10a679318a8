mod access;
mod device;
mod identity;
mod known;
mod names;
mod policy;
mod revocation;
mod server;
mod shape;
mod transparency;
mod usage;
mod vendor;

use const_oid::ObjectIdentifier;
use der::Decode;
use serde::{Deserialize, Serialize};
use x509_cert::ext::Extension as Raw;
use x509_cert::ext::pkix::BasicConstraints;

use super::signed::position;
use super::text;
use known::KNOWN;

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
    /// The content, one item per line; ASN.1 if it is not understood here.
    pub value: String,
}

/// A decoder's result: the sentence and the content.
type Explained = der::Result<(String, String)>;

type Decoder = fn(&[u8]) -> Explained;

impl Extension {
    pub(crate) fn new(raw: &Raw) -> Self {
        let oid = raw.extn_id.to_string();
        let bytes = raw.extn_value.as_bytes();
        let known = KNOWN.iter().find(|(known, ..)| *known == oid);
        let (meaning, value) = match known.map(|(_, _, decode)| decode(bytes)) {
            Some(Ok(explained)) => explained,
            Some(Err(error)) => (damaged(bytes, &error), shape::lines(bytes)),
            None => (unknown(raw.critical).to_owned(), shape::lines(bytes)),
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

fn damaged(bytes: &[u8], error: &der::Error) -> String {
    let (at, of) = (position(error), bytes.len());
    format!("The content of this extension cannot be read: byte {at} of its {of} is wrong.")
}

fn unknown(critical: bool) -> &'static str {
    if critical {
        "Not understood here, and a reader that does not understand it must refuse the certificate."
    } else {
        "Not understood here; it may be ignored."
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
    fn unknown_and_damaged_ones_are_shown_as_asn1() {
        let unknown = explain("1.2.3.4", false, &[0x30, 3, 2, 1, 7]);
        assert_eq!(
            (unknown.name.as_str(), unknown.value.as_str()),
            ("1.2.3.4", "SEQUENCE\n  INTEGER: 7")
        );
        let critical = explain("1.2.3.4", true, &[5, 0]);
        assert!(critical.meaning.contains("must refuse"));
        let damaged = explain("2.5.29.19", true, &[0x30, 3, 1, 1, 7]);
        assert_eq!(damaged.name, "Basic constraints");
        assert_eq!(damaged.value, "SEQUENCE\n  BOOLEAN: 07");
        assert!(damaged.meaning.contains("of its 5 is wrong"));
        let nulls = [&[0x30, 0x81, 200][..], &[5, 0].repeat(100)].concat();
        let long = explain("1.2.3.4", false, &nulls).value;
        assert_eq!(long.lines().count(), 61);
        assert!(long.ends_with("… and 41 more parts"));
    }

    #[test]
    fn what_is_no_asn1_is_shown_as_hex() {
        assert_eq!(explain("1.2.3.4", false, &[1, 2]).value, "0102");
        assert_eq!(explain("2.5.29.19", true, &[0x30, 9]).value, "3009");
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

    #[test]
    fn no_number_stands_twice() {
        let mut numbers: Vec<&str> = KNOWN.iter().map(|(oid, ..)| *oid).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), KNOWN.len());
    }
}
