use core::fmt::Write;
use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use der::asn1::Any;
use der::{Encode, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RelativeDistinguishedName};

use super::text::{hex, is_deceptive};
use crate::oid::Number;
use crate::tlv::Tag;

/// id-at-commonName, RFC 5280 appendix A.1.
pub const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// The descriptors of RFC 4514 section 3, then those of RFC 4519, PKCS#9 and the TCG's EK Credential
/// Profile seen in certificates.
const DESCRIPTORS: &[(ObjectIdentifier, &str)] = &[
    (COMMON_NAME, "CN"),
    (number("2.5.4.7"), "L"),
    (number("2.5.4.8"), "ST"),
    (number("2.5.4.10"), "O"),
    (number("2.5.4.11"), "OU"),
    (number("2.5.4.6"), "C"),
    (number("2.5.4.9"), "STREET"),
    (number("0.9.2342.19200300.100.1.25"), "DC"),
    (number("0.9.2342.19200300.100.1.1"), "UID"),
    (number("2.5.4.4"), "sn"),
    (number("2.5.4.5"), "serialNumber"),
    (number("2.5.4.12"), "title"),
    (number("2.5.4.42"), "givenName"),
    (number("2.5.4.46"), "dnQualifier"),
    (number("2.5.4.97"), "organizationIdentifier"),
    (number("1.2.840.113549.1.9.1"), "emailAddress"),
    (number("2.23.133.2.1"), "tpmManufacturer"),
    (number("2.23.133.2.2"), "tpmModel"),
    (number("2.23.133.2.3"), "tpmVersion"),
];

const fn number(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// The text of an attribute value, if it is one of the string types of RFC 5280 appendix A.
pub fn text(value: &Any) -> Option<String> {
    let tag = Tag::universal(value.tag())?;
    string(tag, value.value()).map(Cow::into_owned)
}

/// The same, from what such a value consists of.
pub(crate) fn string(tag: Tag, bytes: &[u8]) -> Option<Cow<'_, str>> {
    let utf8 = || core::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    match tag {
        Tag::UTF8_STRING => utf8(),
        Tag::PRINTABLE_STRING | Tag::IA5_STRING | Tag::NUMERIC_STRING | Tag::VISIBLE_STRING => {
            utf8().filter(|text| text.is_ascii())
        }
        // T.61 in name only: everybody writes Latin-1, RFC 5280 section 4.1.2.4 gives it up.
        Tag::TELETEX_STRING => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BMP_STRING => {
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            if !bytes.len().is_multiple_of(2) {
                return None;
            }
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        // UCS-4, X.690 section 8.23.7.
        Tag::UNIVERSAL_STRING => {
            let units = bytes.chunks(4).map(|unit| unit.try_into().ok());
            let text = units.map(|unit| char::from_u32(u32::from_be_bytes(unit?)));
            text.collect()
        }
        _ => None,
    }
}

/// Every common name of a subject; `None` for one that is not text.
pub fn common_names(name: &Name) -> Vec<Option<String>> {
    let matching = name.iter().filter(|attribute| attribute.oid == COMMON_NAME);
    matching.map(|attribute| text(&attribute.value)).collect()
}

/// RFC 4514 text, most specific part first. Beyond the standard, what could deceive the eye is
/// escaped as the hexadecimal pairs of its UTF-8, which any RFC 4514 reader turns back.
pub fn rfc4514(name: &Name) -> String {
    let mut parts: Vec<String> = name.iter_rdn().map(relative).collect();
    parts.reverse();
    parts.join(",")
}

/// One part of a name, as in [`rfc4514`].
pub fn relative(rdn: &RelativeDistinguishedName) -> String {
    let attributes: Vec<String> = rdn.iter().map(attribute).collect();
    attributes.join("+")
}

/// One attribute of a part, as in [`rfc4514`].
pub fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let mut out = String::new();
    match text(&attribute.value) {
        Some(text) => add_text(&mut out, Number::of(&attribute.oid), &text),
        None => {
            let der = attribute.value.to_der().unwrap_or_default();
            add_der(&mut out, Number::of(&attribute.oid), &der);
        }
    }
    out
}

/// Adds an attribute whose value is text, as in [`rfc4514`].
pub(crate) fn add_text(out: &mut String, number: Number<'_>, text: &str) {
    match DESCRIPTORS.iter().find(|(oid, _)| number == *oid) {
        Some((_, descriptor)) => out.push_str(descriptor),
        None => add(out, format_args!("{number}")),
    }
    out.push('=');
    escape(out, text);
}

/// Adds an attribute whose value is none: the BER encoding in hexadecimal (RFC 4514 section 2.4).
pub(crate) fn add_der(out: &mut String, number: Number<'_>, der: &[u8]) {
    add(out, format_args!("{number}=#{}", hex(der)));
}

fn add(out: &mut String, text: core::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = out.write_fmt(text);
}

/// RFC 4514 section 2.4.
fn escape(out: &mut String, text: &str) {
    // Of most text each character stands for itself.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if text.bytes().all(plain) {
        out.push_str(text);
        return;
    }
    for (index, c) in text.char_indices() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            '#' if index == 0 => out.push_str("\\#"),
            ' ' if index == 0 || index + 1 == text.len() => out.push_str("\\ "),
            _ if is_deceptive(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    add(out, format_args!("\\{byte:02X}"));
                }
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::str::FromStr;

    use der::Tag;

    use super::*;

    #[test]
    fn rfc_4514_section_4_examples() {
        for text in [
            "UID=jsmith,DC=example,DC=net",
            "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
            "CN=Before\\0DAfter,DC=example,DC=net",
            "CN=Lu\u{10d}i\u{107}",
            "OU=Sales+CN=J.  Smith,DC=example,DC=net",
        ] {
            let shown = rfc4514(&Name::from_str(text).unwrap());
            assert_eq!(
                shown.replace("CN=J.  Smith+OU=Sales", "OU=Sales+CN=J.  Smith"),
                text
            );
        }
    }

    #[test]
    fn a_tpm_is_named() {
        let names = ["tpmManufacturer", "tpmModel", "tpmVersion"];
        for (last, name) in (1..).zip(names) {
            let oid = ObjectIdentifier::new(&format!("2.23.133.2.{last}")).unwrap();
            let value = Any::new(Tag::Utf8String, &b"id:1"[..]).unwrap();
            let shown = attribute(&AttributeTypeAndValue { oid, value });
            assert_eq!(shown, format!("{name}=id:1"));
        }
    }

    #[test]
    fn deceit_and_edges_are_escaped() {
        let escaped = |text| {
            let mut out = String::new();
            escape(&mut out, text);
            out
        };
        assert_eq!(escaped(" #a\u{202e}b "), "\\ #a\\E2\\80\\AEb\\ ");
        assert_eq!(escaped("#a"), "\\#a");
        assert_eq!(escaped(" "), "\\ ");
    }

    #[test]
    fn string_types() {
        let of = |tag, bytes: &[u8]| text(&Any::new(tag, bytes).unwrap());
        assert_eq!(of(Tag::BmpString, &[0, b'A', 0x8a, 0x2d]).unwrap(), "A設");
        assert_eq!(of(Tag::BmpString, &[0]), None);
        assert_eq!(of(Tag::BmpString, &[0xd8, 0]), None);
        assert_eq!(of(Tag::TeletexString, &[0xfc]).unwrap(), "ü");
        let universal = |bytes| string(crate::tlv::Tag::UNIVERSAL_STRING, bytes);
        assert_eq!(universal(b"\0\0\0A\0\x01\xf6\0").unwrap(), "A\u{1f600}");
        assert_eq!(universal(b"\0\0\0A\0"), None);
        assert_eq!(universal(b"\0\0\xd8\0"), None);
        assert_eq!(of(Tag::PrintableString, &[0xfc]), None);
        assert_eq!(of(Tag::Utf8String, &[0xfc]), None);
        assert_eq!(of(Tag::OctetString, b"A"), None);
    }
}
