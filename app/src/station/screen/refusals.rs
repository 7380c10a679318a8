use leptos::prelude::*;

use super::moment;
use crate::shell::plain;
use crate::station::Station;
use crate::station::answer::Entry;

/// Whom the station turned away, the newest first.
#[component]
pub(super) fn Refusals(station: Station) -> impl IntoView {
    let refusals = Memo::new(move |_| {
        let entries = station.status.with(|status| {
            status
                .as_ref()
                .map(|status| status.last_refusals.clone())
                .unwrap_or_default()
        });
        newest_first(entries)
    });
    view! {
        <section class="records wide" aria-labelledby="refusals-title" data-testid="station-refusals">
            <h2 id="refusals-title">"Last refusals"</h2>
            <Show
                when=move || !refusals.with(Vec::is_empty)
                fallback=|| view! { <p class="hint">"No device was refused."</p> }
            >
                <div class="scroll" tabindex="0" role="region" aria-label="Last refusals, table">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"When"</th>
                                <th scope="col">"Device"</th>
                                <th scope="col">"Code"</th>
                                <th scope="col">"Why"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || refusals.get() key=|entry| entry.seq let:entry>
                                <tr>
                                    <td>{moment(&entry.at)}</td>
                                    <td class="mono">{plain(&entry.subject, 64)}</td>
                                    <td class="mono">
                                        {plain(&entry.fact("code").unwrap_or_default(), 32)}
                                    </td>
                                    <td class="wrap">
                                        {plain(&entry.fact("message").unwrap_or_default(), 300)}
                                    </td>
                                </tr>
                            </For>
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

fn newest_first(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    entries
}
