use const_oid::ObjectIdentifier;
use der::Decode;
use p384::ecdsa::{DerSignature, VerifyingKey};
use signature::Verifier;
use signet_core::path::{Answer, SignatureJob};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::answer;

const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// ecdsa-with-SHA384 on P-384, which is in the page anyway.
pub(super) fn verify(job: &SignatureJob) -> Answer {
    let algorithm = AlgorithmIdentifierRef::from_der(&job.algorithm);
    let key = SubjectPublicKeyInfoRef::from_der(&job.spki).ok();
    let key = key.and_then(|key| VerifyingKey::try_from(key).ok());
    let (true, Some(key)) = (algorithm.is_ok_and(|it| it.oid == ECDSA_SHA384), key) else {
        return Answer::Unsupported;
    };
    let signature = DerSignature::from_der(&job.signature);
    answer(signature.is_ok_and(|signature| key.verify(&job.message, &signature).is_ok()))
}
