use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use signet_core::recipe::Source;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::scanner::Scanner;
use crate::clock;
use crate::desk::Desk;
use crate::station::ScanSurprise;

/// Hears a scanner wherever the focus is, for as long as the screen is shown.
pub(super) fn listen(desk: Desk) {
    let mut scanner = Scanner::default();
    let mut before = None;
    let heard = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let special = event.ctrl_key() || event.alt_key() || event.meta_key();
        if event.repeat() || special || secret(&event) {
            return;
        }
        if desk.loaded.with_untracked(|loaded| loaded.source()) != Some(Source::Scan) {
            return;
        }
        let scan = scanner.key(clock::tick().0, &event.key());
        if scanner.has_begun() {
            before = event.target().and_then(Before::of);
        }
        if let Some(text) = scan {
            // The Enter at a scan's end must not press the button that happens to have the focus.
            event.prevent_default();
            event.stop_propagation();
            if let Some(before) = before.take() {
                before.restore();
            }
            desk.scan(&text);
        }
    });
    let function = heard.into_js_value();
    let add = document().add_event_listener_with_callback_and_bool(
        "keydown",
        function.unchecked_ref(),
        true,
    );
    debug_assert!(add.is_ok(), "listening needs no permission");
    let function = StoredValue::new_local(function);
    on_cleanup(move || {
        let function = function.get_value();
        // Cannot fail: it was added above.
        let _ = document().remove_event_listener_with_callback_and_bool(
            "keydown",
            function.unchecked_ref(),
            true,
        );
    });
}

/// What a control held before the first key of what may be a scan: a scan is no edit of whatever happens
/// to have the focus.
enum Before {
    Text(web_sys::HtmlInputElement, String),
    Choice(web_sys::HtmlSelectElement, i32),
}

impl Before {
    fn of(target: web_sys::EventTarget) -> Option<Self> {
        match target.dyn_into::<web_sys::HtmlInputElement>() {
            Ok(field) => {
                let text = field.value();
                Some(Self::Text(field, text))
            }
            Err(other) => {
                let choice: web_sys::HtmlSelectElement = other.dyn_into().ok()?;
                let index = choice.selected_index();
                Some(Self::Choice(choice, index))
            }
        }
    }

    /// Puts it back, as if a person had done it and was done with it: a name that was just typed counts
    /// for the board that is scanned.
    fn restore(self) {
        let control: web_sys::EventTarget = match self {
            Self::Text(field, text) => {
                field.set_value(&text);
                field.into()
            }
            Self::Choice(choice, index) => {
                choice.set_selected_index(index);
                choice.into()
            }
        };
        for name in ["input", "change"] {
            if let Ok(event) = web_sys::Event::new(name) {
                // Whether somebody prevents its default is all that it tells.
                let _ = control.dispatch_event(&event);
            }
        }
    }
}

/// What is typed into a password field is none of a scanner's business.
fn secret(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    target.is_some_and(|field| field.type_() == "password")
}

/// The next serial number, for recipes that take one from a label.
#[component]
pub(super) fn SerialPanel() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let typed = RwSignal::new(String::new());
    let wanted = move || desk.loaded.with(|loaded| loaded.source()) == Some(Source::Scan);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        desk.scan(&typed.get_untracked());
        typed.set(String::new());
    };
    view! {
        <Show when=wanted>
            <section class="box">
                <h2>"Next serial number"</h2>
                <p class="scanned" data-testid="scanned" data-empty=move || {
                    desk.scanned.get().is_none().to_string()
                }>{move || desk.scanned.get().unwrap_or_else(|| "Scan the label".to_owned())}</p>
                <ScanSurprise />
                <form class="row" on:submit=submit>
                    <label class="field grow">
                        <span>"Or type it"</span>
                        <input
                            type="text"
                            maxlength="64"
                            autocomplete="off"
                            spellcheck="false"
                            data-testid="scan-field"
                            prop:value=move || typed.get()
                            on:input=move |event| typed.set(event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="button">"Use it"</button>
                </form>
            </section>
        </Show>
    }
}
