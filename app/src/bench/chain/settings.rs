use leptos::prelude::*;

use crate::bench::bag::Bench;

/// What the verdict depends on besides the certificates.
#[component]
pub(super) fn Settings(bench: Bench) -> impl IntoView {
    view! {
        <div class="settings">
            <label class="field grow">
                <span>"Must be for (host name, address or registration ID)"</span>
                <input
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="Nobody in particular"
                    data-testid="expected"
                    prop:value=move || bench.expected.get()
                    on:change=move |event| bench.expected.set(event_target_value(&event))
                />
            </label>
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    data-testid="catalogue"
                    prop:checked=move || bench.catalogue.get()
                    on:change=move |_| bench.catalogue.update(|on| *on = !*on)
                />
                "Trust Azure's public roots"
            </label>
        </div>
    }
}
