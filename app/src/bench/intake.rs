use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::cert::{MAX_BYTES, read_any};
use signet_core::{Explain, Fault};

use super::Found;
use crate::files;
use crate::shell::{Icon, Shape, plain};

/// Takes a file that is opened or dropped, or text that is pasted.
#[component]
pub(super) fn Intake(found: RwSignal<Option<Found>>) -> impl IntoView {
    let text = NodeRef::<Textarea>::new();
    let over = window_event_listener(leptos::ev::dragover, |event| event.prevent_default());
    let dropped = window_event_listener(leptos::ev::drop, move |event| {
        event.prevent_default();
        let files = event.data_transfer().map(|data| files::all(data.files()));
        take(files.unwrap_or_default(), found);
    });
    on_cleanup(move || {
        over.remove();
        dropped.remove();
    });
    let chosen = move |event: leptos::ev::Event| {
        let field = event_target::<web_sys::HtmlInputElement>(&event);
        take(files::all(field.files()), found);
        field.set_value("");
    };
    let explain = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = text.get_untracked() {
            let bytes = field.value().into_bytes();
            found.set(Some(explained("the pasted text".to_owned(), &bytes)));
        }
    };
    view! {
        <form class="intake" on:submit=explain>
            <label class="field">
                <span>"Paste a certificate"</span>
                <textarea
                    node_ref=text
                    spellcheck="false"
                    autocomplete="off"
                    placeholder="-----BEGIN CERTIFICATE-----"
                    data-testid="bench-text"
                ></textarea>
            </label>
            <div class="row">
                <button type="submit" class="button primary">"Explain it"</button>
                <label class="button file">
                    <Icon shape=Shape::File />
                    "Open a file …"
                    <input type="file" data-testid="bench-file" on:change=chosen />
                </label>
            </div>
        </form>
    }
}

/// The first of the files; the Bench shows one at a time.
fn take(files: Vec<web_sys::File>, found: RwSignal<Option<Found>>) {
    let Some(file) = files.into_iter().next() else {
        return;
    };
    let name = plain(&file.name(), 60);
    spawn_local(async move {
        let result = match files::read(&file, MAX_BYTES).await {
            Ok(bytes) => explained(name, &bytes),
            Err(why) => Found {
                name,
                result: Err(Fault {
                    code: "bench.file-unreadable".to_owned(),
                    what: format!("The file could not be read: {why}."),
                    next: "Copy it to this computer and open it again.".to_owned(),
                }),
            },
        };
        // The screen may have been left meanwhile.
        let _ = found.try_set(Some(result));
    });
}

fn explained(name: String, bytes: &[u8]) -> Found {
    Found {
        name,
        result: read_any(bytes).map_err(|error| error.fault()),
    }
}
