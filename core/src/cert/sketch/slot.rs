use super::part::Part;
use super::{Field, Trouble};

/// The places of tbsCertificate, in their order (RFC 5280 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Version,
    Serial,
    Algorithm,
    Issuer,
    Validity,
    Subject,
    Key,
    IssuerId,
    SubjectId,
    Extensions,
}

impl Slot {
    const ALL: [Self; 10] = [
        Self::Version,
        Self::Serial,
        Self::Algorithm,
        Self::Issuer,
        Self::Validity,
        Self::Subject,
        Self::Key,
        Self::IssuerId,
        Self::SubjectId,
        Self::Extensions,
    ];

    fn is_optional(self) -> bool {
        use Slot::{Extensions, IssuerId, SubjectId, Version};
        matches!(self, Version | IssuerId | SubjectId | Extensions)
    }

    /// Whether a part has the outline of what belongs here.
    fn fits(self, part: Part<'_>) -> bool {
        let sequence = part.is("SEQUENCE");
        match self {
            Self::Version => part.is("[0]"),
            Self::Serial => part.is("INTEGER"),
            Self::Algorithm => sequence && begins_with_oid(part),
            Self::Issuer | Self::Subject => {
                sequence && part.parts().iter().all(|rdn| rdn.is("SET"))
            }
            Self::Validity => {
                let parts = part.parts();
                sequence && !parts.is_empty() && parts.iter().all(|time| time.is_time())
            }
            Self::Key => {
                let first = part.parts().first().copied();
                sequence && first.is_some_and(|it| it.is("SEQUENCE") && begins_with_oid(it))
            }
            Self::IssuerId => part.is("[1]"),
            Self::SubjectId => part.is("[2]"),
            Self::Extensions => part.is("[3]"),
        }
    }
}

fn begins_with_oid(part: Part<'_>) -> bool {
    let parts = part.parts();
    parts.first().is_some_and(|it| it.is("OBJECT IDENTIFIER"))
}

/// Which part of a certificate stands in which place.
#[derive(Debug, Default)]
pub(super) struct Slots<'t> {
    found: Vec<(Slot, Part<'t>)>,
    /// Byte where each that is missing would begin.
    missing: Vec<(Slot, usize)>,
    /// What belongs nowhere.
    left: Vec<Part<'t>>,
    /// signatureAlgorithm, outside of what was signed.
    pub(super) outer: Option<Part<'t>>,
}

impl<'t> Slots<'t> {
    pub(super) fn of(root: Option<Part<'t>>) -> Self {
        let mut slots = Self::default();
        let outer = root.map(Part::parts).unwrap_or_default();
        let body = outer.first().copied();
        slots.outer = outer.get(1).copied();
        let parts = body.map(Part::parts).unwrap_or_default();
        let mut at = body.map_or(0, Part::begin);
        let mut parts = parts.into_iter().peekable();
        for slot in Slot::ALL {
            let take = |part: &Part<'t>| {
                let later = Slot::ALL.iter().filter(|later| **later > slot);
                let elsewhere = later.clone().any(|later| later.fits(*part));
                slot.fits(*part) || !(elsewhere || slot.is_optional())
            };
            match parts.next_if(take) {
                Some(part) => {
                    at = part.stop();
                    slots.found.push((slot, part));
                }
                None if !slot.is_optional() => slots.missing.push((slot, at)),
                None => {}
            }
        }
        slots.left = parts.collect();
        slots
    }

    pub(super) fn part(&self, slot: Slot) -> Option<Part<'t>> {
        let mut found = self.found.iter();
        found
            .find(|(known, _)| *known == slot)
            .map(|(_, part)| *part)
    }

    /// All but one of the five SEQUENCEs.
    pub(super) fn is_likely(&self) -> bool {
        use Slot::{Algorithm, Issuer, Key, Subject, Validity};
        let five = [Algorithm, Issuer, Validity, Subject, Key];
        let fits = |slot: &&Slot| self.part(**slot).is_some_and(|part| slot.fits(part));
        five.iter().filter(fits).count() >= 4
    }

    /// The part in a place, or the field that says why there is none.
    pub(super) fn want(&self, slot: Slot) -> Result<Part<'t>, Field> {
        let at = self.missing.iter().find(|(known, _)| *known == slot);
        let at = at.map_or(0, |(_, at)| *at);
        let missing = || Field::unread(Trouble::new(at, "The field is missing."));
        self.part(slot).ok_or_else(missing)
    }

    /// The same, and it has the outline of what belongs there.
    pub(super) fn want_fit(&self, slot: Slot) -> Result<Part<'t>, Field> {
        let part = self.want(slot)?;
        if slot.fits(part) {
            return Ok(part);
        }
        let what = format!(
            "Something else stands in its place: {} {}.",
            article(part),
            part.kind()
        );
        Err(Field {
            value: part.shown(),
            trouble: Some(part.trouble(what)),
        })
    }

    /// What is wrong with the certificate as a whole, and with what no field tells of.
    pub(super) fn troubles(&self, root: Option<Part<'t>>) -> Vec<Trouble> {
        let Some(root) = root.filter(|root| root.is("SEQUENCE")) else {
            return vec![Trouble::new(0, "This is no SEQUENCE.")];
        };
        let outer = root.parts();
        let mut found: Vec<Trouble> = root.own_flaw().into_iter().collect();
        found.extend(root.behind());
        found.extend(outer.first().and_then(|body| body.own_flaw()));
        match outer.get(2) {
            None => {
                let what = "The signature is missing.";
                found.push(Trouble::new(root.stop(), what));
            }
            Some(signature) if !signature.is("BIT STRING") => {
                found.push(signature.trouble("The signature is no BIT STRING."));
            }
            Some(signature) => found.extend(signature.own_flaw()),
        }
        let extra = outer.iter().skip(3).chain(&self.left);
        found.extend(extra.map(|part| {
            let what = format!("Nothing belongs here: {} {}.", article(*part), part.kind());
            part.trouble(what)
        }));
        for slot in [Slot::IssuerId, Slot::SubjectId] {
            found.extend(self.part(slot).and_then(Part::flaw));
        }
        found
    }
}

fn article(part: Part<'_>) -> &'static str {
    match part.kind().chars().next() {
        Some('I' | 'O' | 'E' | 'U') if part.kind() != "UTF8String" => "an",
        _ => "a",
    }
}
