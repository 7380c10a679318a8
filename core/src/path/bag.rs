use std::collections::{HashMap, HashSet};

use super::cert::{Cert, Refusal};
use super::crl::Crl;
use super::flaw;
use super::name::DirName;
use super::{Check, Place, Question, Rule, Unreadable};

/// Everything at hand that can be read, each object once.
pub(super) struct Bag<'q> {
    /// The leaf is the first, if it can be read.
    pub(super) certs: Vec<Item<'q>>,
    pub(super) crls: Vec<(Place, Crl<'q>)>,
    pub(super) unreadable: Vec<Unreadable>,
    by_subject: HashMap<Vec<Vec<Vec<u8>>>, Vec<usize>>,
}

pub(super) struct Item<'q> {
    pub(super) place: Place,
    pub(super) cert: Cert<'q>,
    /// Whether it breaks a rule for issuers by itself.
    pub(super) is_flawed: bool,
}

impl Item<'_> {
    pub(super) fn is_anchor(&self) -> bool {
        matches!(self.place, Place::Anchor(_))
    }
}

impl<'q> Bag<'q> {
    /// The leaf may be among the anchors or in the bag as well: as an anchor it counts again.
    pub(super) fn read(question: &Question<'q>) -> Result<Self, Rule> {
        let count = question.anchors.len() + question.bag.len() + question.crls.len();
        if u32::try_from(count).is_ok_and(|count| count > question.budget.objects) {
            return Err(Rule::BudgetObjects);
        }
        let mut bag = Self {
            certs: Vec::new(),
            crls: Vec::new(),
            unreadable: Vec::new(),
            by_subject: HashMap::new(),
        };
        let anchors = question.anchors.iter().enumerate();
        let anchors = anchors.map(|(index, der)| (Place::Anchor(index), *der));
        let others = question.bag.iter().enumerate();
        let others = others.map(|(index, der)| (Place::Bag(index), *der));
        bag.add(Place::Leaf, question.leaf, question);
        let mut seen = HashSet::new();
        for (place, der) in anchors.chain(others) {
            let again = !seen.insert(der);
            let is_leaf = der == question.leaf && matches!(place, Place::Bag(_));
            if !again && !is_leaf {
                bag.add(place, der, question);
            }
        }
        for (index, der) in question.crls.iter().enumerate() {
            let place = Place::Crl(index);
            match Crl::read(der) {
                Ok(crl) => bag.crls.push((place, crl)),
                Err(refusal) => bag.refuse(place, Rule::CrlForm, refusal),
            }
        }
        Ok(bag)
    }

    pub(super) fn leaf(&self) -> Option<usize> {
        let first = self.certs.first();
        first.filter(|item| item.place == Place::Leaf).map(|_| 0)
    }

    /// Every certificate with that subject, in the order of arrival, anchors first.
    pub(super) fn named(&self, subject: &DirName) -> &[usize] {
        let found = self.by_subject.get(&subject.key());
        found.map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, place: Place, der: &'q [u8], question: &Question<'q>) {
        let limit = usize::try_from(question.budget.bytes).unwrap_or(usize::MAX);
        if der.len() > limit {
            let why = Check::failed(
                Rule::BudgetObjects,
                format!(
                    "The object has {} bytes; at most {limit} are read.",
                    der.len()
                ),
            );
            self.unreadable.push(Unreadable { place, why });
            return;
        }
        match Cert::read(der) {
            Ok(cert) => {
                let same = self.by_subject.entry(cert.subject.key()).or_default();
                same.push(self.certs.len());
                let is_flawed = flaw::of_issuer(&cert, question.at).is_some();
                self.certs.push(Item {
                    place,
                    cert,
                    is_flawed,
                });
            }
            Err(refusal) => self.refuse(place, Rule::CertificateForm, refusal),
        }
    }

    fn refuse(&mut self, place: Place, rule: Rule, refusal: Refusal) {
        let kind = if rule == Rule::CrlForm {
            "revocation list"
        } else {
            "certificate"
        };
        let what = match refusal.at {
            Some(at) => format!(
                "The object is no {kind}: it {} (at byte {at}).",
                refusal.why.0
            ),
            None => format!("The object is no {kind}: it {}.", refusal.why.0),
        };
        let why = Check::failed(rule, what);
        self.unreadable.push(Unreadable { place, why });
    }
}
