use der::Decode;
use der::asn1::{Any, AnyRef};
use rsa::pkcs1::RsaPssParams;
use rsa::signature::Verifier;
use rsa::{PublicKey, pkcs1v15, pss};
use signet_core::path::Answer;
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::{Hash, Key, answer, is_null, renamed};

/// rsaEncryption and id-RSASSA-PSS, RFC 8017 appendix C.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// id-mgf1.
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// RSASSA-PKCS1-v1_5, RFC 8017 section 8.2; parameters are NULL (RFC 4055 section 5), or absent as
/// some write them.
pub(super) fn pkcs1(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &Key<'_>,
    hash: Hash,
    message: &[u8],
    signature: &[u8],
) -> Answer {
    if key.algorithm.oid != RSA || !is_null(algorithm.parameters) {
        return Answer::Unsupported;
    }
    let Some(key) = public(key) else {
        return Answer::Unsupported;
    };
    let Ok(signature) = pkcs1v15::Signature::try_from(signature) else {
        return Answer::Invalid;
    };
    answer(match hash {
        Hash::Sha1 => pkcs1v15::VerifyingKey::<sha1::Sha1>::new(key)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha224 => pkcs1v15::VerifyingKey::<sha2::Sha224>::new(key)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha256 => pkcs1v15::VerifyingKey::<sha2::Sha256>::new(key)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha384 => pkcs1v15::VerifyingKey::<sha2::Sha384>::new(key)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha512 => pkcs1v15::VerifyingKey::<sha2::Sha512>::new(key)
            .verify(message, &signature)
            .is_ok(),
    })
}

/// RSASSA-PSS, section 8.1, with MGF1 over the same hash. A key for PSS only may narrow the
/// parameters (RFC 4055 section 3.3).
pub(super) fn pss(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &Key<'_>,
    message: &[u8],
    signature: &[u8],
) -> Answer {
    let Some((hash, salt)) = parameters(algorithm) else {
        return Answer::Unsupported;
    };
    let allowed = match key.algorithm.oid {
        RSA => true,
        PSS if key.algorithm.parameters.is_none() => true,
        PSS => parameters(&key.algorithm).is_some_and(|(own, least)| own == hash && least <= salt),
        _ => false,
    };
    let Some(key) = public(key).filter(|_| allowed) else {
        return Answer::Unsupported;
    };
    let Ok(signature) = pss::Signature::try_from(signature) else {
        return Answer::Invalid;
    };
    answer(match hash {
        Hash::Sha1 => pss::VerifyingKey::<sha1::Sha1>::new_with_salt_len(key, salt)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha224 => pss::VerifyingKey::<sha2::Sha224>::new_with_salt_len(key, salt)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha256 => pss::VerifyingKey::<sha2::Sha256>::new_with_salt_len(key, salt)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha384 => pss::VerifyingKey::<sha2::Sha384>::new_with_salt_len(key, salt)
            .verify(message, &signature)
            .is_ok(),
        Hash::Sha512 => pss::VerifyingKey::<sha2::Sha512>::new_with_salt_len(key, salt)
            .verify(message, &signature)
            .is_ok(),
    })
}

/// RSASSA-PSS-params: hash and length of the salt.
fn parameters(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<(Hash, usize)> {
    let parameters = algorithm
        .parameters?
        .decode_as::<RsaPssParams<Any>>()
        .ok()?;
    let hash = Hash::by_oid(parameters.hash.oid)?;
    let mask = parameters.mask_gen;
    let same = mask.oid == MGF1
        && mask
            .parameters
            .is_some_and(|inner| inner.oid == parameters.hash.oid);
    same.then_some((hash, usize::from(parameters.salt_len)))
}

fn public(key: &Key<'_>) -> Option<PublicKey> {
    // The crate knows rsaEncryption with NULL; the number is the same in every other writing.
    let parameters = Some(AnyRef::NULL);
    let plain = renamed(
        key,
        AlgorithmIdentifierRef {
            oid: RSA,
            parameters,
        },
    )?;
    let plain = SubjectPublicKeyInfoRef::from_der(&plain).ok()?;
    PublicKey::try_from(plain).ok()
}
