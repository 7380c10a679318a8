use super::bag::{Bag, Item};
use super::budget::Purse;
use super::cert::Cert;
use super::key::WorkingKey;
use super::{Answer, Question, Rule, SignatureCheck, SignatureJob, Verify};

/// One run: what is asked, what is at hand, and what is left of the budget.
pub(super) struct Engine<'b, 'q> {
    pub(super) question: &'b Question<'q>,
    pub(super) bag: &'b Bag<'b, 'q>,
    pub(super) purse: Purse,
    /// Signers of revocation lists whose own paths are being judged.
    pub(super) signers: Vec<usize>,
    verifier: &'b dyn Verify,
    /// No more than the budget has signatures.
    answers: Vec<(SignatureCheck<'q>, Answer)>,
    pub(super) pending: Vec<SignatureJob>,
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
            answers: Vec::new(),
            pending: Vec::new(),
        }
    }

    pub(super) fn item(&self, index: usize) -> Option<&'b Item<'q>> {
        self.bag.item(index)
    }

    pub(super) fn certs(&self, indices: &[usize]) -> impl Iterator<Item = &'b Cert<'q>> {
        let items = indices.iter().filter_map(|index| self.item(*index));
        items.map(|item| &item.cert)
    }

    /// The key of the last of these, anchor first.
    pub(super) fn working_key(&self, above: &[usize]) -> WorkingKey<'q> {
        let keys = self.certs(above).map(|cert| cert.key);
        keys.reduce(WorkingKey::above).unwrap_or_default()
    }

    /// Each distinct check once, and paid for once.
    pub(super) fn check(&mut self, check: &SignatureCheck<'q>) -> Result<Answer, Rule> {
        if let Some((_, answer)) = self.answers.iter().find(|(known, _)| known == check) {
            return Ok(*answer);
        }
        self.purse.signature()?;
        let answer = self.verifier.verify(check);
        if answer == Answer::Pending {
            self.pending.push(check.job());
        }
        self.answers.push((*check, answer));
        Ok(answer)
    }
}
