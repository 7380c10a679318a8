use leptos::prelude::*;

use super::moment;
use crate::shell::plain;
use crate::station::answer::Entry;

/// What the ledger says of a device, the newest first.
#[component]
pub(super) fn History(entries: Vec<Entry>) -> impl IntoView {
    let rows = entries.into_iter().rev().map(|entry| {
        view! {
            <li>
                <span class="when">{moment(&entry.at)}</span>
                <span>{plain(&told(&entry), 300)}</span>
            </li>
        }
    });
    view! { <ol class="history">{rows.collect_view()}</ol> }
}

/// An entry as a sentence.
fn told(entry: &Entry) -> String {
    let fact = |path: &str| entry.fact(path).unwrap_or_default();
    let by = entry
        .fact("by")
        .map(|by| format!(" by {by}"))
        .unwrap_or_default();
    match entry.kind.as_str() {
        "asked" => format!("Asked {}{by}", fact("upstream")),
        "registered" if entry.fact("upstream").is_some() => {
            format!("Registered at {}", fact("upstream"))
        }
        "registered" => format!("Registered through the enrollment {}", fact("enrollment")),
        "issued" if entry.fact("upstream").is_some() => {
            format!(
                "Certificate {} issued by {}",
                fact("serial"),
                fact("policy")
            )
        }
        "issued" => format!("Certificate {} issued", fact("serial")),
        "renewed" => format!("Certificate renewed: {}", fact("serial")),
        "revoked" => format!(
            "Certificate {} revoked{by}: {}",
            fact("serial"),
            reason(&fact("reason"))
        ),
        "device-disabled" => format!("Disabled{by}"),
        "device-enabled" => format!("Enabled{by}"),
        "refused" => format!("Refused: {} ({})", fact("message"), fact("code")),
        "unit" => unit(entry),
        other => other.to_owned(),
    }
}

fn unit(entry: &Entry) -> String {
    let outcome = match entry.fact("record/outcome").as_deref() {
        Some("pass") => "Board passed".to_owned(),
        Some("pass-unchanged") => "Board passed, unchanged".to_owned(),
        _ => match entry.fact("record/fault/code") {
            Some(code) => format!("Board failed ({code})"),
            None => "Board failed".to_owned(),
        },
    };
    match entry.fact("batch") {
        Some(batch) => format!("{outcome}, in the batch {batch}"),
        None => outcome,
    }
}

/// The reasons of RFC 5280, section 5.3.1, as people say them.
pub(super) const REASONS: [(&str, &str); 6] = [
    ("keyCompromise", "the key is compromised"),
    ("superseded", "replaced by another one"),
    ("cessationOfOperation", "the device is out of use"),
    ("affiliationChanged", "the device belongs to somebody else"),
    ("privilegeWithdrawn", "it may not do this any more"),
    ("unspecified", "no reason given"),
];

pub(super) fn reason(code: &str) -> String {
    let known = REASONS.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, words)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, facts: &str) -> Entry {
        Entry {
            kind: kind.into(),
            facts: facts.into(),
            ..Entry::default()
        }
    }

    #[test]
    fn entries_are_sentences() {
        for (kind, facts, words) in [
            ("device-disabled", r#"{"by":"ann"}"#, "Disabled by ann"),
            ("device-enabled", r#"{"by":null}"#, "Enabled"),
            (
                "refused",
                r#"{"code":401002,"message":"No."}"#,
                "Refused: No. (401002)",
            ),
            (
                "revoked",
                r#"{"serial":"0A","reason":"superseded","by":"ann"}"#,
                "Certificate 0A revoked by ann: replaced by another one",
            ),
            (
                "unit",
                r#"{"record":{"outcome":"pass"},"batch":"lot-1"}"#,
                "Board passed, in the batch lot-1",
            ),
            (
                "unit",
                r#"{"record":{"outcome":"fail","fault":{"code":"dps.failed"}}}"#,
                "Board failed (dps.failed)",
            ),
            (
                "asked",
                r#"{"upstream":"https://dps.example","by":"ann"}"#,
                "Asked https://dps.example by ann",
            ),
            (
                "issued",
                r#"{"serial":"0A","policy":"CN=ICA","upstream":"https://dps.example"}"#,
                "Certificate 0A issued by CN=ICA",
            ),
            ("something-new", "no JSON", "something-new"),
        ] {
            assert_eq!(told(&entry(kind, facts)), words);
        }
    }
}
