use std::sync::Arc;

use leptos::prelude::*;
use signet_core::path::{CertReport, Check, Outcome};

use super::View;
use super::state::Replay;
use crate::bench::bag::Bench;
use crate::bench::dated::Dated;
use crate::bench::item::short;
use crate::shell::{Icon, Shape, plain};

/// Each certificate of the path, from the anchor down, with each rule.
#[component]
pub(super) fn Rules(bench: Bench, view: View) -> impl IntoView {
    let path = view.path()?.clone();
    let whole = path.lint.clone();
    let certificates = path.certificates.into_iter().map(|cert| {
        let id = view.judged.places.item(cert.place);
        view! { <One bench cert id /> }
    });
    Some(view! {
        <section class="rules" aria-label="Rules" data-testid="rules">
            <h3>"Rule by rule, from the anchor down"</h3>
            {certificates.collect::<Vec<_>>()}
            {(!whole.is_empty())
                .then(|| {
                    view! {
                        <div class="box rule-box">
                            <h4>"The path as a whole"</h4>
                            <Sorted checks=whole />
                        </div>
                    }
                })}
        </section>
    })
}

#[component]
fn One(bench: Bench, cert: Arc<CertReport>, id: Option<crate::bench::item::Id>) -> impl IntoView {
    let checks: Vec<Check> = cert.checks.iter().chain(&cert.lint).cloned().collect();
    let failed = checks.iter().filter(|check| check.is_failed()).count();
    let state = if failed > 0 { "fail" } else { "pass" };
    let said = counted(&cert, failed);
    let subject = cert.identity.subject.clone();
    view! {
        <article class="box rule-box" data-state=state>
            <header>
                <h4>{short(&subject)}</h4>
                <span class="tag" data-state=state>{said}</span>
                {id
                    .map(|id| {
                        view! {
                            <button
                                type="button"
                                class="button quiet"
                                on:click=move |_| {
                                    bench.tab.set(crate::bench::tabs::Tab::Contents);
                                    bench.chosen.set(Some(id));
                                }
                            >
                                "See what it says"
                            </button>
                        }
                    })}
            </header>
            <Sorted checks />
            <details>
                <summary>"The algorithm's variables, before and after (RFC 5280 section 6.1)"</summary>
                <Replay before=cert.before.clone() after=cert.after.clone() />
            </details>
        </article>
    }
}

fn counted(cert: &CertReport, failed: usize) -> String {
    let all = cert.checks.len() + cert.lint.len();
    match failed {
        0 => format!("{all} rules looked at, none broken"),
        1 => "1 rule broken".to_owned(),
        _ => format!("{failed} rules broken"),
    }
}

/// What is broken or noted, and folded away the rest.
#[component]
fn Sorted(checks: Vec<Check>) -> impl IntoView {
    let (broken, rest): (Vec<_>, Vec<_>) = checks
        .into_iter()
        .partition(|check| matches!(check.outcome, Outcome::Failed | Outcome::Noted));
    view! {
        {(!broken.is_empty()).then(|| view! { <Table checks=broken /> })}
        <details>
            <summary>{format!("{} rules that hold or do not apply", rest.len())}</summary>
            <Table checks=rest />
        </details>
    }
}

/// Rules with what became of them.
#[component]
fn Table(checks: Vec<Check>) -> impl IntoView {
    let rows = checks.into_iter().map(|check| view! { <Row check /> });
    view! {
        <ul class="checks">{rows.collect::<Vec<_>>()}</ul>
    }
}

#[component]
fn Row(check: Check) -> impl IntoView {
    let (state, shape, word) = match check.outcome {
        Outcome::Failed => ("fail", Shape::Cross, "broken"),
        Outcome::Noted => ("warn", Shape::Alert, "noted"),
        Outcome::NotApplicable => ("idle", Shape::Dot, "does not apply"),
        Outcome::Passed => ("pass", Shape::Tick, "holds"),
        Outcome::Pending => ("run", Shape::Turn, "being checked"),
    };
    let (what, mend) = (check.what().to_owned(), check.mend().to_owned());
    let (told, section) = (!what.is_empty(), check.section());
    let sentence = if told {
        what
    } else {
        check.rule.demand().to_owned()
    };
    let facts = check.facts().into_iter().map(|fact| {
        view! {
            <span class="fact">
                <span class="hint">{fact.name} ": "</span>
                {plain(&fact.value.to_string(), 300)}
            </span>
        }
    });
    view! {
        <li data-state=state data-testid="check">
            <Icon shape />
            <div>
                <p>
                    <span class="unseen">{word} ": "</span>
                    <Dated text=sentence />
                </p>
                {told.then(|| view! { <p class="mend">{mend}</p> })}
                <p class="facts">{facts.collect::<Vec<_>>()}</p>
                <p class="hint">
                    <code>{check.rule.code()}</code>
                    " · "
                    {section}
                </p>
            </div>
        </li>
    }
}
