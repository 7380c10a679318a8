use leptos::prelude::*;
use signet_core::Explain;
use signet_core::cert::ListSummary;

use super::certificate::{Extensions, Fact};
use super::item::Item;
use super::problems::Unread;

/// What a revocation list says.
#[component]
pub(super) fn ListContents(item: Item) -> impl IntoView {
    match ListSummary::from_der(&item.der) {
        Ok(list) => view! { <List list /> }.into_any(),
        Err(error) => view! { <Unread fault=error.fault() /> }.into_any(),
    }
}

#[component]
fn List(list: ListSummary) -> impl IntoView {
    let next = list
        .next_update
        .map_or("not said".to_owned(), |time| time.to_string());
    let number = list.number.unwrap_or_else(|| "not said".to_owned());
    let kind = match list.delta_base {
        Some(base) => format!("Changes since list {base}"),
        None => "Complete".to_owned(),
    };
    let more = list.count.saturating_sub(list.entries.len());
    let rows = list.entries.into_iter().map(|entry| {
        view! {
            <tr>
                <td class="mono">{entry.serial}</td>
                <td><span class="date">{entry.at.to_string()}</span></td>
                <td class="wrap">
                    {entry.reason.unwrap_or_else(|| "not said".to_owned())}
                    {entry.meaning.map(|meaning| view! { <p class="hint">{meaning}</p> })}
                </td>
            </tr>
        }
    });
    let rows = rows.collect::<Vec<_>>();
    view! {
        <div class="certificate" data-testid="list">
            <dl class="certificate-facts">
                <Fact name="Issued by" value=list.issuer />
                <Fact name="Kind" value=kind />
                <Fact name="Number" value=number />
                <Fact name="Made" value=list.this_update.to_string() />
                <Fact name="Next one" value=next />
                <Fact name="Signed with" value=list.signature_algorithm />
                <Fact name="SHA-256" value=list.sha256 mono=true />
                <Fact name="Revoked" value=format!("{} certificates", list.count) />
            </dl>
            <div class="scroll" tabindex="0" role="group" aria-label="Revoked certificates">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Serial number"</th>
                            <th scope="col">"Since"</th>
                            <th scope="col">"Reason"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(more > 0).then(|| view! { <p class="hint">{format!("And {more} more.")}</p> })}
            <Extensions title="Extensions" extensions=list.extensions />
        </div>
    }
}
