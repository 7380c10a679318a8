use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use signet_core::csr::{AlternativeName, Draft};
use signet_core::file::{Content, Object, Secret};
use signet_core::key::PrivateKey;
use signet_core::{Explain, Fault};

use super::bag::Bench;
use crate::entropy;
use crate::shell::{Icon, Shape};

/// Whether the form is shown.
pub(super) type Making = RwSignal<bool>;

/// Makes a P-384 key and a request for it. The key goes into the Bench's vault and nowhere else.
#[component]
pub(super) fn Make(bench: Bench, making: Making) -> impl IntoView {
    let (name, organization) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let names = NodeRef::<Textarea>::new();
    let refused = RwSignal::new(None::<Fault>);
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let value = |node: NodeRef<Input>| {
            let field = node.get_untracked();
            field.map(|field| field.value().trim().to_owned())
        };
        let lines = names.get_untracked().map(|field| field.value());
        let lines = lines.unwrap_or_default();
        let made = draft(
            value(name).unwrap_or_default(),
            value(organization).unwrap_or_default(),
            &lines,
        );
        match made.and_then(|draft| make(bench, &draft)) {
            Ok(()) => making.set(false),
            Err(fault) => refused.set(Some(fault)),
        }
    };
    view! {
        <form class="box" on:submit=go data-testid="make">
            <h2>"New P-384 key and request"</h2>
            <Fields name organization names />
            <div role="alert">
                {move || {
                    refused
                        .get()
                        .map(|fault| {
                            view! {
                                <p class="refused">
                                    {fault.what} " " {fault.next} " " <code>{fault.code}</code>
                                </p>
                            }
                        })
                }}
            </div>
            <div class="row">
                <button type="submit" class="button primary" data-testid="make-go">
                    <Icon shape=Shape::Key />
                    "Make them"
                </button>
                <button type="button" class="button" on:click=move |_| making.set(false)>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

#[component]
fn Fields(
    name: NodeRef<Input>,
    organization: NodeRef<Input>,
    names: NodeRef<Textarea>,
) -> impl IntoView {
    view! {
        <div class="tool-grid">
            <label class="field">
                <span>"Common name (for Azure: the registration ID)"</span>
                <input
                    node_ref=name
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    data-testid="make-cn"
                />
            </label>
            <label class="field">
                <span>"Organization (for Azure: leave empty)"</span>
                <input node_ref=organization type="text" autocomplete="off" />
            </label>
        </div>
        <label class="field">
            <span>"Alternative names, one per line (for Azure: leave empty)"</span>
            <textarea
                node_ref=names
                spellcheck="false"
                placeholder="pump-0043.contoso.example"
                data-testid="make-names"
            ></textarea>
        </label>
    }
}

fn draft(common_name: String, organization: String, lines: &str) -> Result<Draft, Fault> {
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    let names = lines.map(AlternativeName::parse);
    let names: Result<Vec<_>, _> = names.collect();
    Ok(Draft {
        common_name,
        organization,
        alternative_names: names.map_err(|error| error.fault())?,
    })
}

fn make(bench: Bench, draft: &Draft) -> Result<(), Fault> {
    let key = key()?;
    let request = draft.sign(&key).map_err(|error| error.fault())?;
    let object = |content| Object {
        content,
        at: 0,
        within: Vec::new(),
        name: None,
    };
    let secret = Secret::from_pkcs8(key.to_pkcs8_der());
    let request = Content::Request(request.as_der().to_vec());
    bench.keep(
        "made here",
        vec![object(request), object(Content::PrivateKey(secret))],
    );
    Ok(())
}

fn key() -> Result<PrivateKey, Fault> {
    let refused = |why: String| Fault {
        code: "bench.no-entropy".to_owned(),
        what: format!("This browser gave no random bytes: {why}."),
        next: "Reload the page, or use another browser.".to_owned(),
    };
    loop {
        // One candidate in 2^190 is refused.
        let random = entropy::for_key().map_err(refused)?;
        if let Some(key) = PrivateKey::from_entropy(&random) {
            return Ok(key);
        }
    }
}
