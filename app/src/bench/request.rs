use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Explain;
use signet_core::csr::{Proof, RequestSummary};
use signet_core::path::{Answer, SignatureCheck};

use super::bag::Bench;
use super::certificate::{Extensions, Fact};
use super::item::Item;
use super::key::{SameKey, shown};
use super::problems::Unread;
use crate::proof;
use crate::shell::{Icon, Shape};

/// What a request asks for, whether its sender holds the key, and what Azure would say.
#[component]
pub(super) fn RequestContents(bench: Bench, item: Item) -> impl IntoView {
    match RequestSummary::from_der(&item.der) {
        Ok(summary) => view! { <Request bench item summary /> }.into_any(),
        Err(error) => view! { <Unread fault=error.fault() /> }.into_any(),
    }
}

#[component]
fn Request(bench: Bench, item: Item, summary: RequestSummary) -> impl IntoView {
    let signed = RwSignal::new(None::<Answer>);
    let der = item.der.clone();
    spawn_local(async move {
        let answer = check(&der).await;
        // Another object may have been chosen meanwhile.
        let _ = signed.try_set(Some(answer));
    });
    let key = shown(&summary.key);
    let rules = move || {
        let (state, shape, text) = match signed.get() {
            None | Some(Answer::Pending) => ("run", Shape::Turn, "Checking the signature …"),
            Some(Answer::Valid) => ("pass", Shape::Tick, "Signed with the key that it names."),
            Some(Answer::Invalid) => (
                "fail",
                Shape::Cross,
                "Not signed with the key that it names.",
            ),
            Some(Answer::Unsupported) => (
                "warn",
                Shape::Alert,
                "This browser cannot check its signature.",
            ),
        };
        view! { <li data-state=state><Icon shape /> <p>{text}</p></li> }
    };
    let azure = azure(summary.azure);
    view! {
        <div class="certificate" data-testid="request">
            <ul class="checks">{rules} {azure}</ul>
            <dl class="certificate-facts">
                <Fact name="Subject" value=summary.subject />
                <Fact name="Key" value=key />
                <Fact name="Signed with" value=summary.signature_algorithm />
                <Fact name="SHA-256" value=summary.sha256 mono=true />
                <Fact name="Size" value=format!("{} bytes of DER", summary.size) />
                {(!summary.attributes.is_empty())
                    .then(|| {
                        view! { <Fact name="Other attributes" value=summary.attributes.join(", ") /> }
                    })}
            </dl>
            <SameKey bench item />
            <Extensions title="Extensions asked for" extensions=summary.extensions />
        </div>
    }
}

/// What Azure's certificate service would say: sentence and next step if it would refuse.
fn azure(refusal: Option<(String, String)>) -> AnyView {
    match refusal {
        None => {
            view! {
                <li data-state="pass">
                    <Icon shape=Shape::Tick />
                    <p>"As Azure wants it: P-384, SHA-384, and a registration ID as its common name."</p>
                </li>
            }
                .into_any()
        }
        Some((what, next)) => {
            view! {
                <li data-state="warn">
                    <Icon shape=Shape::Alert />
                    <div>
                        <p>"Azure would refuse it. " {what}</p>
                        <p class="mend">{next}</p>
                    </div>
                </li>
            }
                .into_any()
        }
    }
}

async fn check(der: &[u8]) -> Answer {
    let Ok(parts) = Proof::of(der) else {
        return Answer::Unsupported;
    };
    let job = SignatureCheck {
        algorithm: &parts.algorithm,
        spki: &parts.spki,
        inherited: None,
        message: &parts.message,
        signature: &parts.signature,
    };
    proof::check(&job.job()).await
}
