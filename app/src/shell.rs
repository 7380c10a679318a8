//! The frame around the screens.

mod banner;
mod header;
mod icon;
mod live;
mod screen;
mod text;

use leptos::prelude::*;

pub(crate) use icon::{Icon, Shape};
pub use screen::Screen;
pub(crate) use text::{bytes, plain, seconds};

use crate::bench::{Bench, BenchScreen};
use crate::desk::Desk;
use crate::line::LineScreen;
use crate::records::RecordsScreen;
use crate::station::StationScreen;
use banner::Banners;
use header::Header;
use live::Live;

/// The whole page.
#[component]
pub fn App(
    /// What goes on.
    desk: Desk,
) -> impl IntoView {
    provide_context(desk);
    provide_context(Bench::new());
    let screen = screen::current();
    let there = Memo::new(move |_| desk.station.is_there());
    view! {
        <a class="skip" href="#main" on:click=skip>"Skip to the content"</a>
        <Header screen />
        <Banners />
        <main id="main" class="page" tabindex="-1">
            {move || match screen.get() {
                Screen::Line => view! { <LineScreen /> }.into_any(),
                Screen::Bench => view! { <BenchScreen /> }.into_any(),
                Screen::Records => view! { <RecordsScreen /> }.into_any(),
                Screen::Station if there.get() => view! { <StationScreen /> }.into_any(),
                Screen::Station => view! { <LineScreen /> }.into_any(),
            }}
        </main>
        <Live />
    }
}

/// The address after `#` names the screen, so this link must not change it.
fn skip(event: leptos::ev::MouseEvent) {
    use wasm_bindgen::JsCast;
    event.prevent_default();
    let main = document().get_element_by_id("main");
    if let Some(main) = main.and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Focus can only fail on what is not focusable.
        let _ = main.focus();
    }
}
