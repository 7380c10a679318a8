//! Whether a certificate is revoked: RFC 5280 section 6.3.

mod scope;
mod signer;

use super::cert::Cert;
use super::crl::{Crl, Entry, Point};
use super::engine::Engine;
use super::{Answer, Check, Fact, Outcome, Place, Revocation, Rule};
use crate::x509::Reason;
use scope::Reasons;

/// removeFromCRL, section 5.3.1.
const REMOVED: u8 = 8;

/// Section 6.1.3 (a)(3), for one certificate below those of `above`, anchor first.
pub(super) fn judge(
    engine: &mut Engine<'_, '_>,
    index: usize,
    above: &[usize],
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    let rules = [Rule::Revoked, Rule::RevocationUnknown];
    let (indirect, required) = match engine.question.revocation {
        Revocation::Consult { indirect } => (indirect, false),
        Revocation::Ignore => {
            checks.extend(rules.map(Check::not_applicable));
            return Ok(());
        }
        Revocation::Require { indirect } => (indirect, true),
    };
    let Some(item) = engine.item(index) else {
        return Ok(());
    };
    // RFC 9608 section 3.
    if item.cert.is_never_revoked() {
        let skipped = rules.map(Check::not_applicable);
        checks.extend(skipped.map(|check| check.with(&"noRevAvail", true)));
        return Ok(());
    }
    let mut status = Status {
        cert: &item.cert,
        above,
        indirect,
        required,
        covered: Reasons::default(),
        notes: Vec::new(),
        revoked: None,
        pending: false,
    };
    let own = item.cert.known.crl_points.as_deref().unwrap_or_default();
    for point in own {
        status.ask_all(engine, point)?;
    }
    status.ask_all(engine, &Point::implied(&item.cert.issuer))?;
    checks.extend(status.checks());
    Ok(())
}

/// What is known so far about one certificate.
struct Status<'s, 'q> {
    cert: &'s Cert<'q>,
    above: &'s [usize],
    indirect: bool,
    required: bool,
    /// Reasons for which some list says that it is not revoked.
    covered: Reasons,
    /// Why lists did not help.
    notes: Vec<(Place, Check)>,
    revoked: Option<(Place, Entry)>,
    pending: bool,
}

impl<'q> Status<'_, 'q> {
    /// Section 6.3.3 for one distribution point: the newest of the complete lists of each scope. What
    /// one list says is good, another may still revoke, so that all are asked.
    fn ask_all(&mut self, engine: &mut Engine<'_, 'q>, point: &Point<'q>) -> Result<(), Rule> {
        let mut lists: Vec<&(Place, Crl<'q>)> = engine.bag.crls().iter().collect();
        lists.sort_by_key(|(_, crl)| core::cmp::Reverse((crl.this_update.at, order(crl))));
        let (complete, deltas): (Vec<_>, Vec<_>) =
            lists.into_iter().partition(|(_, crl)| crl.base.is_none());
        let mut asked: Vec<&Crl<'q>> = Vec::new();
        for (place, crl) in &complete {
            if self.revoked.is_some() || asked.iter().any(|newer| scope::is_same(newer, crl)) {
                continue;
            }
            match self.ask(engine, point, *place, crl)? {
                Ok(()) => asked.push(crl),
                Err(note) => self.note(*place, note),
            }
        }
        let fits = |crl: &Crl<'q>| scope::fits(self.cert, point, crl, self.indirect).is_ok();
        if !complete.iter().any(|(_, crl)| fits(crl)) {
            let bare: Vec<Place> = deltas
                .into_iter()
                .filter(|(_, delta)| fits(delta))
                .map(|(place, _)| *place)
                .collect();
            for place in bare {
                let what = "A delta list is at hand without the complete list that it continues.";
                self.note(place, Check::failed(Rule::CrlDeltaBase, what));
            }
        }
        Ok(())
    }

    /// One list: `Err` inside says why it does not count.
    fn ask(
        &mut self,
        engine: &mut Engine<'_, 'q>,
        point: &Point<'q>,
        place: Place,
        crl: &Crl<'q>,
    ) -> Result<Result<(), Check>, Rule> {
        if let Err(note) = scope::fits(self.cert, point, crl, self.indirect) {
            return Ok(Err(note));
        }
        let reasons = Reasons::of(point, crl);
        if reasons.is_empty() {
            // (d) and (e).
            let what = "The list speaks of none of the reasons that its distribution point is for.";
            return Ok(Err(Check::failed(Rule::CrlScope, what)));
        }
        let at = engine.question.at;
        if let Err(note) = usable(crl, at) {
            return Ok(Err(note));
        }
        // (a)(1)(i): a current delta list makes up for it.
        let mut stale = stale(crl, at);
        let signer = match signer::find(engine, crl, self.above)? {
            Ok(signer) => signer,
            Err(note) => return Ok(Err(note)),
        };
        self.pending |= signer.pending;
        let mut entry = match look_up(crl, self.cert) {
            Ok(entry) => entry,
            Err(note) => return Ok(Err(note)),
        };
        let bag = engine.bag;
        // (c): the delta list with the highest number that continues this one.
        let deltas = bag
            .crls()
            .iter()
            .filter(|(_, delta)| scope::continues(delta, crl));
        let mut deltas: Vec<_> = deltas
            .filter(|(_, delta)| usable(delta, at).is_ok() && self::stale(delta, at).is_none())
            .collect();
        deltas.sort_by_key(|(_, delta)| core::cmp::Reverse(order(delta)));
        for (_, delta) in deltas {
            match signer::answer(engine, delta, signer.key)? {
                Answer::Invalid | Answer::Unsupported => continue,
                Answer::Pending => self.pending = true,
                Answer::Valid => {}
            }
            match look_up(delta, self.cert) {
                Ok(Some(newer)) => entry = Some(newer),
                Ok(None) => {}
                Err(note) => return Ok(Err(note)),
            }
            stale = None;
            break;
        }
        if let Some(note) = stale {
            return Ok(Err(note));
        }
        // (k), wherever it stands.
        match entry.filter(|entry| entry.reason != REMOVED) {
            Some(entry) => self.revoked = Some((place, entry)),
            None => self.covered.add(&reasons),
        }
        Ok(Ok(()))
    }

    fn note(&mut self, place: Place, note: Check) {
        let note = (place, note);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn checks(mut self) -> [Check; 2] {
        // Lists of other issuers are worth a word only if there is nothing better to say.
        if self
            .notes
            .iter()
            .any(|(_, note)| note.rule != Rule::CrlIssuer)
        {
            self.notes.retain(|(_, note)| note.rule != Rule::CrlIssuer);
        }
        let state = |holds: bool| match (holds, self.pending) {
            (true, true) => Outcome::Pending,
            (true, false) => Outcome::Passed,
            (false, _) => Outcome::Failed,
        };
        if self.revoked.is_some() && self.pending {
            // Who signed the list that says so is not known yet.
            let rules = [Rule::Revoked, Rule::RevocationUnknown];
            return rules.map(|rule| Check::new(rule, Outcome::Pending));
        }
        if let Some((place, entry)) = &self.revoked {
            let reason = Reason::named(entry.reason);
            let meaning = Reason::by_number(entry.reason).map_or("", |reason| reason.meaning);
            let what = format!(
                "The issuer revoked the certificate at {} ({reason}). {meaning}",
                entry.date
            );
            let what = what.trim_end();
            let check = Check::failed(Rule::Revoked, what);
            let check = check
                .with(&"revocationDate", entry.date)
                .with(&"reason", reason)
                .with(&"list", shown(*place));
            return [check, Check::not_applicable(Rule::RevocationUnknown)];
        }
        let unknown = if self.covered.is_all() {
            Check::new(Rule::RevocationUnknown, state(true))
        } else {
            self.unknown()
        };
        let notes = self.notes.iter();
        let unknown = notes.fold(unknown, |unknown, (place, note)| {
            unknown.and(Fact {
                name: note.rule.code(),
                value: shown(*place).into(),
            })
        });
        [Check::new(Rule::Revoked, state(true)), unknown]
    }

    /// Why no list gave an answer.
    fn unknown(&self) -> Check {
        let some = (!self.covered.is_empty()).then_some(
            "The lists that count speak only of some of the reasons for which it may be revoked.",
        );
        let notes = self.notes.iter().map(|(_, note)| note.what());
        let why: Vec<&str> = some.into_iter().chain(notes).collect();
        let why = if why.is_empty() {
            "There is no list of this issuer at hand.".to_owned()
        } else {
            why.join(" ")
        };
        let what = format!("No revocation list says whether the certificate is still good. {why}");
        let check = Check::failed(Rule::RevocationUnknown, what);
        let first = self
            .notes
            .first()
            .map(|(_, note)| note.rule.mend().to_owned());
        let check = match first {
            Some(mend) => check.mended_by(mend),
            None => check,
        };
        let elsewhere = |note: &Check| [Rule::CrlIssuer, Rule::CrlScope].contains(&note.rule);
        // A list that speaks of some reasons only is about the certificate all the same.
        let concerned = some.is_some() || self.notes.iter().any(|(_, note)| !elsewhere(note));
        if self.required || concerned {
            check
        } else {
            check.noted()
        }
    }
}

fn shown(place: Place) -> String {
    match place {
        Place::Anchor(index) => format!("anchor {}", index + 1),
        Place::Bag(index) => format!("certificate {}", index + 1),
        Place::Crl(index) => format!("list {}", index + 1),
        Place::Leaf => "the leaf".to_owned(),
    }
}

/// The number of a list, to be compared.
fn order<'q>(crl: &Crl<'q>) -> Option<(usize, &'q [u8])> {
    crl.number.map(|number| (number.len(), number))
}

/// Form of a list, and whether it has begun.
fn usable(crl: &Crl<'_>, at: crate::UnixTime) -> Result<(), Check> {
    if let Some(oid) = crl.unknown_critical {
        let name = oid.named();
        let what = format!("The list's extension {name} is critical and not understood here.");
        return Err(Check::failed(Rule::CrlUnknownCritical, what).with(&"extension", name));
    }
    if let Some(oid) = crl.repeated() {
        let name = oid.named();
        let what = format!("The extension {name} stands in the list more than once.");
        return Err(Check::failed(Rule::CrlForm, what).with(&"extension", name));
    }
    if crl.inner_algorithm != crl.outer_algorithm {
        let what = "The list names one signature algorithm inside and another outside.";
        return Err(Check::failed(Rule::CrlForm, what));
    }
    let first = crl.this_update.at;
    if first > at {
        let what = format!("The list is from {first}; it is judged at {at}.");
        return Err(Check::failed(Rule::CrlCurrent, what).with(&"thisUpdate", first));
    }
    Ok(())
}

/// Whether its successor is overdue.
fn stale(crl: &Crl<'_>, at: crate::UnixTime) -> Option<Check> {
    let last = crl.next_update.map(|moment| moment.at);
    let last = last.filter(|last| *last < at)?;
    let what = format!("The list was to be replaced by {last}; it is judged at {at}.");
    Some(Check::failed(Rule::CrlCurrent, what).with(&"nextUpdate", last))
}

fn look_up(crl: &Crl<'_>, cert: &Cert<'_>) -> Result<Option<Entry>, Check> {
    let lookup = crl
        .find(cert.serial, &cert.issuer)
        .map_err(|why| Check::failed(Rule::CrlForm, format!("An entry of the list {}.", why.0)))?;
    // Section 5.3: such a list is used for nobody. That somebody is revoked is believed all the same.
    let revoked = |entry: &Entry| entry.reason != REMOVED;
    match (lookup.entry, lookup.unknown_critical) {
        (entry, Some(oid)) if !entry.as_ref().is_some_and(revoked) => {
            let name = oid.named();
            let what = format!(
                "The extension {name} of an entry of the list is critical and not understood here."
            );
            Err(Check::failed(Rule::CrlUnknownCritical, what).with(&"extension", name))
        }
        (entry, _) => Ok(entry),
    }
}
