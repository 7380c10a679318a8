//! Whether the chosen certificate is to be trusted, and why.

mod dropped;
mod layout;
mod moment;
mod paths;
mod picture;
mod rules;
mod settings;
mod slider;
mod state;
mod timeline;
mod verdicts;

use std::sync::Arc;

use leptos::prelude::*;
use signet_core::path::{PathReport, Report};

use super::bag::Bench;
use super::verdict::Judged;
use dropped::DroppedOnes;
use paths::Paths;
use picture::Picture;
use rules::Rules;
pub(super) use settings::Settings;
use timeline::Timeline;
use verdicts::{Headline, Verdicts};

/// The screen's most telling part: verdicts, time, picture, rules.
#[component]
pub(super) fn Chain(bench: Bench) -> impl IntoView {
    let view = move || View::of(bench);
    view! {
        <div class="chain" data-testid="chain">
            <Verdicts bench />
            {move || match view() {
                None => view! { <p class="box" role="status">"Checking signatures …"</p> }.into_any(),
                Some(view) => view! { <Headline view /> }.into_any(),
            }}
            <Paths bench />
            {move || view().map(|view| view! { <Picture bench view /> })}
            <Timeline bench />
            <Settings bench />
            {move || {
                view()
                    .map(|view| {
                        view! {
                            <Rules bench view=view.clone() />
                            <DroppedOnes bench view />
                        }
                    })
            }}
        </div>
    }
}

/// One path of one report.
#[derive(Clone)]
struct View {
    judged: Arc<Judged>,
    /// Which profile.
    profile: usize,
    /// Which path: the one that was chosen, or the nearest.
    path: Option<usize>,
}

impl View {
    /// As it is chosen; `None` until the chosen certificate is judged.
    fn of(bench: Bench) -> Option<Self> {
        let judged = bench.verdicts()?;
        let profile = bench.profile.get();
        let path = bench.path(judged.reports.get(profile)?);
        Some(Self {
            judged,
            profile,
            path,
        })
    }

    fn report(&self) -> Option<&Report> {
        self.judged.reports.get(self.profile)
    }

    fn path(&self) -> Option<&PathReport> {
        let report = self.report()?;
        report.paths.get(self.path?)
    }
}
