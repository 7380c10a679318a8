use leptos::html::Input;
use leptos::prelude::*;
use signet_core::Fault;
use zeroize::Zeroizing;

use super::bag::Bench;
use super::item::Item;

/// Asks for the password of a file.
#[component]
pub(super) fn Unlock(bench: Bench, item: Item) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let refused = RwSignal::new(None::<Fault>);
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = field.get_untracked() else {
            return;
        };
        let password = Zeroizing::new(input.value());
        input.set_value("");
        refused.set(bench.unlock(item.id, &password).err());
    };
    view! {
        <form class="box unlock" on:submit=open>
            <h3>"This file is sealed with a password."</h3>
            <p>"The password is used once, in this tab, and forgotten."</p>
            <div class="row">
                <label class="field grow">
                    <span>"Password"</span>
                    <input
                        node_ref=field
                        type="password"
                        autocomplete="off"
                        data-testid="unlock-password"
                    />
                </label>
                <button type="submit" class="button primary">"Open it"</button>
            </div>
            <div role="alert">
                {move || {
                    refused
                        .get()
                        .map(|fault| {
                            view! {
                                <p class="refused" data-testid="unlock-refused">
                                    {fault.what} " " {fault.next} " " <code>{fault.code}</code>
                                </p>
                            }
                        })
                }}
            </div>
        </form>
    }
}
