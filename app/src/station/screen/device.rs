use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;

use super::certificates::Certificates;
use super::history::History;
use super::sure::Sure;
use super::{Said, WhoMay};
use crate::shell::plain;
use crate::station::answer::Device;
use crate::station::{Station, client};

/// Everything that the station knows of one device.
#[component]
pub(super) fn DeviceDetail(
    station: Station,
    id: String,
    /// Runs after a change, with whether the device is disabled now.
    changed: Callback<bool>,
) -> impl IntoView {
    let (device, fault) = (RwSignal::new(None::<Device>), RwSignal::new(None::<Fault>));
    let path = StoredValue::new(format!("devices/{}", client::part(&id)));
    let load = move || {
        spawn_local(async move {
            let read = station.read::<Device>(&path.get_value()).await;
            // The row may have been closed meanwhile.
            match read {
                Ok(found) => {
                    changed.run(found.disabled);
                    let _ = device.try_set(Some(found));
                }
                Err(trouble) => drop(fault.try_set(Some(trouble.told()))),
            }
        });
    };
    load();
    let order = Callback::new(move |(path, body): (String, Option<String>)| {
        fault.set(None);
        spawn_local(async move {
            match station.post(&path, body.as_deref()).await {
                Ok(()) => {
                    load();
                    station.refresh(true).await;
                }
                Err(trouble) => drop(fault.try_set(Some(trouble.told()))),
            }
        });
    });
    view! {
        <div class="detail device" data-testid="device-detail">
            <Said fault />
            {move || {
                let device = device.get()?;
                Some(
                    view! {
                        <Admission station device=device.clone() order />
                        <section>
                            <h3>"Certificates"</h3>
                            {if device.certificates.is_empty() {
                                view! { <p class="hint">"None was issued."</p> }.into_any()
                            } else {
                                let certificates = device.certificates;
                                view! { <Certificates station certificates order /> }.into_any()
                            }}
                        </section>
                        <section>
                            <h3>"History"</h3>
                            <History entries=device.entries />
                        </section>
                    },
                )
            }}
        </div>
    }
}

/// Whether the device may register, and the button that changes it.
#[component]
fn Admission(
    station: Station,
    device: Device,
    order: Callback<(String, Option<String>)>,
) -> impl IntoView {
    let words = match device.disabled {
        true => {
            "Disabled: it may not register. Certificates that it holds stay valid until they end or are revoked."
        }
        false => "Enabled: it may register.",
    };
    let path = StoredValue::new(format!("devices/{}", client::part(&device.registration_id)));
    let name = plain(&device.registration_id, 64);
    let enable = move |_| order.run((format!("{}/enable", path.get_value()), None));
    let disable = move || order.run((format!("{}/disable", path.get_value()), None));
    let disabled = device.disabled;
    let sure = Signal::stored(format!("Yes, {name} may register no more"));
    view! {
        <section>
            <h3>"Registration"</h3>
            <p data-testid="device-state">{words}</p>
            <Show when=move || station.is_supervised()>
                {move || match disabled {
                    true => view! {
                        <button type="button" class="button" data-testid="enable" on:click=enable>
                            "Let it register again"
                        </button>
                    }
                    .into_any(),
                    false => view! {
                        <Sure word="Disable it …".to_owned() sure testid="disable" act=disable />
                    }
                    .into_any(),
                }}
            </Show>
            <WhoMay station what="Disabling devices and revoking certificates" />
        </section>
    }
}
