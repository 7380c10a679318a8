//! The engineer's screen: anything opened, explained and judged.
//!
//! What lies on the Bench is in [`Bench`]; private keys lie apart from all signals, in its vault. The
//! verdicts come from [`signet_core::path`], with signatures checked by [`crate::proof`].

mod bag;
mod bytes;
mod certificate;
mod chain;
mod dated;
mod detail;
mod export;
mod fleet;
mod found;
mod intake;
mod item;
mod key;
mod list;
mod make;
mod problems;
mod request;
mod revoked;
mod sketch;
mod tabs;
mod unlock;
mod verdict;
mod waiting;

use leptos::prelude::*;

pub(crate) use bag::Bench;
pub(crate) use verdict::profiles;

use crate::shell::{Icon, Shape};
use detail::Detail;
use fleet::FleetPanel;
use intake::{Intake, Paste};
use list::List;
use make::{Make, Making};
use problems::Problems;

/// The screen.
#[component]
pub(crate) fn BenchScreen() -> impl IntoView {
    let bench = expect_context::<Bench>();
    let empty = Memo::new(move |_| bench.items.with(Vec::is_empty));
    let making = RwSignal::new(false);
    view! {
        <h1 class:unseen=move || !empty.get()>"Bench"</h1>
        <Intake bench />
        <Problems bench />
        <Show when=move || making.get()>
            <Make bench making />
        </Show>
        {move || {
            if empty.get() {
                view! { <Empty bench making /> }.into_any()
            } else {
                view! {
                    <div class="bench">
                        <List bench making />
                        {move || {
                            if bench.fleet.shown.get() {
                                view! { <FleetPanel bench /> }.into_any()
                            } else {
                                view! { <Detail bench /> }.into_any()
                            }
                        }}
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

/// What can be done here, before anything was.
#[component]
fn Empty(bench: Bench, making: Making) -> impl IntoView {
    view! {
        <section class="empty" data-testid="bench-empty">
            <p class="empty-sign"><Icon shape=Shape::File /></p>
            <h2>"Drop a certificate, a chain, a key or a board's image."</h2>
            <p class="lead">
                "One file or many, anywhere on this page. They are recognised by what is in them: PEM, \
                 DER, base64, PKCS #7, PKCS #12, PKCS #10, PKCS #8, JWK, revocation lists, the answer of \
                 a DPS, and the images that are written into boards."
            </p>
            <div class="row">
                <intake::Choose bench primary=true />
                <button
                    type="button"
                    class="button"
                    data-testid="bench-make"
                    on:click=move |_| making.set(true)
                >
                    <Icon shape=Shape::Key />
                    "New key and request …"
                </button>
            </div>
            <Paste bench />
            <p>"Nothing is uploaded, and nothing is kept: it is read in this tab and gone with it."</p>
        </section>
    }
}
