use core::cmp::Ordering;
use core::ops::Deref;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use const_oid::ObjectIdentifier;

use super::oid::Number;
use super::tlv::{Parse, Tag, Tlv, elements, sequence};
use crate::x509::name::{COMMON_NAME, add_der, add_text, string};

/// emailAddress, RFC 5280 section 4.1.2.6.
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// A distinguished name, ready to be compared. It stands in many places: behind one pointer.
#[derive(Clone, Debug)]
pub(super) struct DirName(Arc<Name>);

/// What a [`DirName`] points to.
#[derive(Debug)]
pub(super) struct Name {
    /// RFC 4514, safe to show, cut to a length that fits into a sentence.
    pub(super) shown: Arc<str>,
    /// What is equal under RFC 5280 section 7.1 is the same here. Each RDN begins with the number of
    /// its attributes and each attribute with its length, so that whatever begins with a whole key
    /// begins with these RDNs.
    key: Vec<u8>,
    /// Addresses of electronic mail; one that is no text is empty, and so none.
    emails: Vec<String>,
    /// What RFC 5280 appendix A.1 does not allow in it: the attribute, and what is wrong with it.
    pub(super) flaw: Option<(Option<Arc<str>>, &'static str)>,
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
    oid: Number<'a>,
    pair: Pair<'a>,
    flaw: Option<&'static str>,
}

/// Type and value of an attribute.
struct Pair<'a> {
    kind: &'a [u8],
    value: &'a [u8],
    /// The value, if it is text.
    words: Option<Cow<'a, str>>,
}

/// RelativeDistinguishedName, in the order as received. One attribute needs no list: there is
/// seldom another.
enum Rdn<'a> {
    One(Attribute<'a>),
    Other(Vec<Attribute<'a>>),
}

impl DirName {
    /// A name as received.
    pub(super) fn read(whole: &[u8]) -> Parse<Self> {
        let rdns = rdns(whole)?;
        let mut key = Vec::with_capacity(whole.len() + rdns.len() * ROOM);
        for rdn in &rdns {
            add_rdn(&mut key, rdn.as_slice().iter().map(|one| &one.pair));
        }
        Ok(Self::from(Name {
            key,
            emails: emails(&rdns),
            flaw: first_flaw(&rdns),
            shown: brief(rfc4514(rdns, whole.len())).into(),
        }))
    }

    /// This name with one more RDN below it: a distribution point relative to the issuer (RFC 5280
    /// section 4.2.1.13).
    pub(super) fn below(&self, rdn: &[u8]) -> Parse<Self> {
        let mut attributes = Vec::new();
        for attribute in elements(rdn)? {
            attributes.push(Pair::new(attribute.exactly()?));
        }
        let mut key = self.key.clone();
        add_rdn(&mut key, attributes.iter());
        Ok(Self::from(Name {
            key,
            shown: self.shown.clone(),
            emails: self.emails.clone(),
            flaw: self.flaw.clone(),
        }))
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

impl From<Name> for DirName {
    fn from(name: Name) -> Self {
        Self(Arc::new(name))
    }
}

impl Deref for DirName {
    type Target = Name;

    fn deref(&self) -> &Name {
        &self.0
    }
}

impl PartialEq for DirName {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.key == other.key
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
        let [kind, value] = tlv.tagged(Tag::SEQUENCE)?.exactly()?;
        let (oid, pair) = (kind.number()?, Pair::new([kind, value]));
        Ok(Self {
            whole: tlv.whole,
            oid,
            flaw: flaw(oid, value.tag, pair.words.as_deref()),
            pair,
        })
    }
}

impl<'a> Pair<'a> {
    fn new([kind, value]: [Tlv<'a>; 2]) -> Self {
        Self {
            kind: kind.whole,
            value: value.whole,
            words: string(value.tag, value.value),
        }
    }
}

impl<'a> Rdn<'a> {
    fn read(tlv: &Tlv<'a>) -> Parse<Self> {
        let set = tlv.tagged(Tag::SET)?;
        let attributes = set.elements()?;
        if attributes.len() == 1
            && let Some(only) = attributes.into_iter().next()
        {
            return Ok(Self::One(Attribute::read(&only)?));
        }
        Ok(Self::Other(set.read(Attribute::read)?))
    }

    fn as_slice(&self) -> &[Attribute<'a>] {
        match self {
            Self::One(only) => core::slice::from_ref(only),
            Self::Other(attributes) => attributes,
        }
    }
}

/// A name as received, as [`crate::x509::name::rfc4514`] writes it; `None` if it is none. It may hold UniversalString,
/// which `x509-cert` does not read.
pub fn shown_name(whole: &[u8]) -> Option<String> {
    Some(rfc4514(rdns(whole).ok()?, whole.len()))
}

/// The common names of a name as received.
pub(super) fn common_names(whole: &[u8]) -> Vec<String> {
    rdns(whole).map_or_else(
        |_| Vec::new(),
        |rdns| {
            let texts = words(&rdns, COMMON_NAME).flatten();
            texts.map(str::to_owned).collect()
        },
    )
}

/// The most characters of attributes that are in use: the upper bounds of RFC 5280 appendix A.1.
const LIMITS: [(usize, &[ObjectIdentifier]); 3] = [
    (
        64,
        &[
            COMMON_NAME,
            ObjectIdentifier::new_unwrap("2.5.4.5"),
            ObjectIdentifier::new_unwrap("2.5.4.10"),
            ObjectIdentifier::new_unwrap("2.5.4.11"),
        ],
    ),
    (
        128,
        &[
            ObjectIdentifier::new_unwrap("2.5.4.7"),
            ObjectIdentifier::new_unwrap("2.5.4.8"),
        ],
    ),
    (255, &[EMAIL_ADDRESS]),
];

/// countryName: two letters.
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");

fn is_too_long(oid: Number<'_>, words: &str) -> bool {
    let above = |most: usize| words.len() > most && words.chars().count() > most;
    let mut limits = LIMITS.iter();
    limits.any(|(most, kinds)| above(*most) && kinds.iter().any(|kind| oid == *kind))
}

/// What the modules of RFC 5280 appendix A.1 do not allow in an attribute that can be read.
fn flaw(oid: Number<'_>, tag: Tag, words: Option<&str>) -> Option<&'static str> {
    let Some(words) = words else {
        let is_text = matches!(
            tag,
            Tag::UTF8_STRING
                | Tag::PRINTABLE_STRING
                | Tag::IA5_STRING
                | Tag::BMP_STRING
                | Tag::UNIVERSAL_STRING
        );
        return is_text.then_some("holds characters that its type does not have");
    };
    if words.is_empty() {
        Some("is empty")
    } else if oid == COUNTRY && words.chars().count() != 2 {
        Some("is no country code of two letters")
    } else if is_too_long(oid, words) {
        Some("is too long")
    } else {
        None
    }
}

/// The first flaw of a name: the attribute, and what is wrong with it.
fn first_flaw(rdns: &[Rdn<'_>]) -> Option<(Option<Arc<str>>, &'static str)> {
    let is_empty = |rdn: &Rdn<'_>| rdn.as_slice().is_empty();
    if rdns.iter().any(is_empty) {
        return Some((None, "has a part without attributes"));
    }
    let mut attributes = rdns.iter().flat_map(Rdn::as_slice);
    attributes.find_map(|one| one.flaw.map(|flaw| (Some(one.oid.named().into()), flaw)))
}

fn rdns(whole: &[u8]) -> Parse<Vec<Rdn<'_>>> {
    sequence(whole)?.read(Rdn::read)
}

/// What the attributes of one kind say, `None` where it is no text.
fn words<'r>(rdns: &'r [Rdn<'_>], kind: ObjectIdentifier) -> impl Iterator<Item = Option<&'r str>> {
    let attributes = rdns.iter().flat_map(Rdn::as_slice);
    let attributes = attributes.filter(move |one| one.oid == kind);
    attributes.map(|one| one.pair.words.as_deref())
}

/// RFC 5280 section 4.2.1.10: constraints apply to each of them, whatever its type.
fn emails(rdns: &[Rdn<'_>]) -> Vec<String> {
    let all = words(rdns, EMAIL_ADDRESS);
    all.map(|words| words.unwrap_or_default().to_owned())
        .collect()
}

/// As [`crate::x509::name::rfc4514`] writes it.
fn rfc4514(rdns: Vec<Rdn<'_>>, room: usize) -> String {
    let mut out = String::with_capacity(room);
    for (at, mut rdn) in rdns.into_iter().rev().enumerate() {
        if at > 0 {
            out.push(',');
        }
        // DER's order (X.690 section 11.6), whether the issuer kept it or not.
        if let Rdn::Other(attributes) = &mut rdn {
            attributes.sort_unstable_by_key(|one| one.whole);
        }
        for (at, one) in rdn.as_slice().iter().enumerate() {
            if at > 0 {
                out.push('+');
            }
            match &one.pair.words {
                Some(words) => add_text(&mut out, one.oid, words),
                None => add_der(&mut out, one.oid, one.pair.value),
            }
        }
    }
    out
}

/// What an RDN of one attribute adds to its key.
const ROOM: usize = 2 * size_of::<usize>();

/// One more RDN in a key; its attributes in an order that is always the same.
fn add_rdn<'a>(key: &mut Vec<u8>, attributes: impl ExactSizeIterator<Item = &'a Pair<'a>>) {
    key.extend(attributes.len().to_be_bytes());
    if attributes.len() == 1 {
        attributes.for_each(|one| add_attribute(key, one));
        return;
    }
    let mut sorted: Vec<Vec<u8>> = Vec::with_capacity(attributes.len());
    for one in attributes {
        let mut added = Vec::new();
        add_attribute(&mut added, one);
        sorted.push(added);
    }
    sorted.sort();
    key.extend(sorted.concat());
}

/// Type and value of an attribute behind their length, such that bytes are equal where RFC 5280
/// section 7.1 says that the values are: without regard to case, string type and the number of
/// spaces.
fn add_attribute(key: &mut Vec<u8>, pair: &Pair<'_>) {
    let from = key.len();
    key.extend([0; size_of::<usize>()]);
    let start = key.len();
    key.extend(pair.kind);
    match &pair.words {
        Some(words) => {
            key.push(b'=');
            add_folded(key, words);
        }
        None => key.extend(pair.value),
    }
    let length = (key.len() - start).to_be_bytes();
    for (place, byte) in key.iter_mut().skip(from).zip(length) {
        *place = byte;
    }
}

/// RFC 4518: what cannot be seen goes and what separates is a space (section 2.2), case does not count,
/// outer spaces go and inner ones become one (section 2.6.1). Its tables are not at hand: case is folded
/// to lower case only, and nothing is brought into normalization form KC (section 2.3), so that a letter
/// with its accent and the same as two characters are different.
fn add_folded(key: &mut Vec<u8>, words: &str) {
    // Without a branch for each byte: of nearly all text all of it is plain.
    let is_other = |byte: u8| byte.wrapping_sub(b' ') > b'~' - b' ';
    if words.bytes().fold(false, |any, byte| any | is_other(byte)) {
        let mapped: String = words.chars().filter_map(mapped).collect();
        add_parts(key, &mapped.to_lowercase());
        return;
    }
    let from = key.len();
    add_parts(key, words);
    let added = key.get_mut(from..).unwrap_or_default();
    added.make_ascii_lowercase();
}

/// Section 2.2 of RFC 4518, without its folding of case.
fn mapped(c: char) -> Option<char> {
    match c {
        '\t'..='\r'
        | '\u{85}'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => Some(' '),
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{1806}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2063}'
        | '\u{206a}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0001}'
        | '\u{e0020}'..='\u{e007f}' => None,
        c => Some(c),
    }
}

fn add_parts(key: &mut Vec<u8>, words: &str) {
    let parts = words.as_bytes().split(|byte| *byte == b' ');
    let parts = parts.filter(|part| !part.is_empty());
    for (at, part) in parts.enumerate() {
        if at > 0 {
            key.push(b' ');
        }
        key.extend(part);
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
    use x509_cert::name::Name as X509Name;

    use super::*;
    use crate::tlv::one;

    type Rdns = Vec<Vec<Vec<u8>>>;

    /// An independent reading: nested lists, and the text by way of `x509-cert`.
    fn by_hand(whole: &[u8]) -> Parse<(Rdns, Option<String>)> {
        let mut rdns = Vec::new();
        for rdn in one(whole)?.tagged(Tag::SEQUENCE)?.elements()? {
            let mut attributes = Vec::new();
            for attribute in rdn.tagged(Tag::SET)?.elements()? {
                let [kind, value] = attribute.tagged(Tag::SEQUENCE)?.exactly()?;
                kind.number()?;
                let mut out = kind.whole.to_vec();
                match string(value.tag, value.value) {
                    Some(words) => {
                        let mapped: String = words.chars().filter_map(mapped).collect();
                        let folded = mapped.to_lowercase();
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
        // It knows fewer numbers.
        let name = X509Name::from_der(whole).ok();
        Ok((rdns, name.map(|name| crate::x509::name::rfc4514(&name))))
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

    /// RFC 4518 section 2.2, 2.6.1 and what is left undone of 2.3.
    #[test]
    fn text_is_prepared_to_be_compared() {
        let key = |text: &str| {
            let mut key = Vec::new();
            add_folded(&mut key, text);
            String::from_utf8(key).unwrap()
        };
        for same in [
            "evil corp",
            "  EVIL \t Corp\n",
            "Evil\u{a0}Corp",
            "Ev\u{ad}il\u{3000}\u{2028}Corp",
            "E\u{7f}v\u{200d}il\u{85}Co\u{0}rp",
            "\u{feff}Evil \u{e0041}Corp\u{fe0f}",
        ] {
            assert_eq!(key(same), "evil corp", "{same:?}");
        }
        assert_eq!(
            (key("\u{c4}B~ "), key("\u{ad}")),
            ("\u{e4}b~".into(), String::new())
        );
        assert_ne!(key("e\u{301}"), key("\u{e9}"));
        for c in ['\u{1f}', ' ', '~', '\u{7f}', '\u{80}'] {
            let plain = (' '..='~').contains(&c);
            assert_eq!(mapped(c) == Some(c), plain, "{c:?}");
        }
    }

    #[test]
    fn shows_what_x509_cert_reads() {
        for whole in variants() {
            let (ours, by_hand) = (DirName::read(&whole), by_hand(&whole));
            let shown = by_hand.map(|(_, text)| text.map(brief));
            if shown != Ok(None) {
                let ours = ours.map(|name| Some(name.shown.to_string()));
                assert_eq!(ours, shown);
            }
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
