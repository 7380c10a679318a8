//! The batch that is worked on, on the line.

use leptos::prelude::*;

use super::Station;
use crate::desk::{Desk, Slot};
use crate::shell::{Icon, Shape, plain};

/// In the panel beside the cards: which batch the boards belong to, and how far it is.
#[component]
pub(crate) fn BatchPanel() -> impl IntoView {
    let station = expect_context::<Desk>().station;
    let names = Memo::new(move |_| {
        station.status.with(|status| {
            let open = status.iter().flat_map(|status| &status.open_batches);
            open.map(|batch| batch.name.clone()).collect::<Vec<_>>()
        })
    });
    let chosen = Memo::new(move |_| station.batch.get());
    let shown = move || !names.with(Vec::is_empty) || chosen.get().is_some();
    let pick = move |event: leptos::ev::Event| {
        let name = event_target_value(&event);
        station.choose((!name.is_empty()).then_some(name));
    };
    view! {
        <Show when=move || station.is_there() && shown()>
            <section class="box" data-testid="batch-panel">
                <h2>"Batch"</h2>
                <label class="field">
                    <span class="unseen">"The batch these boards belong to"</span>
                    <select data-testid="batch-choice" on:change=pick>
                        <option value="" selected=move || chosen.get().is_none()>
                            "No batch"
                        </option>
                        {move || {
                            let mut all = names.get();
                            // One that was closed meanwhile must not seem to be another.
                            all.extend(chosen.get().filter(|name| !names.get().contains(name)));
                            all.into_iter().map(|name| option(chosen, name)).collect_view()
                        }}
                    </select>
                </label>
                <Figures station />
            </section>
        </Show>
    }
}

fn option(chosen: Memo<Option<String>>, name: String) -> impl IntoView {
    let (this, word) = (name.clone(), plain(&name, 64));
    view! {
        <option value=name selected=move || chosen.get().as_deref() == Some(&this)>
            {word}
        </option>
    }
}

#[component]
fn Figures(station: Station) -> impl IntoView {
    let batch = Memo::new(move |_| station.open_batch(&station.batch.get()?));
    let known = move || station.status.with(Option::is_some);
    let closed = move || known() && station.batch.get().is_some() && batch.get().is_none();
    let figure = move |name: &'static str, of: fn(&super::Batch) -> u64| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{move || batch.get().map(|batch| of(&batch))}</dd>
            </div>
        }
    };
    view! {
        <Show when=move || batch.get().is_some()>
            <dl class="counters" data-testid="batch-counts">
                {figure("Expected", |batch| batch.expected)}
                {figure("Remaining", |batch| batch.remaining)}
                <div class="good">
                    <dt>"Done"</dt>
                    <dd>{move || batch.get().map(|batch| batch.done)}</dd>
                </div>
                <div class="bad">
                    <dt>"Failed"</dt>
                    <dd>{move || batch.get().map(|batch| batch.failed)}</dd>
                </div>
            </dl>
        </Show>
        <Show when=closed>
            <p class="refused" role="alert">
                "This batch is not open any more. Choose another one, or none."
            </p>
        </Show>
    }
}

/// On a card: the board is none of those that its batch expects.
#[component]
pub(crate) fn Surprise(place: Slot) -> impl IntoView {
    let station = expect_context::<Desk>().station;
    let words = Memo::new(move |_| surprise(station, place));
    view! {
        <div role="alert">
            {move || {
                words
                    .get()
                    .map(|words| {
                        view! {
                            <p class="surprise" data-testid="surprise">
                                <Icon shape=Shape::Alert />
                                <span>{words}</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

fn surprise(station: Station, place: Slot) -> Option<String> {
    let id = place.card.with(|card| card.registration_id.clone())?;
    // The batch of its own run: another one may have been chosen since.
    let batch = place.batch.get()?;
    let found = station.surprised_by(&id).filter(|name| *name == batch)?;
    Some(sentence(&found, &id))
}

/// Under a number that was scanned, before the board is started.
#[component]
pub(crate) fn ScanSurprise() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let words = Memo::new(move |_| {
        let serial = desk.scanned.get()?;
        let id = desk.loaded.with(|loaded| {
            let line = loaded.line()?;
            line.recipe.registration_id.make(&serial).ok()
        })?;
        let found = desk.station.surprised_by(id.as_str())?;
        Some(sentence(&found, id.as_str()))
    });
    view! {
        <div role="alert">
            {move || {
                words.get().map(|words| view! { <p class="refused" data-testid="scan-surprise">{words}</p> })
            }}
        </div>
    }
}

fn sentence(batch: &str, id: &str) -> String {
    let (batch, id) = (plain(batch, 64), plain(id, 64));
    format!("The batch {batch} does not expect {id}. Check that this board belongs to it.")
}
