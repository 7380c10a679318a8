use der::asn1::{GeneralizedTime, Uint};
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::{IssuingDistributionPoint, ReasonFlags};

use super::{Content, content, names};
use crate::UnixTime;
use crate::cert::cursor::decode;
use crate::cert::list::decimal;
use crate::cert::reason::{self, Reason};

pub(super) fn points(der: &[u8]) -> Content<'_> {
    let meaning = "Where the issuer publishes its list of revoked certificates.";
    listed(der, meaning)
}

pub(super) fn freshest(der: &[u8]) -> Content<'_> {
    let meaning = "Where the issuer publishes what was revoked since its last complete list.";
    listed(der, meaning)
}

fn listed<'a>(der: &'a [u8], meaning: &'static str) -> Content<'a> {
    let points = decode::<CrlDistributionPoints>(der)?;
    content(meaning, move || {
        let lines: Vec<String> = points.0.iter().map(names::distribution_point).collect();
        lines.join("\n")
    })
}

pub(super) fn number(der: &[u8]) -> Content<'_> {
    let number = decode::<Uint>(der)?;
    let meaning = "The number of the list; a later one is higher.";
    content(meaning, move || decimal(number.as_bytes()))
}

pub(super) fn delta(der: &[u8]) -> Content<'_> {
    let base = decode::<Uint>(der)?;
    let meaning = "The list holds only what changed since the complete list of this number.";
    content(meaning, move || decimal(base.as_bytes()))
}

pub(super) fn issuing_point(der: &[u8]) -> Content<'_> {
    let point = decode::<IssuingDistributionPoint>(der)?;
    let meaning = "Which certificates the list speaks about; of others it says nothing.";
    content(meaning, move || scope(&point))
}

fn scope(point: &IssuingDistributionPoint) -> String {
    let mut lines = Vec::new();
    if let Some(name) = &point.distribution_point {
        lines.push(names::point_name(name));
    }
    let scopes = [
        (
            point.only_contains_user_certs,
            "only certificates that are no authority's",
        ),
        (
            point.only_contains_ca_certs,
            "only certificates of authorities",
        ),
        (
            point.only_contains_attribute_certs,
            "only attribute certificates",
        ),
        (
            point.indirect_crl,
            "also certificates of other issuers (indirect)",
        ),
    ];
    lines.extend(
        scopes
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, what)| (*what).to_owned()),
    );
    lines.extend(
        point
            .only_some_reasons
            .map(|reasons| format!("only for: {}", self::reasons(reasons))),
    );
    lines.join("\n")
}

/// ReasonFlags, section 4.2.1.13.
pub(super) fn reasons(flags: ReasonFlags) -> String {
    reason::flags(flags.bits())
}

pub(super) fn reason(der: &[u8]) -> Content<'_> {
    let number = reason::number(der)?;
    Ok(Box::new(move || {
        let meaning = "Why the certificate was revoked.";
        let meaning = match Reason::by_number(number) {
            Some(reason) => format!("{meaning} {}", reason.meaning),
            None => meaning.to_owned(),
        };
        (meaning, Reason::named(number))
    }))
}

pub(super) fn invalidity(der: &[u8]) -> Content<'_> {
    let meaning = "Since when the certificate is not to be trusted, earlier than its revocation.";
    moment(der, meaning)
}

pub(super) fn certificate_issuer(der: &[u8]) -> Content<'_> {
    let meaning = "Who issued the certificate of this entry, where that is not who made the list.";
    names::listed(der, meaning)
}

/// ITU-T X.509 section 9.5.2.8.
pub(super) fn expired_too(der: &[u8]) -> Content<'_> {
    let meaning = "The list also keeps certificates that have expired since this moment.";
    moment(der, meaning)
}

fn moment<'a>(der: &'a [u8], meaning: &'static str) -> Content<'a> {
    let time = decode::<GeneralizedTime>(der)?;
    let time = UnixTime(time.to_unix_duration().as_secs());
    content(meaning, move || time.to_string())
}

/// RFC 6960 section 4.2.2.2.1.
pub(super) fn no_check(_: &[u8]) -> Content<'_> {
    let meaning = "This one signs OCSP answers, and nobody has to ask whether it was revoked.";
    content(meaning, String::new)
}
