//! What can be read of a certificate that strict reading refuses.

mod name;
mod part;
mod slot;
mod value;

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Extension, text};
use crate::asn1;
use part::Part;
use slot::{Slot, Slots};

/// The fields of a damaged certificate, each taken by its position and tag (RFC 5280 section 4.1) as
/// far as it can be, with what is wrong about it.
///
/// For people to look at, and for nothing else: it holds text and no DER, and nothing makes a
/// [`Summary`](super::Summary) of it, an anchor or a link of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sketch {
    /// 1, 2 or 3, or what stands there instead.
    pub version: Field,
    /// Serial number, upper-case hex as written, without the zero that only keeps the sign bit free.
    pub serial: Field,
    /// Issuer, RFC 4514.
    pub issuer: Field,
    /// First moment of validity; as written if it is no time.
    pub not_before: Field,
    /// Last moment of validity; as written if it is no time.
    pub not_after: Field,
    /// Subject, RFC 4514.
    pub subject: Field,
    /// Type of the public key, and its size if it can be told.
    pub key: Field,
    /// Name and object identifier of the signature algorithm.
    pub signature_algorithm: Field,
    /// Each extension that can be read, in the order of the certificate.
    pub extensions: Vec<Extension>,
    /// What else is wrong, in the order of the bytes.
    pub troubles: Vec<Trouble>,
    /// SHA-1 of the bytes as received, upper-case hex.
    pub sha1: String,
    /// SHA-256 of the bytes as received, upper-case hex.
    pub sha256: String,
    /// How many bytes were received.
    pub size: usize,
}

/// One field of a [`Sketch`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What could be read, safe to show.
    pub value: Option<String>,
    /// Why it could not, or what is wrong about it all the same.
    pub trouble: Option<Trouble>,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trouble {
    /// Byte of what was received.
    pub at: usize,
    /// One sentence.
    pub what: String,
}

/// The most of [`Sketch::troubles`].
const MAX_TROUBLES: usize = 50;

impl Sketch {
    /// Reads what can be read. There is always a sketch, of any bytes.
    pub fn read(bytes: &[u8]) -> Self {
        let tree = asn1::tree(bytes);
        let root = Part::root(&tree, bytes);
        let slots = Slots::of(root);
        let mut troubles = slots.troubles(root);
        let (extensions, damaged) = value::extensions(slots.part(Slot::Extensions));
        troubles.extend(damaged);
        if tree.truncated {
            let what = format!("Only the first {} parts were looked at.", asn1::MAX_NODES);
            let at = tree.nodes.last().map_or(0, |node| node.at);
            troubles.push(Trouble { at, what });
        }
        troubles.sort();
        troubles.dedup();
        troubles.truncate(MAX_TROUBLES);
        let (not_before, not_after) = value::validity(&slots);
        Self {
            version: value::version(&slots),
            serial: value::serial(&slots),
            issuer: name::field(&slots, Slot::Issuer),
            not_before,
            not_after,
            subject: name::field(&slots, Slot::Subject),
            key: value::key(&slots),
            signature_algorithm: value::algorithm(&slots),
            extensions,
            troubles,
            sha1: text::hex(&Sha1::digest(bytes)),
            sha256: text::hex(&Sha256::digest(bytes)),
            size: bytes.len(),
        }
    }

    /// Whether some bytes have enough of a certificate's outline that a sketch of them is worth looking
    /// at: all but one of its SEQUENCEs, in their order.
    pub fn is_likely(bytes: &[u8]) -> bool {
        if bytes.first() != Some(&0x30) {
            return false;
        }
        let tree = asn1::tree(bytes);
        Slots::of(Part::root(&tree, bytes)).is_likely()
    }
}

impl Field {
    fn good(value: String) -> Self {
        Self {
            value: Some(value),
            trouble: None,
        }
    }

    /// The same, with a trouble unless there is one already.
    fn but(mut self, trouble: Option<Trouble>) -> Self {
        self.trouble = self.trouble.or(trouble);
        self
    }

    fn unread(trouble: Trouble) -> Self {
        Self {
            value: None,
            trouble: Some(trouble),
        }
    }
}

impl Trouble {
    fn new(at: usize, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { at, what }
    }
}

impl core::fmt::Display for Trouble {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sentence = self.what.trim_end_matches('.');
        write!(f, "{sentence} (at byte {}).", self.at)
    }
}
