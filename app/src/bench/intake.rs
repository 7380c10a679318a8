use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;
use signet_core::file::MAX_BYTES;
use wasm_bindgen::JsCast;
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
        let mine = !is_for_field(&event);
        if mine {
            event.prevent_default();
        }
        held.set(mine);
    });
    // Leaving the window has no element to go to.
    let left = window_event_listener(leptos::ev::dragleave, move |event| {
        if event.related_target().is_none() {
            held.set(false);
        }
    });
    let dropped = window_event_listener(leptos::ev::drop, move |event| {
        held.set(false);
        if !is_for_field(&event) {
            event.prevent_default();
            receive(event.data_transfer(), bench);
        }
    });
    let pasted = window_event_listener(leptos::ev::paste, move |event| {
        if let Some(text) = text_of(event.clipboard_data()).filter(|_| !is_on_field(&event)) {
            bench.open("pasted text", text.as_bytes());
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

/// Text that is dropped onto a field belongs there. A field has no use for files.
fn is_for_field(event: &web_sys::DragEvent) -> bool {
    let kinds = event.data_transfer().map(|data| data.types());
    is_on_field(event) && !kinds.is_some_and(|kinds| kinds.includes(&"Files".into(), 0))
}

fn is_on_field(event: &web_sys::Event) -> bool {
    let target = event.target();
    let target = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.matches(":read-write").unwrap_or(false))
}

/// The text of a paste or a drop, if there is any. A key may stand in it.
fn text_of(data: Option<web_sys::DataTransfer>) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(data?.get_data("text/plain").ok()?);
    (!text.trim().is_empty()).then_some(text)
}

/// Takes what was dropped: files, or else text.
fn receive(data: Option<web_sys::DataTransfer>, bench: Bench) {
    let files = files::all(data.as_ref().and_then(web_sys::DataTransfer::files));
    if !files.is_empty() {
        take(files, bench);
    } else if let Some(text) = text_of(data) {
        bench.open("dropped text", text.as_bytes());
    } else {
        let mut found = Found::default();
        found.refuse("What was dropped", nothing_dropped());
        bench.lay(found);
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

fn nothing_dropped() -> Fault {
    Fault {
        code: "bench.nothing-dropped".to_owned(),
        what: "There is neither a file nor text in it.".to_owned(),
        next: "Drop files, or text with a certificate, a request or a key in it.".to_owned(),
    }
}

fn unreadable(why: &str) -> Fault {
    Fault {
        code: "bench.file-unreadable".to_owned(),
        what: format!("The file could not be read: {why}."),
        next: "Copy it to this computer and open it again.".to_owned(),
    }
}
