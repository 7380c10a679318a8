use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::cert::{Cert, Refusal};
use super::crl::Crl;
use super::flaw;
use super::name::{DirName, Names};
use super::walk::Descents;
use super::{Check, Place, Question, Rule, Unreadable};
use crate::UnixTime;

/// What is at hand under any leaf: each object that can be read, once.
pub(super) struct Shelf<'q> {
    certs: Vec<Item<'q>>,
    crls: Vec<(Place, Crl<'q>)>,
    unreadable: Vec<Unreadable>,
    names: Names<'q>,
    by_subject: BTreeMap<DirName, Vec<usize>>,
    pub(super) descents: Descents,
}

/// A leaf, and the shelf behind it. The leaf has index 0.
pub(super) struct Bag<'b, 'q> {
    shelf: &'b Shelf<'q>,
    leaf: Option<Item<'q>>,
    /// The index of the leaf's double on the shelf, which does not count.
    double: Option<usize>,
    pub(super) unreadable: Vec<Unreadable>,
}

pub(super) struct Item<'q> {
    pub(super) place: Place,
    pub(super) cert: Cert<'q>,
    flaw: OnceCell<Option<Check>>,
}

impl Item<'_> {
    /// The first rule for issuers or for anchors that it breaks by itself.
    pub(super) fn flaw(&self, at: UnixTime) -> Option<&Check> {
        let find = || match self.is_anchor() {
            true => flaw::of_anchor(&self.cert, at),
            false => flaw::of_issuer(&self.cert, at),
        };
        self.flaw.get_or_init(find).as_ref()
    }

    pub(super) fn is_anchor(&self) -> bool {
        matches!(self.place, Place::Anchor(_))
    }
}

impl<'q> Shelf<'q> {
    pub(super) fn read(question: &Question<'q>) -> Result<Self, Rule> {
        let count = question.anchors.len() + question.bag.len() + question.crls.len();
        if u32::try_from(count).is_ok_and(|count| count > question.budget.objects) {
            return Err(Rule::BudgetObjects);
        }
        let mut shelf = Self {
            certs: Vec::with_capacity(question.anchors.len() + question.bag.len()),
            crls: Vec::new(),
            unreadable: Vec::new(),
            names: Names::default(),
            by_subject: BTreeMap::new(),
            descents: Descents::default(),
        };
        let anchors = question.anchors.iter().enumerate();
        let anchors = anchors.map(|(index, der)| (Place::Anchor(index), *der));
        let others = question.bag.iter().enumerate();
        let others = others.map(|(index, der)| (Place::Bag(index), *der));
        let mut seen = BTreeSet::new();
        for (place, der) in anchors.chain(others) {
            if seen.insert(der) {
                match read(place, der, question, &shelf.names) {
                    Ok(item) => shelf.add(item),
                    Err(why) => shelf.unreadable.push(why),
                }
            }
        }
        for (index, der) in question.crls.iter().enumerate() {
            let place = Place::Crl(index);
            match Crl::read(der) {
                Ok(crl) => shelf.crls.push((place, crl)),
                Err(refusal) => {
                    let why = refused(place, Rule::CrlForm, refusal);
                    shelf.unreadable.push(why);
                }
            }
        }
        Ok(shelf)
    }

    fn add(&mut self, item: Item<'q>) {
        let index = self.certs.len() + 1;
        let subject = item.cert.subject.clone();
        self.names.add(item.cert.subject_der, &subject);
        self.by_subject.entry(subject).or_default().push(index);
        self.certs.push(item);
    }

    fn get(&self, index: usize) -> Option<&Item<'q>> {
        self.certs.get(index.checked_sub(1)?)
    }

    fn named(&self, subject: &DirName) -> &[usize] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Where in the bag the same certificate stands.
    fn double(&self, cert: &Cert<'_>) -> Option<usize> {
        let mut same = self.named(&cert.subject).iter().copied();
        same.find(|index| {
            let item = self.get(*index);
            item.is_some_and(|item| !item.is_anchor() && item.cert.der == cert.der)
        })
    }
}

impl<'b, 'q> Bag<'b, 'q> {
    /// The leaf may be among the anchors or in the bag as well: as an anchor it counts again.
    pub(super) fn new(shelf: &'b Shelf<'q>, question: &Question<'q>) -> Self {
        let is_double =
            |place| matches!(place, Place::Bag(at) if question.bag.get(at) == Some(&question.leaf));
        let (leaf, unread) = match read(Place::Leaf, question.leaf, question, &shelf.names) {
            Ok(leaf) => (Some(leaf), None),
            Err(why) => (None, Some(why)),
        };
        let double = leaf.as_ref().and_then(|leaf| shelf.double(&leaf.cert));
        let others = shelf.unreadable.iter();
        let others = others.filter(|unread| !is_double(unread.place)).cloned();
        Self {
            shelf,
            leaf,
            double,
            unreadable: unread.into_iter().chain(others).collect(),
        }
    }

    /// The leaf's index, if it can be read.
    pub(super) fn leaf(&self) -> Option<usize> {
        self.leaf.as_ref().map(|_| 0)
    }

    pub(super) fn item(&self, index: usize) -> Option<&Item<'q>> {
        match index {
            0 => self.leaf.as_ref(),
            _ if self.double == Some(index) => None,
            _ => self.shelf.get(index),
        }
    }

    pub(super) fn crls(&self) -> &'b [(Place, Crl<'q>)] {
        &self.shelf.crls
    }

    pub(super) fn descents(&self) -> &'b Descents {
        &self.shelf.descents
    }

    /// Every certificate with that subject: the leaf, then in the order of arrival, anchors first.
    pub(super) fn named(&self, subject: &DirName) -> Vec<usize> {
        let is_leaf = |leaf: &Item<'_>| leaf.cert.subject == *subject;
        let leaf = self.leaf.as_ref().is_some_and(is_leaf).then_some(0);
        let behind = self.shelf.named(subject).iter().copied();
        let behind = behind.filter(|index| self.double != Some(*index));
        leaf.into_iter().chain(behind).collect()
    }
}

fn read<'q>(
    place: Place,
    der: &'q [u8],
    question: &Question<'q>,
    names: &Names<'_>,
) -> Result<Item<'q>, Unreadable> {
    let limit = usize::try_from(question.budget.bytes).unwrap_or(usize::MAX);
    if der.len() > limit {
        let bytes = der.len();
        let what = format!("The object has {bytes} bytes; at most {limit} are read.");
        let why = Check::failed(Rule::BudgetObjects, what);
        return Err(Unreadable { place, why });
    }
    let cert =
        Cert::read(der, names).map_err(|refusal| refused(place, Rule::CertificateForm, refusal))?;
    Ok(Item {
        place,
        cert,
        flaw: OnceCell::new(),
    })
}

fn refused(place: Place, rule: Rule, refusal: Refusal) -> Unreadable {
    let kind = if rule == Rule::CrlForm {
        "revocation list"
    } else {
        "certificate"
    };
    let why = refusal.why.0;
    let what = match refusal.at {
        Some(at) => format!("The object is no {kind}: it {why} (at byte {at})."),
        None => format!("The object is no {kind}: it {why}."),
    };
    let why = Check::failed(rule, what);
    Unreadable { place, why }
}
