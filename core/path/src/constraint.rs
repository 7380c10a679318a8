//! Name constraints: RFC 5280 section 4.2.1.10.

mod address;
mod dns;
mod mail;
mod uri;

use super::budget::Purse;
use super::cert::Cert;
use super::general::General;
use super::tlv::{Malformed, Parse, Tlv, WRONG_SHAPE, sequence};
use super::{Check, Rule};

pub(super) use dns::is_host;
pub(super) use mail::Mailbox;

/// The extension, as received.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints<'a> {
    pub(super) permitted: Vec<Subtree<'a>>,
    pub(super) excluded: Vec<Subtree<'a>>,
}

#[derive(Clone, Debug)]
pub(super) struct Subtree<'a> {
    pub(super) base: General<'a>,
    /// A minimum other than zero, or a maximum: this profile has neither.
    has_distance: bool,
}

/// What all authorities so far allow: section 6.1.2 (b) and (c). Permitted subtrees of different
/// authorities intersect, so each has a list of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct NameSpace<'b, 'a>(Vec<&'b Constraints<'a>>);

impl<'a> Constraints<'a> {
    pub(super) fn read(value: &'a [u8]) -> Parse<Self> {
        let mut found = Self::default();
        for part in sequence(value)?.elements()? {
            let list = match part.context() {
                Some(0) => &mut found.permitted,
                Some(1) => &mut found.excluded,
                _ => return Err(WRONG_SHAPE),
            };
            let subtrees = part.elements()?;
            if subtrees.is_empty() {
                return Err(Malformed("has an empty list of subtrees"));
            }
            for subtree in subtrees {
                list.push(Subtree::read(&subtree)?);
            }
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// The first subtree that cannot be applied, and why.
    pub(super) fn flaw(&self) -> Option<(&Subtree<'a>, Malformed)> {
        let mut all = self.permitted.iter().chain(&self.excluded);
        all.find_map(|subtree| subtree.flaw().map(|flaw| (subtree, flaw)))
    }
}

impl<'a> Subtree<'a> {
    fn read(tlv: &Tlv<'a>) -> Parse<Self> {
        let mut parts = tlv.elements()?;
        let base = parts.next().ok_or(WRONG_SHAPE)?;
        let mut has_distance = false;
        for distance in parts {
            match distance.context() {
                Some(0) => has_distance |= distance.count()? != 0,
                Some(1) => has_distance = true,
                _ => return Err(WRONG_SHAPE),
            }
        }
        Ok(Self {
            base: General::read(&base)?,
            has_distance,
        })
    }

    fn flaw(&self) -> Option<Malformed> {
        if self.has_distance {
            return Some(Malformed(
                "has a minimum or maximum, which this profile knows not",
            ));
        }
        let good = match &self.base {
            General::Address(bytes) => address::is_range(bytes),
            General::Dns(text) => text.is_empty() || is_host(text),
            General::Email(text) => mail::is_constraint(text),
            General::Uri(text) => uri::is_constraint(text),
            General::Directory(_) | General::Other(..) => true,
        };
        (!good).then_some(Malformed("is no constraint of its kind"))
    }

    pub(super) fn shown(&self) -> String {
        match &self.base {
            General::Dns("") => "DNS: (all)".to_owned(),
            base => base.shown(),
        }
    }

    /// Whether the name lies within, `None` if that cannot be told. `excluding` asks whether any
    /// name that a wildcard stands for does.
    fn holds(&self, name: &General<'_>, excluding: bool) -> Option<bool> {
        match (&self.base, name) {
            (General::Address(range), General::Address(address)) => address::within(address, range),
            (General::Directory(base), General::Directory(name)) => Some(name.is_within(base)),
            (General::Dns(base), General::Dns(name)) => Some(dns::within(name, base, excluding)),
            (General::Email(base), General::Email(name)) => mail::within(name, base),
            (General::Uri(base), General::Uri(name)) => uri::within(name, base),
            _ => None,
        }
    }
}

impl<'b, 'a> NameSpace<'b, 'a> {
    /// Section 6.1.4 (g).
    pub(super) fn narrow(&mut self, cert: &'b Cert<'a>) {
        self.0.extend(&cert.known.constraints);
    }

    /// The list of each authority that has one.
    fn permitted(&self) -> impl Iterator<Item = &'b [Subtree<'a>]> {
        let lists = self.0.iter().map(|constraints| &*constraints.permitted);
        lists.filter(|list| !list.is_empty())
    }

    fn excluded(&self) -> impl Iterator<Item = &'b Subtree<'a>> + Clone {
        self.0.iter().flat_map(|constraints| &constraints.excluded)
    }

    /// For the report: what is permitted by each authority, and what is excluded.
    pub(super) fn shown(&self) -> (Vec<Vec<String>>, Vec<String>) {
        let permitted = self.permitted().map(|list| shown(list.iter()));
        (permitted.collect(), shown(self.excluded()))
    }

    /// Section 6.1.3 (b) and (c).
    pub(super) fn judge(
        &self,
        cert: &Cert<'_>,
        purse: &mut Purse,
        checks: &mut Vec<Check>,
    ) -> Result<(), Rule> {
        if self.0.iter().all(|constraints| constraints.is_empty()) {
            let none = [Rule::NamePermitted, Rule::NameExcluded];
            checks.extend(none.map(Check::not_applicable));
            return Ok(());
        }
        let mut failed: Vec<Check> = Vec::new();
        // The first of each rule says enough.
        let mut tell = |check: Check| {
            if !failed.iter().any(|known| known.rule == check.rule) {
                failed.push(check);
            }
        };
        for name in names(cert) {
            for list in self.permitted() {
                let check = one(&name, list.iter(), false, purse)?;
                check.into_iter().for_each(&mut tell);
            }
            let check = one(&name, self.excluded(), true, purse)?;
            check.into_iter().for_each(&mut tell);
        }
        let broken = |rule: Rule| failed.iter().any(|check| check.rule == rule);
        let rules = [Rule::NamePermitted, Rule::NameExcluded];
        let mut passed = rules.to_vec();
        // Names that cannot be compared leave the others open.
        passed.retain(|rule| !broken(*rule) && !broken(Rule::NameForm));
        checks.extend(failed);
        checks.extend(passed.into_iter().map(Check::passed));
        Ok(())
    }
}

fn shown<'s, 'a: 's>(subtrees: impl Iterator<Item = &'s Subtree<'a>>) -> Vec<String> {
    subtrees.take(50).map(Subtree::shown).collect()
}

/// One name against the subtrees of one list: what is broken, if anything is.
fn one<'s, 'a: 's>(
    name: &General<'_>,
    group: impl Iterator<Item = &'s Subtree<'a>> + Clone,
    excluding: bool,
    purse: &mut Purse,
) -> Result<Option<Check>, Rule> {
    let mut asked = false;
    // Asked once for all subtrees: there may be thousands.
    let is_none = matches!(name, General::Dns(text) if !dns::is_name(text));
    let same = group.filter(|subtree| subtree.base.is_kind_of(name));
    for subtree in same.clone() {
        purse.names(1)?;
        asked = true;
        match subtree.holds(name, excluding) {
            _ if is_none => return Ok(Some(unreadable(name, subtree))),
            None => return Ok(Some(unreadable(name, subtree))),
            Some(true) if excluding => return Ok(Some(excluded(name, subtree))),
            Some(true) => return Ok(None),
            Some(false) => {}
        }
    }
    Ok((asked && !excluding).then(|| not_permitted(name, same)))
}

/// Every name of a certificate that constraints are about: the subject if it is not empty, the
/// alternative names, and addresses in the subject if there are no alternative names.
fn names<'c>(cert: &'c Cert<'_>) -> Vec<General<'c>> {
    let mut names = Vec::new();
    if !cert.subject.is_empty() {
        names.push(General::Directory(cert.subject.clone()));
    }
    match &cert.known.alt_names {
        Some(alt_names) => {
            names.extend(alt_names.iter().cloned());
            // RFC 9598 section 6: constraints of rfc822Name are about these, too.
            let international = alt_names.iter().filter_map(General::smtp_utf8);
            names.extend(international.map(General::Email));
        }
        None => names.extend(
            cert.subject
                .emails()
                .iter()
                .map(|mail| General::Email(mail)),
        ),
    }
    names
}

fn unreadable(name: &General<'_>, subtree: &Subtree<'_>) -> Check {
    let (name, base) = (name.shown(), subtree.shown());
    let what = format!("The name {name} cannot be compared with the constraint {base}.");
    Check::failed(Rule::NameForm, what)
        .with(&"name", name)
        .with(&"constraint", base)
}

fn excluded(name: &General<'_>, subtree: &Subtree<'_>) -> Check {
    let (name, base) = (name.shown(), subtree.shown());
    let what = format!("The name {name} lies within {base}, which an authority above excludes.");
    Check::failed(Rule::NameExcluded, what)
        .with(&"name", name)
        .with(&"constraint", base)
}

fn not_permitted<'s, 'a: 's>(
    name: &General<'_>,
    same: impl Iterator<Item = &'s Subtree<'a>>,
) -> Check {
    let name = name.shown();
    let bases: Vec<String> = same.take(10).map(Subtree::shown).collect();
    let bases = bases.join(", ");
    let what = format!("The name {name} lies outside of what an authority above permits: {bases}.");
    Check::failed(Rule::NamePermitted, what)
        .with(&"name", name)
        .with(&"permitted", bases)
}
