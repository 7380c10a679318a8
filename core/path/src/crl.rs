//! Revocation lists as received: RFC 5280 section 5.

mod point;

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use super::cert::{Envelope, Refusal};
use super::ext::{
    self, AUTHORITY_INFO, AUTHORITY_KEY_ID, AuthorityKey, Extension, FRESHEST_CRL, ISSUER_ALT_NAME,
    ce,
};
use super::general::General;
use super::name::DirName;
use super::oid::Number;
use super::time::Moment;
use super::tlv::{Malformed, Parse, Tag, Tlv, WRONG_SHAPE, elements, integer, one};

pub(super) use point::{IssuingPoint, Point, PointName};

// Section 5.2 and 5.3.
pub(super) const CRL_NUMBER: ObjectIdentifier = ce("2.5.29.20");
const REASON: ObjectIdentifier = ce("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ce("2.5.29.24");
pub(super) const DELTA_INDICATOR: ObjectIdentifier = ce("2.5.29.27");
pub(super) const ISSUING_POINT: ObjectIdentifier = ce("2.5.29.28");
const CERTIFICATE_ISSUER: ObjectIdentifier = ce("2.5.29.29");

#[derive(Debug)]
pub(super) struct Crl<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) inner_algorithm: &'a [u8],
    pub(super) outer_algorithm: &'a [u8],
    /// What the outer one names.
    pub(super) algorithm: Number<'a>,
    pub(super) signature: &'a [u8],
    pub(super) issuer: DirName,
    pub(super) this_update: Moment,
    pub(super) next_update: Option<Moment>,
    entries: &'a [u8],
    pub(super) extensions: Vec<Extension<'a>>,
    /// Whether it says that it is of version 2.
    pub(super) has_version: bool,
    /// Whether there is a list of revoked certificates, and none on it.
    pub(super) has_no_entry: bool,
    /// cRLNumber, big-endian without leading zeros.
    pub(super) number: Option<&'a [u8]>,
    /// BaseCRLNumber of a delta list.
    pub(super) base: Option<&'a [u8]>,
    pub(super) point: IssuingPoint<'a>,
    /// The same as received, to compare scopes.
    pub(super) point_value: Option<&'a [u8]>,
    pub(super) authority_key: Option<AuthorityKey<'a>>,
    /// A critical extension that is not understood, of the list or of an entry.
    pub(super) unknown_critical: Option<Number<'a>>,
}

/// What a list says about one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) date: crate::UnixTime,
    /// CRLReason, zero if none is given.
    pub(super) reason: u8,
}

impl<'a> Crl<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Refusal> {
        let Envelope {
            body,
            algorithm,
            oid,
            signature,
        } = Envelope::open(der)?;
        let mut parts = body.tagged(Tag::SEQUENCE)?.elements()?;
        let version = parts.next_if(|part| part.tag == Tag::INTEGER);
        if version.is_some_and(|version| version.value != [1]) {
            return Err(Malformed("has a version that does not exist").into());
        }
        let mut next = |tag: Tag| parts.next().ok_or(WRONG_SHAPE)?.tagged(tag);
        let inner_algorithm = next(Tag::SEQUENCE)?.whole;
        let issuer = DirName::read(next(Tag::SEQUENCE)?.whole)?;
        let this_update = Moment::read(&parts.next().ok_or(WRONG_SHAPE)?)?;
        let is_time = |part: &Tlv<'_>| matches!(part.tag, Tag::UTC_TIME | Tag::GENERALIZED_TIME);
        let next_update = parts.next_if(is_time);
        let next_update = next_update.map(|part| Moment::read(&part)).transpose()?;
        let entries = parts.next_if(|part| part.tag == Tag::SEQUENCE);
        let extensions = parts.next_if(|part| part.context() == Some(0));
        let extensions = extensions.map_or(Ok(Vec::new()), |part| ext::list(part.value))?;
        if parts.next().is_some() {
            return Err(WRONG_SHAPE.into());
        }
        let mut crl = Self {
            tbs: body.whole,
            inner_algorithm,
            outer_algorithm: algorithm,
            algorithm: oid,
            signature,
            issuer,
            this_update,
            next_update,
            entries: entries.map_or(&[], |part| part.value),
            extensions: Vec::new(),
            has_version: version.is_some(),
            has_no_entry: entries.is_some_and(|part| part.value.is_empty()),
            number: None,
            base: None,
            point: IssuingPoint::default(),
            point_value: None,
            authority_key: None,
            unknown_critical: None,
        };
        for extension in &extensions {
            crl.take(extension)?;
        }
        crl.extensions = extensions;
        Ok(crl)
    }

    fn take(&mut self, extension: &Extension<'a>) -> Parse<()> {
        let number = |value: &'a [u8]| -> Parse<&'a [u8]> {
            let bytes = integer(one(value)?.tagged(Tag::INTEGER)?.value)?;
            if bytes.first().is_some_and(|first| *first >= 0x80) {
                return Err(Malformed("has a negative number"));
            }
            Ok(bytes
                .strip_prefix(&[0])
                .filter(|rest| !rest.is_empty())
                .unwrap_or(bytes))
        };
        let value = extension.value;
        match extension.oid.known() {
            Some(CRL_NUMBER) => self.number = Some(number(value)?),
            Some(DELTA_INDICATOR) => self.base = Some(number(value)?),
            Some(AUTHORITY_KEY_ID) => self.authority_key = Some(ext::authority_key(value)?),
            Some(ISSUING_POINT) => {
                self.point = IssuingPoint::read(value)?;
                self.point_value = Some(value);
            }
            Some(ISSUER_ALT_NAME | FRESHEST_CRL | AUTHORITY_INFO) => {}
            _ if extension.critical => self.unknown_critical = Some(extension.oid),
            _ => {}
        }
        Ok(())
    }

    /// The first extension that stands there for the second time.
    pub(super) fn repeated(&self) -> Option<Number<'a>> {
        let mut kinds = self.extensions.iter().map(|extension| extension.oid);
        let mut seen = BTreeSet::new();
        kinds.find(|oid| !seen.insert(*oid))
    }

    pub(super) fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension<'a>> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    /// Looks a certificate up: its serial number and, in an indirect list, its issuer (section
    /// 5.3.3: an entry without one has that of the entry before it, the first that of the list). One
    /// that names no directory, or in a list that is not indirect, cannot be processed.
    pub(super) fn find(&self, serial: &[u8], issuer: &DirName) -> Parse<Lookup<'a>> {
        let mut lookup = Lookup::default();
        let mut entry_issuer = Some(self.issuer.clone());
        for entry in elements(self.entries)? {
            let mut parts = entry.tagged(Tag::SEQUENCE)?.elements()?;
            let mut next = || parts.next().ok_or(WRONG_SHAPE);
            let (number, date) = (next()?, next()?);
            let extensions = parts.next();
            if parts.next().is_some() {
                return Err(WRONG_SHAPE);
            }
            let mut reason = 0;
            for extension in extensions.map_or(Ok(Vec::new()), |list| ext::list(list.whole))? {
                match extension.oid.known() {
                    Some(REASON) => reason = self::reason(extension.value)?,
                    Some(CERTIFICATE_ISSUER) => {
                        entry_issuer = directory(extension.value)?;
                        if entry_issuer.is_none() || !self.point.indirect {
                            lookup.unknown_critical = Some(extension.oid);
                        }
                    }
                    Some(INVALIDITY_DATE) => {}
                    _ if extension.critical => lookup.unknown_critical = Some(extension.oid),
                    _ => {}
                }
            }
            if number.value == serial && entry_issuer.as_ref() == Some(issuer) {
                let date = Moment::read(&date)?.at;
                lookup.entry = Some(Entry { date, reason });
            }
        }
        Ok(lookup)
    }
}

/// What a list says, and what it says that is not understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup<'a> {
    pub(super) entry: Option<Entry>,
    pub(super) unknown_critical: Option<Number<'a>>,
}

fn reason(value: &[u8]) -> Parse<u8> {
    match one(value)?.tagged(Tag::ENUMERATED)?.value {
        [reason] => Ok(*reason),
        _ => Err(WRONG_SHAPE),
    }
}

fn directory(value: &[u8]) -> Parse<Option<DirName>> {
    let names = General::extension(value)?;
    let mut names = names.into_iter();
    Ok(names.find_map(|name| match name {
        General::Directory(name) => Some(name),
        _ => None,
    }))
}
