use std::sync::Arc;

use leptos::prelude::*;

use super::summary::{Found, Row};
use crate::bench::bag::Bench;
use crate::bench::dated::Dated;
use crate::bench::item::day;
use crate::bench::tabs::Tab;
use crate::shell::{Icon, Shape};

/// The most rows that are laid out at once.
const MAX_ROWS: usize = 100;

/// Which certificates are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    Refused,
    SharedKey,
    /// Those that the rule with this code refuses.
    Code(String),
}

impl Wanted {
    fn takes(&self, found: &Found, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::Refused => !row.fate.is_accepted(),
            Self::SharedKey => found.shared_keys.contains(&row.id),
            Self::Code(code) => row.fate.code == *code,
        }
    }

    fn word(&self) -> String {
        match self {
            Self::All => "All".to_owned(),
            Self::Refused => "Refused".to_owned(),
            Self::SharedKey => "With a shared key".to_owned(),
            Self::Code(code) => format!("Refused: {code}"),
        }
    }
}

/// The certificates that are wanted, the first of them in full.
#[component]
pub(super) fn Table(bench: Bench, found: Arc<Found>, wanted: RwSignal<Wanted>) -> impl IntoView {
    let listed = move || {
        let wanted = wanted.get();
        let rows = found.rows.iter().filter(|row| wanted.takes(&found, row));
        let count = rows.clone().count();
        let rows = rows.take(MAX_ROWS).cloned();
        let rows: Vec<_> = rows.map(|row| view! { <Line bench row /> }).collect();
        let more = count.saturating_sub(MAX_ROWS);
        view! {
            <p class="hint" data-testid="fleet-listed">{format!("{}: {count}", wanted.word())}</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Certificates, table">
                <table data-testid="fleet-table">
                    <thead>
                        <tr>
                            <th scope="col">"Verdict"</th>
                            <th scope="col">"Certificate"</th>
                            <th scope="col">"What is wrong"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(more > 0)
                .then(|| {
                    view! { <p class="hint">{format!("And {more} more: the CSV has them all.")}</p> }
                })}
        }
    };
    let choice = move |kind: Wanted, word: &'static str, testid: &'static str| {
        let pick = kind.clone();
        let here = move || (wanted.get() == kind).to_string();
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=here
                data-testid=testid
                on:click=move |_| wanted.set(pick.clone())
            >
                {word}
            </button>
        }
    };
    view! {
        <div class="row" role="group" aria-label="Which certificates">
            {choice(Wanted::Refused, "Refused", "fleet-refused")}
            {choice(Wanted::All, "All", "fleet-all")}
        </div>
        {listed}
    }
}

#[component]
fn Line(bench: Bench, row: Row) -> impl IntoView {
    let Row {
        id,
        title,
        not_after,
        fate,
        ..
    } = row;
    let (state, word, shape) = if fate.is_accepted() {
        ("pass", "Accepted", Shape::Tick)
    } else {
        ("fail", "Refused", Shape::Cross)
    };
    let ends = not_after.to_string();
    let show = move |_| {
        bench.chosen.set(Some(id));
        bench.tab.set(Tab::Chain);
        bench.fleet.shown.set(false);
    };
    view! {
        <tr>
            <td class="result" data-state=state>
                <Icon shape />
                {word}
            </td>
            <td class="name">
                <button type="button" class="disclose jump" on:click=show>
                    {title.to_string()}
                </button>
                <p class="hint">
                    "until " <time class="date" datetime=ends>{day(not_after)}</time>
                </p>
            </td>
            <td class="wrap">
                {(!fate.is_accepted())
                    .then(|| view! { <Dated text=fate.what /> " " <code>{fate.code}</code> })}
            </td>
        </tr>
    }
}
