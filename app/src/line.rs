//! The technician's screen: boards at work.

mod actions;
mod cards;
mod counters;
mod fault;
mod panel;
mod progress;
mod recipe;
mod scan;
mod scanner;
mod secret;
mod welcome;

use leptos::prelude::*;
use signet_core::run::Verdict;

use crate::desk::Desk;
use crate::records::RecordsTable;
use actions::Actions;
use cards::Cards;
use panel::Panel;
use welcome::Welcome;

/// The screen.
#[component]
pub(crate) fn LineScreen() -> impl IntoView {
    let desk = expect_context::<Desk>();
    scan::listen(desk);
    let empty = move || desk.slots.with(Vec::is_empty);
    view! {
        <h1 class="unseen">"Line"</h1>
        <div class="line">
            <div class="line-main">
                <Actions />
                <Show when=empty fallback=|| view! { <Cards /> }>
                    <Welcome />
                </Show>
            </div>
            <Panel />
        </div>
        <Show when=move || !desk.records.with(Vec::is_empty)>
            <RecordsTable limit=8 />
        </Show>
    }
}

/// The word on a card that is read from three metres.
pub(crate) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "READY",
        Verdict::Running => "RUNNING",
        Verdict::Action => "ACTION",
        Verdict::Pass | Verdict::PassUnchanged => "PASS",
        Verdict::Fail => "FAIL",
    }
}
