use leptos::html::H2;
use leptos::prelude::*;

use super::bag::Bench;
use super::bytes::Bytes;
use super::certificate::Contents;
use super::chain::Chain;
use super::export::Export;
use super::item::{Item, Kind};
use super::key::KeyContents;
use super::request::RequestContents;
use super::revoked::ListContents;
use super::sketch::SketchContents;
use super::tabs::{Tab, TabRow};
use super::unlock::Unlock;
use crate::shell::plain;

/// The chosen object.
#[component]
pub(super) fn Detail(bench: Bench) -> impl IntoView {
    let item = Memo::new(move |_| bench.chosen.get().and_then(|id| bench.item(id)));
    move || {
        item.get().map_or_else(
            || view! { <p class="box">"Choose an object in the list."</p> }.into_any(),
            |item| view! { <One bench item /> }.into_any(),
        )
    }
}

#[component]
fn One(bench: Bench, item: Item) -> impl IntoView {
    let tabs = tabs(&item);
    let shown = Memo::new(move |_| {
        let wanted = bench.tab.get();
        let first = tabs.first().copied().unwrap_or_default();
        if tabs.contains(&wanted) {
            wanted
        } else {
            first
        }
    });
    let id = item.id;
    let body = item.clone();
    let heading = NodeRef::<H2>::new();
    heading.on_load(keep_focus);
    view! {
        <section class="object" data-testid="object" aria-label="The chosen object">
            <header>
                <div>
                    <h2 node_ref=heading tabindex="-1">{item.title.to_string()}</h2>
                    <p class="hint">
                        {item.word()}
                        {(item.file != item.title).then(|| format!(" from {}", plain(&item.file, 60)))}
                        {(!item.within.is_empty()).then(|| format!(" ({})", item.within))}
                    </p>
                </div>
                <div class="row">
                    <Trust bench item=item.clone() />
                    <button type="button" class="button" on:click=move |_| bench.remove(id)>
                        "Remove"
                    </button>
                </div>
            </header>
            {item
                .facts()
                .and_then(|facts| facts.retired)
                .map(|why| {
                    view! {
                        <p class="refused">
                            "Azure has retired this certificate. " {why}
                            " Do not write it to boards, and pin nothing to it."
                        </p>
                    }
                })}
            {(tabs.len() > 1).then(|| view! { <TabRow tabs shown choose=bench.tab /> })}
            <div id="view" role=(tabs.len() > 1).then_some("tabpanel") aria-label=move || shown.get().word()>
                {move || body_of(bench, shown.get(), &body)}
            </div>
        </section>
    }
}

/// What led here may be gone, and the focus with it. Then the keyboard goes on from the new heading.
fn keep_focus(heading: web_sys::HtmlHeadingElement) {
    // Once the page is as it will be.
    request_animation_frame(move || {
        let holder = document().active_element();
        if holder.is_none_or(|holder| holder.tag_name() == "BODY") {
            // Focus can only fail on what is not focusable.
            let _ = heading.focus();
        }
    });
}

/// Whether paths may end at this certificate.
#[component]
fn Trust(bench: Bench, item: Item) -> impl IntoView {
    let id = item.id;
    let trusted = move || bench.trusted.with(|trusted| trusted.contains(&id));
    let turn = move |_| {
        bench.trusted.update(|trusted| {
            if !trusted.remove(&id) {
                trusted.insert(id);
            }
        });
    };
    item.may_issue().then(|| {
        view! {
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    data-testid="trust"
                    prop:checked=trusted
                    on:change=turn
                />
                "Trust it as a root"
            </label>
        }
    })
}

fn tabs(item: &Item) -> &'static [Tab] {
    match item.kind {
        _ if item.is_half() => &[Tab::Contents, Tab::Export],
        Kind::Certificate(_) => &[Tab::Chain, Tab::Contents, Tab::Bytes, Tab::Export],
        Kind::Request
        | Kind::RevocationList
        | Kind::PublicKey
        | Kind::PrivateKey
        | Kind::Refused => &[Tab::Contents, Tab::Bytes, Tab::Export],
        Kind::Sealed => &[Tab::Contents],
        Kind::Other => &[Tab::Bytes, Tab::Export],
    }
}

fn body_of(bench: Bench, tab: Tab, item: &Item) -> AnyView {
    let item = item.clone();
    match (tab, &item.kind) {
        (Tab::Chain, _) => view! { <Chain bench /> }.into_any(),
        (Tab::Bytes, _) => view! { <Bytes item /> }.into_any(),
        (Tab::Export, _) => view! { <Export bench item /> }.into_any(),
        (Tab::Contents, Kind::Certificate(_)) => view! { <Contents bench item /> }.into_any(),
        (Tab::Contents, Kind::Request) => view! { <RequestContents bench item /> }.into_any(),
        (Tab::Contents, Kind::RevocationList) => view! { <ListContents item /> }.into_any(),
        (Tab::Contents, Kind::Refused) => view! { <SketchContents item /> }.into_any(),
        (Tab::Contents, Kind::Sealed) => view! { <Unlock bench item /> }.into_any(),
        (Tab::Contents, _) => view! { <KeyContents bench item /> }.into_any(),
    }
}
