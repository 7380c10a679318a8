use leptos::prelude::*;
use signet_core::run::{Card, Phase, Verdict};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent};

use super::fault::Trouble;
use super::progress::Progress;
use super::word;
use crate::desk::{Desk, Slot, Stage};
use crate::shell::{Icon, Shape, plain};
use crate::station::Surprise;

/// One large card per board.
#[component]
pub(super) fn Cards() -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <div class="cards" data-count=move || desk.slots.with(Vec::len).min(5)>
            <For each=move || desk.slots.get() key=|place| place.id let:place>
                <BoardCard place />
            </For>
        </div>
    }
}

/// One board.
#[component]
pub(crate) fn BoardCard(place: Slot) -> impl IntoView {
    let verdict = Memo::new(move |_| place.card.with(|card| card.verdict));
    let label = format!("Board {}", place.id.0);
    let heading = label.clone();
    view! {
        <article
            class="card"
            tabindex="-1"
            aria-label=label
            data-testid="board-card"
            data-verdict=move || state(verdict.get())
        >
            <header class="card-head">
                <h2>{heading}</h2>
                <p>{if place.practice { "Practice, nothing leaves this page" } else { place.title }}</p>
            </header>
            <p class="verdict">
                {move || view! { <Icon shape=shape(verdict.get()) /> }}
                <span data-testid="verdict">{move || word(verdict.get())}</span>
            </p>
            <p class="phase" data-testid="phase">{move || place.card.with(sentence)}</p>
            <Facts place />
            <Surprise place />
            <Progress place />
            <Trouble place />
            <Foot place />
        </article>
    }
}

/// Chip, MAC address, registration ID: who is connected, before anything is done to it.
#[component]
fn Facts(place: Slot) -> impl IntoView {
    let fact = move |name: &'static str, value: fn(&Card) -> &Option<String>| {
        let value = move || {
            place
                .card
                .with(|card| value(card).as_deref().map(|text| plain(text, 64)))
        };
        view! {
            <Show when=move || value().is_some()>
                <div>
                    <dt>{name}</dt>
                    <dd>{move || value().unwrap_or_default()}</dd>
                </div>
            </Show>
        }
    };
    view! {
        <dl class="facts">
            {fact("Registration ID", |card| &card.registration_id)}
            {fact("Chip", |card| &card.chip)} {fact("MAC address", |card| &card.mac)}
        </dl>
    }
}

/// What can be done with a card whose run is over, or not begun.
#[component]
fn Foot(place: Slot) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let again = move || match place.stage.get() {
        Stage::Running => None,
        _ if place.practice => Some("Another practice board"),
        Stage::Ready | Stage::Held => Some("Start"),
        Stage::Over if !place.present.get() => None,
        Stage::Over => Some("Start the next board on this port"),
    };
    let idle = move || place.stage.get() != Stage::Running;
    view! {
        <Show when=idle>
            <div class="card-foot">
                <Show when=move || again().is_some()>
                    <button
                        type="button"
                        class="button on-card"
                        on:click=move |event| {
                            keep_focus(&event);
                            desk.start(place);
                        }
                    >
                        {again}
                    </button>
                </Show>
                <button
                    type="button"
                    class="button on-card quiet"
                    on:click=move |_| desk.remove(place.id)
                >
                    "Put away"
                </button>
            </div>
        </Show>
    }
}

/// Gives the focus of a button that goes away with its answer to the card, so that the keyboard stays there
/// (WCAG 2.4.3).
pub(super) fn keep_focus(event: &MouseEvent) {
    let button = event.target().and_then(|at| at.dyn_into::<Element>().ok());
    let card = button.and_then(|button| button.closest(".card").ok().flatten());
    if let Some(card) = card.and_then(|card| card.dyn_into::<HtmlElement>().ok()) {
        // A card takes the focus; were it gone, there would be nothing to give it to.
        let _ = card.focus();
    }
}

/// The value of `data-verdict`.
pub(super) const fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "ready",
        Verdict::Running => "running",
        Verdict::Action => "action",
        Verdict::Pass | Verdict::PassUnchanged => "pass",
        Verdict::Fail => "fail",
    }
}

const fn shape(verdict: Verdict) -> Shape {
    match verdict {
        Verdict::Ready => Shape::Dot,
        Verdict::Running => Shape::Turn,
        Verdict::Action => Shape::Alert,
        Verdict::Pass | Verdict::PassUnchanged => Shape::Tick,
        Verdict::Fail => Shape::Cross,
    }
}

/// The line under the word.
fn sentence(card: &Card) -> &'static str {
    match (card.verdict, card.phase) {
        (Verdict::Pass, _) => "Written, read back, equal.",
        (Verdict::PassUnchanged, _) => "Already provisioned: checked, nothing changed.",
        (Verdict::Fail, _) => "This board is not provisioned.",
        (Verdict::Action, Phase::Waiting) => "Waiting for you",
        (Verdict::Ready, _) => "Press start",
        (_, phase) => phase.word(),
    }
}
