use leptos::prelude::*;
use signet_core::http::behind_https;
use signet_core::recipe::{Attestation, Recipe, Source};

use crate::desk::{Desk, Origin};
use crate::files;
use crate::shell::{Icon, Shape, plain};

/// Opens a recipe file: a button that is a file field, and the whole page as a place to drop one.
#[component]
pub(super) fn OpenRecipe() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let chosen = move |event: leptos::ev::Event| {
        let field = event_target::<web_sys::HtmlInputElement>(&event);
        if let Some(file) = files::all(field.files()).into_iter().next() {
            desk.open_recipe(file);
        }
        // So that the same file can be chosen again after it was corrected.
        field.set_value("");
    };
    let over = window_event_listener(leptos::ev::dragover, |event| event.prevent_default());
    let dropped = window_event_listener(leptos::ev::drop, move |event| {
        event.prevent_default();
        let files = event.data_transfer().map(|data| files::all(data.files()));
        if let Some(file) = files.unwrap_or_default().into_iter().next() {
            desk.open_recipe(file);
        }
    });
    on_cleanup(move || {
        over.remove();
        dropped.remove();
    });
    view! {
        <label class="button huge file">
            <Icon shape=Shape::File />
            "Open a recipe …"
            <input
                type="file"
                accept=".json,application/json"
                data-testid="recipe-file"
                on:change=chosen
            />
        </label>
    }
}

/// What the recipe says, in a few lines.
#[component]
pub(super) fn RecipeFacts() -> impl IntoView {
    let desk = expect_context::<Desk>();
    move || {
        let loaded = desk.loaded.get();
        let line = loaded.line()?.clone();
        let fact = |name: &'static str, value: String| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        };
        let recipe = &line.recipe;
        let own = line.origin == Origin::File;
        Some(view! {
            <section class="box">
                <h2>"Recipe"</h2>
                <dl class="lines">
                    {fact("Line", plain(&recipe.name, 80))} {fact("Boards", chips(recipe))}
                    {fact("Named by", naming(recipe))} {fact("Registers at", endpoint(recipe))}
                    {fact("Partition", plain(&recipe.board.partition, 15))}
                </dl>
                {own
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button quiet"
                                disabled=move || desk.busy()
                                on:click=move |_| desk.close_recipe()
                            >
                                "Close this recipe"
                            </button>
                        }
                    })}
            </section>
        })
    }
}

fn chips(recipe: &Recipe) -> String {
    let names = recipe.board.chips.iter().map(ToString::to_string);
    names.collect::<Vec<_>>().join(", ")
}

fn naming(recipe: &Recipe) -> String {
    let source = match recipe.registration_id.from {
        Source::List => "the recipe's list",
        Source::Mac => "the chip's MAC address",
        Source::Scan => "the label, scanned",
    };
    source.to_owned()
}

fn endpoint(recipe: &Recipe) -> String {
    let url = plain(&recipe.endpoint.url, 80);
    let url = behind_https(&url).unwrap_or(&url).to_owned();
    match recipe.attestation {
        Attestation::Relay {} => format!("this station ({url})"),
        Attestation::DeviceKey {} | Attestation::GroupKey {} => url,
    }
}
