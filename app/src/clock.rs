//! The browser's two clocks, and waiting.

use js_sys::{Date, Promise};
use signet_core::{Millis, Now, UnixTime};
use wasm_bindgen_futures::JsFuture;

/// What every input to a state machine is stamped with.
pub fn now() -> Now {
    Now {
        tick: tick(),
        utc: utc(),
    }
}

/// Milliseconds since the page was opened; never goes back, even if someone sets the clock.
pub fn tick() -> Millis {
    Millis(
        leptos::prelude::window()
            .performance()
            .map_or(0, |clock| whole(clock.now())),
    )
}

/// The wall clock.
pub fn utc() -> UnixTime {
    UnixTime(whole(Date::now()) / 1000)
}

/// Waits that long. Browsers round up, and to a whole second in a hidden tab.
pub async fn sleep(millis: u64) {
    let millis = i32::try_from(millis).unwrap_or(i32::MAX);
    let timer = Promise::new(&mut |resolve, _| {
        let set = leptos::prelude::window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        debug_assert!(set.is_ok(), "a window always has timers");
    });
    // The promise has no way to be rejected.
    let _ = JsFuture::from(timer).await;
}

/// The whole part of a number that JavaScript gives; zero for what is not a positive number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and that is what is wanted"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}
