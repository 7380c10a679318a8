use leptos::prelude::*;

use crate::desk::{Desk, Loaded};
use crate::shell::{Icon, Shape};

/// What stands where the cards will be.
#[component]
pub(super) fn Welcome() -> impl IntoView {
    let desk = expect_context::<Desk>();
    move || match desk.loaded.get() {
        Loaded::Looking => view! { <p class="empty" role="status">"One moment …"</p> }.into_any(),
        Loaded::Refused(fault) => view! {
            <section class="empty" data-testid="recipe-error">
                <p class="empty-sign warn"><Icon shape=Shape::Alert /></p>
                <h2>"This recipe cannot be used."</h2>
                <p class="lead">{fault.what}</p>
                <p>{fault.next}</p>
                <p><code>{fault.code}</code></p>
            </section>
        }
        .into_any(),
        Loaded::Absent => view! { <First /> }.into_any(),
        Loaded::Ready(_) => view! { <Next /> }.into_any(),
    }
}

/// The first visit.
#[component]
fn First() -> impl IntoView {
    view! {
        <section class="empty" aria-labelledby="first">
            <p class="empty-sign"><Icon shape=Shape::Seal /></p>
            <h2 id="first">"Give every board an identity of its own."</h2>
            <p class="lead">
                "Press " <strong>"Try a practice board"</strong>
                " to watch a whole run on a simulated board: no hardware, no account, no network."
            </p>
            <p>
                "On a real line, open your line's recipe: a file that says which boards you make, what \
                 they are named and where they register. You can also drop it anywhere on this page."
            </p>
            <Steps />
        </section>
    }
}

/// A recipe is open; no board has come yet.
#[component]
fn Next() -> impl IntoView {
    view! {
        <section class="empty" aria-labelledby="next">
            <p class="empty-sign"><Icon shape=Shape::Plug /></p>
            <h2 id="next">"Ready for the first board."</h2>
            <p class="lead">
                "Plug it in with a USB cable, press " <strong>"Connect a board"</strong>
                " and choose it in the browser's list."
            </p>
            <p>
                "You do that once per socket. After that, a board starts by itself when you plug it in."
            </p>
            {cfg!(feature = "practice")
                .then(|| {
                    view! {
                        <p>
                            "No board at hand? Press " <strong>"Try a practice board"</strong>
                            ": a simulated one goes through the whole run in this tab."
                        </p>
                    }
                })}
            <Steps />
            <details>
                <summary>"The board is not in the list"</summary>
                <ul>
                    <li>"Try another cable: many carry power only."</li>
                    <li>"Plug it straight into the computer, not into a hub."</li>
                    <li>"On Windows, install the driver of the board's USB bridge (CP210x or CH34x)."</li>
                    <li>"On Linux, your user must be in the group dialout; log out and in after that."</li>
                    <li>"Close other programs that use the port, such as a serial monitor."</li>
                </ul>
            </details>
        </section>
    }
}

/// What will happen.
#[component]
fn Steps() -> impl IntoView {
    view! {
        <ol class="steps">
            <li><strong>"Connect"</strong>" The chip and its partition are checked."</li>
            <li><strong>"Register"</strong>" A new key is made; the cloud issues its certificate."</li>
            <li><strong>"Write"</strong>" Key, chain and roots go into the board."</li>
            <li><strong>"Prove"</strong>" All is read back. Only then: PASS."</li>
        </ol>
    }
}
