use core::net::{Ipv4Addr, Ipv6Addr};

use const_oid::ObjectIdentifier;
use der::{Encode, Sequence};
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{
    DistributionPointName, GeneralName, GeneralNames, HardwareModuleName, OtherName,
};

use super::{Content, content, revocation};
use crate::cert::cursor::decode;
use crate::cert::name::{self, relative, rfc4514};
use crate::cert::text;

/// id-on-permanentIdentifier, RFC 4043 section 2.
const PERMANENT_IDENTIFIER: &str = "1.3.6.1.5.5.7.8.3";

pub(super) fn subject_alternative(der: &[u8]) -> Content<'_> {
    let meaning = "Further names of the same subject; a TLS client looks at these and no others.";
    listed(der, meaning)
}

pub(super) fn issuer_alternative(der: &[u8]) -> Content<'_> {
    listed(der, "Further names of the issuer.")
}

pub(super) fn listed<'a>(der: &'a [u8], meaning: &'static str) -> Content<'a> {
    let names = decode::<GeneralNames>(der)?;
    content(meaning, move || lines(&names))
}

pub(super) fn constraints(der: &[u8]) -> Content<'_> {
    let constraints = decode::<NameConstraints>(der)?;
    let meaning = "Certificates below this one may only have names inside these limits.";
    content(meaning, move || limits(&constraints))
}

fn limits(constraints: &NameConstraints) -> String {
    let mut lines = Vec::new();
    for tree in constraints.permitted_subtrees.iter().flatten() {
        lines.push(format!("permitted: {}", general(&tree.base)));
    }
    for tree in constraints.excluded_subtrees.iter().flatten() {
        lines.push(format!("excluded: {}", general(&tree.base)));
    }
    lines.join("\n")
}

pub(super) fn point_name(name: &DistributionPointName) -> String {
    match name {
        DistributionPointName::FullName(names) => lines(names),
        DistributionPointName::NameRelativeToCRLIssuer(rdn) => {
            format!("relative to the issuer: {}", relative(rdn))
        }
    }
}

pub(super) fn distribution_point(point: &DistributionPoint) -> String {
    let name = point.distribution_point.as_ref().map(point_name);
    let reasons = point.reasons.map(revocation::reasons);
    let reasons = reasons.map(|reasons| format!("only for: {reasons}"));
    let issuers = point.crl_issuer.as_deref().unwrap_or_default();
    let issuers = issuers
        .iter()
        .map(|name| format!("issued by {}", general(name)));
    let all: Vec<String> = name.into_iter().chain(reasons).chain(issuers).collect();
    all.join("\n")
}

/// One name, in OpenSSL's notation.
pub(super) fn general(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(dns) => format!("DNS:{}", text::shown(dns.as_str())),
        GeneralName::Rfc822Name(mail) => format!("email:{}", text::shown(mail.as_str())),
        GeneralName::UniformResourceIdentifier(uri) => {
            format!("URI:{}", text::shown(uri.as_str()))
        }
        GeneralName::IpAddress(bytes) => format!("IP:{}", address(bytes.as_bytes())),
        GeneralName::DirectoryName(name) => format!("DirName:{}", rfc4514(name)),
        GeneralName::RegisteredId(oid) => format!("RID:{}", text::oid(oid)),
        GeneralName::OtherName(name) => other(name),
        GeneralName::EdiPartyName(party) => {
            format!(
                "EdiPartyName:{}",
                text::hex(&party.to_der().unwrap_or_default())
            )
        }
    }
}

/// RFC 4043 section 2.
#[derive(Sequence)]
struct PermanentIdentifier {
    value: Option<String>,
    assigner: Option<ObjectIdentifier>,
}

impl PermanentIdentifier {
    fn shown(&self) -> String {
        let value = match &self.value {
            Some(value) => format!(" {}", text::shown(value)),
            None => ": the serial number in the subject".to_owned(),
        };
        let assigner = self.assigner.as_ref().map(text::oid);
        let assigner = assigner.map_or_else(String::new, |oid| format!(", assigner {oid}"));
        format!("permanent identifier{value}{assigner}")
    }
}

/// Names of devices (RFC 4108 section 5, RFC 4043), accounts and mail; otherwise the bytes.
fn other(name: &OtherName) -> String {
    if let Ok(Some(module)) = HardwareModuleName::from_other_name(name) {
        let serial = module.hw_serial_num.as_bytes();
        let readable = core::str::from_utf8(serial).ok();
        let readable = readable.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        let serial = readable.map_or_else(|| text::hex(serial), text::shown);
        return format!(
            "hardware module {serial}, type {}",
            text::oid(&module.hw_type)
        );
    }
    let number = name.type_id.to_string();
    if number == PERMANENT_IDENTIFIER
        && let Ok(permanent) = name.value.decode_as::<PermanentIdentifier>()
    {
        return permanent.shown();
    }
    let kind = match number.as_str() {
        "1.3.6.1.4.1.311.20.2.3" => "user principal name".to_owned(),
        PERMANENT_IDENTIFIER => "permanent identifier".to_owned(),
        "1.3.6.1.5.5.7.8.4" => "hardware module".to_owned(),
        "1.3.6.1.5.5.7.8.7" => "service".to_owned(),
        "1.3.6.1.5.5.7.8.9" => "email".to_owned(),
        _ => format!("otherName {}", text::oid(&name.type_id)),
    };
    let value = match name::text(&name.value) {
        Some(words) => text::shown(&words),
        None => text::hex(&name.value.to_der().unwrap_or_default()),
    };
    format!("{kind}:{value}")
}

/// RFC 5280 section 4.2.1.6, and with a mask section 4.2.1.10.
fn address(bytes: &[u8]) -> String {
    let plain = |bytes: &[u8]| {
        let v4 = <[u8; 4]>::try_from(bytes).map(|octets| Ipv4Addr::from(octets).to_string());
        let v6 = <[u8; 16]>::try_from(bytes).map(|octets| Ipv6Addr::from(octets).to_string());
        v4.or(v6).ok()
    };
    let (base, mask) = bytes.split_at(bytes.len() / 2);
    match (plain(bytes), plain(base).zip(plain(mask))) {
        // Sixteen bytes are one IPv6 address; no mask has a length that makes this ambiguous.
        (Some(address), _) => address,
        (None, Some((base, mask))) => format!("{base}/{mask}"),
        (None, None) => text::hex(bytes),
    }
}

fn lines(names: &GeneralNames) -> String {
    let lines: Vec<String> = names.iter().map(general).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        // An otherName of id-on, its last arc before its value.
        let shown = |last: u8, value: &[u8]| {
            let size = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
            let inner = [&[0xa0, size(value)], value].concat();
            let id = [6, 8, 0x2b, 6, 1, 5, 5, 7, 8, last];
            let name = [&[0xa0, size(&inner) + 10], &id[..], &inner].concat();
            let names = [&[0x30, size(&name)], &name[..]].concat();
            subject_alternative(&names).unwrap()().1
        };
        let permanent = b"\x30\x0b\x0c\x04A\xe2\x80\xae\x06\x03\x2a\x03\x04";
        assert_eq!(
            shown(3, permanent),
            "permanent identifier A\\u{202e}, assigner 1.2.3.4"
        );
        let value = b"\x30\x04\x0c\x02A1";
        assert_eq!(shown(3, value), "permanent identifier A1");
        let none = "permanent identifier: the serial number in the subject";
        assert_eq!(shown(3, &[0x30, 0]), none);
        assert_eq!(shown(3, &[5, 0]), "permanent identifier:0500");
        // A TPM of version 2.0, by the TCG's number for it.
        let module = b"\x30\x0b\x06\x05\x67\x81\x05\x01\x02\x04\x02S1";
        let shown_module = shown(4, module);
        assert!(
            shown_module.starts_with("hardware module S1, type "),
            "{shown_module}"
        );
        assert!(shown_module.contains("2.23.133.1.2"), "{shown_module}");
        assert_eq!(shown(4, &[5, 0]), "hardware module:0500");
    }

    #[test]
    fn addresses() {
        assert_eq!(address(&[10, 0, 0, 1]), "10.0.0.1");
        assert_eq!(address(&[10, 0, 0, 0, 255, 0, 0, 0]), "10.0.0.0/255.0.0.0");
        let mut v6 = [0; 16];
        v6[15] = 1;
        assert_eq!(address(&v6), "::1");
        assert_eq!(address(&[0; 32]), "::/::");
        assert_eq!(address(&[1, 2, 3]), "010203");
        assert_eq!(address(&[]), "");
    }
}
