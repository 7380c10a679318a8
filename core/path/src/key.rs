use super::oid;
use super::tlv::{NOT_DER, Parse, Tag, Tlv, WRONG_SHAPE};

/// A key as a signer uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WorkingKey<'a> {
    /// SubjectPublicKeyInfo.
    pub(super) spki: &'a [u8],
    pub(super) algorithm: Option<Algorithm<'a>>,
    /// What the bit string holds, empty unless that is a whole number of bytes.
    pub(super) body: &'a [u8],
    /// The one above that its missing parameters come from.
    inherited: Option<Algorithm<'a>>,
}

/// AlgorithmIdentifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm<'a> {
    pub(super) whole: &'a [u8],
    /// Content of the object identifier that it names.
    pub(super) kind: &'a [u8],
    pub(super) parameters: Option<Tlv<'a>>,
}

/// Content of id-dsa, RFC 3279 section 2.3.2: the one algorithm whose keys inherit.
const DSA: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];

impl<'a> WorkingKey<'a> {
    /// SubjectPublicKeyInfo, RFC 5280 section 4.1: an algorithm and a bit string, and nothing else.
    pub(super) fn read(spki: &Tlv<'a>) -> Parse<Self> {
        let [algorithm, key] = spki.exactly()?;
        key.tagged(Tag::BIT_STRING)?.bits()?;
        let body = key.value.strip_prefix(&[0]);
        Ok(Self {
            spki: spki.whole,
            algorithm: Some(Algorithm::read(&algorithm)?),
            body: body.unwrap_or_default(),
            inherited: None,
        })
    }

    /// RFC 5280 section 6.1.4 (d) to (f), for the key of the next certificate: without parameters it
    /// takes those of a key above of the same algorithm.
    pub(super) fn above(self, next: Self) -> Self {
        let pair = next.algorithm.zip(self.inherited.or(self.algorithm));
        let inherits = |(own, above): &(Algorithm<'_>, Algorithm<'_>)| {
            !own.has_parameters() && above.has_parameters() && own.kind == above.kind
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
        let lacks = |own: Algorithm<'_>| own.kind == DSA && !own.has_parameters();
        self.algorithm.is_some_and(lacks)
    }
}

impl<'a> Algorithm<'a> {
    fn read(algorithm: &Tlv<'a>) -> Parse<Self> {
        let mut parts = algorithm.tagged(Tag::SEQUENCE)?.elements()?;
        let kind = parts.next().ok_or(WRONG_SHAPE)?;
        let kind = kind.tagged(Tag::OBJECT_IDENTIFIER)?;
        if !oid::is_number(kind.value) {
            return Err(NOT_DER);
        }
        let parameters = parts.next();
        if parts.next().is_some() {
            return Err(WRONG_SHAPE);
        }
        Ok(Self {
            whole: algorithm.whole,
            kind: kind.value,
            parameters,
        })
    }

    fn has_parameters(&self) -> bool {
        self.parameters.is_some_and(|found| found.tag != Tag::NULL)
    }
}
