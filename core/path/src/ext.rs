use const_oid::ObjectIdentifier;

use super::constraint::Constraints;
use super::crl::Point;
use super::general::General;
use super::oid::{Number, Policy};
use super::tlv::{Bits, Malformed, Parse, Tag, Tlv, WRONG_SHAPE, integer, one, sequence};

pub(super) const fn ce(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

// RFC 5280 section 4.2.1, and appendix A for the arcs.
pub(super) const SUBJECT_DIRECTORY: ObjectIdentifier = ce("2.5.29.9");
pub(super) const SUBJECT_KEY_ID: ObjectIdentifier = ce("2.5.29.14");
pub(super) const KEY_USAGE: ObjectIdentifier = ce("2.5.29.15");
pub(super) const SUBJECT_ALT_NAME: ObjectIdentifier = ce("2.5.29.17");
pub(super) const ISSUER_ALT_NAME: ObjectIdentifier = ce("2.5.29.18");
pub(super) const BASIC_CONSTRAINTS: ObjectIdentifier = ce("2.5.29.19");
pub(super) const NAME_CONSTRAINTS: ObjectIdentifier = ce("2.5.29.30");
pub(super) const CRL_POINTS: ObjectIdentifier = ce("2.5.29.31");
pub(super) const POLICIES: ObjectIdentifier = ce("2.5.29.32");
pub(super) const POLICY_MAPPINGS: ObjectIdentifier = ce("2.5.29.33");
pub(super) const AUTHORITY_KEY_ID: ObjectIdentifier = ce("2.5.29.35");
pub(super) const POLICY_CONSTRAINTS: ObjectIdentifier = ce("2.5.29.36");
pub(super) const EXTENDED_KEY_USAGE: ObjectIdentifier = ce("2.5.29.37");
pub(super) const FRESHEST_CRL: ObjectIdentifier = ce("2.5.29.46");
pub(super) const INHIBIT_ANY: ObjectIdentifier = ce("2.5.29.54");
/// RFC 9608 section 2.
pub(super) const NO_REVOCATION: ObjectIdentifier = ce("2.5.29.56");
pub(super) const AUTHORITY_INFO: ObjectIdentifier = ce("1.3.6.1.5.5.7.1.1");
pub(super) const SUBJECT_INFO: ObjectIdentifier = ce("1.3.6.1.5.5.7.1.11");

/// Critical extensions that a path may hold, because their content is taken into account here; a
/// distribution point that is critical only says where a list is, and lists come with the question.
pub(super) const PROCESSED: [ObjectIdentifier; 11] = [
    KEY_USAGE,
    SUBJECT_ALT_NAME,
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    CRL_POINTS,
    POLICIES,
    POLICY_MAPPINGS,
    POLICY_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    INHIBIT_ANY,
    NO_REVOCATION,
];

/// Contents of the numbers of extensions that are decoded: bytes are told apart in fewer steps.
mod content {
    pub(super) const SUBJECT_KEY_ID: &[u8] = super::SUBJECT_KEY_ID.as_bytes();
    pub(super) const KEY_USAGE: &[u8] = super::KEY_USAGE.as_bytes();
    pub(super) const SUBJECT_ALT_NAME: &[u8] = super::SUBJECT_ALT_NAME.as_bytes();
    pub(super) const BASIC_CONSTRAINTS: &[u8] = super::BASIC_CONSTRAINTS.as_bytes();
    pub(super) const NAME_CONSTRAINTS: &[u8] = super::NAME_CONSTRAINTS.as_bytes();
    pub(super) const CRL_POINTS: &[u8] = super::CRL_POINTS.as_bytes();
    pub(super) const POLICIES: &[u8] = super::POLICIES.as_bytes();
    pub(super) const POLICY_MAPPINGS: &[u8] = super::POLICY_MAPPINGS.as_bytes();
    pub(super) const AUTHORITY_KEY_ID: &[u8] = super::AUTHORITY_KEY_ID.as_bytes();
    pub(super) const POLICY_CONSTRAINTS: &[u8] = super::POLICY_CONSTRAINTS.as_bytes();
    pub(super) const EXTENDED_KEY_USAGE: &[u8] = super::EXTENDED_KEY_USAGE.as_bytes();
    pub(super) const INHIBIT_ANY: &[u8] = super::INHIBIT_ANY.as_bytes();
}

/// One extension as received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension<'a> {
    pub(super) oid: Number<'a>,
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

/// Which kinds of extension there may be: a bit for the last byte of each number. It tells nearly all
/// of them apart, without comparing any number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kinds(u64);

impl Kinds {
    pub(super) fn of(extensions: &[Extension<'_>]) -> Self {
        let mark = |kinds, extension: &Extension<'_>| kinds | Self::mark(extension.oid);
        Self(extensions.iter().fold(0, mark))
    }

    fn mark(oid: Number<'_>) -> u64 {
        let last = oid.as_bytes().last();
        last.map_or(0, |last| 1 << (last % 64))
    }

    pub(super) fn may_hold(self, oid: &ObjectIdentifier) -> bool {
        self.0 & Self::mark(Number::of(oid)) != 0
    }

    /// No more than there are kinds.
    pub(super) fn at_least(self) -> u32 {
        self.0.count_ones()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Basic {
    pub(super) ca: bool,
    pub(super) path_length: Option<u32>,
}

/// Bits of keyUsage, RFC 5280 section 4.2.1.3.
pub(super) const DIGITAL_SIGNATURE: usize = 0;
pub(super) const NON_REPUDIATION: usize = 1;
pub(super) const KEY_ENCIPHERMENT: usize = 2;
pub(super) const DATA_ENCIPHERMENT: usize = 3;
pub(super) const KEY_AGREEMENT: usize = 4;
pub(super) const KEY_CERT_SIGN: usize = 5;
pub(super) const CRL_SIGN: usize = 6;
pub(super) const DECIPHER_ONLY: usize = 8;

#[derive(Clone, Debug, Default)]
pub(super) struct AuthorityKey<'a> {
    pub(super) key_id: Option<&'a [u8]>,
    pub(super) issuer: Option<Vec<General<'a>>>,
    pub(super) serial: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PolicyLimits {
    pub(super) require_explicit: Option<u32>,
    pub(super) inhibit_mapping: Option<u32>,
}

/// An issuer's policy and the one of the subject that counts as the same.
pub(super) type Mapping = (Policy, Policy);

/// The extensions that decide something, decoded; `None` for one that is not there.
#[derive(Clone, Debug, Default)]
pub(super) struct Known<'a> {
    pub(super) basic: Option<Basic>,
    pub(super) key_usage: Option<Bits<'a>>,
    pub(super) purposes: Option<Vec<Number<'a>>>,
    pub(super) alt_names: Option<Vec<General<'a>>>,
    pub(super) constraints: Option<Constraints<'a>>,
    pub(super) policies: Option<Vec<Policy>>,
    /// A qualifier of a policy that is none of section 4.2.1.4.
    pub(super) unknown_qualifier: Option<Number<'a>>,
    pub(super) mappings: Option<Vec<Mapping>>,
    pub(super) policy_limits: Option<PolicyLimits>,
    pub(super) inhibit_any: Option<u32>,
    pub(super) authority_key: Option<AuthorityKey<'a>>,
    pub(super) subject_key: Option<&'a [u8]>,
    pub(super) crl_points: Option<Vec<Point<'a>>>,
    /// Which could not be read, and why.
    pub(super) flaws: Vec<(Number<'a>, Malformed)>,
}

impl<'a> Known<'a> {
    pub(super) fn read(extensions: &[Extension<'a>]) -> Self {
        let mut known = Self::default();
        for extension in extensions {
            if let Err(flaw) = known.take(extension) {
                known.flaws.push((extension.oid, flaw));
            }
        }
        known
    }

    fn take(&mut self, extension: &Extension<'a>) -> Parse<()> {
        let value = extension.value;
        match extension.oid.as_bytes() {
            content::SUBJECT_KEY_ID => {
                self.subject_key = Some(one(value)?.tagged(Tag::OCTET_STRING)?.value);
            }
            content::KEY_USAGE => {
                self.key_usage = Some(one(value)?.tagged(Tag::BIT_STRING)?.bits()?);
            }
            content::SUBJECT_ALT_NAME => self.alt_names = Some(General::extension(value)?),
            content::BASIC_CONSTRAINTS => self.basic = Some(basic(value)?),
            content::NAME_CONSTRAINTS => self.constraints = Some(Constraints::read(value)?),
            content::CRL_POINTS => self.crl_points = Some(Point::list(value)?),
            content::POLICIES => {
                let found = policies(value)?;
                self.unknown_qualifier = found.iter().find_map(|(_, unknown)| *unknown);
                self.policies = Some(found.into_iter().map(|(policy, _)| policy).collect());
            }
            content::POLICY_MAPPINGS => self.mappings = Some(mappings(value)?),
            content::AUTHORITY_KEY_ID => self.authority_key = Some(authority_key(value)?),
            content::POLICY_CONSTRAINTS => self.policy_limits = Some(policy_limits(value)?),
            content::EXTENDED_KEY_USAGE => self.purposes = Some(purposes(value)?),
            content::INHIBIT_ANY => {
                self.inhibit_any = Some(one(value)?.tagged(Tag::INTEGER)?.count()?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The list, if it is not empty.
pub(super) fn some<T>(list: Vec<T>, empty: &'static str) -> Parse<Vec<T>> {
    if list.is_empty() {
        return Err(Malformed(empty));
    }
    Ok(list)
}

fn basic(value: &[u8]) -> Parse<Basic> {
    let mut parts = sequence(value)?.elements()?;
    let ca = parts.next_if(|part| part.tag == Tag::BOOLEAN);
    let ca = ca.map_or(Ok(false), |part| part.boolean())?;
    let path_length = parts.next_if(|part| part.tag == Tag::INTEGER);
    let path_length = path_length.map(|part| part.count()).transpose()?;
    match parts.next() {
        Some(_) => Err(WRONG_SHAPE),
        None => Ok(Basic { ca, path_length }),
    }
}

fn purposes(value: &[u8]) -> Parse<Vec<Number<'_>>> {
    let purposes = sequence(value)?.read(Tlv::number)?;
    some(purposes, "names no purpose")
}

/// id-qt-cps and id-qt-unotice, section 4.2.1.4.
const QUALIFIERS: [ObjectIdentifier; 2] = [ce("1.3.6.1.5.5.7.2.1"), ce("1.3.6.1.5.5.7.2.2")];

/// Each policy, and its first qualifier that is not known.
fn policies(value: &[u8]) -> Parse<Vec<(Policy, Option<Number<'_>>)>> {
    let policies = sequence(value)?.read(|policy| {
        let parts = policy.tagged(Tag::SEQUENCE)?;
        if let Ok([policy]) = parts.exactly() {
            return Ok((Policy::of(policy.number()?), None));
        }
        let [policy, qualifiers] = parts.exactly()?;
        let kinds = qualifiers.tagged(Tag::SEQUENCE)?.read(|qualifier| {
            let [kind, _] = qualifier.tagged(Tag::SEQUENCE)?.exactly()?;
            kind.number()
        })?;
        let kinds = some(kinds, "has an empty list of qualifiers")?;
        let is_known = |kind: &Number<'_>| QUALIFIERS.iter().any(|known| kind == known);
        let unknown = kinds.into_iter().find(|kind| !is_known(kind));
        Ok((Policy::of(policy.number()?), unknown))
    })?;
    some(policies, "names no policy")
}

fn mappings(value: &[u8]) -> Parse<Vec<Mapping>> {
    let mappings = sequence(value)?.read(|mapping| {
        let [from, to] = mapping.tagged(Tag::SEQUENCE)?.exactly()?;
        let [from, to] = [from.number()?, to.number()?];
        Ok((Policy::of(from), Policy::of(to)))
    })?;
    some(mappings, "maps no policy")
}

fn policy_limits(value: &[u8]) -> Parse<PolicyLimits> {
    let mut limits = PolicyLimits::default();
    for part in sequence(value)?.elements()? {
        match part.context() {
            Some(0) => limits.require_explicit = Some(part.count()?),
            Some(1) => limits.inhibit_mapping = Some(part.count()?),
            _ => return Err(WRONG_SHAPE),
        }
    }
    Ok(limits)
}

pub(super) fn authority_key(value: &[u8]) -> Parse<AuthorityKey<'_>> {
    let mut found = AuthorityKey::default();
    for part in sequence(value)?.elements()? {
        match part.context() {
            Some(0) => found.key_id = Some(part.value),
            Some(1) => found.issuer = Some(General::list(&part)?),
            Some(2) => found.serial = Some(integer(part.value)?),
            _ => return Err(WRONG_SHAPE),
        }
    }
    Ok(found)
}

/// Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension, from the sequence as received.
pub(super) fn list(whole: &[u8]) -> Parse<Vec<Extension<'_>>> {
    let extensions = sequence(whole)?.read(read)?;
    some(extensions, "has an empty list of extensions")
}

fn read<'a>(extension: &Tlv<'a>) -> Parse<Extension<'a>> {
    let (kind, critical, value) = extension.tagged(Tag::SEQUENCE)?.two_or_three()?;
    // DER leaves a default out (X.690 section 11.5); many encoders write FALSE all the same.
    let critical = match critical {
        None => false,
        Some(part) => part.tagged(Tag::BOOLEAN)?.boolean()?,
    };
    Ok(Extension {
        oid: kind.number()?,
        critical,
        value: value.tagged(Tag::OCTET_STRING)?.value,
    })
}
