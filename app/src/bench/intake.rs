use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;
use signet_core::file::MAX_BYTES;
use zeroize::Zeroizing;

use super::bag::Bench;
use super::found::Found;
use crate::files;
use crate::shell::{Icon, Shape, plain};

/// Takes what is dropped anywhere or pasted outside a field, and says so while something is held over
/// the page.
#[component]
pub(super) fn Intake(bench: Bench) -> impl IntoView {
    let held = RwSignal::new(false);
    let over = window_event_listener(leptos::ev::dragover, move |event| {
        event.prevent_default();
        held.set(true);
    });
    // Leaving the window has no element to go to.
    let left = window_event_listener(leptos::ev::dragleave, move |event| {
        if event.related_target().is_none() {
            held.set(false);
        }
    });
    let dropped = window_event_listener(leptos::ev::drop, move |event| {
        event.prevent_default();
        held.set(false);
        let files = event.data_transfer().map(|data| files::all(data.files()));
        take(files.unwrap_or_default(), bench);
    });
    let pasted = window_event_listener(leptos::ev::paste, move |event| {
        use wasm_bindgen::JsCast;
        let target = event.target();
        let target = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let field = target.is_some_and(|target| target.matches("input, textarea").unwrap_or(false));
        let text = event.clipboard_data();
        let text = text.and_then(|data| data.get_data("text/plain").ok());
        if let Some(text) = text.filter(|text| !field && !text.is_empty()) {
            bench.open("pasted text", Zeroizing::new(text).as_bytes());
        }
    });
    on_cleanup(move || {
        over.remove();
        left.remove();
        dropped.remove();
        pasted.remove();
    });
    view! {
        <Show when=move || held.get()>
            <div class="veil" aria-hidden="true">
                <p><Icon shape=Shape::Down /> "Drop it anywhere"</p>
            </div>
        </Show>
    }
}

/// Lets a person choose files.
#[component]
pub(super) fn Choose(bench: Bench, primary: bool) -> impl IntoView {
    let chosen = move |event: leptos::ev::Event| {
        let field = event_target::<web_sys::HtmlInputElement>(&event);
        take(files::all(field.files()), bench);
        field.set_value("");
    };
    view! {
        <label class="button file" class:primary=primary>
            <Icon shape=Shape::File />
            "Open files …"
            <input type="file" multiple data-testid="bench-file" on:change=chosen />
        </label>
    }
}

/// A field for text.
#[component]
pub(super) fn Paste(bench: Bench) -> impl IntoView {
    let text = NodeRef::<Textarea>::new();
    let read = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = text.get_untracked() {
            let bytes = Zeroizing::new(field.value().into_bytes());
            // A key may have stood in it.
            field.set_value("");
            if !bytes.trim_ascii().is_empty() {
                bench.open("pasted text", &bytes);
            }
        }
    };
    view! {
        <form class="paste" on:submit=read>
            <label class="field">
                <span>"Or paste text"</span>
                <textarea
                    node_ref=text
                    spellcheck="false"
                    autocomplete="off"
                    placeholder="-----BEGIN CERTIFICATE-----"
                    data-testid="bench-text"
                ></textarea>
            </label>
            <button type="submit" class="button">"Read it"</button>
        </form>
    }
}

/// So many objects are laid on the Bench together, since each time everything is judged anew.
const AT_ONCE: usize = 1000;

fn take(files: Vec<web_sys::File>, bench: Bench) {
    let turn = bench.turn();
    spawn_local(async move {
        let mut found = Found::default();
        for file in files {
            let name = plain(&file.name(), 60);
            let read = files::read(&file, MAX_BYTES).await.map(Zeroizing::new);
            if bench.turn() != turn {
                // The Bench was cleared, and these were for the one before.
                return;
            }
            match read {
                Ok(bytes) => found.append(bench.read(&name, &bytes)),
                Err(why) => found.refuse(&name, unreadable(&why)),
            }
            if found.count() >= AT_ONCE {
                bench.lay(core::mem::take(&mut found));
            }
        }
        bench.lay(found);
    });
}

fn unreadable(why: &str) -> Fault {
    Fault {
        code: "bench.file-unreadable".to_owned(),
        what: format!("The file could not be read: {why}."),
        next: "Copy it to this computer and open it again.".to_owned(),
    }
}
