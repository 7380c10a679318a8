use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Decode, Encode, Reader, SliceReader};
use signet_core::path::SignatureJob;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

/// How a signature is checked, in WebCrypto's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    pub(super) kind: Kind,
    /// `SHA-384` and the like.
    pub(super) hash: &'static str,
    /// The key as WebCrypto takes it.
    pub(super) spki: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Name of the curve, and the bytes of a coordinate.
    Ecdsa(&'static str, usize),
    Ed25519,
    Pkcs1,
    /// Length of the salt.
    Pss(u8),
}

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

impl Scheme {
    /// `None` for what WebCrypto does not know, and for a key that does not go with the algorithm.
    pub(super) fn of(job: &SignatureJob) -> Option<Self> {
        let algorithm = AlgorithmIdentifierRef::from_der(&job.algorithm).ok()?;
        let key = SubjectPublicKeyInfoRef::from_der(&job.spki).ok()?;
        let number = algorithm.oid.to_string();
        // RFC 5758 section 3.2 and RFC 4055 section 5; SHA-224 is not in WebCrypto.
        let hash = match number.as_str() {
            "1.2.840.10045.4.1" | "1.2.840.113549.1.1.5" => "SHA-1",
            "1.2.840.10045.4.3.2" | "1.2.840.113549.1.1.11" => "SHA-256",
            "1.2.840.10045.4.3.3" | "1.2.840.113549.1.1.12" => "SHA-384",
            "1.2.840.10045.4.3.4" | "1.2.840.113549.1.1.13" => "SHA-512",
            _ if algorithm.oid == PSS => return pss(&algorithm, &key),
            _ if algorithm.oid == ED25519 => return ed25519(&algorithm, &key, job),
            _ => return None,
        };
        if number.starts_with("1.2.840.10045.") {
            let kind = curve(&algorithm, &key)?;
            let spki = job.spki.clone();
            return Some(Self { kind, hash, spki });
        }
        let is_null = algorithm.parameters.is_none_or(|any| any == AnyRef::NULL);
        (key.algorithm.oid == RSA && is_null).then_some(())?;
        Some(Self {
            kind: Kind::Pkcs1,
            hash,
            spki: plain_rsa(&key)?,
        })
    }

    /// The signature as WebCrypto takes it; `None` if it is not formed as it must be.
    pub(super) fn signature<'a>(&self, der: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match self.kind {
            Kind::Ecdsa(_, size) => fixed(der, size).map(Cow::Owned),
            _ => Some(Cow::Borrowed(der)),
        }
    }
}

/// An ECDSA signature algorithm has no parameters, its key a named curve and a whole point.
fn curve(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &SubjectPublicKeyInfoRef<'_>,
) -> Option<Kind> {
    let parameters = key.algorithm.parameters?;
    let curve: ObjectIdentifier = parameters.decode_as().ok()?;
    let fits = algorithm.parameters.is_none() && key.algorithm.oid == EC;
    let (name, size) = match curve.to_string().as_str() {
        "1.2.840.10045.3.1.7" => ("P-256", 32),
        "1.3.132.0.34" => ("P-384", 48),
        "1.3.132.0.35" => ("P-521", 66),
        _ => return None,
    };
    fits.then_some(Kind::Ecdsa(name, size))
}

fn ed25519(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &SubjectPublicKeyInfoRef<'_>,
    job: &SignatureJob,
) -> Option<Scheme> {
    let bare = algorithm.parameters.is_none() && key.algorithm.parameters.is_none();
    (key.algorithm.oid == ED25519 && bare).then(|| Scheme {
        kind: Kind::Ed25519,
        hash: "",
        spki: job.spki.clone(),
    })
}

/// RSASSA-PSS with MGF1 over the same hash. A key for PSS only may narrow the parameters (RFC 4055
/// section 3.3); WebCrypto takes it only under the plain identifier.
fn pss(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &SubjectPublicKeyInfoRef<'_>,
) -> Option<Scheme> {
    let (hash, salt) = pss_parameters(algorithm)?;
    let allowed = match key.algorithm.oid {
        RSA => true,
        PSS if key.algorithm.parameters.is_none() => true,
        PSS => {
            let (own, least) = pss_parameters(&key.algorithm)?;
            own == hash && least <= salt
        }
        _ => false,
    };
    allowed.then_some(())?;
    Some(Scheme {
        kind: Kind::Pss(salt),
        hash,
        spki: plain_rsa(key)?,
    })
}

/// RSASSA-PSS-params (RFC 4055 section 3.1): all four fields have defaults.
fn pss_parameters(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<(&'static str, u8)> {
    let value = algorithm.parameters?.to_der().ok()?;
    let mut reader = SliceReader::new(&value).ok()?;
    let read = reader.sequence(|reader| {
        let hash = reader.context_specific::<AlgorithmIdentifierRef<'_>>(
            der::TagNumber(0),
            der::TagMode::Explicit,
        )?;
        let mask = reader.context_specific::<AlgorithmIdentifierRef<'_>>(
            der::TagNumber(1),
            der::TagMode::Explicit,
        )?;
        let salt = reader.context_specific::<u8>(der::TagNumber(2), der::TagMode::Explicit)?;
        let trailer = reader.context_specific::<u8>(der::TagNumber(3), der::TagMode::Explicit)?;
        der::Result::Ok((hash, mask, salt, trailer))
    });
    let (hash, mask, salt, trailer) = read.ok()?;
    let name = |wanted: Option<AlgorithmIdentifierRef<'_>>| match wanted {
        None => Some("SHA-1"),
        Some(hash) => match hash.oid.to_string().as_str() {
            "1.3.14.3.2.26" => Some("SHA-1"),
            "2.16.840.1.101.3.4.2.1" => Some("SHA-256"),
            "2.16.840.1.101.3.4.2.2" => Some("SHA-384"),
            "2.16.840.1.101.3.4.2.3" => Some("SHA-512"),
            _ => None,
        },
    };
    let inner = match mask {
        None => None,
        Some(mask) if mask.oid == MGF1 => Some(mask.parameters?.decode_as().ok()?),
        Some(_) => return None,
    };
    let hash = name(hash)?;
    let plain = name(inner)? == hash && trailer.unwrap_or(1) == 1;
    plain.then_some((hash, salt.unwrap_or(20)))
}

/// The same key under rsaEncryption with NULL.
fn plain_rsa(key: &SubjectPublicKeyInfoRef<'_>) -> Option<Vec<u8>> {
    let algorithm = AlgorithmIdentifierRef {
        oid: RSA,
        parameters: Some(AnyRef::NULL),
    };
    let bits = key.subject_public_key.as_bytes()?;
    let subject_public_key = BitStringRef::from_bytes(bits).ok()?;
    let plain = SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key,
    };
    plain.to_der().ok()
}

/// `SEQUENCE { r, s }` in strict DER to r and s of `size` bytes each, as IEEE P1363 has it.
fn fixed(der: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let (r, s) = reader
        .sequence(|reader| {
            let r: UintRef<'_> = reader.decode()?;
            let s: UintRef<'_> = reader.decode()?;
            der::Result::Ok((r, s))
        })
        .ok()?;
    reader.finish().ok()?;
    let mut out = Vec::with_capacity(size * 2);
    for number in [r, s] {
        let bytes = number.as_bytes();
        let missing = size.checked_sub(bytes.len())?;
        out.resize(out.len() + missing, 0);
        out.extend_from_slice(bytes);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_converted_strictly() {
        let mut wanted = vec![0; 64];
        (wanted[31], wanted[62], wanted[63]) = (1, 0x80, 2);
        let good = [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2];
        assert_eq!(fixed(&good, 32), Some(wanted));
        assert_eq!(fixed(&good, 1), None, "too long for the field");
        for bad in [
            &[0x30, 7, 2, 1, 1, 2, 2, 0x80, 2][..],
            &[0x30, 9, 2, 1, 1, 2, 4, 0, 0, 0x80, 2],
            &[0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2, 0],
            &[0x30, 9, 2, 1, 1, 2, 3, 0, 0x80, 2, 0],
            &[],
        ] {
            assert_eq!(fixed(bad, 32), None, "{bad:?}");
        }
    }
}
