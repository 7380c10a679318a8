use std::sync::Arc;

use leptos::html::Pre;
use leptos::prelude::*;
use signet_core::asn1::Tree;
use wasm_bindgen::JsCast;

use super::Spot;

/// Bytes per line.
const ACROSS: usize = 16;

/// The most bytes that are laid out at once.
const WINDOW: usize = 4_096;

/// The window moves by so many bytes at a time, so that most moves of the cursor leave it as it is.
const STRIDE: usize = WINDOW / 2;

/// Space above the cursor's line when it is brought into view, in CSS pixels.
const ABOVE: i32 = 40;

/// The hex dump: the picked part and the cursor are marked, and a click or the arrow keys move the
/// cursor and pick the part at its byte.
#[component]
pub(super) fn Hex(bytes: Arc<[u8]>, tree: Arc<Tree>, spot: RwSignal<Spot>) -> impl IntoView {
    let pane = NodeRef::<Pre>::new();
    let parts = Arc::clone(&tree);
    let pick = move |byte: usize| spot.set(Spot::at_byte(&parts, byte));
    let go = pick.clone();
    let clicked = move |event: leptos::ev::MouseEvent| {
        let target = event.target();
        let target = target.and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let byte = target.and_then(|it| it.get_attribute("data-at")?.parse().ok());
        if let Some(byte) = byte {
            go(byte);
        }
    };
    let size = bytes.len();
    let moved = move |event: leptos::ev::KeyboardEvent| {
        if let Some(next) = step(&event.key(), spot.get_untracked().byte, size) {
            event.prevent_default();
            pick(next);
        }
    };
    let marks = Memo::new(move |_| {
        let Spot { part, byte } = spot.get();
        let node = tree.nodes.get(part);
        Marks {
            part: node.map_or((0, 0, 0), |node| (node.at, node.content, node.stop)),
            cursor: byte,
        }
    });
    Effect::new(move |_| {
        let line = marks.get().cursor / ACROSS * ACROSS;
        if let Some(pane) = pane.get() {
            // Once the lines around it are there.
            request_animation_frame(move || bring_into_view(&pane, line));
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
            {move || lines(&bytes, marks.get())}
        </pre>
    }
}

/// Where a key leads to from a byte, of so many; `None` for a key that leads nowhere.
fn step(key: &str, here: usize, size: usize) -> Option<usize> {
    let next = match key {
        "ArrowRight" => here.saturating_add(1),
        "ArrowLeft" => here.saturating_sub(1),
        "ArrowDown" => here.saturating_add(ACROSS),
        "ArrowUp" => here.saturating_sub(ACROSS),
        _ => return None,
    };
    Some(next.min(size.saturating_sub(1)))
}

/// The line comes into view, whichever side it was picked on, and stays where it is if it is there.
fn bring_into_view(pane: &web_sys::HtmlElement, line: usize) {
    let row = pane.query_selector(&format!("[data-row='{line}']"));
    let row = row
        .ok()
        .flatten()
        .and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(row) = row {
        let top = row.offset_top() - pane.offset_top();
        let first = pane.scroll_top();
        let last = first + pane.client_height() - row.offset_height();
        if !(first..=last).contains(&top) {
            pane.set_scroll_top(top - ABOVE);
        }
    }
}

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    /// The picked part: its first byte, the first of its content, the first behind it.
    part: (usize, usize, usize),
    cursor: usize,
}

impl Marks {
    /// The class of a byte, for the style sheet.
    fn class(self, byte: usize) -> &'static str {
        let (at, content, stop) = self.part;
        let here = byte == self.cursor;
        match (
            (at..content).contains(&byte),
            (content..stop).contains(&byte),
        ) {
            (true, _) if here => "head cursor",
            (true, _) => "head",
            (_, true) if here => "body cursor",
            (_, true) => "body",
            _ if here => "cursor",
            _ => "",
        }
    }
}

/// The first byte that is laid out, of `size`: the cursor is never nearer to an end of the window than a
/// quarter of it, unless the object ends there.
fn first_shown(size: usize, cursor: usize) -> usize {
    if size <= WINDOW {
        0
    } else {
        (cursor / STRIDE * STRIDE).saturating_sub(STRIDE / 2)
    }
}

/// The lines around the cursor: address, bytes, characters.
fn lines(bytes: &[u8], marks: Marks) -> impl IntoView + use<> {
    let first = first_shown(bytes.len(), marks.cursor);
    let window = bytes.get(first..).unwrap_or_default();
    let rows = window.chunks(ACROSS).take(WINDOW / ACROSS).enumerate();
    let rows = rows.map(|(row, chunk)| {
        let start = first + row * ACROSS;
        let digits = chunk.iter().enumerate().map(|(index, byte)| {
            let at = start + index;
            view! { <span class=marks.class(at) data-at=at>{format!("{byte:02x} ")}</span> }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_with_the_cursor() {
        for size in [WINDOW + 1, 10_000, 100_001] {
            for cursor in 0..size {
                let first = first_shown(size, cursor);
                assert_eq!(first % ACROSS, 0);
                let (above, below) = (cursor - first, first + WINDOW - 1 - cursor);
                assert!(first == 0 || above >= WINDOW / 4, "{cursor} of {size}");
                assert!(below >= WINDOW / 4, "{cursor} of {size}");
            }
        }
        assert_eq!(first_shown(WINDOW, WINDOW - 1), 0);
    }

    #[test]
    fn keys_end_at_the_ends() {
        assert_eq!(step("ArrowRight", 8, 10), Some(9));
        assert_eq!(step("ArrowRight", 9, 10), Some(9));
        assert_eq!(step("ArrowDown", 3, 10), Some(9));
        assert_eq!(step("ArrowUp", 3, 40), Some(0));
        assert_eq!(step("ArrowLeft", 0, 40), Some(0));
        assert_eq!(step("ArrowLeft", 0, 0), Some(0));
        assert_eq!(step("Tab", 3, 40), None);
    }

    #[test]
    fn the_cursor_is_marked_beside_the_part() {
        let marks = Marks {
            part: (4, 6, 9),
            cursor: 6,
        };
        let classes: Vec<_> = (3..10).map(|byte| marks.class(byte)).collect();
        let expected = ["", "head", "head", "body cursor", "body", "body", ""];
        assert_eq!(classes, expected);
        let classes = [4, 20].map(|cursor| Marks { cursor, ..marks }.class(cursor));
        assert_eq!(classes, ["head cursor", "cursor"]);
    }
}
