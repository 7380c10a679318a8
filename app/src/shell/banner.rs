use leptos::prelude::*;

use super::{Icon, Shape};
use crate::desk::Desk;
use crate::{serial::Support, tab};

/// What concerns the whole page. Nothing here vanishes by itself.
#[component]
pub(super) fn Banners() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let notice = move || {
        desk.notice.get().map(|fault| {
            view! {
                <div class="banner" data-tone="warn" data-testid="notice">
                    <Icon shape=Shape::Alert />
                    <p>
                        <strong>{fault.what}</strong>
                        " "
                        {fault.next}
                        " "
                        <code>{fault.code}</code>
                    </p>
                    <button type="button" class="button quiet" on:click=move |_| desk.heard()>
                        "Close"
                    </button>
                </div>
            }
        })
    };
    view! {
        <section aria-label="Notices">
        <div role="alert">{notice}</div>
        <Show when=move || desk.elsewhere.get()>
            <div class="banner" data-tone="warn">
                <Icon shape=Shape::Alert />
                <p>
                    <strong>"Signet is open in another tab of this browser."</strong>
                    " Work there, or close that tab: this one then takes over by itself."
                </p>
            </div>
        </Show>
        <Show when=move || desk.support.get() != Support::Present>
            <NoSerial />
        </Show>
        <Show when=move || desk.update.get()>
            <Update />
        </Show>
        </section>
    }
}

/// Why boards cannot be reached, and what to do.
#[component]
fn NoSerial() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let why = move || match desk.support.get() {
        Support::Insecure => {
            "This page was loaded over plain http, and browsers then keep boards away from it. Open \
             it over https, or at http://localhost on this computer."
        }
        _ => {
            "This browser has no Web Serial. Open this page in Chrome or Edge on a computer. You can \
             still practise here, and use the Bench."
        }
    };
    view! {
        <div class="banner" data-tone="info" data-testid="no-serial">
            <Icon shape=Shape::Plug />
            <p>
                <strong>"Boards cannot be reached from here. "</strong>
                {why}
            </p>
        </div>
    }
}

/// A newer version is put into use only when nobody is disturbed.
#[component]
fn Update() -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <div class="banner" data-tone="info" data-testid="update">
            <Icon shape=Shape::Down />
            <p>
                <strong>"A newer version of Signet is ready. "</strong>
                "It is used from the moment you say so; nothing that was recorded is lost."
            </p>
            <button
                type="button"
                class="button"
                disabled=move || desk.busy()
                on:click=move |_| tab::apply_update()
            >
                {move || if desk.busy() { "After this board" } else { "Use it now" }}
            </button>
        </div>
    }
}
