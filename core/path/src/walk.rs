//! From the anchor down to the leaf: RFC 5280 section 6.1.

mod descent;
mod end;
mod policies;
mod prepare;
mod state;

use std::sync::Arc;

use super::bag::Item;
use super::engine::Engine;
use super::lint::{self, Role};
use super::{CertReport, Check, PathReport, Rule, State, flaw};
use descent::Descent;
use state::Variables;

pub(super) use descent::Descents;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// The signer of a revocation list: no purposes, names or policies.
    CrlSigner,
    /// The certificate in question.
    Leaf,
}

/// Judges one path, given leaf first. An error is a budget that ran out.
pub(super) fn path(
    engine: &mut Engine<'_, '_>,
    route: &[usize],
    anchor: usize,
    aim: Aim,
) -> Result<PathReport, Rule> {
    let mut order = Vec::with_capacity(route.len() + 1);
    order.push(anchor);
    order.extend(route.iter().rev());
    let (leaf, above) = order.split_last().unwrap_or((&anchor, &[]));
    let mut way = Descent::to(engine, above, aim)?;
    way.step(engine, *leaf, true)?;
    let lint = match aim {
        Aim::CrlSigner => Vec::new(),
        Aim::Leaf => lint::path(engine.question, &order, engine.bag),
    };
    Ok(PathReport {
        policies: way.variables.accepted(engine.question),
        lint,
        pending: way.pending,
        certificates: way.certificates,
        complete: true,
    })
}

/// As far as a search got that found no anchor: what each certificate, given leaf first, says by
/// itself.
pub(super) fn partial(engine: &Engine<'_, '_>, route: &[usize]) -> PathReport {
    let none: Arc<State> = Arc::default();
    let items = route.iter().rev().filter_map(|index| engine.item(*index));
    let certificates = items.map(|item| {
        let cert = &item.cert;
        let mut checks = Vec::from(flaw::form(cert));
        checks.extend(flaw::validity(cert, engine.question.at));
        if item.place != super::Place::Leaf {
            checks.extend([flaw::is_ca(cert), flaw::may_sign(cert)]);
        }
        checks.push(flaw::critical(cert));
        let role = match item.place {
            super::Place::Leaf => Role::Leaf,
            _ => Role::Between,
        };
        let lint = lint::certificate(engine.question, cert, None, role);
        Arc::new(about(item, [checks, lint], [none.clone(), none.clone()]))
    });
    PathReport {
        certificates: certificates.collect(),
        policies: Vec::new(),
        lint: Vec::new(),
        pending: false,
        complete: false,
    }
}

/// The report of one certificate, with the variables before and after it.
fn about(
    item: &Item<'_>,
    [checks, lint]: [Vec<Check>; 2],
    [before, after]: [Arc<State>; 2],
) -> CertReport {
    let cert = &item.cert;
    CertReport {
        place: item.place,
        identity: cert.identity().clone(),
        checks,
        lint,
        before,
        after,
    }
}
