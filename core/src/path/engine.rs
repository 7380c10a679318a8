use std::collections::HashMap;

use const_oid::ObjectIdentifier;
use der::Decode;

use super::bag::{Bag, Item};
use super::budget::Purse;
use super::tlv::{one, sequence};
use super::{Answer, Question, Rule, SignatureCheck, SignatureJob, Verify};

/// One run: what is asked, what is at hand, and what is left of the budget.
pub(super) struct Engine<'b, 'q> {
    pub(super) question: &'b Question<'q>,
    pub(super) bag: &'b Bag<'b, 'q>,
    pub(super) purse: Purse,
    /// Signers of revocation lists whose own paths are being judged.
    pub(super) signers: Vec<usize>,
    verifier: &'b dyn Verify,
    answers: HashMap<SignatureCheck<'q>, Answer>,
    pub(super) pending: Vec<SignatureJob>,
}

/// A key as a signer uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WorkingKey<'a> {
    pub(super) spki: &'a [u8],
    /// The AlgorithmIdentifier above that its missing parameters come from.
    pub(super) inherited: Option<&'a [u8]>,
}

impl<'b, 'q> Engine<'b, 'q> {
    pub(super) fn new(
        question: &'b Question<'q>,
        bag: &'b Bag<'b, 'q>,
        verifier: &'b dyn Verify,
    ) -> Self {
        Self {
            question,
            bag,
            purse: Purse::new(question.budget),
            signers: Vec::new(),
            verifier,
            answers: HashMap::new(),
            pending: Vec::new(),
        }
    }

    pub(super) fn item(&self, index: usize) -> Option<&'b Item<'q>> {
        self.bag.item(index)
    }

    /// The key of the last of these, anchor first.
    pub(super) fn working_key(&self, above: &[usize]) -> WorkingKey<'q> {
        let keys = above
            .iter()
            .filter_map(|index| self.item(*index))
            .map(|item| item.cert.spki);
        let key = keys.fold(None, |key: Option<WorkingKey<'q>>, spki| {
            Some(key.map_or(WorkingKey::new(spki), |key| key.below(spki)))
        });
        key.unwrap_or(WorkingKey::new(&[]))
    }

    /// Each distinct check once, and paid for once.
    pub(super) fn check(&mut self, check: &SignatureCheck<'q>) -> Result<Answer, Rule> {
        if let Some(answer) = self.answers.get(check) {
            return Ok(*answer);
        }
        self.purse.signature()?;
        let answer = self.verifier.verify(check);
        if answer == Answer::Pending {
            self.pending.push(check.job());
        }
        self.answers.insert(*check, answer);
        Ok(answer)
    }
}

impl<'a> WorkingKey<'a> {
    pub(super) fn new(spki: &'a [u8]) -> Self {
        Self {
            spki,
            inherited: None,
        }
    }

    /// RFC 5280 section 6.1.4 (d) to (f): a key without parameters takes those of a key above of the
    /// same algorithm.
    pub(super) fn below(self, spki: &'a [u8]) -> Self {
        let above = self.inherited.or_else(|| algorithm(self.spki));
        let Some((own, above)) = algorithm(spki).zip(above) else {
            return Self::new(spki);
        };
        let fits = !has_parameters(own) && has_parameters(above) && oid(own) == oid(above);
        Self {
            spki,
            inherited: fits.then_some(above),
        }
    }

    /// Whether the key says nothing without one above it.
    pub(super) fn lacks_parameters(self) -> bool {
        let is_dsa = |algorithm: &[u8]| oid(algorithm) == Some(DSA);
        algorithm(self.spki).is_some_and(|own| is_dsa(own) && !has_parameters(own))
    }
}

/// id-dsa, RFC 3279 section 2.3.2: the one algorithm whose keys inherit.
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

fn algorithm(spki: &[u8]) -> Option<&[u8]> {
    sequence(spki)
        .ok()?
        .first()
        .map(|algorithm| algorithm.whole)
}

fn has_parameters(algorithm: &[u8]) -> bool {
    let parts = sequence(algorithm).unwrap_or_default();
    parts
        .get(1)
        .is_some_and(|parameters| parameters.tag != der::Tag::Null)
}

/// The object identifier of an AlgorithmIdentifier.
pub(super) fn oid(algorithm: &[u8]) -> Option<ObjectIdentifier> {
    let parts = one(algorithm).ok()?.elements().ok()?;
    ObjectIdentifier::from_der(parts.first()?.whole).ok()
}
