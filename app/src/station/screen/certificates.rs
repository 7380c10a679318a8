use leptos::prelude::*;

use super::history::{REASONS, reason};
use super::moment;
use super::sure::Sure;
use crate::shell::plain;
use crate::station::Station;
use crate::station::answer::Certificate;
use crate::station::client;

/// A device's certificates, the newest first, and what a supervisor may do about each.
#[component]
pub(super) fn Certificates(
    station: Station,
    certificates: Vec<Certificate>,
    /// Carries an order out: a path and a body.
    order: Callback<(String, Option<String>)>,
) -> impl IntoView {
    let mut certificates = certificates;
    certificates.sort_by(|one, other| other.issued_at.cmp(&one.issued_at));
    let rows = certificates.into_iter().map(|certificate| {
        let revoked = certificate.revoked.clone();
        let serial = StoredValue::new(certificate.serial.clone());
        let revocable = revoked.is_none() && certificate.issued_here != Some(false);
        let state = match revoked {
            Some(it) => format!(
                "revoked {}: {}",
                moment(&it.at),
                plain(&reason(&it.reason), 64)
            ),
            None => "not revoked".to_owned(),
        };
        view! {
            <tr>
                <td class="mono">{plain(&certificate.serial, 40)}</td>
                <td>{plain(&certificate.policy, 64)}</td>
                <td>{moment(&certificate.issued_at)}</td>
                <td>{moment(&certificate.not_after)}</td>
                <td class="wrap" data-testid="certificate-state">{state}</td>
            </tr>
            <Show when=move || revocable && station.is_supervised()>
                <tr>
                    <td colspan="5">
                        <Revoke serial=serial.get_value() order />
                    </td>
                </tr>
            </Show>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Certificates, table">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Serial number"</th>
                        <th scope="col">"Issued by"</th>
                        <th scope="col">"Issued"</th>
                        <th scope="col">"Ends"</th>
                        <th scope="col">"State"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

/// A reason, and a button that wants to be pressed twice.
#[component]
fn Revoke(serial: String, order: Callback<(String, Option<String>)>) -> impl IntoView {
    let chosen = RwSignal::new(REASONS[0].0.to_owned());
    let path = StoredValue::new(format!("certificates/{}/revoke", client::part(&serial)));
    let act = move || {
        let body = serde_json::json!({ "reason": chosen.get_untracked() }).to_string();
        order.run((path.get_value(), Some(body)));
    };
    let sure =
        Signal::derive(move || format!("Yes, revoke it for good: {}", reason(&chosen.get())));
    view! {
        <div class="row">
            <label class="field">
                <span class="unseen">"Reason"</span>
                <select
                    data-testid="revoke-reason"
                    on:change=move |event| chosen.set(event_target_value(&event))
                >
                    {REASONS
                        .map(|(code, words)| view! { <option value=code>{words}</option> })
                        .collect_view()}
                </select>
            </label>
            <Sure word="Revoke …".to_owned() sure testid="revoke" act />
        </div>
    }
}
