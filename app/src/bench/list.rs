use leptos::prelude::*;

use super::bag::Bench;
use super::fleet::FleetButton;
use super::intake::{Choose, Paste};
use super::item::{Item, Kind, days};
use super::make::Making;
use crate::clock;
use crate::shell::{Icon, Shape, plain};

/// The most rows that are laid out at once.
const MAX_ROWS: usize = 200;

/// From this many objects on there is a field to search them.
const SEARCH_FROM: usize = 10;

/// Everything on the Bench, to choose from.
#[component]
pub(super) fn List(bench: Bench, making: Making) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let count = Memo::new(move |_| bench.items.with(Vec::len));
    let found = Memo::new(move |_| {
        let wanted = search.get().to_lowercase();
        let items = bench.items.get();
        if wanted.is_empty() {
            return items;
        }
        let hit = |item: &Item| {
            let text = format!("{} {} {}", item.title, item.word(), item.file);
            text.to_lowercase().contains(&wanted)
        };
        items.into_iter().filter(hit).collect::<Vec<_>>()
    });
    let rows = move || {
        let shown = found.get().into_iter().take(MAX_ROWS);
        shown
            .map(|item| view! { <Row bench item /> })
            .collect::<Vec<_>>()
    };
    let none = move || found.with(Vec::is_empty);
    let more = move || found.with(Vec::len).saturating_sub(MAX_ROWS);
    view! {
        <aside class="bag" aria-label="On the Bench">
            <div class="bag-head">
                <h2>{move || counted(count.get())}</h2>
                <button
                    type="button"
                    class="button quiet"
                    data-testid="bench-clear"
                    on:click=move |_| bench.clear()
                >
                    "Clear"
                </button>
            </div>
            <Show when=move || { count.get() >= SEARCH_FROM || !search.with(String::is_empty) }>
                <label class="field">
                    <span>"Search"</span>
                    <input
                        type="search"
                        autocomplete="off"
                        data-testid="bag-search"
                        prop:value=move || search.get()
                        on:input=move |event| search.set(event_target_value(&event))
                    />
                </label>
            </Show>
            <p class="hint" class:unseen=move || !none() role="status" data-testid="bag-none">
                {move || none().then(|| format!("Nothing here has “{}” in it.", plain(&search.get(), 40)))}
            </p>
            <ul class="bag-list" data-testid="bag">
                {rows}
            </ul>
            <Show when=move || { more() > 0 }>
                <p class="hint">{move || format!("And {} more: search for them.", more())}</p>
            </Show>
            <Add bench making />
        </aside>
    }
}

/// What else can be laid there, and what can be done with all of it.
#[component]
fn Add(bench: Bench, making: Making) -> impl IntoView {
    view! {
        <div class="bag-add">
            <FleetButton bench />
            <div class="bag-pair">
                <Choose bench primary=false />
                <button
                    type="button"
                    class="button"
                    title="Make a P-384 key and a request for it"
                    data-testid="bench-make"
                    on:click=move |_| making.set(true)
                >
                    <Icon shape=Shape::Key />
                    "New key …"
                </button>
            </div>
            <details>
                <summary>"Paste text"</summary>
                <Paste bench />
            </details>
        </div>
    }
}

#[component]
fn Row(bench: Bench, item: Item) -> impl IntoView {
    let id = item.id;
    let here = move || (bench.chosen.get() == Some(id)).then_some("true");
    let trusted = move || bench.trusted.with(|trusted| trusted.contains(&id));
    let mark = mark(&item);
    let show = move |_| {
        bench.fleet.shown.set(false);
        bench.chosen.set(Some(id));
    };
    view! {
        <li>
            <button
                type="button"
                class="bag-item"
                aria-current=here
                data-testid="bag-item"
                on:click=show
            >
                <Icon shape=item.shape() />
                <span class="bag-title">{item.title.to_string()}</span>
                <span class="bag-word">
                    {item.word()}
                    {(item.file != item.title).then(|| format!(" · {}", plain(&item.file, 40)))}
                </span>
                <span class="bag-marks">
                    {mark
                        .map(|(state, text)| {
                            view! { <span class="tag" data-state=state>{text}</span> }
                        })}
                    <Show when=trusted>
                        <span class="tag">"trusted"</span>
                    </Show>
                </span>
            </button>
        </li>
    }
}

/// What is wrong with an object, or will be soon.
fn mark(item: &Item) -> Option<(&'static str, String)> {
    /// Seconds in which a certificate is said to end soon.
    const SOON: u64 = 30 * 86_400;
    let facts = match &item.kind {
        Kind::Certificate(facts) => facts,
        Kind::Refused => return Some(("fail", "refused".to_owned())),
        Kind::Sealed => return Some(("warn", "password".to_owned())),
        Kind::Other => return Some(("warn", "not understood".to_owned())),
        _ => return None,
    };
    let now = clock::utc();
    let left = facts.not_after.0.saturating_sub(now.0);
    if facts.retired.is_some() {
        Some(("fail", "retired by Azure".to_owned()))
    } else if now > facts.not_after {
        Some(("fail", "expired".to_owned()))
    } else if now < facts.not_before {
        Some(("fail", "not yet valid".to_owned()))
    } else if left < SOON {
        Some(("warn", format!("ends in {}", days(left))))
    } else {
        None
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 object".to_owned(),
        _ => format!("{count} objects"),
    }
}
