use leptos::prelude::*;
use signet_core::cert::Key;

use super::bag::Bench;
use super::certificate::Fact;
use super::item::{Item, Kind};

/// What a key is, and what it fits.
#[component]
pub(super) fn KeyContents(bench: Bench, item: Item) -> impl IntoView {
    let private = item.kind == Kind::PrivateKey;
    let kind = Key::from_spki_der(&item.der)
        .map_or_else(|| "not known here".to_owned(), |key| shown(&key));
    let digest = item.key.map(|digest| hex(&digest)).unwrap_or_default();
    view! {
        <div class="certificate">
            <dl class="certificate-facts">
                <Fact name="Key" value=kind />
                <Fact name="SHA-256 of the public key" value=digest mono=true />
            </dl>
            {private
                .then(|| {
                    view! {
                        <p>
                            "The private half is in this tab's memory and nowhere else. It is neither \
                             shown nor stored, and it is gone when you remove it, clear the Bench or \
                             close the tab."
                        </p>
                    }
                })}
            <SameKey bench item />
        </div>
    }
}

/// Kind, size and strength of a key.
pub(super) fn shown(key: &Key) -> String {
    let size = key.bits.map(|bits| format!("{bits} bit"));
    let strength = key.strength.map(|bits| match (key.is_weak(), bits) {
        (true, 0) => "no security".to_owned(),
        (true, _) => format!("weak: {bits} bits of security"),
        (false, _) => format!("{bits} bits of security"),
    });
    let parts = [Some(key.kind.clone()), size, strength];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// Which of the other objects belong to the same key.
#[component]
pub(super) fn SameKey(bench: Bench, item: Item) -> impl IntoView {
    let mine = item.id;
    let key = item.key;
    let others = move || {
        let items = bench.items.get();
        let same = items.into_iter();
        let same = same.filter(|other| other.id != mine && key.is_some() && other.key == key);
        same.take(50).collect::<Vec<_>>()
    };
    view! {
        <div data-testid="same-key">
            <h3>"Same key"</h3>
            {move || {
                let others = others();
                if others.is_empty() {
                    view! { <p class="hint">"Nothing else on the Bench has this key."</p> }.into_any()
                } else {
                    let rows = others.into_iter().map(|other| {
                        let id = other.id;
                        view! {
                            <li>
                                <button
                                    type="button"
                                    class="disclose"
                                    on:click=move |_| bench.chosen.set(Some(id))
                                >
                                    {format!("{}: {}", other.word(), other.title)}
                                </button>
                            </li>
                        }
                    });
                    view! { <ul class="values">{rows.collect::<Vec<_>>()}</ul> }.into_any()
                }
            }}
        </div>
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
