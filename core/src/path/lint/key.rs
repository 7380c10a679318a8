use const_oid::ObjectIdentifier;
use der::Tag;

use crate::path::tlv::{integer, sequence};

/// A public key as rules ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A named curve.
    Curve(ObjectIdentifier),
    /// RSA, for any padding: bits of the modulus, and whether the exponent is odd and at least 3.
    Rsa(usize, bool),
    /// Anything else, such as a curve that is spelled out.
    Other,
}

pub(super) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(super) const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(super) const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

pub(super) fn kind(spki: &[u8]) -> Kind {
    read(spki).unwrap_or(Kind::Other)
}

fn read(spki: &[u8]) -> Option<Kind> {
    let [algorithm, key] = sequence(spki).ok()?.all()?;
    let mut algorithm = algorithm.elements().ok()?;
    match algorithm.next()?.oid().ok()? {
        EC => algorithm.next()?.oid().ok().map(Kind::Curve),
        RSA | RSA_PSS => {
            let [modulus, exponent] = sequence(key.value.strip_prefix(&[0])?).ok()?.all()?;
            let modulus = integer(modulus.tagged(Tag::Integer).ok()?.value).ok()?;
            let exponent = integer(exponent.tagged(Tag::Integer).ok()?.value).ok()?;
            let odd = exponent.last().is_some_and(|last| last & 1 == 1) && exponent != [1];
            Some(Kind::Rsa(bits(modulus), odd))
        }
        _ => None,
    }
}

fn bits(number: &[u8]) -> usize {
    let number = number.strip_prefix(&[0]).unwrap_or(number);
    let zeros = number.first().map_or(0, |first| first.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(zeros).unwrap_or(0))
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Curve(oid) => write!(f, "EC {}", crate::cert::text::oid(oid)),
            Self::Rsa(bits, _) => write!(f, "RSA of {bits} bits"),
            Self::Other => f.write_str("a key of another kind"),
        }
    }
}
