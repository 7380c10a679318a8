use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use signet_core::recipe::Attestation;

use crate::desk::Desk;

/// Takes the attestation key. It goes from the field into the desk's memory; the field is emptied.
#[component]
pub(super) fn KeyPanel() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let field = NodeRef::<Input>::new();
    let kind = Memo::new(move |_| {
        desk.loaded
            .with(|loaded| loaded.line().map(|line| line.recipe.attestation))
    });
    let wanted = move || matches!(kind.get(), Some(kind) if kind != (Attestation::Relay {}));
    let whose = move || match kind.get() {
        Some(Attestation::DeviceKey {}) => "Key of the next device",
        _ => "Key of the enrollment group",
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            let text = field.value();
            field.set_value("");
            desk.take_key(text);
        }
    };
    view! {
        <Show when=wanted>
            <section class="box">
                <h2>{whose}</h2>
                <Show
                    when=move || desk.key_held.get()
                    fallback=move || {
                        view! {
                            <form class="row" on:submit=submit>
                                <label class="field grow">
                                    <span>"Primary key, base64"</span>
                                    <input
                                        node_ref=field
                                        type="password"
                                        maxlength="128"
                                        autocomplete="off"
                                        spellcheck="false"
                                        data-testid="key-field"
                                    />
                                </label>
                                <button type="submit" class="button">"Keep it"</button>
                            </form>
                            <p class="hint">"Stays in this tab's memory until you close it."</p>
                        }
                    }
                >
                    <p>"A key is held in this tab's memory."</p>
                    <button type="button" class="button" on:click=move |_| desk.forget_key()>
                        "Wipe it"
                    </button>
                </Show>
            </section>
        </Show>
    }
}
