//! Signatures by RustCrypto.

mod dsa;
mod ec;
mod rsa;

use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode};
use sha2::Digest;
use signet_core::path::{Answer, SignatureCheck, Verify};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

/// ECDSA on P-256, P-384 and P-521, RSA PKCS#1 and PSS of 1024 to 8192 bits, Ed25519, DSA.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustCrypto;

/// A hash function that signatures name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(message).to_vec(),
            Self::Sha224 => sha2::Sha224::digest(message).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }

    /// NIST's arc and RFC 8017 appendix B.1.
    fn by_oid(oid: ObjectIdentifier) -> Option<Self> {
        Some(match oid.to_string().as_str() {
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }
}

type Key<'a> = SubjectPublicKeyInfoRef<'a>;

impl Verify for RustCrypto {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        let Ok(algorithm) = AlgorithmIdentifierRef::from_der(check.algorithm) else {
            return Answer::Unsupported;
        };
        let Ok(key) = Key::from_der(check.spki) else {
            return Answer::Unsupported;
        };
        let (message, signature) = (check.message, check.signature);
        match algorithm.oid.to_string().as_str() {
            "1.2.840.10045.4.1" => ec::verify(&algorithm, &key, Hash::Sha1, message, signature),
            "1.2.840.10045.4.3.1" => ec::verify(&algorithm, &key, Hash::Sha224, message, signature),
            "1.2.840.10045.4.3.2" => ec::verify(&algorithm, &key, Hash::Sha256, message, signature),
            "1.2.840.10045.4.3.3" => ec::verify(&algorithm, &key, Hash::Sha384, message, signature),
            "1.2.840.10045.4.3.4" => ec::verify(&algorithm, &key, Hash::Sha512, message, signature),
            "1.2.840.113549.1.1.5" => rsa::pkcs1(&algorithm, &key, Hash::Sha1, message, signature),
            "1.2.840.113549.1.1.14" => {
                rsa::pkcs1(&algorithm, &key, Hash::Sha224, message, signature)
            }
            "1.2.840.113549.1.1.11" => {
                rsa::pkcs1(&algorithm, &key, Hash::Sha256, message, signature)
            }
            "1.2.840.113549.1.1.12" => {
                rsa::pkcs1(&algorithm, &key, Hash::Sha384, message, signature)
            }
            "1.2.840.113549.1.1.13" => {
                rsa::pkcs1(&algorithm, &key, Hash::Sha512, message, signature)
            }
            "1.2.840.113549.1.1.10" => rsa::pss(&algorithm, &key, message, signature),
            "1.3.101.112" => ed25519(&algorithm, &key, message, signature),
            "1.2.840.10040.4.3" => dsa::verify(check, Hash::Sha1),
            "2.16.840.1.101.3.4.3.1" => dsa::verify(check, Hash::Sha224),
            "2.16.840.1.101.3.4.3.2" => dsa::verify(check, Hash::Sha256),
            _ => Answer::Unsupported,
        }
    }
}

/// RFC 8410: no parameters anywhere.
fn ed25519(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &Key<'_>,
    message: &[u8],
    signature: &[u8],
) -> Answer {
    if key.algorithm.oid != algorithm.oid
        || algorithm.parameters.is_some()
        || key.algorithm.parameters.is_some()
    {
        return Answer::Unsupported;
    }
    let bytes = key
        .subject_public_key
        .as_bytes()
        .and_then(|bytes| bytes.try_into().ok());
    let Some(Ok(key)) = bytes.map(ed25519_dalek::VerifyingKey::from_bytes) else {
        return Answer::Unsupported;
    };
    let signature = ed25519_dalek::Signature::from_slice(signature);
    answer(signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()))
}

fn answer(valid: bool) -> Answer {
    if valid {
        Answer::Valid
    } else {
        Answer::Invalid
    }
}

/// Absent, or NULL.
fn is_null(parameters: Option<AnyRef<'_>>) -> bool {
    parameters.is_none_or(|any| any == AnyRef::NULL)
}

/// The same key under another algorithm identifier.
fn renamed(key: &Key<'_>, algorithm: AlgorithmIdentifierRef<'_>) -> Option<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(key.subject_public_key.as_bytes()?).ok()?;
    SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key,
    }
    .to_der()
    .ok()
}
