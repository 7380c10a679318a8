use leptos::prelude::*;

use crate::desk::Desk;
use crate::line::recipe::OpenRecipe;
use crate::serial::Support;
use crate::shell::{Icon, Shape};

/// The one dominant action, always in the same place, and the lesser ones beside it.
#[component]
pub(super) fn Actions() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let usable = move || desk.support.get() == Support::Present;
    let line = move || desk.loaded.with(|loaded| loaded.line().is_some());
    let first = Signal::derive(move || !line() || !usable());
    view! {
        <div class="actions">
            <Show when=move || first.get()>
                <Practice first=true />
            </Show>
            <Show when=line fallback=|| view! { <OpenRecipe /> }>
                <button
                    type="button"
                    class="button huge"
                    class:primary=usable
                    data-testid="action-connect"
                    disabled=move || !usable() || desk.elsewhere.get()
                    on:click=move |_| desk.connect()
                >
                    <Icon shape=Shape::Plug />
                    "Connect a board"
                </button>
            </Show>
            <Show when=move || !first.get()>
                <Practice first=false />
            </Show>
        </div>
    }
}

/// A simulated board. It is the first thing to do where there is nothing else to do.
#[component]
fn Practice(first: bool) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let class = if first {
        "button primary huge"
    } else {
        "button huge"
    };
    cfg!(feature = "practice").then(|| {
        view! {
            <button
                type="button"
                class=class
                data-testid="action-practice"
                disabled=move || desk.practising()
                on:click=move |_| desk.practise()
            >
                <Icon shape=Shape::Board />
                "Try a practice board"
            </button>
        }
    })
}
