//! What servers and persons have: TLS features, ACME, qualified certificates.

use const_oid::ObjectIdentifier;
use der::Encode;
use der::asn1::OctetStringRef;
use x509_cert::attr::AttributeValue;

use super::{Content, content, shape};
use crate::cert::cursor::decode;
use crate::cert::text;

/// RFC 7633 section 4.1: numbers of TLS extensions.
pub(super) fn tls_features(der: &[u8]) -> Content<'_> {
    let features = decode::<Vec<u16>>(der)?;
    let line = |feature: &u16| match feature {
        5 => "status_request (OCSP must staple)".to_owned(),
        17 => "status_request_v2".to_owned(),
        other => format!("TLS extension {other}"),
    };
    let meaning = "What the TLS server must offer; a client may hang up on one that does not.";
    content(meaning, move || {
        let lines: Vec<String> = features.iter().map(line).collect();
        lines.join("\n")
    })
}

/// RFC 8737 section 3.
pub(super) fn acme(der: &[u8]) -> Content<'_> {
    let digest = decode::<&OctetStringRef>(der)?;
    let meaning = "Made to prove control over a name, and good for nothing else.";
    content(meaning, move || text::hex(digest.as_bytes()))
}

/// RFC 3739 section 3.2.6 and ETSI EN 319 412-5.
const STATEMENTS: &[(&str, &str)] = &[
    ("0.4.0.1862.1.1", "qualified under EU law"),
    ("0.4.0.1862.1.2", "limit of transactions"),
    ("0.4.0.1862.1.3", "years that records are kept"),
    (
        "0.4.0.1862.1.4",
        "key in a qualified signature creation device",
    ),
    ("0.4.0.1862.1.5", "disclosure statement"),
    ("0.4.0.1862.1.6", "kind of certificate"),
    ("0.4.0.1862.1.7", "under the law of"),
    ("0.4.0.19495.2", "payment services (PSD2)"),
    ("1.3.6.1.5.5.7.11.1", "syntax of 2001"),
    ("1.3.6.1.5.5.7.11.2", "syntax of 2004"),
];

pub(super) fn qualified(der: &[u8]) -> Content<'_> {
    let mut statements = decode::<Vec<Vec<AttributeValue>>>(der)?;
    let mut read = Vec::new();
    for statement in &mut statements {
        let mut parts = statement.drain(..);
        if let Some(id) = parts.next() {
            read.push((id.decode_as()?, parts.collect()));
        }
    }
    let meaning = "What the issuer states about a qualified certificate.";
    content(meaning, move || stated(&read))
}

/// A line for the identifier of each statement, and more for what is added to it.
fn stated(statements: &[(ObjectIdentifier, Vec<AttributeValue>)]) -> String {
    let mut lines = Vec::new();
    for (id, info) in statements {
        let number = id.to_string();
        let known = STATEMENTS.iter().find(|(known, _)| *known == number);
        lines.push(known.map_or_else(|| text::oid(id), |(_, name)| format!("{name} ({number})")));
        for info in info {
            let shown = shape::lines(&info.to_der().unwrap_or_default());
            lines.extend(shown.lines().map(|line| format!("  {line}")));
        }
    }
    lines.join("\n")
}
