use leptos::prelude::*;

use super::counters::Counters;
use super::recipe::RecipeFacts;
use super::scan::SerialPanel;
use super::secret::KeyPanel;
use crate::desk::Desk;
use crate::serial::Support;
use crate::station::BatchPanel;

/// The panel beside the cards: what the line is, who works on it, how it goes.
#[component]
pub(super) fn Panel() -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <aside class="panel" aria-label="This line">
            <KeyPanel />
            <SerialPanel />
            <BatchPanel />
            <Counters />
            <Ports />
            <RecipeFacts />
            <section class="box">
                <label class="field">
                    <span>"Operator"</span>
                    <input
                        type="text"
                        maxlength="64"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="Name or badge"
                        prop:value=move || desk.operator.get()
                        on:change=move |event| desk.set_operator(event_target_value(&event))
                    />
                </label>
            </section>
        </aside>
    }
}

/// How boards come to the line.
#[component]
fn Ports() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let usable = move || {
        let line = desk.loaded.with(|loaded| loaded.line().is_some());
        line && desk.support.get() == Support::Present
    };
    view! {
        <Show when=usable>
            <section class="box">
                <h2>"Ports"</h2>
                <label class="switch">
                    <input
                        type="checkbox"
                        role="switch"
                        data-testid="armed"
                        prop:checked=move || desk.armed.get()
                        on:change=move |event| desk.set_armed(event_target_checked(&event))
                    />
                    <span>"Start a board when it is plugged in"</span>
                </label>
                <button type="button" class="button" on:click=move |_| desk.choose()>
                    "Choose another port …"
                </button>
            </section>
        </Show>
    }
}
