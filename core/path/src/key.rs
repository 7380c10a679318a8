use const_oid::ObjectIdentifier;
use der::Tag;

use super::tlv::{one, sequence};

/// A key as a signer uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WorkingKey<'a> {
    /// SubjectPublicKeyInfo.
    pub(super) spki: &'a [u8],
    algorithm: Option<Algorithm<'a>>,
    /// The one above that its missing parameters come from.
    inherited: Option<Algorithm<'a>>,
}

/// AlgorithmIdentifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Algorithm<'a> {
    whole: &'a [u8],
    /// What it names, as received; nothing if there is none.
    kind: &'a [u8],
    has_parameters: bool,
}

/// DER of id-dsa, RFC 3279 section 2.3.2: the one algorithm whose keys inherit.
const DSA: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];

impl<'a> WorkingKey<'a> {
    pub(super) fn new(spki: &'a [u8]) -> Self {
        Self {
            spki,
            algorithm: Algorithm::of(spki),
            inherited: None,
        }
    }

    /// RFC 5280 section 6.1.4 (d) to (f), for the key of the next certificate: without parameters it
    /// takes those of a key above of the same algorithm.
    pub(super) fn above(self, next: Self) -> Self {
        let pair = next.algorithm.zip(self.inherited.or(self.algorithm));
        let inherits = |(own, above): &(Algorithm<'_>, Algorithm<'_>)| {
            !own.has_parameters && above.has_parameters && own.oid() == above.oid()
        };
        Self {
            inherited: pair.filter(inherits).map(|(_, above)| above),
            ..next
        }
    }

    /// The AlgorithmIdentifier above that its missing parameters come from.
    pub(super) fn inherited(self) -> Option<&'a [u8]> {
        self.inherited.map(|above| above.whole)
    }

    /// Whether the key says nothing without one above it.
    pub(super) fn lacks_parameters(self) -> bool {
        let lacks = |own: Algorithm<'_>| own.kind == DSA && !own.has_parameters;
        self.algorithm.is_some_and(lacks)
    }
}

impl<'a> Algorithm<'a> {
    fn of(spki: &'a [u8]) -> Option<Self> {
        let algorithm = sequence(spki).ok()?.elements().ok()?.next()?;
        let mut parts = algorithm.elements().unwrap_or_default();
        let kind = parts.next();
        let parameters = parts.next().filter(|_| algorithm.tag == Tag::Sequence);
        Some(Self {
            whole: algorithm.whole,
            kind: kind.map_or(&[], |kind| kind.whole),
            has_parameters: parameters.is_some_and(|found| found.tag != Tag::Null),
        })
    }

    fn oid(&self) -> Option<ObjectIdentifier> {
        one(self.kind).and_then(|kind| kind.oid()).ok()
    }
}
