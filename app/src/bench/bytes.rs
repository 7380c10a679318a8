//! The raw bytes beside their structure, each leading to the other.

mod hex;

use std::sync::Arc;

use leptos::prelude::*;
use signet_core::asn1::{Node, Tree, tree};

use super::item::{Item, Kind};
use hex::Hex;

/// The most rows of the tree that are laid out.
const MAX_ROWS: usize = 3_000;

/// Where one is in the bytes, on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spot {
    /// The picked part of the tree, by its place there.
    part: usize,
    /// The cursor, which is within the part.
    byte: usize,
}

impl Spot {
    /// At a byte, in the deepest part of the tree that covers it.
    fn at_byte(tree: &Tree, byte: usize) -> Self {
        let part = tree.at_byte(byte).unwrap_or_default();
        Self { part, byte }
    }
}

/// Tree and hex dump of one object.
#[component]
pub(super) fn Bytes(item: Item) -> impl IntoView {
    let bytes = Arc::clone(&item.der);
    let tree = Arc::new(tree(&bytes));
    let spot = RwSignal::new(Spot::default());
    let flaws = tree.nodes.iter().filter(|node| node.flaw.is_some()).count();
    let more = tree.nodes.len().saturating_sub(MAX_ROWS);
    let rows = tree.nodes.iter().take(MAX_ROWS).enumerate();
    let rows = rows.map(|(index, node)| view! { <Row node=node.clone() index spot /> });
    let rows = rows.collect::<Vec<_>>();
    let whose = match item.kind {
        Kind::PrivateKey => "of the public half; the private one is not shown",
        _ => "as received",
    };
    let (said, told) = (Arc::clone(&tree), Arc::clone(&bytes));
    view! {
        <div class="bytes" data-testid="bytes">
            <p class="hint">
                {format!("{} bytes {whose}. ", bytes.len())}
                "Choose a part of the tree or a byte: the other side follows."
            </p>
            {(flaws > 0).then(|| view! { <p class="refused">{broken(flaws)}</p> })}
            <p class="bytes-said mono" role="status" data-testid="bytes-said">
                {move || said.nodes.get(spot.get().part).map(described)}
                {move || read_out(&told, spot.get().byte)}
            </p>
            <div class="bytes-pair">
                <ul class="tree" data-testid="tree" aria-label="Structure" on:keydown=walk>
                    {rows}
                    {(more > 0).then(|| view! { <li class="hint">{format!("And {more} more parts.")}</li> })}
                </ul>
                <Hex bytes tree spot />
            </div>
        </div>
    }
}

#[component]
fn Row(node: Node, index: usize, spot: RwSignal<Spot>) -> impl IntoView {
    let here = move || (spot.get().part == index).to_string();
    let pick = Spot {
        part: index,
        byte: node.at,
    };
    let indent = format!("{}ch", 1 + usize::from(node.depth) * 2);
    let flawed = node.flaw.is_some().then_some("true");
    view! {
        <li>
            <button
                type="button"
                style:padding-inline-start=indent
                aria-pressed=here
                data-flaw=flawed
                on:click=move |_| spot.set(pick)
            >
                {node.field.map(|field| view! { <span class="tree-field">{field} " "</span> })}
                <span class="tree-kind">{node.kind}</span>
                " "
                <span class="tree-value">{node.value}</span>
                {node.flaw.map(|flaw| view! { <span class="tree-flaw">" " {flaw}</span> })}
            </button>
        </li>
    }
}

/// Arrow keys go from row to row.
fn walk(event: leptos::ev::KeyboardEvent) {
    use wasm_bindgen::JsCast;
    let down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    event.prevent_default();
    let target = event
        .target()
        .and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    let row = target.and_then(|button| button.parent_element());
    let next = row.and_then(|row| {
        if down {
            row.next_element_sibling()
        } else {
            row.previous_element_sibling()
        }
    });
    let button = next.and_then(|row| row.first_element_child());
    if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Focus can only fail on what is not focusable.
        let _ = button.focus();
        button.click();
    }
}

fn described(node: &Node) -> String {
    let field = node
        .field
        .map_or_else(String::new, |field| format!("{field}: "));
    format!(
        "{field}{} at byte {}, {} bytes of header and {} of content",
        node.kind,
        node.at,
        node.content - node.at,
        node.stop - node.content
    )
}

fn broken(flaws: usize) -> String {
    match flaws {
        1 => "One part breaks the encoding rules; it is marked in the tree.".to_owned(),
        _ => format!("{flaws} parts break the encoding rules; they are marked in the tree."),
    }
}

/// The cursor's byte, in words.
fn read_out(bytes: &[u8], at: usize) -> Option<String> {
    let byte = bytes.get(at)?;
    Some(format!(". The cursor is on byte {at}: {byte:02x}."))
}
