use x509_cert::ext::pkix::AccessDescription;

use super::{Content, content, names};
use crate::cert::cursor::decode;
use crate::cert::text;

pub(super) fn authority(der: &[u8]) -> Content<'_> {
    let meaning = "Where to ask whether the certificate was revoked, or for the issuer's own.";
    listed(der, meaning)
}

pub(super) fn subject(der: &[u8]) -> Content<'_> {
    listed(der, "Where the subject offers its services.")
}

fn listed<'a>(der: &'a [u8], meaning: &'static str) -> Content<'a> {
    let access = decode::<Vec<AccessDescription>>(der)?;
    content(meaning, move || {
        let lines: Vec<String> = access.iter().map(line).collect();
        lines.join("\n")
    })
}

fn line(access: &AccessDescription) -> String {
    let method = match access.access_method.to_string().as_str() {
        "1.3.6.1.5.5.7.48.1" => "OCSP".to_owned(),
        "1.3.6.1.5.5.7.48.2" => "issuer's certificate".to_owned(),
        "1.3.6.1.5.5.7.48.3" => "time stamping".to_owned(),
        "1.3.6.1.5.5.7.48.5" => "certificates of the authority".to_owned(),
        _ => text::oid(&access.access_method),
    };
    format!("{method}: {}", names::general(&access.access_location))
}
