//! What was done: the table and its exports.

mod detail;
mod export;
mod table;

use leptos::prelude::*;

use crate::desk::Desk;
use crate::shell::{Icon, Shape};
pub(crate) use table::{RecordsTable, local};

/// The screen.
#[component]
pub(crate) fn RecordsScreen() -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <h1>"Records"</h1>
        <Show when=move || desk.evictable.get()>
            <p class="hint" data-testid="evictable">
                "The browser may delete these lines when the disk is almost full. Export them at the end \
                 of a shift; once the page is installed as an app or bookmarked, the browser keeps them."
            </p>
        </Show>
        <Show
            when=move || !desk.records.with(Vec::is_empty)
            fallback=|| {
                view! {
                    <section class="empty">
                        <p class="empty-sign"><Icon shape=Shape::File /></p>
                        <h2>"No board has been through this station yet."</h2>
                        <p class="lead">
                            "Each run leaves one line here, whether it passed or not. Lines stay in \
                             this browser until you clear its data; export them at the end of a shift."
                        </p>
                        <p><a class="button" href="#line">"Go to the line"</a></p>
                    </section>
                }
            }
        >
            <RecordsTable limit=1000 />
        </Show>
    }
}
