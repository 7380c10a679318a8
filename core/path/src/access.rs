use const_oid::ObjectIdentifier;

use super::ext::some;
use super::general::General;
use super::oid::Number;
use super::tlv::{Parse, Tag, sequence};
use crate::x509::text::shown;

/// id-ad-caIssuers, RFC 5280 section 4.2.2.1.
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");

/// AuthorityInfoAccessSyntax and SubjectInfoAccessSyntax: method and place of each.
pub(super) fn read(value: &[u8]) -> Parse<Vec<(Number<'_>, General<'_>)>> {
    let descriptions = sequence(value)?.read(|description| {
        let [method, place] = description.tagged(Tag::SEQUENCE)?.exactly()?;
        Ok((method.number()?, General::read(&place)?))
    })?;
    some(descriptions, "describes no access")
}

/// id-ad-ocsp, section 4.2.2.1.
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");

/// Whether somebody answers about the certificate's revocation.
pub(super) fn has_ocsp(value: &[u8]) -> bool {
    read(value).is_ok_and(|found| found.iter().any(|(method, _)| *method == OCSP))
}

/// Where the issuer's certificate can be had.
pub(super) fn issuer_url(value: &[u8]) -> Option<String> {
    let found = read(value).ok()?;
    found.iter().find_map(|(method, place)| match place {
        General::Uri(uri) if *method == CA_ISSUERS => Some(shown(uri)),
        _ => None,
    })
}
