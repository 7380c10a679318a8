use leptos::prelude::*;

use crate::station::Station;
use crate::station::answer::Counts;

/// What the bars stand for, in their order, and how urgent each is.
const BARS: [(&str, &str); 7] = [
    ("within a day", "soon"),
    ("in 2 to 7 days", "soon"),
    ("in 8 to 30 days", "good"),
    ("in 31 to 90 days", "good"),
    ("later", "good"),
    ("have ended", "over"),
    ("revoked", "over"),
];

/// Certificates by when they end: a table whose middle column is drawn.
#[component]
pub(super) fn Ends(station: Station) -> impl IntoView {
    let counts = Memo::new(move |_| {
        let counts = |status: &Option<std::sync::Arc<crate::station::Status>>| {
            status
                .as_ref()
                .map(|status| split(&status.counts))
                .unwrap_or_default()
        };
        station.status.with(counts)
    });
    let rows = BARS.into_iter().enumerate().map(|(index, (word, tone))| {
        let count = Memo::new(move |_| counts.with(|counts| counts.get(index).copied().unwrap_or_default()));
        let width = move || {
            let most = counts.with(|counts| counts.iter().copied().max().unwrap_or_default());
            share(count.get(), most).to_string()
        };
        view! {
            <tr>
                <th scope="row">{word}</th>
                <td class="bar-cell">
                    <svg class="drawn" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="drawn-ground" width="1000" height="10" />
                        <rect class="drawn-part" data-tone=tone width=width height="10" />
                    </svg>
                </td>
                <td class="number">{count}</td>
            </tr>
        }
    });
    view! {
        <section class="box" aria-labelledby="ends-title" data-testid="station-ends">
            <h2 id="ends-title">"Certificates by when they end"</h2>
            <table class="bars">
                <thead class="unseen">
                    <tr>
                        <th scope="col">"End"</th>
                        <th scope="col">"Drawn"</th>
                        <th scope="col">"Certificates"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <p class="hint">"One that ends soon is renewed by its device; one that has ended may be of a \
                device that cannot reach the service."</p>
        </section>
    }
}

/// The station counts "within 7 days" with those within one; the bars do not.
fn split(counts: &Counts) -> [u64; 7] {
    let ending = counts.ending_within_days;
    [
        ending.one,
        ending.seven.saturating_sub(ending.one),
        ending.thirty.saturating_sub(ending.seven),
        ending.ninety.saturating_sub(ending.thirty),
        counts.valid.saturating_sub(ending.ninety),
        counts.expired,
        counts.revoked,
    ]
}

/// A part of the most, in thousandths; what is there at all can be seen.
pub(super) fn share(count: u64, most: u64) -> u64 {
    let exact = count
        .saturating_mul(1000)
        .checked_div(most)
        .unwrap_or_default();
    if count == 0 { 0 } else { exact.clamp(8, 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::answer::Ending;

    #[test]
    fn each_certificate_is_in_one_bar() {
        let counts = Counts {
            valid: 20,
            expired: 3,
            revoked: 2,
            ending_within_days: Ending {
                one: 1,
                seven: 4,
                thirty: 9,
                ninety: 15,
            },
            ..Counts::default()
        };
        assert_eq!(split(&counts), [1, 3, 5, 6, 5, 3, 2]);
    }

    #[test]
    fn little_can_still_be_seen() {
        assert_eq!(
            [share(0, 9), share(9, 9), share(1, 100_000), share(0, 0)],
            [0, 1000, 8, 0]
        );
    }
}
