//! Microsoft's and Netscape's own.

use const_oid::ObjectIdentifier;
use der::asn1::{Any, BitStringRef, Ia5StringRef, OctetStringRef};
use der::{Sequence, Tag};

use super::{Content, content, usage};
use crate::cert::cursor::decode;
use crate::cert::{name, text};

/// `[MS-WCCE]` section 2.2.2.7.7.1.
pub(super) fn template_name(der: &[u8]) -> Content<'_> {
    let value = decode::<Any>(der)?;
    let name = name::text(&value).ok_or_else(|| Tag::BmpString.value_error())?;
    let meaning = "The template by which a Windows authority issued the certificate.";
    content(meaning, move || text::shown(&name))
}

/// `[MS-WCCE]` section 2.2.2.7.7.2.
#[derive(Sequence)]
struct Template {
    id: ObjectIdentifier,
    major: Option<u32>,
    minor: Option<u32>,
}

pub(super) fn template(der: &[u8]) -> Content<'_> {
    let Template { id, major, minor } = decode::<Template>(der)?;
    let meaning = "The template by which a Windows authority issued the certificate.";
    content(meaning, move || match (major, minor) {
        (None, _) => id.to_string(),
        (Some(major), None) => format!("{id}\nversion {major}"),
        (Some(major), Some(minor)) => format!("{id}\nversion {major}.{minor}"),
    })
}

/// `[MS-WCCE]` section 2.2.2.7.11: the certificate's index below, the key's above.
pub(super) fn authority_version(der: &[u8]) -> Content<'_> {
    let number = decode::<u32>(der)?;
    let (key, certificate) = (number >> 16, number & 0xffff);
    let meaning = "How often the Windows authority renewed its certificate, and its key.";
    content(meaning, move || {
        format!("certificate {certificate}, key {key}")
    })
}

pub(super) fn previous_authority(der: &[u8]) -> Content<'_> {
    let digest = decode::<&OctetStringRef>(der)?;
    let meaning = "SHA-1 thumbprint of the Windows authority's certificate before this one.";
    content(meaning, move || text::hex(digest.as_bytes()))
}

/// `[MS-WCCE]` section 2.2.2.7.7.4: otherName of szOID_NTDS_OBJECTSID, a SID in text.
pub(super) fn account(der: &[u8]) -> Content<'_> {
    let tree = crate::asn1::tree(der);
    let mut values = tree.nodes.into_iter().rev().map(|node| node.value);
    let sid = values.find(|value| value.starts_with("S-1-"));
    let sid = sid.ok_or_else(|| Tag::OctetString.value_error())?;
    let meaning = "The Windows account that the certificate belongs to.";
    content(meaning, move || sid.clone())
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

pub(super) fn netscape_type(der: &[u8]) -> Content<'_> {
    let bits = decode::<BitStringRef>(der)?;
    let meaning = "Netscape's forerunner of the extended key usage; no reader of today asks it.";
    content(meaning, move || usage::named(&KINDS, bits))
}

pub(super) fn netscape_comment(der: &[u8]) -> Content<'_> {
    netscape(der, "A remark of whoever issued it; programs ignore it.")
}

pub(super) fn netscape_url(der: &[u8]) -> Content<'_> {
    netscape(der, "An address of Netscape's time; programs ignore it.")
}

fn netscape<'a>(der: &'a [u8], meaning: &'static str) -> Content<'a> {
    let remark = decode::<Ia5StringRef>(der)?;
    content(meaning, move || text::shown(remark.as_str()))
}
