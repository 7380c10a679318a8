use core::fmt;
use std::collections::HashMap;

/// One signature to check: what a verifier needs, each part the DER as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureCheck<'a> {
    /// `AlgorithmIdentifier` of the signature.
    pub algorithm: &'a [u8],
    /// `SubjectPublicKeyInfo` of the signer.
    pub spki: &'a [u8],
    /// `AlgorithmIdentifier` of the nearest key above that has parameters, for a signer's key
    /// without any of the same algorithm (RFC 5280 section 6.1.4 (f)): DSA only.
    pub inherited: Option<&'a [u8]>,
    /// The bytes that were signed.
    pub message: &'a [u8],
    /// The signature, without the bit string's first byte.
    pub signature: &'a [u8],
}

/// What a verifier knows about a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The key does not verify it.
    Invalid,
    /// Not known yet; the question is to be asked again when it is.
    Pending,
    /// The algorithm, or the kind of key, cannot be checked.
    Unsupported,
    /// The key verifies it.
    Valid,
}

/// Whoever can check signatures. The engine itself cannot.
pub trait Verify {
    /// Checks one signature.
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer;
}

/// A signature check that outlives the question, for someone to do elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureJob {
    /// See [`SignatureCheck::algorithm`].
    pub algorithm: Vec<u8>,
    /// See [`SignatureCheck::spki`].
    pub spki: Vec<u8>,
    /// See [`SignatureCheck::inherited`].
    pub inherited: Option<Vec<u8>>,
    /// See [`SignatureCheck::message`].
    pub message: Vec<u8>,
    /// See [`SignatureCheck::signature`].
    pub signature: Vec<u8>,
}

/// Answers that came from elsewhere: a check that has none is pending. Ask, do the
/// [jobs](super::Report::pending), insert what came out, ask again.
///
/// It keeps the jobs, to compare them as they are: a hash that nobody can forge would have to be made
/// again for each question.
#[derive(Clone, Debug, Default)]
pub struct Answers(
    /// By signature; jobs that share one still differ.
    HashMap<Vec<u8>, Vec<(SignatureJob, Answer)>>,
);

impl SignatureCheck<'_> {
    /// The same check, to be done elsewhere.
    pub fn job(&self) -> SignatureJob {
        SignatureJob {
            algorithm: self.algorithm.to_vec(),
            spki: self.spki.to_vec(),
            inherited: self.inherited.map(<[u8]>::to_vec),
            message: self.message.to_vec(),
            signature: self.signature.to_vec(),
        }
    }
}

impl SignatureJob {
    /// The check to do.
    pub fn check(&self) -> SignatureCheck<'_> {
        SignatureCheck {
            algorithm: &self.algorithm,
            spki: &self.spki,
            inherited: self.inherited.as_deref(),
            message: &self.message,
            signature: &self.signature,
        }
    }
}

impl Answers {
    /// Takes the answer to one job, in place of an earlier one.
    pub fn insert(&mut self, job: SignatureJob, answer: Answer) {
        let same = self.0.entry(job.signature.clone()).or_default();
        same.retain(|(known, _)| *known != job);
        same.push((job, answer));
    }

    fn get(&self, check: &SignatureCheck<'_>) -> Option<Answer> {
        let same = self.0.get(check.signature)?;
        let found = same.iter().find(|(job, _)| job.check() == *check);
        found.map(|(_, answer)| *answer)
    }
}

impl Verify for Answers {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        self.get(check).unwrap_or(Answer::Pending)
    }
}

impl fmt::Debug for SignatureJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignatureJob {{ {} bytes signed }}", self.message.len())
    }
}
