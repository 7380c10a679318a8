//! The engineer's screen: files explained.

mod certificate;
mod intake;

use leptos::prelude::*;
use signet_core::Fault;
use signet_core::cert::Summary;

use crate::shell::{Icon, Shape};
use certificate::Certificate;
use intake::Intake;

/// The screen.
#[component]
pub(crate) fn BenchScreen() -> impl IntoView {
    let found = RwSignal::new(None::<Found>);
    view! {
        <h1>"Bench"</h1>
        <Intake found />
        {move || match found.get() {
            None => view! { <Empty /> }.into_any(),
            Some(Found { name, result: Err(fault) }) => {
                view! { <Refused name fault /> }.into_any()
            }
            Some(Found { name, result: Ok(summaries) }) => {
                view! { <List name summaries /> }.into_any()
            }
        }}
    }
}

/// What was found in one file or one paste.
#[derive(Clone, Debug)]
struct Found {
    name: String,
    result: Result<Vec<Summary>, Fault>,
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="empty">
            <p class="empty-sign"><Icon shape=Shape::File /></p>
            <h2>"See what a certificate says."</h2>
            <p class="lead">
                "Drop a file anywhere on this page, open one, or paste its text above. PEM, DER and \
                 base64 are recognised by themselves."
            </p>
            <p>"Nothing is uploaded: the file is read in this tab and nowhere else."</p>
        </section>
    }
}

#[component]
fn Refused(name: String, fault: Fault) -> impl IntoView {
    view! {
        <section class="empty" role="alert" data-testid="bench-error">
            <p class="empty-sign warn"><Icon shape=Shape::Alert /></p>
            <h2>{fault.what}</h2>
            <p class="lead">{fault.next}</p>
            <p>{name} " " <code>{fault.code}</code></p>
        </section>
    }
}

/// The largest number of certificates that is laid out; more would make the page slow.
const MAX_SHOWN: usize = 200;

#[component]
fn List(name: String, summaries: Vec<Summary>) -> impl IntoView {
    let count = summaries.len();
    let title = match count {
        1 => "1 certificate".to_owned(),
        _ => format!("{count} certificates"),
    };
    let more = count.saturating_sub(MAX_SHOWN);
    let one = count == 1;
    view! {
        <section class="records" aria-live="polite">
            <h2>{title} " in " {name}</h2>
            <div class="certificates" data-testid="certificates">
                {summaries
                    .into_iter()
                    .take(MAX_SHOWN)
                    .map(|summary| view! { <Certificate summary open=one /> })
                    .collect_view()}
            </div>
            {(more > 0).then(|| view! { <p>"And " {more} " more, which are not shown."</p> })}
        </section>
    }
}
