use std::sync::Arc;

use leptos::html::H3;
use leptos::prelude::*;
use sha2::{Digest, Sha256};
use signet_core::csv;

use super::summary::{Found, Row, TERMS};
use super::table::{Table, Wanted};
use crate::bench::bag::Bench;
use crate::bench::dated::Dated;
use crate::files;
use crate::shell::{Icon, Shape};

/// What came out: the numbers first, then why, then each certificate.
#[component]
pub(super) fn Outcome(bench: Bench, found: Arc<Found>) -> impl IntoView {
    let wanted = RwSignal::new(Wanted::Refused);
    if found.refusals.is_empty() {
        wanted.set(Wanted::All);
    }
    let (of, refused) = (found.rows.len(), found.rows.len() - found.accepted);
    let state = if refused == 0 { "pass" } else { "fail" };
    let word = match refused {
        0 => format!("All {of} are accepted."),
        1 => format!("1 of {of} is refused."),
        _ => format!("{refused} of {of} are refused."),
    };
    let saved = Arc::clone(&found);
    let place = NodeRef::<H3>::new();
    // The list may be far below what was pressed.
    let show = Callback::new(move |pick: Wanted| {
        wanted.set(pick);
        if let Some(place) = place.get_untracked() {
            place.scroll_into_view();
            // The keyboard goes on from there. A browser that refuses has lost nothing.
            drop(place.focus());
        }
    });
    view! {
        <Show when=move || bench.fleet.changed.get()>
            <p class="note" data-tone="warn" role="status" data-testid="fleet-changed">
                <Icon shape=Shape::Alert />
                <span>
                    <strong>"This is out of date: what lies on the Bench has changed since. "</strong>
                    "Judge them again to have the verdict on what lies there now."
                </span>
            </p>
        </Show>
        <div class="headline" data-state=state data-testid="fleet-headline" role="status">
            <h3>{word}</h3>
            <p>
                <Dated text=format!(
                    "{}, judged for {}. {} accepted, {refused} refused.",
                    found.profile,
                    found.at,
                    found.accepted,
                ) />
            </p>
        </div>
        <Shared found=Arc::clone(&found) show />
        <Why found=Arc::clone(&found) show />
        <div class="tool-grid">
            <Ends found=Arc::clone(&found) />
            <Issuers found=Arc::clone(&found) />
        </div>
        <div class="records-head">
            <h3 node_ref=place tabindex="-1">"Each certificate"</h3>
            <div class="row">
                <button
                    type="button"
                    class="button"
                    data-testid="fleet-csv"
                    on:click=move |_| files::save("fleet.csv", "text/csv;charset=utf-8", &to_csv(&saved))
                >
                    "Save all as CSV"
                </button>
            </div>
        </div>
        <Table bench found wanted />
    }
}

/// Two devices with one key is the worst that a fleet can have, and no rule of a path finds it.
#[component]
fn Shared(found: Arc<Found>, show: Callback<Wanted>) -> impl IntoView {
    let count = found.shared_keys.len();
    (count > 0).then(|| {
        view! {
            <div class="headline" data-state="fail" data-testid="fleet-shared">
                <h3>{format!("{count} certificates share a key under different names.")}</h3>
                <p>
                    "Whoever has one of these devices can speak for the others. Look for a copied image or a key \
                     that was made once for all, and have new keys and certificates made."
                </p>
                <div class="row">
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| show.run(Wanted::SharedKey)
                    >
                        "Show them"
                    </button>
                </div>
            </div>
        }
    })
}

#[component]
fn Why(found: Arc<Found>, show: Callback<Wanted>) -> impl IntoView {
    let rows = found.refusals.iter().map(|refusals| {
        let code = refusals.code.clone();
        let pick = Wanted::Code(code.clone());
        view! {
            <tr>
                <td class="number">{refusals.count}</td>
                <td class="wrap">
                    <button
                        type="button"
                        class="disclose jump"
                        on:click=move |_| show.run(pick.clone())
                    >
                        <code>{code}</code>
                    </button>
                    <p><Dated text=refusals.what.clone() /></p>
                    <p class="mend">{refusals.mend.clone()}</p>
                </td>
            </tr>
        }
    });
    (!found.refusals.is_empty()).then(|| {
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label="Why they are refused, table">
                <table data-testid="fleet-why">
                    <thead>
                        <tr>
                            <th scope="col" class="number">"Refused"</th>
                            <th scope="col">"Rule, the first of them, and what mends it"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect::<Vec<_>>()}</tbody>
                </table>
            </div>
        }
    })
}

#[component]
fn Ends(found: Arc<Found>) -> impl IntoView {
    let words = TERMS.iter().map(|(_, word)| *word).chain(["end later"]);
    let rows = found.ends.iter().zip(words).map(|(count, word)| {
        view! {
            <tr>
                <td class="number">{*count}</td>
                <td>{word}</td>
            </tr>
        }
    });
    view! {
        <div class="box">
            <h3>"When they end"</h3>
            <table>
                <tbody>{rows.collect::<Vec<_>>()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Issuers(found: Arc<Found>) -> impl IntoView {
    /// More would push the certificates off the screen.
    const SHOWN: usize = 8;
    let rows = found.issuers.iter().take(SHOWN).map(|issuer| {
        view! {
            <tr>
                <th scope="row" class="wrap">{issuer.name.to_string()}</th>
                <td class="number">{issuer.accepted}</td>
                <td class="number">{issuer.refused}</td>
            </tr>
        }
    });
    let more = found.issuers.len().saturating_sub(SHOWN);
    view! {
        <div class="box">
            <h3>"Who issued them"</h3>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Issuer"</th>
                        <th scope="col" class="number">"Accepted"</th>
                        <th scope="col" class="number">"Refused"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect::<Vec<_>>()}</tbody>
            </table>
            {(more > 0).then(|| view! { <p class="hint">{format!("And {more} more issuers.")}</p> })}
        </div>
    }
}

/// Every certificate, for a spreadsheet.
fn to_csv(found: &Found) -> String {
    let mut out = String::new();
    csv::row(
        &mut out,
        &[
            "certificate",
            "issuer",
            "sha256",
            "notAfter",
            "verdict",
            "code",
            "what",
            "mend",
            "sharedKey",
            "file",
            "profile",
            "judgedFor",
        ],
    );
    for row in &found.rows {
        line(&mut out, found, row);
    }
    out
}

fn line(out: &mut String, found: &Found, row: &Row) {
    let sha256: String = Sha256::digest(&row.der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let (ends, at) = (row.not_after.to_string(), found.at.to_string());
    let verdict = if row.fate.is_accepted() {
        "accepted"
    } else {
        "refused"
    };
    let shared = if found.shared_keys.contains(&row.id) {
        "yes"
    } else {
        "no"
    };
    let fate = &row.fate;
    csv::row(
        out,
        &[
            &row.title,
            &row.issuer,
            &sha256,
            &ends,
            verdict,
            &fate.code,
            &fate.what,
            &fate.mend,
            shared,
            &row.file,
            found.profile,
            &at,
        ],
    );
}
