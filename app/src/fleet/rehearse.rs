use std::cell::Cell;

use futures::stream;
use js_sys::Date;
use signet_core::UnixTime;
use signet_core::path::Profile;

use super::audit::audit;
use super::wire::{Order, Pile, Told};

/// Milliseconds: enough for the browser to see what an audit runs most.
const LONG: f64 = 250.0;

/// Certificates in a share.
const SHARE: usize = 64;

/// A certificate with what most devices' have, signed with RSA 2048, which is the soonest checked, and
/// the root that issued it. Nobody has the keys.
const DEVICE: &[u8] = include_bytes!("rehearse/device.der");
const ROOT: &[u8] = include_bytes!("rehearse/root.der");

/// A moment at which both are valid: 2027-01-01.
const AT: UnixTime = UnixTime(1_798_761_600);

/// Judges one certificate again and again, until the true order has come. A browser compiles well only
/// what has run often: here it does while a person still chooses, and not during the audit, which that
/// would make some 4 percent longer.
pub(super) async fn rehearse(ordered: &Cell<bool>) {
    let order = Order {
        anchors: [ROOT].into_iter().collect(),
        bag: Pile::default(),
        crls: Pile::default(),
        at: AT,
        profile: 0,
    };
    let end = Date::now() + LONG;
    let goes_on = || !ordered.get() && Date::now() < end;
    let shares = stream::iter(core::iter::from_fn(|| {
        goes_on().then(|| core::iter::repeat_n(DEVICE, SHARE).collect::<Pile>())
    }));
    audit(&order, &Profile::device(), shares, |fates| {
        Told::Done(fates).to_js();
    })
    .await;
}
