use std::sync::Arc;

use signet_core::path::Place;

use crate::bench::item::Id;

/// What the places in a report mean.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(super) leaf: Stand,
    pub(super) anchors: Vec<Stand>,
    pub(super) bag: Vec<Stand>,
    pub(super) crls: Vec<Stand>,
}

/// One object that the engine was given.
#[derive(Clone, Debug)]
pub(super) struct Stand {
    /// `None` for a root of the catalogue that does not lie on the Bench.
    pub(super) id: Option<Id>,
    pub(super) der: Arc<[u8]>,
}

impl Places {
    /// The item at a place; `None` for a root of the catalogue.
    pub(crate) fn item(&self, place: Place) -> Option<Id> {
        self.at(place)?.id
    }

    /// The bytes of the object at a place.
    pub(crate) fn der(&self, place: Place) -> Option<&Arc<[u8]>> {
        Some(&self.at(place)?.der)
    }

    fn at(&self, place: Place) -> Option<&Stand> {
        match place {
            Place::Anchor(index) => self.anchors.get(index),
            Place::Bag(index) => self.bag.get(index),
            Place::Crl(index) => self.crls.get(index),
            Place::Leaf => Some(&self.leaf),
        }
    }
}

/// The bytes alone, as the engine wants them.
pub(super) fn bytes(stands: &[Stand]) -> Vec<&[u8]> {
    stands.iter().map(|stand| &*stand.der).collect()
}
