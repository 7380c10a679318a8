use leptos::prelude::*;
use signet_core::http::behind_https;

use super::service::ServiceFact;
use super::{moment, relays};
use crate::shell::{Icon, Shape, plain};
use crate::station::Station;
use crate::station::answer::{Keys, Status};
use crate::tab;

/// Less than this is soon full.
const LITTLE_SPACE: u64 = 1 << 30;

/// Which station it is, and whether all is well with it.
#[component]
pub(super) fn Facts(station: Station) -> impl IntoView {
    let fact = move |name: &'static str, value: fn(&Status) -> String| {
        let value = Memo::new(move |_| station.status.with(|status| status.as_deref().map(value)));
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! {
        <section class="box" aria-labelledby="facts-title" data-testid="station-facts">
            <h2 id="facts-title">"This station"</h2>
            <Warnings station />
            <dl class="pairs">
                {fact("Signed in", you)} {fact("ID scope", |status| plain(&status.id_scope, 64))}
                {fact("Issues", policies)} {fact("Authorities' keys", |status| keys(&status.keys))}
                {fact("Free disk", disk)}
                {fact("Running since", |status| moment(&status.started))}
                {fact("Devices", devices)}
                {fact("Version", |status| plain(&status.version, 32))}
                <Head station />
                <ServiceFact station />
            </dl>
        </section>
    }
}

fn disk(status: &Status) -> String {
    let elsewhere = || "the database's own".to_owned();
    status.free_bytes.map_or_else(elsewhere, size)
}

#[component]
fn Warnings(station: Station) -> impl IntoView {
    let plain_keys = Memo::new(move |_| {
        station.status.with(|status| {
            let keys = status.as_ref().map(|status| &status.keys);
            keys.is_some_and(|keys| keys.kind == "file" && !keys.files_encrypted)
        })
    });
    let full = Memo::new(move |_| {
        let free =
            |status: &Option<std::sync::Arc<Status>>| status.as_ref().and_then(|it| it.free_bytes);
        station
            .status
            .with(free)
            .is_some_and(|free| free < LITTLE_SPACE)
    });
    view! {
        <Show when=move || plain_keys.get()>
            <p class="note" data-tone="warn" data-testid="keys-plain">
                <Icon shape=Shape::Alert />
                <span>
                    <strong>"The authorities' keys are not encrypted."</strong>
                    {move || match relays(station) {
                        true => " Whoever copies the station's disk can sign reports in its name.",
                        false => " Whoever copies the station's disk can issue certificates.",
                    }}
                    " Stop the station and run "
                    <code>"station protect"</code>
                    "."
                </span>
            </p>
        </Show>
        <Show when=move || full.get()>
            <p class="note" data-tone="warn">
                <Icon shape=Shape::Alert />
                <span>
                    <strong>"The station's disk is almost full."</strong>
                    " Without space nothing is issued. Free some."
                </span>
            </p>
        </Show>
    }
}

/// Number and hash of the ledger's last entry: whoever writes it down can tell later whether entries
/// were cut off.
#[component]
fn Head(station: Station) -> impl IntoView {
    let head = Memo::new(move |_| {
        let head = |status: &Option<std::sync::Arc<Status>>| {
            status
                .as_ref()
                .map(|status| status.ledger.clone())
                .unwrap_or_default()
        };
        station.status.with(head)
    });
    let copied = RwSignal::new(None::<u64>);
    let short = move || {
        let head = head.get();
        let hash = plain(head.hash.get(..12).unwrap_or(&head.hash), 12);
        format!("#{} · {hash}…", head.seq)
    };
    let copy = move |_| {
        let head = head.get_untracked();
        tab::copy(&format!("{} {}", head.seq, head.hash));
        copied.set(Some(head.seq));
    };
    let word = move || match copied.get() == Some(head.get().seq) {
        true => "Copied",
        false => "Copy it whole",
    };
    view! {
        <div>
            <dt>"Last ledger entry"</dt>
            <dd class="head-line">
                <span class="mono" data-testid="ledger-head">{short}</span>
                <button type="button" class="small" on:click=copy>{word}</button>
            </dd>
        </div>
    }
}

fn you(status: &Status) -> String {
    match &status.you {
        Some(you) => format!("{}, {}", plain(&you.name, 64), plain(&you.role, 16)),
        None => "nobody; this station has no operators".to_owned(),
    }
}

fn policies(status: &Status) -> String {
    if let Some(upstream) = &status.relays_to {
        let host = behind_https(upstream).unwrap_or(upstream);
        return format!("nothing itself: relays to {}", plain(host, 128));
    }
    let each = status.policies.iter().map(|policy| {
        let name = plain(&policy.name, 64);
        match policy.validity_days {
            1 => format!("{name} (1 day)"),
            days => format!("{name} ({days} days)"),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

fn devices(status: &Status) -> String {
    let counts = &status.counts;
    match counts.disabled {
        0 => format!("{} registered", counts.registrations),
        disabled => format!("{} registered, {disabled} disabled", counts.registrations),
    }
}

fn keys(keys: &Keys) -> String {
    match (keys.kind.as_str(), &keys.token) {
        ("pkcs11", Some(token)) => format!("in the token {}", plain(token, 64)),
        _ if keys.files_encrypted => "in files, encrypted".to_owned(),
        _ => "in files, not encrypted".to_owned(),
    }
}

/// `12.3 GB`, in powers of ten, as disks are sold.
fn size(bytes: u64) -> String {
    match bytes / 1_000_000_000 {
        0 => format!("{} MB", bytes / 1_000_000),
        whole @ 1..=99 => format!("{whole}.{} GB", bytes / 100_000_000 % 10),
        whole => format!("{whole} GB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_words() {
        assert_eq!(size(12_345_678_901), "12.3 GB");
        assert_eq!(size(512_345_678_901), "512 GB");
        assert_eq!(size(5_000_000), "5 MB");
        let mut status = Status {
            relays_to: Some("https://dps.example".into()),
            ..Status::default()
        };
        assert_eq!(policies(&status), "nothing itself: relays to dps.example");
        assert!(you(&status).starts_with("nobody"));
        assert_eq!(keys(&status.keys), "in files, not encrypted");
        status.keys.kind = "pkcs11".into();
        status.keys.token = Some("line 2".into());
        assert_eq!(keys(&status.keys), "in the token line 2");
    }
}
