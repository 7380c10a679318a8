use leptos::prelude::*;
use signet_core::path::Dropped;

use super::View;
use crate::bench::bag::Bench;
use crate::bench::item::{Id, short};
use crate::shell::plain;

/// Why each candidate issuer stands in no path, and what could not be read.
#[component]
pub(super) fn DroppedOnes(bench: Bench, view: View) -> impl IntoView {
    let report = view.report()?;
    let unreadable = report.unreadable.iter().map(|one| {
        let name = view
            .judged
            .places
            .item(one.place)
            .and_then(|id| bench.item(id));
        let name = name.map_or_else(String::new, |item| item.title.to_string());
        (name, one.why.clone())
    });
    let unreadable: Vec<_> = unreadable.collect();
    let rows = report.dropped.iter().map(|dropped| {
        let id = dropped
            .candidate
            .and_then(|place| view.judged.places.item(place));
        view! { <One bench dropped=dropped.clone() id /> }
    });
    let rows: Vec<_> = rows.collect();
    let count = rows.len() + unreadable.len();
    (count > 0).then(|| {
        view! {
            <details class="box" data-testid="dropped">
                <summary>{format!("Why other certificates were not used ({count})")}</summary>
                <ul class="checks">
                    {rows}
                    {unreadable
                        .into_iter()
                        .map(|(name, why)| {
                            view! {
                                <li data-state="fail">
                                    <div>
                                        <p><strong>{plain(&name, 120)}</strong> ": " {why.what().to_owned()}</p>
                                        <p class="hint"><code>{why.rule.code()}</code></p>
                                    </div>
                                </li>
                            }
                        })
                        .collect::<Vec<_>>()}
                </ul>
            </details>
        }
    })
}

#[component]
fn One(bench: Bench, dropped: Dropped, id: Option<Id>) -> impl IntoView {
    let candidate = dropped.subject.as_deref().map(short);
    let below = short(&dropped.below);
    let why = dropped.why;
    view! {
        <li data-state="idle">
            <div>
                <p>
                    {match candidate {
                        Some(candidate) => {
                            view! {
                                <strong>{candidate}</strong>
                                " as the issuer of "
                                {below}
                                ": "
                            }
                                .into_any()
                        }
                        None => view! { "The issuer of " <strong>{below}</strong> ": " }.into_any(),
                    }} {why.what().to_owned()}
                </p>
                <p class="mend">{why.mend().to_owned()}</p>
                <p class="hint">
                    <code>{why.rule.code()}</code>
                    {id
                        .map(|id| {
                            view! {
                                <button
                                    type="button"
                                    class="button quiet"
                                    on:click=move |_| bench.chosen.set(Some(id))
                                >
                                    "Look at it"
                                </button>
                            }
                        })}
                </p>
            </div>
        </li>
    }
}
