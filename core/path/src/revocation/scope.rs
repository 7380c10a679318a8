use std::collections::BTreeSet;

use crate::cert::Cert;
use crate::crl::{Crl, Point};
use crate::general::General;
use crate::tlv::Bits;
use crate::{Check, Rule};

/// ReasonFlags without the unused bit: RFC 5280 section 6.3.2 (a), all-reasons.
const ALL: core::ops::RangeInclusive<usize> = 1..=8;

/// reasons_mask.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons(BTreeSet<usize>);

impl Reasons {
    /// Section 6.3.3 (d): what both the point and the list are about.
    pub(super) fn of(point: &Point<'_>, crl: &Crl<'_>) -> Self {
        let within = |reasons: Option<Bits<'_>>, bit: usize| {
            reasons.is_none_or(|reasons| reasons.contains(bit))
        };
        let both = |bit: &usize| within(point.reasons, *bit) && within(crl.point.reasons, *bit);
        Self(ALL.filter(both).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_all(&self) -> bool {
        ALL.into_iter().all(|bit| self.0.contains(&bit))
    }

    /// (l).
    pub(super) fn add(&mut self, more: &Self) {
        self.0.extend(&more.0);
    }
}

/// (b): whether a list is about the certificate by way of the distribution point.
pub(super) fn fits(
    cert: &Cert<'_>,
    point: &Point<'_>,
    crl: &Crl<'_>,
    indirect: bool,
) -> Result<(), Check> {
    issuer(cert, point, crl, indirect)?;
    let scope = |what: &str| Err(Check::failed(Rule::CrlScope, what));
    if crl.point.only_attributes {
        return scope("The list is about attribute certificates only.");
    }
    if crl.point.only_users && cert.is_ca() {
        return scope("The list is not about authorities.");
    }
    if crl.point.only_cas && !cert.is_ca() {
        return scope("The list is about authorities only.");
    }
    if let Some(name) = &crl.point.name {
        let of_list = name.names(&crl.issuer);
        let of_point: Vec<General<'_>> = match (&point.name, &point.issuer) {
            (Some(name), _) => name.names(point.issuers().next().unwrap_or(&cert.issuer)),
            (None, Some(issuers)) => issuers.clone(),
            (None, None) => Vec::new(),
        };
        if !of_point.iter().any(|name| of_list.contains(name)) {
            return scope("The list is of another distribution point.");
        }
    }
    Ok(())
}

/// (b)(1).
fn issuer(cert: &Cert<'_>, point: &Point<'_>, crl: &Crl<'_>, indirect: bool) -> Result<(), Check> {
    let own = crl.issuer == cert.issuer;
    if point.issuer.is_none() {
        return if own {
            Ok(())
        } else {
            Err(of_another(cert, crl))
        };
    }
    if !point.issuers().any(|issuer| *issuer == crl.issuer) {
        return Err(of_another(cert, crl));
    }
    if !indirect && !own {
        let what = format!(
            "The list of {} is an indirect one, which is not followed here.",
            crl.issuer.shown
        );
        return Err(Check::failed(Rule::CrlIndirect, what));
    }
    if !crl.point.indirect {
        let what = format!("The list of {} is not marked indirect.", crl.issuer.shown);
        return Err(Check::failed(Rule::CrlIndirect, what));
    }
    Ok(())
}

fn of_another(cert: &Cert<'_>, crl: &Crl<'_>) -> Check {
    let what = format!(
        "The list is of {}, the certificate of {}.",
        crl.issuer.shown, cert.issuer.shown
    );
    Check::failed(Rule::CrlIssuer, what).with(&"issuer", &crl.issuer.shown)
}

/// (c): whether a delta list continues a complete one: same issuer, scope and key, and numbers that
/// follow on each other.
pub(super) fn continues(delta: &Crl<'_>, complete: &Crl<'_>) -> bool {
    let Some(((base, number), own)) = delta.base.zip(delta.number).zip(complete.number) else {
        return false;
    };
    is_same(delta, complete) && !is_less(own, base) && is_less(own, number)
}

/// Whether two lists are of the same issuer, scope and key.
pub(super) fn is_same(left: &Crl<'_>, right: &Crl<'_>) -> bool {
    let key = |crl: &Crl<'_>| {
        let key = crl.authority_key.as_ref();
        key.and_then(|key| key.key_id.map(<[u8]>::to_vec))
    };
    left.issuer == right.issuer && left.point_value == right.point_value && key(left) == key(right)
}

/// Big-endian numbers without leading zeros.
fn is_less(left: &[u8], right: &[u8]) -> bool {
    (left.len(), left) < (right.len(), right)
}
