use std::sync::Arc;

use leptos::prelude::*;
use signet_core::path::State;

use crate::shell::plain;

/// The variables of section 6.1.2 at one certificate; what it changed is marked.
#[component]
pub(super) fn Replay(before: Arc<State>, after: Arc<State>) -> impl IntoView {
    let rows = rows(&before).into_iter().zip(rows(&after));
    let rows = rows.map(|((name, before), (_, after))| {
        let changed = before != after;
        view! {
            <tr class:changed=changed>
                <th scope="row">{name}</th>
                <td class="wrap">{plain(&before, 600)}</td>
                <td class="wrap">
                    {plain(&after, 600)}
                    {changed.then(|| view! { <span class="tag">"changed"</span> })}
                </td>
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Variables">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Variable"</th>
                        <th scope="col">"Before"</th>
                        <th scope="col">"After"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect::<Vec<_>>()}</tbody>
            </table>
        </div>
    }
}

fn listed(items: &[impl AsRef<str>], none: &str) -> String {
    if items.is_empty() {
        return none.to_owned();
    }
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    items.join(", ")
}

/// Each variable with its value, in the order of the section.
fn rows(state: &State) -> Vec<(&'static str, String)> {
    let permitted = state.permitted.iter().map(|one| listed(one, "nothing"));
    let permitted: Vec<String> = permitted.collect();
    let number = |value: u32| match value {
        u32::MAX => "no limit".to_owned(),
        _ => value.to_string(),
    };
    vec![
        ("valid_policy_graph", listed(&state.policies, "none")),
        ("permitted_subtrees", listed(&permitted, "everything")),
        ("excluded_subtrees", listed(&state.excluded, "nothing")),
        ("explicit_policy", number(state.explicit_policy)),
        ("inhibit_anyPolicy", number(state.inhibit_any)),
        ("policy_mapping", number(state.policy_mapping)),
        ("working_public_key", state.working_key().to_owned()),
        ("working_issuer_name", state.working_issuer().to_owned()),
        ("max_path_length", number(state.max_path_length)),
    ]
}
