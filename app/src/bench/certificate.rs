use leptos::prelude::*;
use signet_core::UnixTime;
use signet_core::cert::{Extension, Summary};

use crate::clock;
use crate::shell::plain;

/// The longest text that is laid out in one field.
const MAX_CHARS: usize = 4_000;

/// One certificate: who, by whom, from when to when; the rest on demand.
#[component]
pub(super) fn Certificate(summary: Summary, open: bool) -> impl IntoView {
    let (state, validity) = validity(summary.not_before, summary.not_after, clock::utc());
    let role = role(&summary);
    let key = match summary.key.bits {
        Some(bits) => format!("{}, {bits} bit", summary.key.kind),
        None => summary.key.kind.clone(),
    };
    let fact = |name: &'static str, value: String, mono: bool| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd class:mono=mono>{plain(&value, MAX_CHARS)}</dd>
            </div>
        }
    };
    let count = summary.extensions.len();
    view! {
        <article class="certificate" data-testid="certificate">
            <header>
                <h3>{plain(&summary.subject, 200)}</h3>
                <p class="row">
                    <span class="tag">{role}</span>
                    <span class="tag" data-state=state>{validity}</span>
                </p>
            </header>
            <dl class="certificate-facts">
                {fact("Issued by", summary.issuer.clone(), false)}
                {fact("Valid from", summary.not_before.to_string(), false)}
                {fact("Valid to", summary.not_after.to_string(), false)} {fact("Key", key, false)}
                {fact("Signed with", summary.signature_algorithm.clone(), false)}
                {fact("Serial number", summary.serial.clone(), true)}
                {fact("SHA-1 thumbprint", summary.sha1.clone(), true)}
                {fact("SHA-256", summary.sha256.clone(), true)}
            </dl>
            <details open=open>
                <summary>
                    {match count {
                        0 => "No extensions".to_owned(),
                        1 => "1 extension".to_owned(),
                        _ => format!("{count} extensions"),
                    }}
                </summary>
                <ul class="extensions">
                    {summary
                        .extensions
                        .into_iter()
                        .map(|extension| view! { <OneExtension extension /> })
                        .collect_view()}
                </ul>
            </details>
        </article>
    }
}

#[component]
fn OneExtension(extension: Extension) -> impl IntoView {
    view! {
        <li>
            <p>
                <strong>{plain(&extension.name, 120)}</strong>
                {extension.critical.then(|| view! { <span class="tag">"critical"</span> })}
                <code class="hint">{extension.oid}</code>
            </p>
            <p>{plain(&extension.meaning, 400)}</p>
            <ul class="values mono">
                {extension
                    .value
                    .lines()
                    .map(|line| view! { <li>{plain(line, MAX_CHARS)}</li> })
                    .collect_view()}
            </ul>
        </li>
    }
}

fn role(summary: &Summary) -> &'static str {
    match (summary.is_ca, summary.is_self_issued) {
        (true, true) => "Root authority",
        (true, false) => "Issuing authority",
        (false, true) => "Self-issued",
        (false, false) => "End entity",
    }
}

/// How the validity stands at `now`, in a word for the style sheet and in words for people.
fn validity(from: UnixTime, to: UnixTime, now: UnixTime) -> (&'static str, String) {
    let days = |later: UnixTime, earlier: UnixTime| later.0.saturating_sub(earlier.0) / 86_400;
    if now < from {
        (
            "fail",
            format!("Not valid for {} more days", days(from, now)),
        )
    } else if now > to {
        ("fail", format!("Ended {} days ago", days(now, to)))
    } else {
        ("pass", format!("Valid for {} more days", days(to, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_the_validity_stands() {
        let (from, to) = (UnixTime(10 * 86_400), UnixTime(20 * 86_400));
        let at = |day: u64| validity(from, to, UnixTime(day * 86_400));
        assert_eq!(at(8), ("fail", "Not valid for 2 more days".to_owned()));
        assert_eq!(at(10).0, "pass");
        assert_eq!(at(15), ("pass", "Valid for 5 more days".to_owned()));
        assert_eq!(at(20).0, "pass");
        assert_eq!(at(23), ("fail", "Ended 3 days ago".to_owned()));
    }
}
