use der::Tag;

use super::tlv::{Part, begins, context, sequence};

/// What the outline of a DER object says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Certificate,
    /// ContentInfo (RFC 5652 section 3), PKCS #7.
    ContentInfo,
    Crl,
    /// The numbers of a DSA key as OpenSSL has always written them: version, p, q, g, y, x.
    DsaKey,
    EncryptedKey,
    Other,
    /// PFX (RFC 7292 section 4).
    Pfx,
    Pkcs1Key,
    Pkcs8Key,
    PublicKey,
    Request,
    RsaPublicKey,
    Sec1Key,
}

/// Looks at tags only, so that an object with an error deeper inside is still known for what it is.
pub(super) fn shape(der: &[u8]) -> Shape {
    use Tag::{BitString, Integer, ObjectIdentifier, OctetString, Sequence};
    let Some(parts) = sequence(der) else {
        return Shape::Other;
    };
    let is = |tags: &[Tag]| begins(&parts, tags);
    if is(&[Sequence, Sequence, BitString]) && parts.len() == 3 {
        return parts.first().map_or(Shape::Other, signed);
    }
    if is(&[ObjectIdentifier, context(0, true)]) {
        return Shape::ContentInfo;
    }
    if is(&[Integer, OctetString]) {
        return Shape::Sec1Key;
    }
    if is(&[Integer, Sequence, OctetString]) {
        return Shape::Pkcs8Key;
    }
    if is(&[Integer, Sequence]) {
        let inner = parts.get(1).and_then(|part| sequence(part.whole));
        let info = inner.is_some_and(|inner| begins(&inner, &[ObjectIdentifier, context(0, true)]));
        return if info { Shape::Pfx } else { Shape::Other };
    }
    if is(&[Integer; 9]) {
        return Shape::Pkcs1Key;
    }
    if is(&[Integer; 6]) && parts.len() == 6 {
        return Shape::DsaKey;
    }
    if is(&[Integer; 2]) && parts.len() == 2 {
        return Shape::RsaPublicKey;
    }
    let algorithm = parts.first().and_then(|part| sequence(part.whole));
    if algorithm.is_some_and(|inner| begins(&inner, &[ObjectIdentifier])) && parts.len() == 2 {
        match parts.get(1).map(|part| part.tag) {
            Some(BitString) => return Shape::PublicKey,
            Some(OctetString) => return Shape::EncryptedKey,
            _ => {}
        }
    }
    Shape::Other
}

/// Certificate, request or revocation list, by what is signed.
fn signed(body: &Part<'_>) -> Shape {
    use Tag::{GeneralizedTime, Integer, Sequence, UtcTime};
    let Some(parts) = sequence(body.whole) else {
        return Shape::Certificate;
    };
    let rest = match parts.first() {
        Some(first) if first.tag == Integer => parts.get(1..).unwrap_or_default(),
        _ => parts.as_slice(),
    };
    let list = |time| begins(rest, &[Sequence, Sequence, time]);
    if list(UtcTime) || list(GeneralizedTime) {
        return Shape::Crl;
    }
    let request = parts.len() <= 4 && begins(&parts, &[Integer, Sequence, Sequence]);
    if request && parts.get(3).is_none_or(|part| part.tag == context(0, true)) {
        return Shape::Request;
    }
    // tbsCertificate begins with a version, or, in version 1, with a number and an algorithm.
    let begin = begins(&parts, &[context(0, true)]) || begins(&parts, &[Integer, Sequence]);
    if begin {
        Shape::Certificate
    } else {
        Shape::Other
    }
}
