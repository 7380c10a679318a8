use leptos::prelude::*;
use signet_core::UnixTime;
use signet_core::run::{Outcome, Record};

use super::detail::Detail;
use super::export::Export;
use crate::desk::{Desk, Kept};
use crate::shell::{Icon, Shape, plain};
use crate::station::{InLedger, Refused};

/// The newest records.
#[component]
pub(crate) fn RecordsTable(
    /// How many are shown; exports hold all.
    limit: usize,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let newest = move || {
        desk.records
            .with(|kept| kept.iter().rev().take(limit).cloned().collect::<Vec<_>>())
    };
    view! {
        <section class="records">
            <div class="records-head">
                <h2>"Boards done"</h2>
                <Export />
            </div>
            <div class="scroll" tabindex="0" role="region" aria-label="Boards done, table">
                <table data-testid="records-table">
                    <thead>
                        <tr>
                            <th scope="col">"Result"</th>
                            <th scope="col">"Registration ID"</th>
                            <th scope="col">"Finished"</th>
                            <Show when=move || desk.station.is_there()>
                                <th scope="col">"Ledger"</th>
                            </Show>
                            <th scope="col">"Chip"</th>
                            <th scope="col">"MAC address"</th>
                            <th scope="col">"Certificate ends"</th>
                            <th scope="col" class="number">"Took"</th>
                            <th scope="col">"What went wrong"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=newest key=|kept| kept.record.run.clone() let:kept>
                            <Row kept />
                        </For>
                    </tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Row(kept: Kept) -> impl IntoView {
    let Kept { record, practice } = kept;
    let station = expect_context::<Desk>().station;
    let run = StoredValue::new(record.run.clone());
    let (state, word, shape) = match record.outcome {
        Outcome::Pass => ("pass", "PASS", Shape::Tick),
        Outcome::PassUnchanged => ("pass", "PASS, unchanged", Shape::Tick),
        Outcome::Fail => ("fail", "FAIL", Shape::Cross),
    };
    let text = |value: &Option<String>| value.as_deref().map_or("–".to_owned(), |v| plain(v, 64));
    let ends = record.leaf.as_ref().map(|leaf| local(leaf.not_after));
    let fault = record.fault.as_ref().map(|fault| {
        let code = fault.code.clone();
        view! {
            {plain(&fault.what, 200)}
            " "
            <code>{code}</code>
        }
    });
    let opened = RwSignal::new(false);
    let id = plain(&record.registration_id, 64);
    let (finished, chip, mac) = (
        local(record.finished),
        text(&record.chip),
        text(&record.mac),
    );
    let lasted = took(&record);
    view! {
        <tr>
            <td class="result" data-state=state>
                <Icon shape />
                {word}
                {practice.then(|| view! { <span class="tag">"practice"</span> })}
            </td>
            <td>
                <button
                    type="button"
                    class="disclose mono"
                    title="All that is kept of this board"
                    aria-expanded=move || opened.get().to_string()
                    on:click=move |_| opened.update(|opened| *opened = !*opened)
                >
                    {id}
                </button>
            </td>
            <td>{finished}</td>
            <Show when=move || station.is_there()>
                <td><InLedger run=run.get_value() practice /></td>
            </Show>
            <td>{chip}</td>
            <td class="mono">{mac}</td>
            <td>{ends.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="number">{lasted}</td>
            <td class="wrap">{fault}</td>
        </tr>
        <Show when=move || opened.get()>
            <tr>
                <td colspan=move || if station.is_there() { "9" } else { "8" }>
                    <Refused run=run.get_value() />
                    <Detail record=record.clone() />
                </td>
            </tr>
        </Show>
    }
}

/// Local time, in the form that sorts.
pub(crate) fn local(time: UnixTime) -> String {
    // Of that day: many places change their clocks twice a year.
    let day = js_sys::Date::new(&time.to_string().into());
    let minutes = day.get_timezone_offset();
    // Whole minutes in the browser's own number type: from -840 to 840, where both are exact.
    let ahead = crate::clock::whole((14.0 * 60.0) - minutes);
    let shifted = UnixTime((time.0 + ahead * 60).saturating_sub(14 * 3600));
    let text = shifted.to_string().replace('T', " ");
    text.get(..16).unwrap_or(&text).to_owned()
}

fn took(record: &Record) -> String {
    let millis: u64 = record.timings.iter().map(|timing| timing.ms).sum();
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}
