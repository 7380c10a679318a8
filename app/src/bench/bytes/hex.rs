use std::sync::Arc;

use leptos::html::Pre;
use leptos::prelude::*;
use signet_core::asn1::Tree;
use wasm_bindgen::JsCast;

use super::part_at;

/// Bytes per line.
const ACROSS: usize = 16;

/// The most bytes that are laid out at once.
const WINDOW: usize = 4_096;

/// The hex dump: the picked part is marked, and a click or the arrow keys pick the part at a byte.
#[component]
pub(super) fn Hex(bytes: Arc<[u8]>, tree: Arc<Tree>, picked: RwSignal<usize>) -> impl IntoView {
    let cursor = RwSignal::new(0_usize);
    let pane = NodeRef::<Pre>::new();
    let parts = Arc::clone(&tree);
    let last = bytes.len().saturating_sub(1);
    let pick = move |byte: usize| {
        cursor.set(byte);
        picked.set(part_at(&parts, byte));
    };
    let go = pick.clone();
    let clicked = move |event: leptos::ev::MouseEvent| {
        let target = event.target();
        let target = target.and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let byte = target.and_then(|it| it.get_attribute("data-at")?.parse().ok());
        if let Some(byte) = byte {
            go(byte);
        }
    };
    let moved = move |event: leptos::ev::KeyboardEvent| {
        let here = cursor.get_untracked();
        let next = match event.key().as_str() {
            "ArrowRight" => here + 1,
            "ArrowLeft" => here.saturating_sub(1),
            "ArrowDown" => here + ACROSS,
            "ArrowUp" => here.saturating_sub(ACROSS),
            _ => return,
        };
        event.prevent_default();
        pick(next.min(last));
    };
    let shown = Arc::clone(&tree);
    let range = Memo::new(move |_| {
        let node = shown.nodes.get(picked.get());
        node.map_or((0, 0, 0), |node| (node.at, node.content, node.stop))
    });
    // The marked part comes into view, whichever side it was picked on.
    Effect::new(move |_| {
        let (at, ..) = range.get();
        if let Some(pane) = pane.get() {
            let row = pane.query_selector(&format!("[data-row='{}']", at / ACROSS * ACROSS));
            if let Some(row) = row
                .ok()
                .flatten()
                .and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
            {
                pane.set_scroll_top(row.offset_top() - pane.offset_top() - 40);
            }
        }
    });
    view! {
        <pre
            class="hex"
            node_ref=pane
            tabindex="0"
            role="group"
            aria-label="Bytes. The arrow keys move from byte to byte."
            data-testid="hex"
            on:click=clicked
            on:keydown=moved
        >
            {move || lines(&bytes, range.get())}
        </pre>
    }
}

/// The lines around the marked range: address, bytes, characters.
fn lines(bytes: &[u8], (at, content, stop): (usize, usize, usize)) -> impl IntoView + use<> {
    let first = if bytes.len() <= WINDOW {
        0
    } else {
        at.saturating_sub(WINDOW / 4) / ACROSS * ACROSS
    };
    let class = |byte: usize| {
        if (at..content).contains(&byte) {
            "head"
        } else if (content..stop).contains(&byte) {
            "body"
        } else {
            ""
        }
    };
    let window = bytes.get(first..).unwrap_or_default();
    let rows = window.chunks(ACROSS).take(WINDOW / ACROSS).enumerate();
    let rows = rows.map(|(row, chunk)| {
        let start = first + row * ACROSS;
        let digits = chunk.iter().enumerate().map(|(index, byte)| {
            let byte_at = start + index;
            view! { <span class=class(byte_at) data-at=byte_at>{format!("{byte:02x} ")}</span> }
        });
        let digits = digits.collect::<Vec<_>>();
        let gap = " ".repeat((ACROSS - chunk.len()) * 3);
        let text: String = chunk.iter().map(|byte| printable(*byte)).collect();
        view! {
            <span class="hex-row" data-row=start>
                <span class="hex-at">{format!("{start:06x}  ")}</span>
                {digits}
                {gap}
                <span class="hex-text">{format!(" {text}\n")}</span>
            </span>
        }
    });
    rows.collect::<Vec<_>>()
}

fn printable(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' {
        char::from(byte)
    } else {
        '·'
    }
}
