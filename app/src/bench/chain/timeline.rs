use leptos::prelude::*;
use signet_core::UnixTime;

use super::moment::MomentField;
use super::slider;
use crate::bench::bag::Bench;
use crate::bench::dated::Dated;
use crate::bench::item::day;
use crate::bench::verdict::Span;
use crate::clock;

/// The verdict over time, and a slider to go there.
///
/// Each stretch is drawn equally wide: a leaf lives for weeks and its root for decades, and on a true
/// scale nobody could see the weeks.
#[component]
pub(super) fn Timeline(bench: Bench) -> impl IntoView {
    let spans = bench.spans;
    let at = Memo::new(move |_| bench.at.get().unwrap_or_else(clock::utc));
    let put = StoredValue::new(0);
    let place = move || spans.with(|spans| slider::drawn(spans, put.get_value(), at.get()));
    let slide = move |event: leptos::ev::Event| {
        let place = event_target_value(&event).parse().unwrap_or_default();
        put.set_value(place);
        if let Some(moment) = spans.with_untracked(|spans| slider::moment(spans, place)) {
            bench.at.set(Some(moment));
        }
    };
    view! {
        <section class="timeline" aria-label="Over time">
            <div class="row">
                <MomentField bench at />
                <button
                    type="button"
                    class="button"
                    disabled=move || bench.at.get().is_none()
                    on:click=move |_| bench.at.set(None)
                >
                    "Now"
                </button>
                <p class="timeline-said">
                    {move || view! { <Dated text=said(&spans.get(), at.get()) /> }}
                </p>
            </div>
            <Show when=move || spans.with(|spans| spans.len() > 1)>
                <input
                    type="range"
                    min="0"
                    max=move || slider::end(spans.with(|spans| spans.len())).to_string()
                    aria-label="Moment of judgement"
                    aria-valuetext=move || at.get().to_string()
                    data-testid="slider"
                    prop:value=move || place().to_string()
                    on:input=slide
                />
                <ol class="spans" data-testid="spans">
                    {move || {
                        let spans = spans.get();
                        let rows = spans.iter().enumerate();
                        rows.map(|(index, span)| view! { <One bench span=span.clone() first=index == 0 /> })
                            .collect::<Vec<_>>()
                    }}
                </ol>
            </Show>
        </section>
    }
}

/// One stretch: a button that goes to its beginning.
#[component]
fn One(bench: Bench, span: Span, first: bool) -> impl IntoView {
    let from = span.from;
    let state = if span.refusal.is_some() {
        "fail"
    } else {
        "pass"
    };
    let word = if span.refusal.is_some() {
        "Refused"
    } else {
        "Accepted"
    };
    let why = span.refusal.map(|check| check.what().to_owned());
    let (which, date) = if first {
        ("before", day(UnixTime(span.to.0.saturating_add(1))))
    } else {
        ("from", day(from))
    };
    let here = move || {
        let at = bench.at.get().unwrap_or_else(clock::utc);
        (span.from <= at && at <= span.to).then_some("true")
    };
    view! {
        <li data-state=state aria-current=here>
            <button type="button" on:click=move |_| bench.at.set(Some(from))>
                <strong>{word}</strong>
                " "
                {which}
                " "
                <span class="date">{date}</span>
            </button>
            {why.map(|why| view! { <p><Dated text=why /></p> })}
        </li>
    }
}

/// What comes next, in one sentence.
fn said(spans: &[Span], at: UnixTime) -> String {
    let here = spans
        .iter()
        .position(|span| span.from <= at && at <= span.to);
    let next = here.and_then(|here| spans.get(here + 1));
    let now = here.and_then(|here| spans.get(here));
    match (now, next) {
        (Some(now), Some(next)) if now.refusal.is_none() => match &next.refusal {
            Some(check) => format!("Holds until {}. Then: {}", day(now.to), check.what()),
            None => String::new(),
        },
        (Some(_), Some(next)) if next.refusal.is_none() => {
            format!(
                "Accepted from {} on, if nothing else changes.",
                day(next.from)
            )
        }
        _ => String::new(),
    }
}
