//! Microsoft's and Netscape's own.

use const_oid::ObjectIdentifier;
use der::asn1::{Any, BitStringRef, Ia5StringRef, OctetStringRef};
use der::{Decode, Sequence, Tag};

use super::Explained;
use crate::cert::{name, text};

/// `[MS-WCCE]` section 2.2.2.7.7.1.
pub(super) fn template_name(der: &[u8]) -> Explained {
    let value = Any::from_der(der)?;
    let name = name::text(&value).ok_or_else(|| Tag::BmpString.value_error())?;
    let meaning = "The template by which a Windows authority issued the certificate.";
    Ok((meaning.into(), text::shown(&name)))
}

/// `[MS-WCCE]` section 2.2.2.7.7.2.
#[derive(Sequence)]
struct Template {
    id: ObjectIdentifier,
    major: Option<u32>,
    minor: Option<u32>,
}

pub(super) fn template(der: &[u8]) -> Explained {
    let Template { id, major, minor } = Template::from_der(der)?;
    let version = match (major, minor) {
        (None, _) => String::new(),
        (Some(major), None) => format!("\nversion {major}"),
        (Some(major), Some(minor)) => format!("\nversion {major}.{minor}"),
    };
    let meaning = "The template by which a Windows authority issued the certificate.";
    Ok((meaning.into(), format!("{id}{version}")))
}

/// `[MS-WCCE]` section 2.2.2.7.11: the certificate's index below, the key's above.
pub(super) fn authority_version(der: &[u8]) -> Explained {
    let number = u32::from_der(der)?;
    let (key, certificate) = (number >> 16, number & 0xffff);
    let meaning = "How often the Windows authority renewed its certificate, and its key.";
    Ok((
        meaning.into(),
        format!("certificate {certificate}, key {key}"),
    ))
}

pub(super) fn previous_authority(der: &[u8]) -> Explained {
    let digest = <&OctetStringRef>::from_der(der)?;
    let meaning = "SHA-1 thumbprint of the Windows authority's certificate before this one.";
    Ok((meaning.into(), text::hex(digest.as_bytes())))
}

/// `[MS-WCCE]` section 2.2.2.7.7.4: otherName of szOID_NTDS_OBJECTSID, a SID in text.
pub(super) fn account(der: &[u8]) -> Explained {
    let tree = crate::asn1::tree(der);
    let sid = tree
        .nodes
        .iter()
        .rev()
        .map(|node| &node.value)
        .find(|value| value.starts_with("S-1-"));
    let sid = sid.ok_or_else(|| Tag::OctetString.value_error())?;
    let meaning = "The Windows account that the certificate belongs to.";
    Ok((meaning.into(), sid.clone()))
}

/// Netscape's certificate specification, "netscape-cert-type".
const KINDS: [&str; 8] = [
    "TLS client",
    "TLS server",
    "e-mail",
    "code signing",
    "reserved",
    "authority for TLS",
    "authority for e-mail",
    "authority for code signing",
];

pub(super) fn netscape_type(der: &[u8]) -> Explained {
    let bits = BitStringRef::from_der(der)?;
    let kinds = KINDS.iter().zip(bits.bits()).filter(|(_, set)| *set);
    let lines: Vec<&str> = kinds.map(|(kind, _)| *kind).collect();
    let meaning = "Netscape's forerunner of the extended key usage; no reader of today asks it.";
    Ok((meaning.into(), lines.join("\n")))
}

pub(super) fn netscape_comment(der: &[u8]) -> Explained {
    netscape(der, "A remark of whoever issued it; programs ignore it.")
}

pub(super) fn netscape_url(der: &[u8]) -> Explained {
    netscape(der, "An address of Netscape's time; programs ignore it.")
}

fn netscape(der: &[u8], meaning: &str) -> Explained {
    let remark = Ia5StringRef::from_der(der)?;
    Ok((meaning.into(), text::shown(remark.as_str())))
}
