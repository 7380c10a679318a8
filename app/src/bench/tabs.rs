use leptos::html::Div;
use leptos::prelude::*;

/// The views of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// Whether it is to be trusted, and why.
    #[default]
    Chain,
    /// What it says.
    Contents,
    /// What it is made of.
    Bytes,
    /// In which forms it can be taken away.
    Export,
}

impl Tab {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Chain => "Chain",
            Self::Contents => "Contents",
            Self::Bytes => "Bytes",
            Self::Export => "Export",
        }
    }
}

/// The row of tabs (WAI-ARIA pattern: arrows move, one stop for the tab key).
#[component]
pub(super) fn TabRow(
    tabs: &'static [Tab],
    shown: Memo<Tab>,
    choose: RwSignal<Tab>,
) -> impl IntoView {
    let row = NodeRef::<Div>::new();
    let moved = move |event: leptos::ev::KeyboardEvent| {
        let here = tabs.iter().position(|tab| *tab == shown.get_untracked());
        let here = here.unwrap_or_default();
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1) % tabs.len(),
            "ArrowLeft" => (here + tabs.len() - 1) % tabs.len(),
            "Home" => 0,
            "End" => tabs.len() - 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(tab) = tabs.get(next) {
            choose.set(*tab);
            focus(row, next);
        }
    };
    view! {
        <div class="views" role="tablist" aria-label="Views" node_ref=row on:keydown=moved>
            {tabs
                .iter()
                .map(|tab| {
                    let tab = *tab;
                    let here = move || shown.get() == tab;
                    view! {
                        <button
                            type="button"
                            role="tab"
                            id=format!("tab-{}", tab.word())
                            aria-controls="view"
                            aria-selected=move || here().to_string()
                            tabindex=move || if here() { "0" } else { "-1" }
                            on:click=move |_| choose.set(tab)
                        >
                            {tab.word()}
                        </button>
                    }
                })
                .collect::<Vec<_>>()}
        </div>
    }
}

fn focus(row: NodeRef<Div>, index: usize) {
    use wasm_bindgen::JsCast;
    let row = row.get_untracked();
    let button = row.and_then(|row| row.children().item(u32::try_from(index).ok()?));
    if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Focus can only fail on what is not focusable.
        let _ = button.focus();
    }
}
