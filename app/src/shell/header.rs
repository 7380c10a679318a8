use leptos::prelude::*;

use super::{Icon, Screen, Shape};
use crate::desk::{Desk, Loaded, Slot};
use crate::serial::Support;
use crate::station::{Late, SignIn};

/// Mark, navigation, recipe, state.
#[component]
pub(super) fn Header(screen: ReadSignal<Screen>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let recipe = move || match desk.loaded.get() {
        Loaded::Looking => "Looking for a recipe …".to_owned(),
        Loaded::Absent => "No recipe open".to_owned(),
        Loaded::Refused(_) => "Recipe refused".to_owned(),
        Loaded::Ready(line) => line.recipe.name.clone(),
    };
    let here = move |this: Screen| (screen.get() == this).then_some("page");
    view! {
        <header class="top">
            <a class="brand" href="#line">
                <svg class="mark" viewBox="0 0 64 64" aria-hidden="true">
                    <rect class="mark-ground" width="64" height="64" rx="14" />
                    <circle class="mark-ring" cx="32" cy="38" r="15" />
                    <path class="mark-gem" d="M22 10h20l5 9-15 9-15-9z" />
                </svg>
                <span>"Signet"</span>
            </a>
            <nav class="tabs" aria-label="Screens">
                {Screen::ALL
                    .map(|this| {
                        let shown = move || this != Screen::Station || desk.station.is_there();
                        view! {
                            <Show when=shown>
                                <a href=this.address() aria-current=move || here(this)>
                                    {this.word()}
                                </a>
                            </Show>
                        }
                    })
                    .collect_view()}
            </nav>
            <p class="top-recipe" title=recipe>
                <Icon shape=Shape::File />
                <span class="clip" data-testid="recipe-name">{recipe}</span>
            </p>
            <Late />
            <SignIn />
            <StateLight />
        </header>
    }
}

/// Whether boards can be reached, and whether any are at work.
#[component]
fn StateLight() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let real = |slot: &Slot| !slot.practice && slot.present.get();
    let state = move || {
        if desk.busy() {
            ("busy", "Working")
        } else if desk.elsewhere.get() {
            ("warn", "In another tab")
        } else if desk.support.get() != Support::Present {
            ("warn", "Practice only")
        } else if desk.slots.with(|slots| slots.iter().any(real)) {
            ("good", "Board connected")
        } else {
            ("idle", "No board")
        }
    };
    view! {
        <p class="light" data-state=move || state().0>
            <span class="light-dot" aria-hidden="true"></span>
            <span>{move || state().1}</span>
        </p>
    }
}
