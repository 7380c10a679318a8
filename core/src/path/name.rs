use const_oid::ObjectIdentifier;
use der::{Decode, Tag};
use x509_cert::name::Name;

use super::tlv::{Parse, Tlv, one};
use crate::cert::name::{COMMON_NAME, rfc4514, string};

/// emailAddress, RFC 5280 section 4.1.2.6.
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// A distinguished name, ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct DirName {
    /// RFC 4514, safe to show, cut to a length that fits into a sentence.
    pub(super) shown: String,
    /// Each RDN as its attributes in order: what is equal under RFC 5280 section 7.1 is the same
    /// here.
    rdns: Vec<Vec<Vec<u8>>>,
    common_names: Vec<String>,
    emails: Vec<String>,
}

/// The longest name in a sentence, in characters.
const SHOWN: usize = 160;

impl DirName {
    /// A name as received.
    pub(super) fn read(whole: &[u8]) -> Parse<Self> {
        let mut rdns = Vec::new();
        let mut emails = Vec::new();
        let mut common_names = Vec::new();
        for rdn in one(whole)?.tagged(Tag::Sequence)?.elements()? {
            let mut attributes = Vec::new();
            for attribute in rdn.tagged(Tag::Set)?.elements()? {
                let [kind, value] = attribute.tagged(Tag::Sequence)?.exactly()?;
                let oid = kind.oid()?;
                let words = string(value.tag, value.value);
                let list = match oid {
                    COMMON_NAME => Some(&mut common_names),
                    EMAIL_ADDRESS => Some(&mut emails),
                    _ => None,
                };
                if let Some((list, words)) = list.zip(words.as_ref()) {
                    list.push(words.clone());
                }
                attributes.push(comparable(&kind, &value, words));
            }
            attributes.sort();
            rdns.push(attributes);
        }
        let shown = Name::from_der(whole)
            .map_or_else(|_| "an unreadable name".into(), |name| rfc4514(&name));
        Ok(Self {
            shown: brief(&shown),
            rdns,
            common_names,
            emails,
        })
    }

    /// This name with one more RDN below it: a distribution point relative to the issuer (RFC 5280
    /// section 4.2.1.13).
    pub(super) fn below(&self, rdn: &[u8]) -> Parse<Self> {
        let mut longer = self.clone();
        let mut attributes = Vec::new();
        for attribute in super::tlv::elements(rdn)? {
            let [kind, value] = attribute.exactly()?;
            let words = string(value.tag, value.value);
            attributes.push(comparable(&kind, &value, words));
        }
        attributes.sort();
        longer.rdns.push(attributes);
        Ok(longer)
    }

    /// The same for equal names, different for others.
    pub(super) fn key(&self) -> &[Vec<Vec<u8>>] {
        &self.rdns
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// Whether `self` lies within the subtree of `base` (RFC 5280 section 4.2.1.10).
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.rdns.starts_with(&base.rdns)
    }

    pub(super) fn common_names(&self) -> &[String] {
        &self.common_names
    }

    pub(super) fn emails(&self) -> &[String] {
        &self.emails
    }
}

impl PartialEq for DirName {
    fn eq(&self, other: &Self) -> bool {
        self.rdns == other.rdns
    }
}

/// Type and value of an attribute, such that bytes are equal where RFC 5280 section 7.1 says that
/// the values are: without regard to case, string type and the number of spaces.
fn comparable(kind: &Tlv<'_>, value: &Tlv<'_>, words: Option<String>) -> Vec<u8> {
    let mut out = kind.whole.to_vec();
    match words {
        Some(words) => {
            // RFC 4518 section 2.6.1: outer spaces go, inner ones become one.
            let folded = words.to_lowercase();
            let parts = folded.split(' ').filter(|part| !part.is_empty());
            out.push(b'=');
            for (at, part) in parts.enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                out.extend(part.as_bytes());
            }
        }
        None => out.extend(value.whole),
    }
    out
}

pub(super) fn brief(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(SHOWN).collect();
    cut.push('…');
    cut
}
