use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use const_oid::ObjectIdentifier;

use super::Identity;
use super::ext::{self, Extension, Kinds, Known, NO_REVOCATION};
use super::key::WorkingKey;
use super::name::{self, DirName, Names};
use super::oid::Number;
use super::time::Moment;
use super::tlv::{Malformed, NOT_DER, Parse, Tag, Tlv, WRONG_SHAPE, integer, one, sequence};
use crate::x509::signed::{Flaw, Signed};

/// A certificate, every part as received.
#[derive(Debug)]
pub(super) struct Cert<'a> {
    pub(super) der: &'a [u8],
    pub(super) tbs: &'a [u8],
    /// AlgorithmIdentifier inside and outside of what was signed.
    pub(super) inner_algorithm: &'a [u8],
    pub(super) outer_algorithm: &'a [u8],
    /// What the outer one names.
    pub(super) algorithm: Number<'a>,
    pub(super) signature: &'a [u8],
    /// One to three.
    pub(super) version: u8,
    pub(super) serial: &'a [u8],
    pub(super) issuer: DirName,
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
    pub(super) subject: DirName,
    /// The subject as received.
    pub(super) subject_der: &'a [u8],
    pub(super) spki: &'a [u8],
    pub(super) key: WorkingKey<'a>,
    pub(super) has_unique_identifier: bool,
    pub(super) extensions: Vec<Extension<'a>>,
    kinds: Kinds,
    pub(super) known: Known<'a>,
    /// Made when first asked for: an authority of a fleet stands in thousands of reports.
    repeated: OnceCell<Option<usize>>,
    identity: OnceCell<Arc<Identity>>,
}

/// Why an object is not a certificate, and where if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) at: Option<usize>,
    pub(super) why: Malformed,
}

impl From<Malformed> for Refusal {
    fn from(why: Malformed) -> Self {
        Self { at: None, why }
    }
}

/// The three parts that certificates and lists share.
pub(super) struct Envelope<'a> {
    pub(super) body: Tlv<'a>,
    pub(super) algorithm: &'a [u8],
    /// What the algorithm names.
    pub(super) oid: Number<'a>,
    pub(super) signature: &'a [u8],
}

impl<'a> Envelope<'a> {
    pub(super) fn open(der: &'a [u8]) -> Result<Self, Refusal> {
        Self::read(der).map_err(|_| refusal(der))
    }

    fn read(der: &'a [u8]) -> Parse<Self> {
        let [body, algorithm, signature] = sequence(der)?.exactly()?;
        let mut parts = algorithm.tagged(Tag::SEQUENCE)?.elements()?;
        let oid = parts.next().ok_or(WRONG_SHAPE)?.number()?;
        if parts.len() > 1 {
            return Err(WRONG_SHAPE);
        }
        let [0, signature @ ..] = signature.tagged(Tag::BIT_STRING)?.value else {
            return Err(HALF_BYTES);
        };
        Ok(Self {
            body,
            algorithm: algorithm.whole,
            oid,
            signature,
        })
    }
}

const HALF_BYTES: Malformed = Malformed("has a signature that is no whole number of bytes");

/// Why bytes are no [`Envelope`]. [`Signed`] reads the same in more steps, and knows where.
fn refusal(der: &[u8]) -> Refusal {
    let (at, why) = match Signed::from_der(der) {
        Err(Flaw::NotDer(at)) => (Some(at), NOT_DER),
        Err(Flaw::TrailingData(at)) => (Some(at), Malformed("has bytes after its end")),
        Ok(_) => (None, HALF_BYTES),
    };
    Refusal { at, why }
}

impl<'a> Cert<'a> {
    pub(super) fn read(der: &'a [u8], names: &Names<'_>) -> Result<Self, Refusal> {
        let Envelope {
            body,
            algorithm,
            oid,
            signature,
        } = Envelope::open(der)?;
        let mut parts = body.tagged(Tag::SEQUENCE)?.elements()?;
        let version = parts.next_if(|part| part.context() == Some(0));
        let version = version.map_or(Ok(1), |part| self::version(&part))?;
        let mut next = |tag: Tag| parts.next().ok_or(WRONG_SHAPE)?.tagged(tag);
        let serial = integer(next(Tag::INTEGER)?.value)?;
        let inner_algorithm = next(Tag::SEQUENCE)?.whole;
        let issuer_der = next(Tag::SEQUENCE)?.whole;
        let issuer = names.read(issuer_der)?;
        let (not_before, not_after) = validity(&next(Tag::SEQUENCE)?)?;
        let subject_der = next(Tag::SEQUENCE)?.whole;
        let subject = if subject_der == issuer_der {
            issuer.clone()
        } else {
            names.read(subject_der)?
        };
        let key = WorkingKey::read(&next(Tag::SEQUENCE)?)?;
        let mut has_unique_identifier = false;
        let mut extensions = Vec::new();
        let mut last = 0;
        for part in parts {
            let number = part.context().filter(|number| *number > last);
            last = number.unwrap_or(0);
            match number {
                Some(1 | 2) => has_unique_identifier = true,
                Some(3) => extensions = ext::list(part.value)?,
                _ => return Err(WRONG_SHAPE.into()),
            }
        }
        Ok(Self {
            der,
            tbs: body.whole,
            inner_algorithm,
            outer_algorithm: algorithm,
            algorithm: oid,
            signature,
            version,
            serial,
            issuer,
            not_before,
            not_after,
            subject,
            subject_der,
            spki: key.spki,
            key,
            has_unique_identifier,
            known: Known::read(&extensions),
            kinds: Kinds::of(&extensions),
            extensions,
            repeated: OnceCell::new(),
            identity: OnceCell::new(),
        })
    }

    /// As reports name it.
    pub(super) fn identity(&self) -> &Arc<Identity> {
        let identity = || Arc::new(Identity::of(self));
        self.identity.get_or_init(identity)
    }

    /// Those of the subject that are text.
    pub(super) fn common_names(&self) -> Vec<String> {
        name::common_names(self.subject_der)
    }

    /// RFC 5280 section 3.2.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    pub(super) fn is_ca(&self) -> bool {
        self.known.basic.is_some_and(|basic| basic.ca)
    }

    pub(super) fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension<'a>> {
        if !self.kinds.may_hold(&oid) {
            return None;
        }
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    /// The first extension that stands there for the second time.
    pub(super) fn repeated(&self) -> Option<Number<'a>> {
        let find = || {
            if usize::try_from(self.kinds.at_least()) == Ok(self.extensions.len()) {
                return None;
            }
            let mut seen = BTreeSet::new();
            let mut kinds = self.extensions.iter().map(|extension| extension.oid);
            kinds.position(|oid| !seen.insert(oid))
        };
        let found = self.repeated.get_or_init(find);
        let extension = self.extensions.get((*found)?);
        extension.map(|extension| extension.oid)
    }

    pub(super) fn is_critical(&self, oid: ObjectIdentifier) -> bool {
        self.extension(oid)
            .is_some_and(|extension| extension.critical)
    }

    /// Whether its issuer says that it never speaks of its revocation: of an authority it cannot (RFC
    /// 9608 section 2).
    pub(super) fn is_never_revoked(&self) -> bool {
        !self.is_ca() && self.extension(NO_REVOCATION).is_some_and(is_null)
    }

    /// Whether the key usage, if there is one, has the bit.
    pub(super) fn may(&self, bit: usize) -> bool {
        self.known.key_usage.is_none_or(|bits| bits.contains(bit))
    }
}

/// Whether the extension says no more than that it is there.
pub(super) fn is_null(extension: &Extension<'_>) -> bool {
    extension.value == [5, 0]
}

fn version(part: &Tlv<'_>) -> Parse<u8> {
    match one(part.value)?.tagged(Tag::INTEGER)?.value {
        [0] => Ok(1),
        [1] => Ok(2),
        [2] => Ok(3),
        _ => Err(Malformed("has a version that does not exist")),
    }
}

fn validity(part: &Tlv<'_>) -> Parse<(Moment, Moment)> {
    let [first, last] = part.exactly()?;
    Ok((Moment::read(&first)?, Moment::read(&last)?))
}
