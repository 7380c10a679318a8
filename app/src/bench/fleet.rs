//! All device certificates on the Bench, judged at once.

mod outcome;
mod state;
mod summary;
mod table;

use leptos::prelude::*;
use signet_core::UnixTime;

pub(super) use state::FleetState;

use super::bag::Bench;
use super::chain::Settings;
use super::verdict::profiles;
use crate::shell::{Icon, Shape};
use outcome::Outcome;
use state::Stage;

/// Opens the audit, where there is more than one certificate to judge.
#[component]
pub(super) fn FleetButton(bench: Bench) -> impl IntoView {
    let count = Memo::new(move |_| bench.items.with(|items| state::fleet(items).count()));
    let open = move |_| bench.fleet.shown.set(true);
    view! {
        <Show when=move || { count.get() > 1 }>
            <button
                type="button"
                class="button"
                aria-pressed=move || bench.fleet.shown.get().to_string()
                data-testid="fleet-open"
                on:click=open
            >
                <Icon shape=Shape::Tick />
                {move || format!("Judge all {} …", count.get())}
            </button>
        </Show>
    }
}

/// The screen of the audit: what is asked, how it goes, what came out.
#[component]
pub(super) fn FleetPanel(bench: Bench) -> impl IntoView {
    let stage = bench.fleet.stage;
    let count = bench
        .items
        .with_untracked(|items| state::fleet(items).count());
    bench.fleet.gather(count);
    on_cleanup(move || bench.fleet.dismiss());
    view! {
        <section class="object" data-testid="fleet" aria-label="All certificates">
            <header>
                <div>
                    <h2>"All certificates at once"</h2>
                    <p class="hint">
                        "Each device certificate on the Bench, with the roots, authorities and revocation \
                         lists that lie there."
                    </p>
                </div>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| bench.fleet.shown.set(false)
                >
                    "Back to the objects"
                </button>
            </header>
            <Profiles bench />
            <Settings bench named=false />
            {move || bench.at.get().map(|at| view! { <Moment bench at /> })}
            <div class="row">
                {move || match stage.get() {
                    Stage::Running { .. } => view! { <Cancel bench /> }.into_any(),
                    _ => view! { <Start bench /> }.into_any(),
                }}
            </div>
            {move || match stage.get() {
                Stage::Idle => ().into_any(),
                Stage::Running { done, of } => view! { <Progress done of /> }.into_any(),
                Stage::Done(found) => view! { <Outcome bench found /> }.into_any(),
                Stage::Failed(why) => view! { <Failed why /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Profiles(bench: Bench) -> impl IntoView {
    let choices = profiles("").into_iter().enumerate();
    let choices = choices.map(|(index, profile)| {
        let here = move || (bench.profile.get() == index).to_string();
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=here
                data-testid=format!("fleet-{}", profile.name)
                on:click=move |_| bench.profile.set(index)
            >
                {profile.title}
            </button>
        }
    });
    view! {
        <div class="row" role="group" aria-label="Whose rules">
            {choices.collect::<Vec<_>>()}
        </div>
    }
}

/// That another moment than now was chosen, where nothing else shows it.
#[component]
fn Moment(bench: Bench, at: UnixTime) -> impl IntoView {
    view! {
        <p class="row" data-testid="fleet-moment">
            <span>{format!("The next audit goes by {at}, which was chosen under “Chain”.")}</span>
            <button type="button" class="disclose jump" on:click=move |_| bench.at.set(None)>
                "Go by now"
            </button>
        </p>
    }
}

#[component]
fn Start(bench: Bench) -> impl IntoView {
    let is_done = Memo::new(move |_| {
        bench
            .fleet
            .stage
            .with(|stage| matches!(stage, Stage::Done(_)))
    });
    view! {
        <button
            type="button"
            class="button primary"
            data-testid="fleet-start"
            on:click=move |_| bench.fleet.start(bench)
        >
            <Icon shape=Shape::Tick />
            {move || if is_done.get() { "Judge them again" } else { "Judge them" }}
        </button>
    }
}

#[component]
fn Cancel(bench: Bench) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button"
            data-testid="fleet-cancel"
            on:click=move |_| bench.fleet.cancel()
        >
            "Cancel"
        </button>
    }
}

#[component]
fn Progress(done: usize, of: usize) -> impl IntoView {
    let percent = done * 100 / of.max(1);
    view! {
        <div class="progress" data-testid="fleet-progress">
            <div
                class="bar"
                role="progressbar"
                aria-label="Certificates judged"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent.to_string()
            >
                <div class="bar-done" style:width=format!("{percent}%")></div>
            </div>
            <p class="progress-numbers">{format!("{done} of {of}")}</p>
        </div>
    }
}

#[component]
fn Failed(why: String) -> impl IntoView {
    view! {
        <p class="refused" role="alert">
            "The audit stopped (" {why}
            "). Reload the page and start it again; if it stops again, open fewer certificates. "
            <code>"bench.fleet-stopped"</code>
        </p>
    }
}
