//! Where a certificate says that lists, the issuer's certificate and answers about it are.

use const_oid::ObjectIdentifier;

use crate::access;
use crate::cert::Cert;
use crate::crl::{Point, PointName};
use crate::ext::{AUTHORITY_INFO, CRL_POINTS};
use crate::general::General;
use crate::oid::Number;
use crate::{Check, Rule};

/// id-ad-ocsp and id-ad-caIssuers.
const METHODS: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2"),
];

/// Section 7.1.2.11.2.
pub(super) fn points(cert: &Cert<'_>) -> Option<Check> {
    let points = cert.known.crl_points.as_ref()?;
    let wrong = if cert.is_critical(CRL_POINTS) {
        Some("are critical")
    } else if points
        .iter()
        .any(|point| point.reasons.is_some() || point.issuer.is_some())
    {
        Some("name reasons or an issuer of lists")
    } else if !points.iter().all(is_http_point) {
        Some("name another place than an HTTP URL")
    } else {
        None
    };
    Some(Check::that(Rule::WebPoints, wrong.is_none(), || {
        format!("The distribution points {}.", wrong.unwrap_or_default())
    }))
}

/// The first of the names, since there may be more.
fn is_http_point(point: &Point<'_>) -> bool {
    match &point.name {
        Some(PointName::Full(names)) => names.first().is_some_and(is_http),
        _ => false,
    }
}

fn is_http(name: &General<'_>) -> bool {
    let General::Uri(text) = name else {
        return false;
    };
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

/// Section 7.1.2.7.7 and its like for authorities.
pub(super) fn access(cert: &Cert<'_>) -> Option<Check> {
    let extension = cert.extension(AUTHORITY_INFO)?;
    // What cannot be read breaks another rule.
    let places = access::read(extension.value).ok()?;
    let good = |(method, place): &(Number<'_>, General<'_>)| {
        METHODS.iter().any(|known| method == known) && is_http(place)
    };
    let wrong = places.iter().find(|place| !good(place));
    Some(Check::that(Rule::WebAccess, wrong.is_none(), || {
        let place = wrong.map_or_else(String::new, |(_, place)| place.shown());
        format!("The information access {place} is of another kind, or not by HTTP.")
    }))
}
