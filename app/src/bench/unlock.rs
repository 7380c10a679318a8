use leptos::html::Input;
use leptos::prelude::*;
use signet_core::Fault;
use zeroize::Zeroizing;

use super::bag::Bench;
use super::item::Item;
use super::waiting::Unlocked;

/// Asks for the password of a file.
#[component]
pub(super) fn Unlock(bench: Bench, item: Item) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let answer = RwSignal::new(None::<Result<Unlocked, Fault>>);
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = field.get_untracked() else {
            return;
        };
        let password = Zeroizing::new(input.value());
        input.set_value("");
        answer.set(Some(bench.unlock(item.id, &password)));
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
            <div role="alert">{move || answer.get().map(said)}</div>
        </form>
    }
}

/// What a password did.
fn said(answer: Result<Unlocked, Fault>) -> AnyView {
    match answer {
        // The object is gone, and this with it.
        Ok(Unlocked::Whole) => ().into_any(),
        Ok(Unlocked::Part) => view! {
            <p data-testid="unlock-part">
                "It opened a part of the file, which lies on the Bench now. The rest wants another \
                 password."
            </p>
        }
        .into_any(),
        Err(fault) => view! {
            <p class="refused" data-testid="unlock-refused">
                {fault.what} " " {fault.next} " " <code>{fault.code}</code>
            </p>
        }
        .into_any(),
    }
}
