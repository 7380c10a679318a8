use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;

use super::Said;
use crate::station::Station;

/// Opens a batch: its name, and the registration IDs that it expects.
#[component]
pub(super) fn Opening(station: Station) -> impl IntoView {
    let (name, list) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let count = Memo::new(move |_| list.with(|list| ids(list).len()));
    let words = move || match count.get() {
        0 => "Open the batch".to_owned(),
        1 => "Open the batch of 1 unit".to_owned(),
        count => format!("Open the batch of {count} units"),
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        fault.set(None);
        busy.set(true);
        let body = serde_json::json!({
            "name": name.get_untracked().trim(),
            "expected": list.with_untracked(|list| ids(list)),
        });
        spawn_local(async move {
            let posted = station.post("batches", Some(&body.to_string())).await;
            if posted.is_ok() {
                let _ = name.try_set(String::new());
                let _ = list.try_set(String::new());
            }
            // The screen may have been left meanwhile.
            let _ = busy.try_set(false);
            let _ = fault.try_set(posted.err().map(|trouble| trouble.told()));
            station.refresh(true).await;
        });
    };
    view! {
        <details class="opening" data-testid="batch-opening">
            <summary>"Open a batch …"</summary>
            <form class="opening-form" on:submit=submit>
                <label class="field">
                    <span>"Name, such as lot-2026-48"</span>
                    <input
                        type="text"
                        maxlength="64"
                        autocomplete="off"
                        spellcheck="false"
                        required
                        data-testid="batch-name"
                        prop:value=move || name.get()
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </label>
                <label class="field">
                    <span>"Registration IDs that are expected, one a line"</span>
                    <textarea
                        spellcheck="false"
                        data-testid="batch-list"
                        prop:value=move || list.get()
                        on:input=move |event| list.set(event_target_value(&event))
                    ></textarea>
                </label>
                <Said fault />
                <button
                    type="submit"
                    class="button primary"
                    data-testid="batch-open"
                    disabled=move || busy.get()
                >
                    {words}
                </button>
            </form>
        </details>
    }
}

/// One a line, in lower case as devices register, and each once.
fn ids(text: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let lines = text.lines().map(|line| line.trim().to_ascii_lowercase());
    lines
        .filter(|line| !line.is_empty() && seen.insert(line.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_list_is_tidied() {
        assert_eq!(ids("  SN-1\r\n\n sn-2\nsn-1\n"), ["sn-1", "sn-2"]);
        assert!(ids(" \n").is_empty());
    }
}
