use crate::ext::some;
use crate::general::General;
use crate::name::DirName;
use crate::tlv::{Bits, Malformed, Parse, Tag, Tlv, WRONG_SHAPE, one, sequence};

/// DistributionPoint, RFC 5280 section 4.2.1.13.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point<'a> {
    pub(crate) name: Option<PointName<'a>>,
    /// Bits of ReasonFlags.
    pub(crate) reasons: Option<Bits<'a>>,
    pub(crate) issuer: Option<Vec<General<'a>>>,
}

#[derive(Clone, Debug)]
pub(crate) enum PointName<'a> {
    Full(Vec<General<'a>>),
    /// One RDN, relative to the name of the list's issuer.
    Relative(&'a [u8]),
}

/// IssuingDistributionPoint, section 5.2.5: without it, a list is about every certificate of its
/// issuer.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssuingPoint<'a> {
    pub(crate) name: Option<PointName<'a>>,
    pub(crate) only_users: bool,
    pub(crate) only_cas: bool,
    pub(crate) reasons: Option<Bits<'a>>,
    pub(crate) indirect: bool,
    pub(crate) only_attributes: bool,
}

impl<'a> Point<'a> {
    pub(crate) fn list(value: &'a [u8]) -> Parse<Vec<Self>> {
        let points = sequence(value)?.read(Self::read)?;
        some(points, "names no distribution point")
    }

    fn read(tlv: &Tlv<'a>) -> Parse<Self> {
        let mut point = Self::default();
        for part in tlv.tagged(Tag::SEQUENCE)?.elements()? {
            match part.context() {
                Some(0) => point.name = Some(PointName::read(&one(part.value)?)?),
                Some(1) => point.reasons = Some(part.bits()?),
                Some(2) => point.issuer = Some(General::list(&part)?),
                _ => return Err(WRONG_SHAPE),
            }
        }
        if point.name.is_none() && point.issuer.is_none() {
            return Err(Malformed(
                "names neither a place nor an issuer of revocation lists",
            ));
        }
        Ok(point)
    }

    /// The point that every certificate has without naming it (section 6.3.3, last paragraph).
    pub(crate) fn implied(issuer: &DirName) -> Self {
        let name = PointName::Full(vec![General::Directory(issuer.clone())]);
        Self {
            name: Some(name),
            ..Self::default()
        }
    }

    /// Names of the list's issuer, if it is not the certificate's.
    pub(crate) fn issuers(&self) -> impl Iterator<Item = &DirName> {
        let names = self.issuer.iter().flatten();
        names.filter_map(|name| match name {
            General::Directory(name) => Some(name),
            _ => None,
        })
    }
}

impl<'a> PointName<'a> {
    fn read(tlv: &Tlv<'a>) -> Parse<Self> {
        match tlv.context() {
            Some(0) => Ok(Self::Full(General::list(tlv)?)),
            Some(1) => Ok(Self::Relative(tlv.value)),
            _ => Err(WRONG_SHAPE),
        }
    }

    /// The names it stands for, given the issuer of the list.
    pub(crate) fn names(&self, issuer: &DirName) -> Vec<General<'a>> {
        match self {
            Self::Full(names) => names.clone(),
            Self::Relative(rdn) => {
                let name = issuer.below(rdn).ok();
                name.map(General::Directory).into_iter().collect()
            }
        }
    }
}

impl<'a> IssuingPoint<'a> {
    /// How many of the three kinds of certificates it is about alone.
    pub(crate) fn kinds(&self) -> usize {
        let kinds = [self.only_users, self.only_cas, self.only_attributes];
        kinds.into_iter().filter(|only| *only).count()
    }

    /// Whether it says nothing, if there is one.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds() == 0 && !self.indirect && self.name.is_none() && self.reasons.is_none()
    }

    pub(crate) fn read(value: &'a [u8]) -> Parse<Self> {
        let mut point = Self::default();
        for part in sequence(value)?.elements()? {
            match part.context() {
                Some(0) => point.name = Some(PointName::read(&one(part.value)?)?),
                Some(1) => point.only_users = part.boolean()?,
                Some(2) => point.only_cas = part.boolean()?,
                Some(3) => point.reasons = Some(part.bits()?),
                Some(4) => point.indirect = part.boolean()?,
                Some(5) => point.only_attributes = part.boolean()?,
                _ => return Err(WRONG_SHAPE),
            }
        }
        Ok(point)
    }
}
