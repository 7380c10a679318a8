use der::Decode;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use signet_core::path::Answer;
use spki::{AlgorithmIdentifierRef, ObjectIdentifier};

use super::{Hash, Key, answer};

/// id-ecPublicKey, RFC 5480 section 2.1.1.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// RFC 5758 section 3.2: the algorithm has no parameters, the key a named curve.
pub(super) fn verify(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &Key<'_>,
    hash: Hash,
    message: &[u8],
    signature: &[u8],
) -> Answer {
    if algorithm.parameters.is_some() || key.algorithm.oid != EC {
        return Answer::Unsupported;
    }
    let curve = key
        .algorithm
        .parameters
        .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let (Some(curve), Some(point)) = (curve, key.subject_public_key.as_bytes()) else {
        return Answer::Unsupported;
    };
    let digest = hash.digest(message);
    match curve.to_string().as_str() {
        "1.2.840.10045.3.1.7" => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let signature = p256::ecdsa::DerSignature::from_der(signature);
            judge(key.ok(), signature.ok(), &padded(digest, 32))
        }
        "1.3.132.0.34" => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let signature = p384::ecdsa::DerSignature::from_der(signature);
            judge(key.ok(), signature.ok(), &padded(digest, 48))
        }
        "1.3.132.0.35" => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let signature = p521::ecdsa::DerSignature::from_der(signature);
            judge(key.ok(), signature.ok(), &padded(digest, 66))
        }
        _ => Answer::Unsupported,
    }
}

fn judge<K: PrehashVerifier<S>, S>(key: Option<K>, signature: Option<S>, digest: &[u8]) -> Answer {
    let Some(key) = key else {
        return Answer::Unsupported;
    };
    answer(signature.is_some_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
}

/// A digest shorter than the field is a smaller number, not a shorter one (FIPS 186-5 section
/// 6.4.2); the crates refuse one that is less than half as long.
fn padded(digest: Vec<u8>, field: usize) -> Vec<u8> {
    let missing = field.saturating_sub(digest.len());
    [vec![0; missing], digest].concat()
}
