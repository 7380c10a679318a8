use leptos::prelude::*;
use signet_core::run::{Command, Decision, Phase, Verdict};

use super::cards::keep_focus;
use crate::desk::{Desk, Slot, Stage};

/// What went wrong or what waits, what to do about it, and the two answers if a person has to decide.
#[component]
pub(super) fn Trouble(place: Slot) -> impl IntoView {
    let fault = Memo::new(move |_| place.card.with(|card| card.fault.clone()));
    view! {
        {move || {
            fault
                .get()
                .map(|fault| {
                    view! {
                        <div class="trouble">
                            <p class="trouble-what" data-testid="fault-what">{fault.what}</p>
                            <p class="trouble-next" data-testid="fault-next">{fault.next}</p>
                            <p class="trouble-code">
                                <code data-testid="fault-code">{fault.code}</code>
                            </p>
                        </div>
                    }
                })
        }}
        <Decide place />
    }
}

/// Two clear buttons, or one to stop.
#[component]
fn Decide(place: Slot) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let decision = Memo::new(move |_| place.card.with(|card| card.decision));
    let waits = Memo::new(move |_| place.card.with(|card| card.verdict) == Verdict::Action);
    let finishing = Memo::new(move |_| place.card.with(|card| card.phase) == Phase::Finishing);
    // A board that is proved cannot be given up any more.
    let asked = move || place.stage.get() == Stage::Running && (waits.get() || !finishing.get());
    let no = move || match decision.get() {
        Some(Decision::AskAgain | Decision::Reconnect) => "Give this board up",
        Some(Decision::IssueAgain) => "No, leave this board as it is",
        Some(Decision::SaveAgain) => "Go on without the record",
        None if waits.get() => "Give this board up",
        None => "Stop this board",
    };
    let yes = move || {
        decision.get().map(|decision| match decision {
            Decision::AskAgain => "Ask again",
            Decision::IssueAgain => "Yes, issue a new certificate",
            Decision::Reconnect => "Try again",
            Decision::SaveAgain => "Save again",
        })
    };
    view! {
        <Show when=asked>
            <div class="decide">
                <Show when=move || yes().is_some()>
                    <button
                        type="button"
                        class="button on-card strong"
                        data-testid="decision-yes"
                        on:click=move |event| {
                            keep_focus(&event);
                            desk.command(place, Command::Accept);
                        }
                    >
                        {yes}
                    </button>
                </Show>
                <button
                    type="button"
                    class="button on-card"
                    class:quiet=move || !waits.get()
                    data-testid="decision-no"
                    on:click=move |event| {
                            keep_focus(&event);
                            desk.command(place, Command::Abandon);
                        }
                >
                    {no}
                </button>
            </div>
        </Show>
    }
}
