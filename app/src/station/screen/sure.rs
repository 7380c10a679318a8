use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// A button for what cannot be undone lightly: the first press asks, the second one does it.
#[component]
pub(super) fn Sure(
    /// What it does.
    word: String,
    /// The same as a clear answer to "Are you sure?".
    sure: Signal<String>,
    testid: &'static str,
    act: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let asked = RwSignal::new(false);
    let press = move |event: MouseEvent| {
        // The second half of a double click is no answer.
        if event.detail() > 1 {
            return;
        }
        if asked.get_untracked() {
            asked.set(false);
            act();
        } else {
            asked.set(true);
        }
    };
    let words = move || match asked.get() {
        true => sure.get(),
        false => word.clone(),
    };
    view! {
        <span class="sure">
            <button
                type="button"
                class="button"
                class:danger=move || asked.get()
                data-testid=testid
                on:click=press
            >
                {words}
            </button>
            <Show when=move || asked.get()>
                <button type="button" class="button quiet" on:click=move |_| asked.set(false)>
                    "No"
                </button>
            </Show>
        </span>
    }
}
