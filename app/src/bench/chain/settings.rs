use leptos::prelude::*;

use crate::bench::bag::Bench;

/// What the verdict depends on besides the certificates.
#[component]
pub(in crate::bench) fn Settings(
    bench: Bench,
    /// Whether it is about one certificate, which may have to be for somebody.
    #[prop(default = true)]
    named: bool,
) -> impl IntoView {
    view! {
        <div class="settings">
            {named
                .then(|| {
                    view! {
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
                    }
                })}
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
