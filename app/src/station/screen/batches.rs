use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use signet_core::Fault;

use super::bars::share;
use super::downloads::save;
use super::opening::Opening;
use super::sure::Sure;
use super::{Said, WhoMay, moment};
use crate::shell::{Icon, Shape, plain};
use crate::station::answer::Batch;
use crate::station::{Station, client};

/// How many batches are shown, open or closed.
const SHOWN: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct List {
    batches: Vec<Batch>,
}

/// Open batches and how far each is; the closed ones for their reports.
#[component]
pub(super) fn Batches(station: Station) -> impl IntoView {
    let fault = RwSignal::new(None::<Fault>);
    let open = Memo::new(move |_| {
        let batches = |status: &Option<std::sync::Arc<crate::station::Status>>| {
            status
                .as_ref()
                .map(|status| status.open_batches.clone())
                .unwrap_or_default()
        };
        station.status.with(batches)
    });
    let names = Memo::new(move |_| {
        open.with(|open| {
            open.iter()
                .map(|batch| batch.name.clone())
                .collect::<Vec<_>>()
        })
    });
    let closed = RwSignal::new(Vec::<Batch>::new());
    Effect::new(move |_| {
        names.track();
        spawn_local(async move {
            if let Ok(List { batches }) = station.read(&format!("batches?limit={SHOWN}")).await {
                let over = batches
                    .into_iter()
                    .filter(|batch| batch.closed_at.is_some());
                // The screen may have been left meanwhile.
                let _ = closed.try_set(over.collect());
            }
        });
    });
    view! {
        <section class="box wide" aria-labelledby="batches-title" data-testid="station-batches">
            <h2 id="batches-title">"Batches"</h2>
            <Show when=move || names.with(Vec::is_empty)>
                <p class="hint">
                    "No batch is open. A batch says which boards are expected; the line counts them, and a signed \
                     report proves what became of each."
                </p>
            </Show>
            <ul class="batches">
                <For each=move || names.get() key=Clone::clone let:name>
                    <Open station name open fault />
                </For>
            </ul>
            <Said fault />
            <Show when=move || station.is_supervised()>
                <Opening station />
            </Show>
            <WhoMay station what="Opening and closing batches" />
            <Show when=move || !closed.with(Vec::is_empty)>
                <details data-testid="batches-closed">
                    <summary>{move || format!("Closed batches ({})", closed.with(Vec::len))}</summary>
                    <ul class="batches">
                        <For each=move || closed.get() key=|batch| batch.name.clone() let:batch>
                            <Closed station batch fault />
                        </For>
                    </ul>
                </details>
            </Show>
        </section>
    }
}

#[component]
fn Open(
    station: Station,
    name: String,
    open: Memo<Vec<Batch>>,
    fault: RwSignal<Option<Fault>>,
) -> impl IntoView {
    let (this, title) = (name.clone(), plain(&name, 64));
    let batch = Memo::new(move |_| {
        open.with(|open| {
            open.iter()
                .find(|batch| batch.name == this)
                .cloned()
                .unwrap_or_default()
        })
    });
    let path = StoredValue::new(format!("batches/{}/close", client::part(&name)));
    let close = move || {
        spawn_local(async move {
            let posted = station.post(&path.get_value(), None).await;
            let _ = fault.try_set(posted.err().map(|trouble| trouble.told()));
            station.refresh(true).await;
        });
    };
    let sure = Signal::stored(format!("Yes, close {title} for good"));
    view! {
        <li class="batch" data-testid="batch">
            <div class="batch-head">
                <h3>{title.clone()}</h3>
                <p class="hint">{move || format!("opened {}", moment(&batch.get().opened_at))}</p>
            </div>
            <Meter batch />
            <p data-testid="batch-figures">{move || figures(&batch.get())}</p>
            <div class="row">
                <Report station name=name.clone() fault />
                <Show when=move || station.is_supervised()>
                    <Sure word="Close it …".to_owned() sure testid="batch-close" act=close />
                </Show>
            </div>
        </li>
    }
}

#[component]
fn Closed(station: Station, batch: Batch, fault: RwSignal<Option<Fault>>) -> impl IntoView {
    let when = batch.closed_at.as_deref().map(moment).unwrap_or_default();
    view! {
        <li class="batch">
            <div class="batch-head">
                <h3>{plain(&batch.name, 64)}</h3>
                <p class="hint">{format!("closed {when}")}</p>
            </div>
            <p>{figures(&batch)}</p>
            <div class="row">
                <Report station name=batch.name fault />
            </div>
        </li>
    }
}

/// Done and failed as parts of what is expected. The words beside it say the same.
#[component]
fn Meter(batch: Memo<Batch>) -> impl IntoView {
    let parts = Memo::new(move |_| batch.with(parts));
    view! {
        <svg class="drawn" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
            <rect class="drawn-ground" width="1000" height="10" />
            <rect class="drawn-part" data-tone="good" width=move || parts.get().0.to_string() height="10" />
            <rect
                class="drawn-part"
                data-tone="over"
                x=move || parts.get().0.to_string()
                width=move || parts.get().1.to_string()
                height="10"
            />
        </svg>
    }
}

#[component]
fn Report(station: Station, name: String, fault: RwSignal<Option<Fault>>) -> impl IntoView {
    let fetch = move |_| {
        let path = format!("batches/{}/report", client::part(&name));
        save(
            station,
            path,
            format!("{name}-report.json"),
            "application/json",
            fault,
        );
    };
    view! {
        <button type="button" class="button" data-testid="batch-report" on:click=fetch>
            <Icon shape=Shape::Down />
            "Signed report"
        </button>
    }
}

/// Done and failed, in thousandths of all units; never more than the whole.
fn parts(batch: &Batch) -> (u64, u64) {
    let all = batch.done + batch.failed + batch.remaining;
    let done = share(batch.done, all);
    (done, share(batch.failed, all).min(1000 - done))
}

fn figures(batch: &Batch) -> String {
    let mut words = format!("{} expected · {} done", batch.expected, batch.done);
    for (count, word) in [(batch.failed, "failed"), (batch.remaining, "remaining")] {
        if count > 0 {
            words.push_str(&format!(" · {count} {word}"));
        }
    }
    match batch.unexpected {
        0 => {}
        1 => words.push_str(" · 1 of the boards was not expected"),
        count => words.push_str(&format!(" · {count} of the boards were not expected")),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_told_in_figures() {
        let batch = Batch {
            expected: 10,
            done: 6,
            failed: 1,
            remaining: 3,
            ..Batch::default()
        };
        assert_eq!(
            figures(&batch),
            "10 expected · 6 done · 1 failed · 3 remaining"
        );
        let batch_and_more = Batch {
            unexpected: 2,
            ..batch.clone()
        };
        assert!(figures(&batch_and_more).ends_with(" · 2 of the boards were not expected"));
        assert_eq!(parts(&batch), (600, 100));
        assert_eq!(parts(&Batch::default()), (0, 0));
    }
}
