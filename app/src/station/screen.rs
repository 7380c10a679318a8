//! The Station screen: how the station is, and what a supervisor may do there.

mod bars;
mod batches;
mod certificates;
mod device;
mod devices;
mod downloads;
mod facts;
mod history;
mod opening;
mod refusals;
mod service;
mod sure;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::{Fault, UnixTime};

use super::{Presence, Station};
use crate::clock;
use crate::desk::Desk;
use crate::records::local;
use crate::shell::{Icon, Shape, plain};
use bars::Ends;
use batches::Batches;
use devices::Devices;
use downloads::Downloads;
use facts::Facts;
use refusals::Refusals;

/// The screen.
#[component]
pub(crate) fn StationScreen() -> impl IntoView {
    let station = expect_context::<Desk>().station;
    spawn_local(async move { station.refresh(true).await });
    let locked = Memo::new(move |_| station.presence.get() == Presence::Locked);
    view! {
        <div class="station-head">
            <h1>"Station"</h1>
            <p class="hint">"What it issued, what it refused, and what its ledger holds. \
                Brought up to date every 10 seconds."</p>
        </div>
        <Show when=move || station.away.with(Option::is_some)>
            <Away station />
        </Show>
        <Show when=move || !locked.get() fallback=move || view! { <Locked station /> }>
            <div class="station">
                <Facts station />
                <Ends station />
                <Batches station />
                <Devices station />
                <Refusals station />
                <Downloads station />
            </div>
        </Show>
    }
}

#[component]
fn Away(station: Station) -> impl IntoView {
    let words = move || {
        station
            .away
            .get()
            .map(|fault| format!("{} {}", plain(&fault.what, 200), fault.next))
    };
    view! {
        <p class="note" data-tone="warn" role="alert" data-testid="station-away">
            <Icon shape=Shape::Alert />
            <span>{words}</span>
        </p>
    }
}

#[component]
fn Locked(station: Station) -> impl IntoView {
    view! {
        <section class="empty" data-testid="station-locked">
            <p class="empty-sign"><Icon shape=Shape::Lock /></p>
            <h2>"The station wants to know who you are."</h2>
            <p class="lead">"Sign in with your operator's token to see it, and to register boards through it."</p>
            <p>"Until then, records of boards wait in this browser; none is lost."</p>
            <button type="button" class="button primary" on:click=move |_| station.asked.set(true)>
                <Icon shape=Shape::Key />
                "Sign in"
            </button>
        </section>
    }
}

/// What came of the last order.
#[component]
fn Said(fault: RwSignal<Option<Fault>>) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                fault
                    .get()
                    .map(|fault| {
                        view! {
                            <p class="note" data-tone="fail" data-testid="station-refused">
                                <Icon shape=Shape::Alert />
                                <span>
                                    <strong>{plain(&fault.what, 300)}</strong>
                                    " "
                                    {plain(&fault.next, 300)}
                                    " "
                                    <code>{plain(&fault.code, 64)}</code>
                                </span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// Why there are no buttons for changes.
#[component]
fn WhoMay(
    station: Station,
    /// What it is about, as the beginning of a sentence.
    what: &'static str,
) -> impl IntoView {
    let words = move || {
        let operators = station.status.with(|status| {
            let you = status.as_ref().and_then(|status| status.you.as_ref());
            you.is_some()
        });
        match operators {
            true => format!("{what} is for supervisors."),
            false => format!(
                "{what} is for supervisors, and this station has none yet: \
                 station operator add NAME --data DIR --role supervisor"
            ),
        }
    };
    view! {
        <Show when=move || !station.is_supervised()>
            <p class="hint" data-testid="supervisors-only">{words}</p>
        </Show>
    }
}

/// Whether another service issues, and this station only asks it.
fn relays(station: Station) -> bool {
    station
        .status
        .with(|status| status.as_ref().is_some_and(|it| it.relays_to.is_some()))
}

/// A moment of the API as this computer's clock shows it; as it came, if it is none.
fn moment(text: &str) -> String {
    let millis = js_sys::Date::parse(text);
    if millis.is_nan() {
        return plain(text, 32);
    }
    local(UnixTime(clock::whole(millis) / 1000))
}
