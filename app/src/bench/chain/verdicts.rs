use leptos::prelude::*;
use signet_core::path::{Check, Report, Verdict};

use super::View;
use crate::bench::bag::Bench;
use crate::bench::dated::Dated;
use crate::bench::item::{day, short};
use crate::bench::verdict::profiles;
use crate::shell::{Icon, Shape};

/// What each profile says, side by side; the chosen one is shown below in full.
#[component]
pub(super) fn Verdicts(bench: Bench) -> impl IntoView {
    let cards = profiles("").into_iter().enumerate();
    let cards = cards.map(|(index, profile)| {
        let said = Memo::new(move |_| {
            let judged = bench.verdicts();
            let report = judged.as_ref().and_then(|judged| judged.reports.get(index));
            report.map(Said::of).unwrap_or_default()
        });
        let here = move || (bench.profile.get() == index).to_string();
        view! {
            <button
                type="button"
                class="verdict-card"
                aria-pressed=here
                data-state=move || said.get().state
                data-testid=format!("verdict-{}", profile.name)
                on:click=move |_| bench.profile.set(index)
            >
                <span class="verdict-title">{profile.title}</span>
                <span class="verdict-word">
                    {move || view! { <Icon shape=said.get().shape /> }}
                    {move || said.get().word}
                </span>
                <span class="verdict-note">{move || said.get().note}</span>
            </button>
        }
    });
    view! {
        <div class="verdicts" role="group" aria-label="Profiles">
            {cards.collect::<Vec<_>>()}
        </div>
    }
}

/// A verdict in a few words.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    state: &'static str,
    shape: Shape,
    word: &'static str,
    note: String,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            state: "run",
            shape: Shape::Turn,
            word: "Checking",
            note: String::new(),
        }
    }
}

impl Said {
    fn of(report: &Report) -> Self {
        let path = report.nearest();
        let lint = path.map_or(0, |path| path.lint_failures().count());
        match &report.verdict {
            Verdict::Pending => Self::default(),
            Verdict::Refused(check) => Self {
                state: "fail",
                shape: Shape::Cross,
                word: "Refused",
                note: check.rule.code().to_owned(),
            },
            Verdict::Accepted if lint == 0 => Self {
                state: "pass",
                shape: Shape::Tick,
                word: "Accepted",
                note: "Every rule holds.".to_owned(),
            },
            Verdict::Accepted => Self {
                state: "warn",
                shape: Shape::Alert,
                word: "Accepted, with findings",
                note: findings(lint),
            },
        }
    }
}

fn findings(count: usize) -> String {
    match count {
        1 => "The path holds. One rule beyond it is broken.".to_owned(),
        _ => format!("The path holds. {count} rules beyond it are broken."),
    }
}

/// The verdict as a sentence, whose rules it goes by, and what would mend it.
#[component]
pub(super) fn Headline(view: View) -> impl IntoView {
    let report = view.report()?;
    let profile = profiles("").into_iter().nth(view.profile)?.title;
    let day = day(report.at);
    let accepted = report.is_accepted();
    let breach = match &report.verdict {
        Verdict::Refused(check) => Some(check),
        _ => None,
    };
    let others = report.failures().len() - usize::from(breach.is_some());
    let (state, title) = if accepted {
        ("pass", format!("Trusted on {day}."))
    } else {
        ("fail", format!("Not trusted on {day}."))
    };
    let breach =
        breach.map(|check| view! { <Breach whose=whose(report, check) check=(**check).clone() /> });
    Some(view! {
        <div class="headline" data-state=state role="status" data-testid="headline">
            <h3>{title} " " <span class="tag">{profile}</span></h3>
            {breach}
            {(others > 0).then(|| view! { <p class="hint">{more(accepted, others)}</p> })}
        </div>
    })
}

/// The rule that decides: at which certificate, what is wrong, what mends it.
#[component]
fn Breach(whose: Option<String>, check: Check) -> impl IntoView {
    view! {
        <p>
            {whose.map(|whose| view! { <strong>{whose} ": "</strong> })}
            <Dated text=check.what().to_owned() />
        </p>
        <p class="mend">{check.mend().to_owned()}</p>
        <p class="hint">
            <code>{check.rule.code()}</code>
            " · "
            {check.section()}
        </p>
    }
}

/// The certificate that breaks the rule; `None` if it is none of the path's, as an issuer that is missing.
fn whose(report: &Report, check: &Check) -> Option<String> {
    let certificates = report.nearest()?.certificates.iter();
    let mut broken = certificates.filter(|cert| cert.checks.contains(check));
    broken.next().map(|cert| short(&cert.identity.subject))
}

fn more(accepted: bool, others: usize) -> String {
    match (accepted, others) {
        (true, 1) => "The path holds. One rule of the profile is broken; see below.".to_owned(),
        (true, _) => {
            format!("The path holds. {others} rules of the profile are broken; see below.")
        }
        (false, 1) => "One more rule is broken; see below.".to_owned(),
        (false, _) => format!("{others} more rules are broken; see below."),
    }
}
