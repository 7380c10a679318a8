use leptos::prelude::*;
use signet_core::run::{Card, Phase, Verdict};

use crate::desk::Slot;
use crate::shell::{bytes, seconds};

/// The four stations of a run, in the words of the welcome page.
const STATIONS: [&str; 4] = ["Connect", "Register", "Write", "Prove"];

/// How far the run is: stations, a bar, bytes, time left.
#[component]
pub(super) fn Progress(place: Slot) -> impl IntoView {
    let shown = Memo::new(move |_| place.card.with(at_work));
    let percent = move || place.card.with(|card| (card.permille / 10).min(100));
    let done = move || place.card.with(done);
    let left = move || {
        place.card.with(|card| {
            let running = card.verdict == Verdict::Running;
            card.left_ms.filter(|_| running).map(seconds)
        })
    };
    view! {
        <Show when=move || shown.get()>
            <div class="progress">
                <ol class="stations" aria-hidden="true">
                    {STATIONS
                        .into_iter()
                        .enumerate()
                        .map(|(index, name)| {
                            let state = move || place.card.with(|card| station_state(card, index));
                            view! { <li data-state=state>{name}</li> }
                        })
                        .collect_view()}
                </ol>
                <div
                    class="bar"
                    role="progressbar"
                    aria-label="The whole run"
                    aria-valuemin="0"
                    aria-valuemax="100"
                    aria-valuenow=move || percent().to_string()
                >
                    <div class="bar-done" style:width=move || format!("{}%", percent())></div>
                </div>
                <p class="progress-numbers">
                    <span>{done}</span>
                    <span>{move || left().map(|left| format!("about {left} left"))}</span>
                </p>
            </div>
        </Show>
    }
}

fn at_work(card: &Card) -> bool {
    let asked = card.verdict == Verdict::Action && card.phase != Phase::Waiting;
    card.verdict == Verdict::Running || asked
}

fn done(card: &Card) -> String {
    match card.bytes {
        Some((done, total)) if total > 0 => format!("{} of {}", bytes(done), bytes(total)),
        _ if card.phase == Phase::Registering => match card.polls {
            0 => String::new(),
            1 => "The cloud is at work (asked once)".to_owned(),
            polls => format!("The cloud is at work (asked {polls} times)"),
        },
        _ => String::new(),
    }
}

fn station_state(card: &Card, index: usize) -> &'static str {
    match station(card.phase).cmp(&index) {
        core::cmp::Ordering::Less => "ahead",
        core::cmp::Ordering::Equal => "now",
        core::cmp::Ordering::Greater => "done",
    }
}

const fn station(phase: Phase) -> usize {
    match phase {
        Phase::Waiting | Phase::Connecting | Phase::Identifying | Phase::Locating => 0,
        Phase::Keying | Phase::Registering | Phase::Judging => 1,
        Phase::Writing => 2,
        Phase::Verifying | Phase::Finishing => 3,
        Phase::Over => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_can_be_counted() {
        let mut card = Card {
            phase: Phase::Writing,
            bytes: Some((1536, 8192)),
            ..Card::default()
        };
        assert_eq!(done(&card), "1.5 KB of 8.0 KB");
        assert_eq!(station_state(&card, 1), "done");
        assert_eq!(station_state(&card, 2), "now");
        assert_eq!(station_state(&card, 3), "ahead");
        card.bytes = None;
        assert_eq!(done(&card), "");
    }
}
