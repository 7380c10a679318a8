use js_sys::Date;
use signet_core::path::{Answers, Fleet, Profile, Question};
use signet_core::trust::ROOTS;

use crate::clock;

/// Milliseconds: enough for the browser to see what an audit runs most.
const LONG: f64 = 100.0;

/// Judges the roots of the catalogue again and again. A browser compiles well only what has run often:
/// here it does while a person still chooses, and not during the audit, which that would make some 4
/// percent longer.
pub(super) fn rehearse() {
    let roots: Vec<&[u8]> = ROOTS.iter().map(|root| root.der).collect();
    let (profile, nothing) = (Profile::rfc5280(), Answers::default());
    let fleet = Fleet::new(Question::new(&[], &roots, clock::utc(), &profile));
    let end = Date::now() + LONG;
    while Date::now() < end {
        for root in &roots {
            fleet.judge(root, &nothing);
        }
    }
}
