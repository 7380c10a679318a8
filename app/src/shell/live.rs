use leptos::prelude::*;
use signet_core::run::{Card, Verdict};

use crate::desk::{Desk, Slot};
use crate::line::word;
use crate::tab;

/// What a screen reader is told, and the tab's title. Always there: regions that come with their text
/// are not read out.
#[component]
pub(super) fn Live() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let told = move |wanted: fn(&Card) -> Option<String>| {
        let slots = desk.slots.get();
        let texts = slots.iter().filter_map(|slot| spoken(slot, wanted));
        texts.collect::<Vec<_>>().join(" ")
    };
    let status = Memo::new(move |_| told(calm));
    let alert = Memo::new(move |_| told(urgent));
    Effect::new(move |_| tab::set_title(&title(desk)));
    view! {
        <div class="unseen" role="status">{status}</div>
        <div class="unseen" role="alert">{alert}</div>
    }
}

fn spoken(slot: &Slot, wanted: fn(&Card) -> Option<String>) -> Option<String> {
    let text = slot.card.with(wanted)?;
    Some(format!("Board {}: {text}.", slot.id.0))
}

/// Progress by phase, not by byte: a few messages per run.
fn calm(card: &Card) -> Option<String> {
    match card.verdict {
        Verdict::Running => Some(card.phase.word().to_owned()),
        Verdict::Pass | Verdict::PassUnchanged => Some("PASS".to_owned()),
        _ => None,
    }
}

fn urgent(card: &Card) -> Option<String> {
    let fault = card.fault.as_ref()?;
    let verdict = matches!(card.verdict, Verdict::Fail | Verdict::Action);
    verdict.then(|| format!("{}. {} {}", word(card.verdict), fault.what, fault.next))
}

fn title(desk: Desk) -> String {
    let slots = desk.slots.get();
    let verdicts = slots.iter().map(|slot| slot.card.with(|card| card.verdict));
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Ready => 0,
        Verdict::Pass | Verdict::PassUnchanged => 1,
        Verdict::Running => 2,
        Verdict::Fail => 3,
        Verdict::Action => 4,
    };
    match verdicts.max_by_key(rank) {
        None | Some(Verdict::Ready) => "Signet".to_owned(),
        Some(Verdict::Running) => {
            let running = slots
                .iter()
                .map(|slot| slot.card.with(|card| card.permille));
            format!("{} % · Signet", running.min().unwrap_or_default() / 10)
        }
        Some(verdict) => format!("{} {} · Signet", sign(verdict), word(verdict)),
    }
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::PassUnchanged => "✓",
        Verdict::Fail => "✗",
        _ => "⚠",
    }
}
