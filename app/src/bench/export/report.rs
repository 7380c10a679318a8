use leptos::prelude::*;
use serde::Serialize;
use signet_core::path::Report;

use super::Form;
use super::name::file_name;
use crate::bench::bag::Bench;
use crate::bench::item::Item;
use crate::bench::tabs::Tab;
use crate::files;

/// The verdicts as a file for programs, and on paper.
#[component]
pub(super) fn ReportForms(bench: Bench, item: Item) -> impl IntoView {
    let id = item.id;
    let json = move |_| {
        let judged = bench.judged.get_untracked();
        let Some(judged) = judged.filter(|judged| judged.is_about(id)) else {
            return;
        };
        let file = File {
            program: concat!("Signet ", env!("CARGO_PKG_VERSION")),
            certificate: &item.title,
            expected: &bench.expected.get_untracked(),
            reports: &judged.reports,
        };
        // Numbers, texts and lists: nothing in it can fail to become JSON.
        if let Ok(text) = serde_json::to_string_pretty(&file) {
            files::save(
                &file_name(&item.title, "report.json"),
                "application/json",
                &text,
            );
        }
    };
    let print = move |_| {
        bench.tab.set(Tab::Chain);
        // Once the view has changed.
        request_animation_frame(|| {
            // Without a printer there is nothing to do but to leave the page on the screen.
            let _ = window().print();
        });
    };
    view! {
        <div>
            <h3>"The report"</h3>
            <p class="hint">"All profiles, every path, every rule with the facts that decided it."</p>
            <div class="row">
                <Form word="JSON" testid="export-report" save=json />
                <Form word="Print …" testid="export-print" save=print />
            </div>
        </div>
    }
}

/// What the file holds.
#[derive(Serialize)]
struct File<'a> {
    program: &'static str,
    certificate: &'a str,
    expected: &'a str,
    reports: &'a [Report],
}
