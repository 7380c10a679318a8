use leptos::prelude::*;
use signet_core::UnixTime;
use signet_core::cert::{Extension, Summary};

use super::bag::Bench;
use super::item::{Item, days};
use super::key::{self, SameKey};
use crate::clock;
use crate::shell::plain;

/// The longest text that is laid out in one field.
const MAX_CHARS: usize = 4_000;

/// Everything that a certificate says.
#[component]
pub(super) fn Contents(bench: Bench, item: Item) -> impl IntoView {
    let summary = Summary::from_der(&item.der).ok()?;
    let (state, validity) = validity(summary.not_before, summary.not_after, clock::utc());
    let key = item.key.map(|digest| key::hex(&digest)).unwrap_or_default();
    Some(view! {
        <div class="certificate" data-testid="certificate">
            <p class="row">
                <span class="tag">{item.word()}</span>
                <span class="tag" data-state=state>{validity}</span>
                <span class="tag">{format!("Version {}", summary.version)}</span>
            </p>
            <dl class="certificate-facts">
                <Fact name="Subject" value=summary.subject.clone() />
                <Fact name="Issued by" value=summary.issuer.clone() />
                <Fact name="Valid from" value=summary.not_before.to_string() />
                <Fact name="Valid to" value=summary.not_after.to_string() />
                <Fact name="Key" value=key::shown(&summary.key) />
                <Fact name="Signed with" value=summary.signature_algorithm.clone() />
                <Fact name="Serial number" value=summary.serial.clone() mono=true />
                <Fact name="SHA-1 thumbprint" value=summary.sha1.clone() mono=true />
                <Fact name="SHA-256" value=summary.sha256.clone() mono=true />
                <Fact name="SHA-256 of the public key" value=key mono=true />
                <Fact name="Size" value=format!("{} bytes of DER", summary.size) />
            </dl>
            <SameKey bench item />
            <Extensions title="Extensions" extensions=summary.extensions />
        </div>
    })
}

/// One field.
#[component]
pub(super) fn Fact(
    name: &'static str,
    value: String,
    #[prop(optional)] mono: bool,
) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd class:mono=mono>{plain(&value, MAX_CHARS)}</dd>
        </div>
    }
}

/// Extensions, each with its sentence.
#[component]
pub(super) fn Extensions(title: &'static str, extensions: Vec<Extension>) -> impl IntoView {
    let count = extensions.len();
    view! {
        <h3>{title} {(count == 0).then_some(": none")}</h3>
        <ul class="extensions">
            {extensions
                .into_iter()
                .map(|extension| view! { <OneExtension extension /> })
                .collect::<Vec<_>>()}
        </ul>
    }
}

#[component]
fn OneExtension(extension: Extension) -> impl IntoView {
    view! {
        <li data-testid="extension">
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
                    .collect::<Vec<_>>()}
            </ul>
        </li>
    }
}

/// How the validity stands at `now`, in a word for the style sheet and in words for people.
fn validity(from: UnixTime, to: UnixTime, now: UnixTime) -> (&'static str, String) {
    let between = |later: UnixTime, earlier: UnixTime| days(later.0.saturating_sub(earlier.0));
    if now < from {
        ("fail", format!("Begins in {}", between(from, now)))
    } else if now > to {
        ("fail", format!("Ended {} ago", between(now, to)))
    } else {
        ("pass", format!("Valid, ends in {}", between(to, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_the_validity_stands() {
        let (from, to) = (UnixTime(10 * 86_400), UnixTime(20 * 86_400));
        let at = |day: u64| validity(from, to, UnixTime(day * 86_400));
        assert_eq!(at(8), ("fail", "Begins in 2 days".to_owned()));
        assert_eq!(at(10).0, "pass");
        assert_eq!(at(15), ("pass", "Valid, ends in 5 days".to_owned()));
        assert_eq!(at(19).1, "Valid, ends in 1 day");
        assert_eq!(
            at(20),
            ("pass", "Valid, ends in less than a day".to_owned())
        );
        assert_eq!(at(23), ("fail", "Ended 3 days ago".to_owned()));
    }
}
