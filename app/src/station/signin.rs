use leptos::ev::SubmitEvent;
use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Presence, Station};
use crate::desk::Desk;
use crate::shell::{Icon, Shape, plain};

/// In the header: who is signed in at the station, or that nobody is; and the dialog for it.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let station = desk.station;
    let who = Memo::new(move |_| {
        station.status.with(|status| {
            let you = status.as_ref()?.you.as_ref()?;
            Some((plain(&you.name, 32), plain(&you.role, 16)))
        })
    });
    let locked = move || station.presence.get() == Presence::Locked;
    let word = move || match who.get() {
        Some((name, _)) => format!("Station: {name}"),
        None => "Station: sign in".to_owned(),
    };
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let asked = station.asked.get();
        if let Some(dialog) = dialog.get().filter(|_| asked) {
            // Only refused if it is open already.
            let _ = dialog.show_modal();
            station.asked.set(false);
        }
    });
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <Show when=move || locked() || who.get().is_some()>
            <button
                type="button"
                class="light press"
                data-testid="station-sign-in"
                data-state=move || if locked() { "warn" } else { "good" }
                on:click=move |_| station.asked.set(true)
            >
                <span class="light-dot" aria-hidden="true"></span>
                <span>{word}</span>
            </button>
            <dialog class="dialog" node_ref=dialog aria-labelledby="sign-in-title">
                {move || match who.get() {
                    Some((name, role)) => view! { <SignedIn station name role close /> }.into_any(),
                    None => view! { <Form desk close /> }.into_any(),
                }}
            </dialog>
        </Show>
    }
}

#[component]
fn SignedIn(
    station: Station,
    name: String,
    role: String,
    close: impl Fn() + Copy + 'static,
) -> impl IntoView {
    view! {
        <h2 id="sign-in-title">{format!("Signed in as {name}")}</h2>
        <p>
            {format!("Role: {role}. ")}
            "The token is kept until you sign out or close this tab, and is not shown again."
        </p>
        <div class="row">
            <button
                type="button"
                class="button primary"
                data-testid="sign-out"
                on:click=move |_| {
                    close();
                    station.sign_out();
                }
            >
                "Sign out"
            </button>
            <button type="button" class="button quiet" on:click=move |_| close()>
                "Close"
            </button>
        </div>
    }
}

/// Takes the token. It goes from the field into the tab's memory; the field is emptied.
#[component]
fn Form(desk: Desk, close: impl Fn() + Copy + 'static) -> impl IntoView {
    let station = desk.station;
    let field = NodeRef::<Input>::new();
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else {
            return;
        };
        let text = field.value();
        field.set_value("");
        busy.set(true);
        spawn_local(async move {
            let good = desk.sign_in(text).await;
            // The field may be gone with the form.
            let _ = busy.try_set(false);
            if good {
                close();
            }
        });
    };
    view! {
        <h2 id="sign-in-title">"Sign in at the station"</h2>
        <p>"Your token begins with sgn_. Whoever runs the station makes one for you."</p>
        <form class="dialog-form" on:submit=submit>
            <label class="field">
                <span>"Operator's token"</span>
                <input
                    node_ref=field
                    type="password"
                    maxlength="128"
                    autocomplete="off"
                    spellcheck="false"
                    autofocus
                    data-testid="token-field"
                />
            </label>
            <div role="alert">
                {move || {
                    station
                        .refused
                        .get()
                        .map(|fault| {
                            view! {
                                <p class="refused" data-testid="token-refused">
                                    <Icon shape=Shape::Alert />
                                    {format!("{} {}", plain(&fault.what, 200), plain(&fault.next, 200))}
                                </p>
                            }
                        })
                }}
            </div>
            <div class="row">
                <button type="submit" class="button primary" disabled=move || busy.get()>
                    "Sign in"
                </button>
                <button type="button" class="button quiet" on:click=move |_| close()>
                    "Cancel"
                </button>
            </div>
        </form>
        <p class="hint">"Kept in this tab only, until you sign out or close it."</p>
    }
}
