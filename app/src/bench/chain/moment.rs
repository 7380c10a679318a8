use leptos::ev;
use leptos::html::Input;
use leptos::prelude::*;
use signet_core::UnixTime;

use crate::bench::bag::Bench;
use crate::clock;

/// The last second that a certificate can name (RFC 5280 section 4.1.2.5).
const LAST: UnixTime = UnixTime(253_402_300_799);

/// The field for the moment of judgement.
///
/// Browsers tell of a change as soon as the parts make a date, so that the year is 0002 on the way to
/// 2027. What is typed counts from Enter on, or once the field is left, and nothing is written into it
/// until then. What is picked from a calendar counts at once.
#[component]
pub(super) fn MomentField(bench: Bench, at: Memo<UnixTime>) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let typing = StoredValue::new(false);
    let take = move || {
        let said = field
            .get_untracked()
            .and_then(|field| parse(&field.value()));
        if let Some(moment) = said.filter(|moment| *moment != at.get_untracked()) {
            bench.at.set(Some(moment));
        }
    };
    let leave = move |_| {
        take();
        // Half a date is forgotten.
        if let Some(field) = field.get_untracked() {
            field.set_value(&local(at.get_untracked()));
        }
    };
    let pressed = move |event: ev::KeyboardEvent| {
        typing.set_value(true);
        if event.key() == "Enter" {
            take();
        }
    };
    let changed = move |_| {
        if !typing.get_value() {
            take();
        }
    };
    Effect::new(move |_| {
        let text = local(at.get());
        let field = field.get();
        let idle = |field: &web_sys::HtmlInputElement| !field.matches(":focus").unwrap_or(false);
        if let Some(field) = field.filter(idle) {
            field.set_value(&text);
        }
    });
    view! {
        <label class="field">
            <span>"Judged at (UTC)"</span>
            <input
                node_ref=field
                type="datetime-local"
                step="1"
                min="1970-01-01T00:00:00"
                max=local(LAST)
                data-testid="moment"
                on:keydown=pressed
                on:pointerdown=move |_| typing.set_value(false)
                on:change=changed
                on:blur=leave
            />
        </label>
    }
}

/// As a field of a form wants it.
fn local(time: UnixTime) -> String {
    time.to_string().trim_end_matches('Z').to_owned()
}

/// Browsers leave the seconds out when they are zero.
fn parse(text: &str) -> Option<UnixTime> {
    moment(js_sys::Date::parse(&format!("{text}Z")))
}

/// A moment in milliseconds, as JavaScript gives it; `None` if no certificate could be judged at it.
fn moment(millis: f64) -> Option<UnixTime> {
    let moment = (millis >= 0.0).then(|| UnixTime(clock::whole(millis) / 1000))?;
    (moment <= LAST).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_moment_is_made_of_what_is_none() {
        assert_eq!(moment(1_800_000_000_999.0), Some(UnixTime(1_800_000_000)));
        assert_eq!(moment(0.0), Some(UnixTime(0)));
        // The year 2, on the way to 2027.
        assert_eq!(moment(-62_104_060_800_000.0), None);
        assert_eq!(moment(f64::NAN), None);
        assert_eq!(moment(f64::INFINITY), None);
        assert_eq!(local(LAST), "9999-12-31T23:59:59");
    }
}
