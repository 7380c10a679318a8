use core::cmp::Ordering;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use der::Tag;

use super::tlv::{Parse, Tlv, elements, one};
use crate::cert::name::{COMMON_NAME, add_der, add_text, string};

/// emailAddress, RFC 5280 section 4.1.2.6.
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// A distinguished name, ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct DirName {
    /// RFC 4514, safe to show, cut to a length that fits into a sentence.
    pub(super) shown: Arc<str>,
    /// What is equal under RFC 5280 section 7.1 is the same here. Each RDN begins with the number of
    /// its attributes and each attribute with its length, so that whatever begins with a whole key
    /// begins with these RDNs.
    key: Arc<[u8]>,
    emails: Vec<String>,
}

/// Names that have been read, by what was received: an issuer's is nearly always somebody's subject.
/// In order rather than by hash, as all that is looked up here: of three certificates that takes
/// fewer steps, and of thousands nobody can choose some that collide.
#[derive(Default)]
pub(super) struct Names<'a>(BTreeMap<&'a [u8], DirName>);

impl<'a> Names<'a> {
    pub(super) fn add(&mut self, whole: &'a [u8], name: &DirName) {
        self.0.insert(whole, name.clone());
    }

    /// As [`DirName::read`].
    pub(super) fn read(&self, whole: &[u8]) -> Parse<DirName> {
        let known = self.0.get(whole).cloned();
        known.map_or_else(|| DirName::read(whole), Ok)
    }
}

/// The longest name in a sentence, in characters.
const SHOWN: usize = 160;

/// AttributeTypeAndValue, as received.
struct Attribute<'a> {
    whole: &'a [u8],
    oid: ObjectIdentifier,
    kind: Tlv<'a>,
    value: Tlv<'a>,
}

/// RelativeDistinguishedName, in the order as received.
type Rdn<'a> = Vec<Attribute<'a>>;

impl DirName {
    /// A name as received.
    pub(super) fn read(whole: &[u8]) -> Parse<Self> {
        let rdns = rdns(whole)?;
        let mut key = Vec::with_capacity(whole.len() + rdns.len() * ROOM);
        for rdn in &rdns {
            add_rdn(&mut key, rdn.iter().map(|one| [one.kind, one.value]));
        }
        Ok(Self {
            key: key.into(),
            emails: words(&rdns, EMAIL_ADDRESS),
            shown: brief(rfc4514(rdns, whole.len())).into(),
        })
    }

    /// This name with one more RDN below it: a distribution point relative to the issuer (RFC 5280
    /// section 4.2.1.13).
    pub(super) fn below(&self, rdn: &[u8]) -> Parse<Self> {
        let attributes = elements(rdn)?.read(|attribute| attribute.exactly())?;
        let mut key = self.key.to_vec();
        add_rdn(&mut key, attributes.into_iter());
        Ok(Self {
            key: key.into(),
            ..self.clone()
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// Whether `self` lies within the subtree of `base` (RFC 5280 section 4.2.1.10).
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.key.starts_with(&base.key)
    }

    pub(super) fn emails(&self) -> &[String] {
        &self.emails
    }
}

impl PartialEq for DirName {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for DirName {}

impl Ord for DirName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for DirName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Attribute<'a> {
    fn read(tlv: &Tlv<'a>) -> Parse<Self> {
        let [kind, value] = tlv.tagged(Tag::Sequence)?.exactly()?;
        Ok(Self {
            whole: tlv.whole,
            oid: kind.oid()?,
            kind,
            value,
        })
    }

    fn words(&self) -> Option<Cow<'a, str>> {
        string(self.value.tag, self.value.value)
    }

    fn flaw(&self) -> Option<&'static str> {
        let Some(words) = self.words() else {
            let texts = [
                Tag::Utf8String,
                Tag::PrintableString,
                Tag::Ia5String,
                Tag::BmpString,
            ];
            return texts
                .contains(&self.value.tag)
                .then_some("holds characters that its type does not have");
        };
        let limit = LIMITS.iter().find(|(oid, _)| *oid == self.oid);
        let count = words.chars().count();
        if count == 0 {
            Some("is empty")
        } else if self.oid == COUNTRY && count != 2 {
            Some("is no country code of two letters")
        } else if limit.is_some_and(|(_, most)| count > *most) {
            Some("is too long")
        } else {
            None
        }
    }
}

/// The common names of a name as received.
pub(super) fn common_names(whole: &[u8]) -> Vec<String> {
    rdns(whole).map_or_else(|_| Vec::new(), |rdns| words(&rdns, COMMON_NAME))
}

/// The most characters of attributes that are in use: the upper bounds of RFC 5280 appendix A.1.
const LIMITS: [(ObjectIdentifier, usize); 7] = [
    (COMMON_NAME, 64),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), 64),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), 128),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), 128),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), 64),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), 64),
    (EMAIL_ADDRESS, 255),
];

/// countryName: two letters.
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");

/// What the modules of RFC 5280 appendix A.1 do not allow in a name that can be read: the attribute, and what is
/// wrong with it.
pub(super) fn flaw(whole: &[u8]) -> Option<(Option<ObjectIdentifier>, &'static str)> {
    let rdns = rdns(whole).ok()?;
    if rdns.iter().any(Vec::is_empty) {
        return Some((None, "has a part without attributes"));
    }
    let mut attributes = rdns.iter().flatten();
    attributes.find_map(|attribute| {
        let flaw = attribute.flaw()?;
        Some((Some(attribute.oid), flaw))
    })
}

fn rdns(whole: &[u8]) -> Parse<Vec<Rdn<'_>>> {
    let rdns = one(whole)?.tagged(Tag::Sequence)?.elements()?;
    rdns.read(|rdn| rdn.tagged(Tag::Set)?.elements()?.read(Attribute::read))
}

/// What the attributes of one kind say, where it is text.
fn words(rdns: &[Rdn<'_>], kind: ObjectIdentifier) -> Vec<String> {
    let attributes = rdns.iter().flatten().filter(|one| one.oid == kind);
    let words = attributes.filter_map(Attribute::words);
    words.map(Cow::into_owned).collect()
}

/// As [`crate::cert::name::rfc4514`] writes it.
fn rfc4514(rdns: Vec<Rdn<'_>>, room: usize) -> String {
    let mut out = String::with_capacity(room);
    for (at, mut rdn) in rdns.into_iter().rev().enumerate() {
        if at > 0 {
            out.push(',');
        }
        // DER's order (X.690 section 11.6), whether the issuer kept it or not.
        rdn.sort_unstable_by_key(|one| one.whole);
        for (at, one) in rdn.iter().enumerate() {
            if at > 0 {
                out.push('+');
            }
            match one.words() {
                Some(words) => add_text(&mut out, &one.oid, &words),
                None => add_der(&mut out, &one.oid, one.value.whole),
            }
        }
    }
    out
}

/// What an RDN of one attribute adds to its key.
const ROOM: usize = 2 * size_of::<usize>();

/// One more RDN in a key; its attributes in an order that is always the same.
fn add_rdn<'a>(key: &mut Vec<u8>, mut attributes: impl ExactSizeIterator<Item = [Tlv<'a>; 2]>) {
    key.extend(attributes.len().to_be_bytes());
    if attributes.len() == 1 {
        attributes.for_each(|one| add_attribute(key, &one));
        return;
    }
    let mut sorted: Vec<Vec<u8>> = Vec::with_capacity(attributes.len());
    for one in attributes.by_ref() {
        let mut added = Vec::new();
        add_attribute(&mut added, &one);
        sorted.push(added);
    }
    sorted.sort();
    key.extend(sorted.concat());
}

/// Type and value of an attribute behind their length, such that bytes are equal where RFC 5280
/// section 7.1 says that the values are: without regard to case, string type and the number of
/// spaces.
fn add_attribute(key: &mut Vec<u8>, [kind, value]: &[Tlv<'_>; 2]) {
    let from = key.len();
    key.extend([0; size_of::<usize>()]);
    let start = key.len();
    key.extend(kind.whole);
    match string(value.tag, value.value) {
        Some(words) => {
            key.push(b'=');
            add_folded(key, &words);
        }
        None => key.extend(value.whole),
    }
    let length = (key.len() - start).to_be_bytes();
    for (place, byte) in key.iter_mut().skip(from).zip(length) {
        *place = byte;
    }
}

/// RFC 4518 section 2.6.1: outer spaces go, inner ones become one.
fn add_folded(key: &mut Vec<u8>, words: &str) {
    let folded = words.to_lowercase();
    let parts = folded.split(' ').filter(|part| !part.is_empty());
    for (at, part) in parts.enumerate() {
        if at > 0 {
            key.push(b' ');
        }
        key.extend(part.as_bytes());
    }
}

fn brief(text: String) -> String {
    // So many bytes are no more characters.
    if text.len() <= SHOWN || text.chars().count() <= SHOWN {
        return text;
    }
    let mut cut: String = text.chars().take(SHOWN).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use x509_cert::name::Name;

    use super::*;
    use crate::path::tlv::Malformed;

    type Rdns = Vec<Vec<Vec<u8>>>;

    /// An independent reading: nested lists, and the text by way of `x509-cert`.
    fn by_hand(whole: &[u8]) -> Parse<(Rdns, String)> {
        let mut rdns = Vec::new();
        for rdn in one(whole)?.tagged(Tag::Sequence)?.elements()? {
            let mut attributes = Vec::new();
            for attribute in rdn.tagged(Tag::Set)?.elements()? {
                let [kind, value] = attribute.tagged(Tag::Sequence)?.exactly()?;
                kind.oid()?;
                let mut out = kind.whole.to_vec();
                match string(value.tag, value.value) {
                    Some(words) => {
                        let folded = words.to_lowercase();
                        let parts: Vec<&str> =
                            folded.split(' ').filter(|part| !part.is_empty()).collect();
                        out.push(b'=');
                        out.extend(parts.join(" ").bytes());
                    }
                    None => out.extend(value.whole),
                }
                attributes.push(out);
            }
            attributes.sort();
            rdns.push(attributes);
        }
        let name = Name::from_der(whole).map_err(Malformed::from);
        Ok((rdns, crate::cert::name::rfc4514(&name.unwrap())))
    }

    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u8::try_from(content.len()).unwrap();
        let header: &[u8] = if length < 0x80 { &[tag] } else { &[tag, 0x81] };
        [header, &[length], &content].concat()
    }

    fn attribute(arc: u8, tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(0x30, &[&tlv(6, &[&[0x55, 4, arc]]), &tlv(tag, &[value])])
    }

    /// Names with one and several attributes, in and out of order, of each kind of value, and with
    /// what text can hold.
    fn examples() -> Vec<Vec<u8>> {
        let set = |attributes: &[&[u8]]| tlv(0x31, attributes);
        let (a, b) = (attribute(3, 0x0c, b"#A  b "), attribute(10, 0x13, b"a B"));
        let odd = attribute(3, 0x0c, "\u{202e}\u{130},ß+".as_bytes());
        let (c, d) = (attribute(3, 0x1e, b"\0A\0 "), attribute(98, 4, b"x"));
        let (e, f) = (attribute(6, 0x14, b"\xfc Z"), attribute(3, 5, b""));
        vec![
            tlv(0x30, &[]),
            tlv(0x30, &[&set(&[&a])]),
            tlv(0x30, &[&set(&[&a]), &set(&[&b])]),
            tlv(0x30, &[&set(&[&b, &a]), &set(&[]), &set(&[&odd])]),
            tlv(0x30, &[&set(&[&a, &b, &c]), &set(&[&d, &e, &f])]),
        ]
    }

    /// Each of them, and each with one byte changed.
    fn variants() -> Vec<Vec<u8>> {
        let mut all = examples();
        for example in examples() {
            for at in 0..example.len() {
                for byte in 0..=0xff {
                    let mut other = example.clone();
                    other[at] = byte;
                    all.push(other);
                }
            }
        }
        all
    }

    #[test]
    fn shows_what_x509_cert_reads() {
        for whole in variants() {
            let (ours, by_hand) = (DirName::read(&whole), by_hand(&whole));
            let shown = by_hand.map(|(_, text)| brief(text));
            assert_eq!(ours.map(|name| name.shown.to_string()), shown);
        }
    }

    #[test]
    fn compares_as_nested_lists_do() {
        let mut good = Vec::new();
        for whole in variants() {
            if let Ok(name) = DirName::read(&whole) {
                good.push((name, by_hand(&whole).unwrap().0));
            }
        }
        assert!(good.len() > 1_000);
        let few = || good.iter().take(400).chain(good.iter().step_by(29));
        for (name, rdns) in few() {
            for (base, base_rdns) in few() {
                assert_eq!(name == base, rdns == base_rdns);
                assert_eq!(name.is_within(base), rdns.starts_with(base_rdns));
            }
        }
    }

    #[test]
    fn one_more_rdn_below() {
        let (a, b) = (attribute(3, 0x0c, b"A"), attribute(10, 0x13, b"B"));
        let name = DirName::read(&tlv(0x30, &[&tlv(0x31, &[&a])])).unwrap();
        let longer = tlv(0x30, &[&tlv(0x31, &[&a]), &tlv(0x31, &[&b, &a])]);
        let longer = DirName::read(&longer).unwrap();
        assert!(name.below(&[b, a].concat()).unwrap() == longer);
        assert!(longer.is_within(&name) && !name.is_within(&longer));
    }

    #[test]
    fn long_names_are_cut() {
        let (fits, long) = ("ä".repeat(160), "ä".repeat(161));
        assert_eq!(brief(fits.clone()), fits);
        assert_eq!(brief(long), fits + "…");
    }
}
