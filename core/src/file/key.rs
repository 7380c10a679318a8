use curve25519_dalek::{EdwardsPoint, MontgomeryPoint};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Tag};
use p384::SecretKey;
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};
use sha2::{Digest, Sha512};
use spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

use super::Content;
use super::tlv::{begins, sequence};
use crate::cert::signed::Signed;
use crate::key::{EC_PUBLIC_KEY, SECP384R1};
use crate::stack::cleanly;

/// rsaEncryption, RFC 8017 appendix C.
pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// RFC 8410 section 3.
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The public key of an object as SubjectPublicKeyInfo DER: of a certificate and a request the one they
/// are about, of a private key the other half, as far as it stands in the structure or the curve is
/// P-384. `None` for what has no key, or none that is known here.
pub fn public_key_of(content: &Content) -> Option<Vec<u8>> {
    match content {
        Content::Certificate(der) => {
            let fields = body(der)?;
            // RFC 5280 section 4.1: version, number, algorithm, issuer, validity, subject, key.
            let versioned = fields.first()?.tag != Tag::Integer;
            Some(fields.get(if versioned { 6 } else { 5 })?.whole.to_vec())
        }
        // RFC 2986 section 4.1: version, subject, key.
        Content::Request(der) => Some(body(der)?.get(2)?.whole.to_vec()),
        Content::PublicKey(der) => Some(der.clone()),
        Content::PrivateKey(secret) => cleanly(|| of_private(secret.as_pkcs8())),
        Content::Broken(_) | Content::Crl(_) | Content::Other(_) | Content::Sealed(_) => None,
    }
}

fn body(der: &[u8]) -> Option<Vec<super::tlv::Part<'_>>> {
    sequence(Signed::from_der(der).ok()?.body)
}

/// The public half of PKCS #8.
fn of_private(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let info = PrivateKeyInfoRef::from_der(pkcs8).ok()?;
    let algorithm = info.algorithm;
    if let Some(bits) = info.public_key.and_then(|bits| bits.as_bytes()) {
        return spki(algorithm, bits);
    }
    let inner = info.private_key.as_bytes();
    if algorithm.oid == RSA {
        return rsa_spki(&rsa_public(inner)?);
    }
    if algorithm.oid != EC_PUBLIC_KEY {
        return None;
    }
    if let Some(point) = EcPrivateKey::from_der(inner).ok()?.public_key {
        return spki(algorithm, point);
    }
    let secret = SecretKey::try_from(info).ok()?;
    spki(algorithm, secret.public_key().to_sec1_bytes().as_ref())
}

/// Whether the structure holds, and on P-384 and Curve25519 the two halves belong together.
pub(super) fn is_sound(pkcs8: &[u8]) -> bool {
    let Ok(info) = PrivateKeyInfoRef::from_der(pkcs8) else {
        return false;
    };
    let curve = info.algorithm.parameters_oid();
    match info.algorithm.oid {
        EC_PUBLIC_KEY if curve == Ok(SECP384R1) => SecretKey::try_from(info).is_ok(),
        EC_PUBLIC_KEY => EcPrivateKey::from_der(info.private_key.as_bytes()).is_ok(),
        RSA => rsa_public(info.private_key.as_bytes()).is_some(),
        oid @ (ED25519 | X25519) => {
            let private = <&OctetStringRef>::from_der(info.private_key.as_bytes());
            private.is_ok_and(|private| {
                let private = private.as_bytes();
                let fits = |public: &[u8]| belongs(&oid, private, public);
                let public = info.public_key;
                // RFC 8410 section 7: as many bytes as the curve has.
                private.len() == 32 && public.is_none_or(|bits| bits.as_bytes().is_some_and(fits))
            })
        }
        _ => true,
    }
}

/// Whether the halves of a key of RFC 8410 belong together. Of the other curves than Curve25519 that is not known here.
pub(super) fn belongs(curve: &ObjectIdentifier, private: &[u8], public: &[u8]) -> bool {
    let scalar = |bytes: &[u8]| bytes.first_chunk().copied().unwrap_or_default();
    let computed = match *curve {
        // RFC 8032 section 5.1.5.
        ED25519 => {
            let hash = Sha512::digest(private);
            EdwardsPoint::mul_base_clamped(scalar(&hash)).compress().0
        }
        // RFC 7748 section 6.1.
        X25519 => MontgomeryPoint::mul_base_clamped(scalar(private)).0,
        _ => return true,
    };
    computed == public
}

/// RSAPublicKey out of RSAPrivateKey (RFC 8017 appendix A.1): its second and third number.
fn rsa_public(private: &[u8]) -> Option<Vec<u8>> {
    let fields = sequence(private)?;
    if !begins(&fields, &[Tag::Integer; 9]) {
        return None;
    }
    let numbers: Vec<&[u8]> = fields.iter().skip(1).take(2).map(|it| it.whole).collect();
    let content = numbers.concat();
    AnyRef::new(Tag::Sequence, &content).ok()?.to_der().ok()
}

/// RSAPublicKey as SubjectPublicKeyInfo.
pub(super) fn rsa_spki(public: &[u8]) -> Option<Vec<u8>> {
    spki(rsa_algorithm(), public)
}

pub(super) fn rsa_algorithm() -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef {
        oid: RSA,
        parameters: Some(AnyRef::NULL),
    }
}

pub(super) fn spki(algorithm: AlgorithmIdentifierRef<'_>, bits: &[u8]) -> Option<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(bits).ok()?;
    let info = SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key,
    };
    info.to_der().ok()
}

/// SEC 1 (RFC 5915) as PKCS #8. It has to name its curve.
pub(super) fn from_sec1(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = EcPrivateKey::from_der(der).ok()?;
    let Some(EcParameters::NamedCurve(curve)) = key.parameters else {
        return None;
    };
    ec(&curve, key.private_key, key.public_key)
}

/// An elliptic curve key as PKCS #8, with the public half inside if it is known.
pub(super) fn ec(
    curve: &ObjectIdentifier,
    private: &[u8],
    public: Option<&[u8]>,
) -> Option<Zeroizing<Vec<u8>>> {
    let inner = EcPrivateKey {
        private_key: private,
        parameters: None,
        public_key: public,
    };
    let inner = Zeroizing::new(inner.to_der().ok()?);
    let algorithm = AlgorithmIdentifierRef {
        oid: EC_PUBLIC_KEY,
        parameters: Some(AnyRef::from(curve)),
    };
    wrap(algorithm, &inner)
}

/// PKCS #1 (RFC 8017 appendix A.1.2) as PKCS #8.
pub(super) fn from_pkcs1(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    wrap(rsa_algorithm(), der)
}

fn wrap(algorithm: AlgorithmIdentifierRef<'_>, inner: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = OctetStringRef::new(inner).ok()?;
    let der = PrivateKeyInfoRef::new(algorithm, key).to_der().ok()?;
    Some(Zeroizing::new(der))
}
