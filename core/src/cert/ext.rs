mod access;
mod device;
mod dice;
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

use core::fmt;

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};
use x509_cert::ext::Extension as Raw;
use x509_cert::ext::pkix::BasicConstraints;

use super::cursor::decode;
use super::limit::Limit;
use super::signed::position;
use super::text;
use known::Known;

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

impl Extension {
    pub(crate) fn new(raw: &Raw) -> Self {
        Decoded::new(raw.extn_id, raw.critical, raw.extn_value.as_bytes()).explained()
    }

    /// Of one whose number is longer than what is read here.
    pub(super) fn foreign(number: String, critical: bool, value: &[u8]) -> Self {
        Self {
            name: number.clone(),
            oid: number,
            critical,
            meaning: unknown(critical).to_owned(),
            value: shape::lines(value),
        }
    }

    /// Of an extensionRequest (RFC 2985 section 5.4.2) that is damaged: nobody knows what it asks for.
    pub(crate) fn unread_request(oid: &ObjectIdentifier, der: &[u8], error: &der::Error) -> Self {
        Self {
            name: "Extension request".to_owned(),
            oid: oid.to_string(),
            critical: false,
            meaning: damaged("The list of extensions that are asked for", der, error),
            value: shape::lines(der),
        }
    }
}

/// One extension, its content decoded if it is known here, and not yet in words.
pub(crate) struct Decoded<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
    known: Option<(&'static Known, Content<'a>)>,
}

/// What a decoder found in the content.
type Content<'a> = der::Result<Words<'a>>;

/// Says what was decoded, when somebody asks: the sentence and the content.
type Words<'a> = Box<dyn Fn() -> (String, String) + 'a>;

type Decoder = for<'a> fn(&'a [u8]) -> Content<'a>;

/// A content whose sentence is always the same.
fn content<'a>(meaning: &'static str, value: impl Fn() -> String + 'a) -> Content<'a> {
    Ok(Box::new(move || (meaning.to_owned(), value())))
}

impl<'a> Decoded<'a> {
    pub(super) fn new(oid: ObjectIdentifier, critical: bool, value: &'a [u8]) -> Self {
        let known = known::find(&oid);
        Self {
            oid,
            critical,
            value,
            known: known.map(|known| (known, (known.decode)(value))),
        }
    }

    /// In words.
    pub(super) fn explained(&self) -> Extension {
        let (meaning, value) = match &self.known {
            Some((_, Ok(words))) => words(),
            Some((_, Err(error))) => (
                damaged("The content of this extension", self.value, error),
                shape::lines(self.value),
            ),
            None => (unknown(self.critical).to_owned(), shape::lines(self.value)),
        };
        let known = self.known.as_ref();
        let name = known.map_or_else(|| text::oid(&self.oid), |(known, _)| known.name.to_owned());
        Extension {
            name,
            oid: self.oid.to_string(),
            critical: self.critical,
            meaning,
            value,
        }
    }
}

impl fmt::Debug for Decoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.explained().fmt(f)
    }
}

fn damaged(what: &str, bytes: &[u8], error: &der::Error) -> String {
    // Of some errors `der` does not say where they are.
    if error.position().is_none() {
        return format!("{what} cannot be read.");
    }
    let (at, of) = (position(error), bytes.len());
    if let Some((limit, at)) = Limit::at(bytes, at) {
        return format!("{what} cannot be read: it has {limit} (at byte {at}).");
    }
    format!("{what} cannot be read: byte {at} of its {of} is wrong.")
}

fn unknown(critical: bool) -> &'static str {
    if critical {
        "Not understood here, and a reader that does not understand it must refuse the certificate."
    } else {
        "Not understood here; it may be ignored."
    }
}

/// The content of subjectAltName.
pub(super) fn alternative_name<'a>(extensions: &[Decoded<'a>]) -> Option<&'a [u8]> {
    const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
    let mut extensions = extensions.iter();
    let found = extensions.find(|extension| extension.oid == SUBJECT_ALT_NAME);
    found.map(|extension| extension.value)
}

/// Whether basicConstraints says so.
pub(super) fn is_ca(extensions: &[Decoded<'_>]) -> bool {
    const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    let mut extensions = extensions.iter();
    let found = extensions.find(|extension| extension.oid == BASIC_CONSTRAINTS);
    let decoded = found.map(|found| decode::<BasicConstraints>(found.value));
    matches!(decoded, Some(Ok(basic)) if basic.ca)
}

#[cfg(test)]
mod tests {
    use super::known::KNOWN;
    use super::*;

    fn explain(oid: &str, critical: bool, value: &[u8]) -> Extension {
        Decoded::new(ObjectIdentifier::new_unwrap(oid), critical, value).explained()
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
    fn serial_numbers_look_like_that_of_the_certificate() {
        for (number, shown) in [
            (&[0, 0xfa, 1][..], "serial: FA01"),
            (&[0x7a, 1], "serial: 7A01"),
            (&[0], "serial: 00"),
        ] {
            let length = u8::try_from(number.len()).unwrap();
            let identifier = [&[0x30, length + 2, 0x82, length], number].concat();
            assert_eq!(explain("2.5.29.35", false, &identifier).value, shown);
        }
    }

    #[test]
    fn any_purpose_takes_the_limit_away() {
        let some = explain(
            "2.5.29.37",
            false,
            b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02",
        );
        let meaning = "The purposes for which the certificate may be used, and no others.";
        assert_eq!(some.meaning, meaning);
        let any = b"\x30\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02\x06\x04\x55\x1d\x25\x00";
        let any = explain("2.5.29.37", false, any);
        assert!(any.meaning.contains("for any purpose"), "{}", any.meaning);
        assert!(any.value.ends_with("any purpose (2.5.29.37.0)"));
    }

    #[test]
    fn what_is_not_read_here_is_no_damage() {
        let purposes = [&[0x30, 22, 6, 20, 0x69, 0x83][..], &[0xff; 17], &[0x7f]].concat();
        let long = explain("2.5.29.37", false, &purposes);
        let meaning = "The content of this extension cannot be read: it has an object identifier longer \
                       than what is read here (at byte 2).";
        assert_eq!(long.meaning, meaning);
        assert!(
            long.value
                .ends_with("OBJECT IDENTIFIER: 2.25.340282366920938463463374607431768211455")
        );
        let early = explain("2.5.29.24", false, b"\x18\x0f19600101000000Z");
        assert!(
            early.meaning.contains("it has a time before 1970"),
            "{early:?}"
        );
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
        for known in KNOWN {
            for first in 0..=255 {
                for second in 0..=8 {
                    let bytes = [first, second, 0x30, 2, 4, 0, 0xff];
                    let _ = Decoded::new(known.oid, false, &bytes).explained();
                }
            }
        }
    }

    #[test]
    fn no_number_stands_twice() {
        let mut numbers: Vec<_> = KNOWN.iter().map(|known| known.oid).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), KNOWN.len());
    }
}
