use leptos::prelude::*;

use crate::bench::bag::Bench;
use crate::bench::verdict::Route;

/// More buttons would hide the picture.
const SHOWN: usize = 20;

/// The paths of the shown report, and which of them is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    routes: Vec<Route>,
    here: Option<usize>,
    /// Whether the one that was chosen is not among them.
    gone: bool,
}

/// A button for each path, if there are several. They outlive the picture, so that the one that was
/// pressed keeps the focus.
#[component]
pub(super) fn Paths(bench: Bench) -> impl IntoView {
    let choice = Memo::new(move |_| Choice::of(bench));
    let routes = Memo::new(move |_| choice.get().map_or_else(Vec::new, |choice| choice.routes));
    let one = move |(index, route): (usize, Route)| {
        let here = move || choice.get().and_then(|choice| choice.here) == Some(index);
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=move || here().to_string()
                on:click=move |_| bench.route.set(Some(route.clone()))
            >
                {format!("Path {}", index + 1)}
            </button>
        }
    };
    let buttons = move || {
        let routes = routes.get().into_iter().enumerate();
        routes.map(one).collect::<Vec<_>>()
    };
    view! {
        <Show when=move || { routes.with(Vec::len) > 1 }>
            <div class="row" role="group" aria-label="Paths">
                {buttons}
            </div>
        </Show>
        <Show when=move || choice.get().is_some_and(|choice| choice.gone)>
            <p class="hint" data-testid="path-gone">
                "The path that you chose is not among those of this verdict. The nearest is shown."
            </p>
        </Show>
    }
}

impl Choice {
    fn of(bench: Bench) -> Option<Self> {
        let judged = bench.verdicts()?;
        let report = judged.reports.get(bench.profile.get())?;
        let paths = report.paths.iter().take(SHOWN);
        let chosen = bench.route.get();
        Some(Self {
            routes: paths.map(Route::of).collect(),
            here: bench.path(report),
            gone: chosen.is_some_and(|route| route.in_report(report).is_none()),
        })
    }
}
