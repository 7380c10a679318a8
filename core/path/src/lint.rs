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
use super::{Check, Question};

/// Where a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Anchor,
    Between,
    Leaf,
}

/// What the profile says about a certificate, with the one above it if there is a path.
pub(super) fn certificate(
    question: &Question<'_>,
    cert: &Cert<'_>,
    above: Option<&Cert<'_>>,
    role: Role,
) -> Vec<Check> {
    let lint = &question.profile.lint;
    let mut checks = Vec::new();
    if lint.rfc5280 {
        rfc5280::certificate(cert, above, role, !lint.web, &mut checks);
    }
    if lint.web {
        checks.extend(web::certificate(cert, above, role, lint.public_suffix));
    }
    if lint.azure {
        let id = lint.registration_id.as_deref();
        checks.extend(azure::certificate(cert, role, id));
    }
    checks
}

/// What it says about a path, which is given anchor first.
pub(super) fn path(question: &Question<'_>, order: &[usize], bag: &Bag<'_, '_>) -> Vec<Check> {
    let lint = &question.profile.lint;
    let mut checks = Vec::new();
    if lint.azure {
        checks.push(azure::tiers(order.len()));
    }
    if lint.rfc5280 && question.revocation != super::Revocation::Ignore {
        let items = order.iter().filter_map(|index| bag.item(*index));
        let issuers =
            |crl: &super::crl::Crl<'_>| items.clone().any(|item| item.cert.subject == crl.issuer);
        let lists = bag.crls().iter().filter(|(_, crl)| issuers(crl));
        checks.extend(lists.flat_map(|(_, crl)| list::list(crl)));
    }
    checks
}
