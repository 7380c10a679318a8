use const_oid::ObjectIdentifier;

use crate::key::{Algorithm, WorkingKey};
use crate::tlv::{Tag, Tlv, integer, sequence};

/// A public key as rules ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A named curve.
    Curve(ObjectIdentifier),
    /// RSA: bits of the modulus.
    Rsa(usize),
    /// Ed25519 or Ed448.
    Edwards,
    /// X25519 or X448.
    Montgomery,
    /// One of these, with other parameters than belong to it, such as a curve that is spelled out.
    Parameters,
    /// One of these, whose bytes are no key of that algorithm.
    Body,
    /// RSA for the padding PSS only.
    Pss,
    /// Anything else.
    Other,
}

pub(super) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(super) const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(super) const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

// Contents of the object identifiers of keys: RFC 3279 section 2.3, RFC 4055 section 1.2, RFC 8410
// section 3.
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const RSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
const X25519: &[u8] = b"\x2b\x65\x6e";
const X448: &[u8] = b"\x2b\x65\x6f";
const ED25519: &[u8] = b"\x2b\x65\x70";
const ED448: &[u8] = b"\x2b\x65\x71";

/// The AlgorithmIdentifier of RSA keys, with NULL: RFC 3279 section 2.3.1.
const RSA_NULL: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

pub(super) fn kind(key: WorkingKey<'_>) -> Kind {
    key.algorithm
        .map_or(Kind::Other, |algorithm| of(algorithm, key.body))
}

fn of(algorithm: Algorithm<'_>, body: &[u8]) -> Kind {
    let sized = |kind: Kind, length: usize| {
        if body.len() == length {
            kind
        } else {
            Kind::Body
        }
    };
    match algorithm.kind {
        // RFC 5480 section 2.1.1.
        EC => {
            let curve = algorithm.parameters.and_then(|curve| curve.oid().ok());
            curve.map_or(Kind::Parameters, |curve| on_curve(curve, body))
        }
        // RFC 8410 sections 3 and 4; RFC 8032 sections 5.1.5 and 5.2.5; RFC 7748 section 5.
        ED25519 | ED448 | X25519 | X448 if algorithm.parameters.is_some() => Kind::Parameters,
        ED25519 => sized(Kind::Edwards, 32),
        ED448 => sized(Kind::Edwards, 57),
        X25519 => sized(Kind::Montgomery, 32),
        X448 => sized(Kind::Montgomery, 56),
        RSA if algorithm.whole != RSA_NULL => Kind::Parameters,
        RSA => rsa(body).map_or(Kind::Body, Kind::Rsa),
        RSA_PSS => rsa(body).map_or(Kind::Body, |_| Kind::Pss),
        _ => Kind::Other,
    }
}

/// ECPoint, RFC 5480 section 2.2: both coordinates, or one and the sign of the other. Whether it lies
/// on its curve is not looked at.
fn on_curve(curve: ObjectIdentifier, point: &[u8]) -> Kind {
    let length = match curve {
        P256 => Some(32),
        P384 => Some(48),
        P521 => Some(66),
        _ => None,
    };
    let fits = |found: usize| length.map_or(found > 0, |wanted| wanted == found);
    let good = match point {
        [4, both @ ..] => both.len().is_multiple_of(2) && fits(both.len() / 2),
        [2 | 3, first @ ..] => fits(first.len()),
        _ => false,
    };
    if good { Kind::Curve(curve) } else { Kind::Body }
}

/// RSAPublicKey, RFC 8017 section 3.1: bits of the modulus, which like the exponent is odd.
fn rsa(body: &[u8]) -> Option<usize> {
    let [modulus, exponent] = sequence(body).ok()?.exactly().ok()?;
    let (modulus, exponent) = (positive(modulus)?, positive(exponent)?);
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    (is_odd(modulus) && is_odd(exponent) && exponent != [1]).then(|| bits(modulus))
}

fn positive(number: Tlv<'_>) -> Option<&[u8]> {
    let bytes = integer(number.tagged(Tag::INTEGER).ok()?.value).ok()?;
    Some(bytes).filter(|bytes| bytes.first().is_some_and(|first| *first < 0x80))
}

fn bits(number: &[u8]) -> usize {
    let number = number.strip_prefix(&[0]).unwrap_or(number);
    let zeros = number.first().map_or(0, |first| first.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(zeros).unwrap_or(0))
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Curve(oid) => write!(f, "EC {}", crate::x509::text::oid(oid)),
            Self::Rsa(bits) => write!(f, "RSA of {bits} bits"),
            Self::Edwards => f.write_str("an Edwards curve"),
            Self::Montgomery => f.write_str("a Montgomery curve"),
            Self::Parameters => {
                f.write_str("a key whose algorithm has other parameters than it should")
            }
            Self::Body => f.write_str("a key that does not have the form of its algorithm"),
            Self::Pss => f.write_str("RSA-PSS only"),
            Self::Other => f.write_str("a key of another kind"),
        }
    }
}
