use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;

use super::device::DeviceDetail;
use super::{Said, moment};
use crate::shell::plain;
use crate::station::answer::{self, Device, Registration};
use crate::station::{Station, Trouble, client};

/// How many are listed at a time.
const PAGE: usize = 10;

/// What the search has found, or the beginning of all.
#[derive(Clone, Copy)]
struct Found {
    rows: RwSignal<Vec<Registration>>,
    /// Behind which ID there are more.
    next: RwSignal<Option<String>>,
    fault: RwSignal<Option<Fault>>,
}

/// Devices, by registration ID.
#[component]
pub(super) fn Devices(station: Station) -> impl IntoView {
    let found = Found {
        rows: RwSignal::default(),
        next: RwSignal::new(None),
        fault: RwSignal::new(None),
    };
    let wanted = RwSignal::new(String::new());
    // Also when a device has registered for the first time.
    let count = Memo::new(move |_| {
        station
            .status
            .with(|status| status.as_ref().map(|status| status.counts.registrations))
    });
    Effect::new(move |_| {
        count.track();
        if wanted.read_untracked().trim().is_empty() {
            found.list(station, None);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        found.search(station, wanted.get_untracked());
    };
    view! {
        <section class="records wide" aria-labelledby="devices-title" data-testid="station-devices">
            <div class="records-head">
                <h2 id="devices-title">"Devices"</h2>
                <form class="row" role="search" on:submit=submit>
                    <label class="field">
                        <span>"Registration ID, or how it begins"</span>
                        <input
                            type="search"
                            maxlength="128"
                            autocomplete="off"
                            spellcheck="false"
                            data-testid="device-search"
                            prop:value=move || wanted.get()
                            on:input=move |event| wanted.set(event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="button">"Find"</button>
                </form>
            </div>
            <Said fault=found.fault />
            <Show
                when=move || !found.rows.with(Vec::is_empty)
                fallback=move || {
                    let none = move || found.fault.with(Option::is_none);
                    view! {
                        <Show when=none>
                            <p class="hint">"No device has registered yet."</p>
                        </Show>
                    }
                }
            >
                <Listed station found />
            </Show>
            <Show when=move || found.next.with(Option::is_some)>
                <p>
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| found.list(station, found.next.get_untracked())
                    >
                        "Show more"
                    </button>
                </p>
            </Show>
        </section>
    }
}

#[component]
fn Listed(station: Station, found: Found) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Devices, table">
            <table data-testid="device-table">
                <thead>
                    <tr>
                        <th scope="col">"Registration ID"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Enrollment"</th>
                        <th scope="col">"Policy"</th>
                        <th scope="col">"Last registered"</th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || found.rows.get()
                        key=|row| (row.registration_id.clone(), row.updated.clone())
                        let:row
                    >
                        <Row station row />
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(station: Station, row: Registration) -> impl IntoView {
    let (opened, disabled) = (RwSignal::new(false), RwSignal::new(row.disabled));
    let assigned = row.assigned;
    let state = move || match (disabled.get(), assigned) {
        (true, _) => ("fail", "disabled"),
        (false, true) => ("pass", "assigned"),
        (false, false) => ("none", "not assigned"),
    };
    let id = StoredValue::new(row.registration_id.clone());
    let changed = Callback::new(move |now| {
        let _ = disabled.try_set(now);
    });
    view! {
        <tr>
            <td>
                <button
                    type="button"
                    class="disclose mono"
                    aria-expanded=move || opened.get().to_string()
                    on:click=move |_| opened.update(|opened| *opened = !*opened)
                >
                    {plain(&row.registration_id, 64)}
                </button>
            </td>
            <td class="result" data-state=move || state().0>
                {move || state().1}
            </td>
            <td>{plain(&row.enrollment, 64)}</td>
            <td>{row.policy.as_deref().map_or("–".to_owned(), |policy| plain(policy, 64))}</td>
            <td>{if row.updated.is_empty() { "–".to_owned() } else { moment(&row.updated) }}</td>
        </tr>
        <Show when=move || opened.get()>
            <tr>
                <td colspan="5">
                    <DeviceDetail station id=id.get_value() changed />
                </td>
            </tr>
        </Show>
    }
}

impl Found {
    /// Lists devices from the beginning, or goes on behind one.
    fn list(self, station: Station, after: Option<String>) {
        spawn_local(async move {
            let first = after.is_none();
            let read = page(station, after.as_deref()).await;
            self.show(read.map(|page| (page.devices, page.next)), !first);
        });
    }

    /// The device of that ID, and those whose IDs begin so.
    fn search(self, station: Station, text: String) {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            self.list(station, None);
            return;
        }
        spawn_local(async move {
            let exact = station
                .read::<Device>(&format!("devices/{}", client::part(&text)))
                .await;
            // What a search begins with may be no whole ID; what it is behind has to be one.
            let behind = text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let like = page(station, Some(behind).filter(|behind| !behind.is_empty())).await;
            let mut rows = match &exact {
                Ok(device) => vec![row(device)],
                Err(_) => Vec::new(),
            };
            let like = like.map(|page| page.devices).unwrap_or_default();
            rows.extend(like.into_iter().filter(|row| {
                row.registration_id.starts_with(&text) && row.registration_id != text
            }));
            let found = match exact {
                Err(trouble) if rows.is_empty() => Err(trouble),
                _ => Ok((rows, None)),
            };
            self.show(found, false);
        });
    }

    /// The screen may have been left meanwhile.
    fn show(self, found: Result<(Vec<Registration>, Option<String>), Trouble>, more: bool) {
        let (rows, next, fault) = match found {
            Ok((rows, next)) => (rows, next, None),
            Err(trouble) => (Vec::new(), None, Some(trouble.told())),
        };
        let _ = self.rows.try_update(|all| {
            if !more {
                all.clear();
            }
            all.extend(rows);
        });
        let _ = self.next.try_set(next);
        let _ = self.fault.try_set(fault);
    }
}

async fn page(station: Station, after: Option<&str>) -> Result<answer::Devices, Trouble> {
    let after = after
        .map(|after| format!("&after={}", client::part(after)))
        .unwrap_or_default();
    station.read(&format!("devices?limit={PAGE}{after}")).await
}

/// A device by itself as it is in a list; it may be disabled without ever having registered.
fn row(device: &Device) -> Registration {
    Registration {
        registration_id: device.registration_id.clone(),
        disabled: device.disabled,
        ..device.registration.clone().unwrap_or_default()
    }
}
