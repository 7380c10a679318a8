use leptos::prelude::*;
use signet_core::cert::ListSummary;
use signet_core::{Explain, UnixTime};

use super::certificate::{Extensions, Fact};
use super::item::{Item, days};
use super::problems::Unread;
use crate::clock;

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
    let due = list.next_update.map(|next| due(next, clock::utc()));
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
            {due
                .map(|(state, due)| {
                    view! { <p class="row"><span class="tag" data-state=state>{due}</span></p> }
                })}
            <dl class="certificate-facts">
                <Fact name="Issued by" value=list.issuer />
                <Fact name="Kind" value=kind />
                <Fact name="Number" value=number />
                <Fact name="Made" value=list.this_update.to_string() />
                <Fact name="Next one" value=next />
                <Fact name="Signed with" value=list.signature_algorithm />
                <Fact name="SHA-256" value=list.sha256 mono=true />
                <Fact name="Revoked" value=counted(list.count) />
            </dl>
            {(!rows.is_empty())
                .then(|| {
                    view! {
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
                    }
                })}
            {(more > 0).then(|| view! { <p class="hint">{format!("And {more} more.")}</p> })}
            <Extensions title="Extensions" extensions=list.extensions />
        </div>
    }
}

/// How the next list stands at `now`, in a word for the style sheet and in words for people.
fn due(next: UnixTime, now: UnixTime) -> (&'static str, String) {
    let between = |later: UnixTime, earlier: UnixTime| days(later.0.saturating_sub(earlier.0));
    if next < now {
        let overdue = format!(
            "Out of date: the next one was due {} ago",
            between(now, next)
        );
        ("fail", overdue)
    } else {
        (
            "pass",
            format!("The next one is due in {}", between(next, now)),
        )
    }
}

fn counted(count: usize) -> String {
    match count {
        0 => "No certificate".to_owned(),
        1 => "1 certificate".to_owned(),
        _ => format!("{count} certificates"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_when_the_next_one_is_due() {
        let at = |day: u64| UnixTime(day * 86_400);
        let said = due(at(20), at(13));
        assert_eq!(said, ("pass", "The next one is due in 7 days".to_owned()));
        assert_eq!(due(at(20), at(20)).0, "pass");
        let said = due(at(20), at(21));
        let late = "Out of date: the next one was due 1 day ago".to_owned();
        assert_eq!(said, ("fail", late));
    }
}
