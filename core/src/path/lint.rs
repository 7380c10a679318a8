//! Rules that say whether certificates are well made. They do not decide the path.

mod azure;
mod key;
mod list;
mod names;
mod rfc5280;
mod web;
mod web_names;
mod web_places;

use super::bag::Bag;
use super::cert::Cert;
use super::{Check, PathReport, Place, Question};

/// Where a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Anchor,
    Between,
    Leaf,
}

/// Adds what the profile says to the report of a path, which is given anchor first.
pub(super) fn path(
    question: &Question<'_>,
    order: &[usize],
    bag: &Bag<'_, '_>,
    report: &mut PathReport,
) {
    let lint = &question.profile.lint;
    let items = order.iter().filter_map(|index| bag.item(*index));
    let chain = items.map(|item| &item.cert);
    let mut above = None;
    for (at, (cert, report)) in chain.clone().zip(&mut report.certificates).enumerate() {
        let role = match (at, report.place) {
            (_, Place::Leaf) => Role::Leaf,
            (0, _) => Role::Anchor,
            _ => Role::Between,
        };
        if lint.rfc5280 {
            rfc5280::certificate(cert, above, role, !lint.web, &mut report.lint);
        }
        if lint.web {
            report
                .lint
                .extend(web::certificate(cert, above, role, lint.public_suffix));
        }
        if lint.azure {
            report.lint.extend(azure::certificate(
                cert,
                role,
                lint.registration_id.as_deref(),
            ));
        }
        above = Some(cert);
    }
    if lint.azure {
        report.lint.push(azure::tiers(order.len()));
    }
    if lint.rfc5280 && question.revocation != super::Revocation::Ignore {
        let issuers =
            |crl: &super::crl::Crl<'_>| chain.clone().any(|cert| cert.subject == crl.issuer);
        let lists = bag.crls().iter().filter(|(_, crl)| issuers(crl));
        report
            .lint
            .extend(lists.flat_map(|(_, crl)| list::list(crl)));
    }
}

/// What the rules of certificates say about one that has no path.
pub(super) fn alone(question: &Question<'_>, cert: &Cert<'_>, place: Place) -> Vec<Check> {
    let lint = &question.profile.lint;
    let role = if place == Place::Leaf {
        Role::Leaf
    } else {
        Role::Between
    };
    let mut checks = Vec::new();
    if lint.rfc5280 {
        rfc5280::certificate(cert, None, role, !lint.web, &mut checks);
    }
    if lint.web {
        checks.extend(web::certificate(cert, None, role, lint.public_suffix));
    }
    if lint.azure {
        checks.extend(azure::certificate(
            cert,
            role,
            lint.registration_id.as_deref(),
        ));
    }
    checks
}
