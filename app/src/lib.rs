//! The page.
//!
//! [`App`] is what people see; [`Desk`] is what goes on, and the only one that talks to the browser's
//! ports, its network and its memory. A board's run itself is [`signet_core::run::Run`]; one small loop
//! drives it over a wire.

#![allow(
    unreachable_pub,
    reason = "the component macro makes its functions public, whatever they say"
)]

mod bench;
mod clock;
mod desk;
mod driver;
mod entropy;
mod files;
mod fleet;
#[cfg(feature = "gallery")]
mod gallery;
mod journal;
mod line;
mod link;
mod net;
#[cfg(feature = "practice")]
mod practice;
pub mod proof;
mod records;
mod serial;
mod shell;
mod station;
mod tab;

pub use desk::{Desk, Kept, Line, Loaded, Origin, Slot, SlotId, Stage, Tally};
pub use serial::Support;
pub use shell::{App, Screen};
pub use station::{Mark, Presence, Station};

/// Shows the page, and connects it with the browser. In a worker, works.
pub fn start() {
    if fleet::serve() {
        return;
    }
    tab::stop_on_panic();
    if let Some(boot) = leptos::prelude::document().get_element_by_id("boot") {
        boot.remove();
    }
    leptos::mount::mount_to_body(|| {
        let desk = Desk::new();
        #[cfg(feature = "gallery")]
        if gallery::show(desk) {
            return leptos::prelude::view! { <App desk /> };
        }
        desk.open();
        leptos::prelude::view! { <App desk /> }
    });
}
