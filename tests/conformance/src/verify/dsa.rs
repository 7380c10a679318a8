use der::Decode;
use dsa::pkcs8::DecodePublicKey;
use dsa::signature::hazmat::PrehashVerifier;
use signet_core::path::{Answer, SignatureCheck};
use spki::AlgorithmIdentifierRef;

use super::{Hash, Key, answer, renamed};

/// FIPS 186-4, for the old suites that still ask. A key without parameters has those of the key
/// above (RFC 3279 section 2.3.2).
pub(super) fn verify(check: &SignatureCheck<'_>, hash: Hash) -> Answer {
    let spki = match check.inherited {
        None => Some(check.spki.to_vec()),
        Some(inherited) => {
            let key = Key::from_der(check.spki).ok();
            let algorithm = AlgorithmIdentifierRef::from_der(inherited).ok();
            key.zip(algorithm)
                .and_then(|(key, algorithm)| renamed(&key, algorithm))
        }
    };
    let Some(Ok(key)) = spki.map(|spki| dsa::VerifyingKey::from_public_key_der(&spki)) else {
        return Answer::Unsupported;
    };
    let digest = hash.digest(check.message);
    let signature = dsa::Signature::from_der(check.signature);
    answer(signature.is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()))
}
