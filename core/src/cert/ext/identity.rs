use der::asn1::OctetStringRef;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, PrivateKeyUsagePeriod};

use super::{Content, content, names, shape};
use crate::UnixTime;
use crate::cert::cursor::decode;
use crate::cert::{name, serial, text};

pub(super) fn basic_constraints(der: &[u8]) -> Content<'_> {
    let basic = decode::<BasicConstraints>(der)?;
    Ok(Box::new(move || authority(&basic)))
}

fn authority(basic: &BasicConstraints) -> (String, String) {
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
    (meaning, format!("CA: {ca}{limit}"))
}

pub(super) fn subject_key(der: &[u8]) -> Content<'_> {
    let identifier = decode::<&OctetStringRef>(der)?;
    let meaning = "A short name for the public key, by which others refer to it.";
    content(meaning, move || text::hex(identifier.as_bytes()))
}

pub(super) fn authority_key(der: &[u8]) -> Content<'_> {
    let identifier = decode::<AuthorityKeyIdentifier>(der)?;
    let meaning = "Says which key of the issuer made the signature.";
    content(meaning, move || signer(&identifier))
}

fn signer(identifier: &AuthorityKeyIdentifier) -> String {
    let mut lines = Vec::new();
    if let Some(key) = &identifier.key_identifier {
        lines.push(text::hex(key.as_bytes()));
    }
    for name in identifier.authority_cert_issuer.iter().flatten() {
        lines.push(format!("issuer: {}", names::general(name)));
    }
    if let Some(number) = &identifier.authority_cert_serial_number {
        let digits = text::hex(serial(number.as_bytes()));
        lines.push(format!("serial: {digits}"));
    }
    lines.join("\n")
}

/// RFC 3280 section 4.2.1.4; RFC 5280 leaves it out.
pub(super) fn private_key_period(der: &[u8]) -> Content<'_> {
    let period = decode::<PrivateKeyUsagePeriod>(der)?;
    let meaning = "When the private key may sign; the certificate itself may be valid for longer.";
    content(meaning, move || {
        let ends = [("from", period.not_before), ("to", period.not_after)];
        let ends = ends
            .into_iter()
            .filter_map(|(word, time)| Some((word, time?)));
        let lines: Vec<String> = ends
            .map(|(word, time)| format!("{word} {}", UnixTime(time.to_unix_duration().as_secs())))
            .collect();
        lines.join("\n")
    })
}

/// Section 4.2.1.8. Makers of TPMs state the version of the specification here.
pub(super) fn directory_attributes(der: &[u8]) -> Content<'_> {
    let attributes = decode::<Vec<Attribute>>(der)?;
    let meaning = "Further facts about the subject, for directories and programs that know them.";
    content(meaning, move || facts(&attributes))
}

fn facts(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        for value in attribute.values.iter() {
            let shown = name::text(value).map(|words| text::shown(&words));
            let shown = shown.unwrap_or_else(|| {
                let der = der::Encode::to_der(value).unwrap_or_default();
                shape::lines(&der).replace('\n', "; ")
            });
            lines.push(format!("{}: {shown}", text::oid(&attribute.oid)));
        }
    }
    lines.join("\n")
}
