use der::asn1::UintRef;
use der::{Decode, Tag};

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
    if let ([modulus, exponent], true) = (parts.as_slice(), is(&[Integer; 2])) {
        return two_numbers(modulus, exponent);
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

/// An RSAPublicKey (RFC 8017 appendix A.1.1), whose modulus is odd, and whose exponent is odd and short. A signature
/// of ECDSA (RFC 3279 section 2.2.3) is two numbers as well, both about as long as its curve.
fn two_numbers(modulus: &Part<'_>, exponent: &Part<'_>) -> Shape {
    /// 512 bits, the shortest modulus that was ever in use.
    const LEAST: usize = 64;
    let odd = |part: &Part<'_>| {
        let number = UintRef::from_der(part.whole).ok()?;
        let bytes = number.as_bytes();
        bytes
            .last()
            .is_some_and(|byte| byte % 2 == 1)
            .then_some(bytes.len())
    };
    let lengths = odd(modulus).zip(odd(exponent));
    let long = lengths.is_some_and(|(whole, short)| whole >= LEAST && 2 * short < whole);
    if long && exponent.content != [1] {
        Shape::RsaPublicKey
    } else {
        Shape::Other
    }
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
