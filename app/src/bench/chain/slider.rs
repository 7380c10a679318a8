use signet_core::UnixTime;

use crate::bench::verdict::Span;

/// How finely the slider divides each stretch of time.
const STEPS: u64 = 1_000;

/// The last place of the slider.
pub(super) fn end(spans: usize) -> u64 {
    u64::try_from(spans).unwrap_or_default() * STEPS - 1
}

/// Where the slider is drawn. Where somebody put it, as long as that means this moment: in a stretch of
/// few seconds several places mean the same, and an arrow key must get beyond each of them.
pub(super) fn drawn(spans: &[Span], put: u64, at: UnixTime) -> u64 {
    if moment(spans, put) == Some(at) {
        put
    } else {
        position(spans, at)
    }
}

/// Where the slider stands at a moment: the first place that means it, or one after it.
fn position(spans: &[Span], at: UnixTime) -> u64 {
    let mut before = 0;
    for span in spans {
        if at <= span.to {
            let whole = span.to.0.saturating_sub(span.from.0).max(1);
            let part = at.0.saturating_sub(span.from.0);
            // [`moment`] rounds down: rounded up here, each place is found again.
            return before + (part * (STEPS - 1)).div_ceil(whole);
        }
        before += STEPS;
    }
    before.saturating_sub(1)
}

/// The moment at which the slider stands.
pub(super) fn moment(spans: &[Span], position: u64) -> Option<UnixTime> {
    let index = usize::try_from(position / STEPS).ok()?;
    let span = spans.get(index).or(spans.last())?;
    let whole = span.to.0.saturating_sub(span.from.0);
    Some(UnixTime(
        span.from.0 + whole * (position % STEPS) / (STEPS - 1),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stretches that follow each other, of so many seconds each.
    fn spans(seconds: &[u64]) -> Vec<Span> {
        let mut next = 1_700_000_000;
        let one = |seconds: &u64| {
            let from = UnixTime(next);
            next += seconds;
            let to = UnixTime(next - 1);
            let refusal = None;
            Span { from, to, refusal }
        };
        seconds.iter().map(one).collect()
    }

    #[test]
    fn the_slider_goes_there_and_back() {
        let spans = spans(&[100_000, 1_000, 8_899_001]);
        let first = spans[0].from.0;
        for second in [0, 99_999, 100_000, 100_500, 100_999, 101_000, 9_000_000] {
            let at = UnixTime(first + second);
            let there = moment(&spans, position(&spans, at)).unwrap();
            assert!(there.0.abs_diff(at.0) <= 9_000, "{at} {there:?}");
        }
        assert_eq!(moment(&spans, end(3)), Some(UnixTime(first + 9_000_000)));
        assert_eq!(moment(&[], 0), None);
        assert_eq!(position(&spans, UnixTime(u64::MAX)), end(3));
    }

    #[test]
    fn each_place_is_found_again() {
        let lengths = [1_000, 1_001, 1_999, 86_399, 3_888_001, 315_360_007];
        let spans = spans(&lengths);
        for place in 0..=end(spans.len()) {
            let at = moment(&spans, place).unwrap();
            assert_eq!(position(&spans, at), place, "{at}");
        }
    }

    #[test]
    fn arrow_keys_get_through_a_stretch_of_few_seconds() {
        let spans = spans(&[1, 2, 3, 7, 998, 999, 1]);
        for place in 0..=end(spans.len()) {
            let at = moment(&spans, place).unwrap();
            assert_eq!(drawn(&spans, place, at), place, "{at}");
        }
        // Once the moment was chosen elsewhere, the old place means nothing.
        let last = spans[6].to;
        assert_eq!(drawn(&spans, 3, last), position(&spans, last));
    }
}
