use std::collections::{BTreeMap, BTreeSet};

use signet_core::UnixTime;
use signet_core::path::{Check, Report, Verdict};

/// A stretch of time in which the verdict stays the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// First second.
    pub(crate) from: UnixTime,
    /// Last second.
    pub(crate) to: UnixTime,
    /// Why the certificate is refused then; `None` if it is accepted.
    pub(crate) refusal: Option<Box<Check>>,
}

/// The most moments that are looked at.
const MAX_MOMENTS: usize = 42;

/// What is shown before the first change and after the last, in seconds.
const MARGIN: u64 = 30 * 86_400;

/// The verdict over time: it can only change where the validity of a certificate or of a revocation list
/// begins or ends. `lists` are the dates that stand in no path: those of the lists.
///
/// `judge` has no report once nobody wants to know any more; then there is nothing here either.
pub(super) async fn over_time(
    now: UnixTime,
    lists: &[UnixTime],
    judge: impl AsyncFn(UnixTime) -> Option<Report>,
) -> Option<Vec<Span>> {
    let mut dates: BTreeSet<UnixTime> = lists.iter().copied().collect();
    dates.extend(changes(&judge(now).await?));
    // At other moments other paths hold, with dates of their own.
    let mut known = BTreeMap::new();
    for moment in moments(&dates, now) {
        let report = judge(moment).await?;
        dates.extend(changes(&report));
        known.insert(moment, refusal(report));
    }
    let mut spans: Vec<Span> = Vec::new();
    for pair in moments(&dates, now).windows(2) {
        let &[from, next] = pair else {
            continue;
        };
        let to = UnixTime(next.0.saturating_sub(1));
        let refusal = match known.remove(&from) {
            Some(refusal) => refusal,
            None => refusal(judge(from).await?),
        };
        match spans.last_mut() {
            Some(last) if same(last.refusal.as_deref(), refusal.as_deref()) => last.to = to,
            _ => spans.push(Span { from, to, refusal }),
        }
    }
    Some(spans)
}

fn refusal(report: Report) -> Option<Box<Check>> {
    match report.verdict {
        Verdict::Refused(check) => Some(check),
        _ => None,
    }
}

fn same(one: Option<&Check>, other: Option<&Check>) -> bool {
    // The sentence names the moment; another moment alone is no other reason.
    one.map(|check| check.rule) == other.map(|check| check.rule)
}

/// Each moment from which on a certificate of some path is valid, or is not any more.
fn changes(report: &Report) -> impl Iterator<Item = UnixTime> {
    let certificates = report.paths.iter().flat_map(|path| &path.certificates);
    certificates.flat_map(|cert| [cert.identity.not_before, after(cert.identity.not_after)])
}

/// The first second that a last one does not cover.
pub(super) fn after(last: UnixTime) -> UnixTime {
    UnixTime(last.0.saturating_add(1))
}

/// The dates with a margin around them and `now`. Of too many, those around `now`: between two that
/// follow each other nothing is left out.
fn moments(dates: &BTreeSet<UnixTime>, now: UnixTime) -> Vec<UnixTime> {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return Vec::new();
    };
    let mut all = BTreeSet::from([
        UnixTime(first.0.min(now.0).saturating_sub(MARGIN)),
        UnixTime(last.0.max(now.0).saturating_add(MARGIN)),
    ]);
    all.extend(dates);
    let before = all.range(..=now).count();
    let last = all.len().saturating_sub(MAX_MOMENTS);
    let skipped = before.saturating_sub(MAX_MOMENTS / 2).min(last);
    all.into_iter().skip(skipped).take(MAX_MOMENTS).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::executor::block_on;
    use signet_core::path::Rule;

    use super::*;
    use crate::bench::verdict::dates;
    use crate::bench::verdict::places::Places;
    use crate::bench::verdict::samples::{LISTED, judge, places};

    /// Within the time of the lists.
    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn spans(places: &Places, now: UnixTime) -> Vec<Span> {
        let judge = async |at| Some(judge(places, at));
        block_on(over_time(now, &dates::of_lists(places), judge)).unwrap()
    }

    #[test]
    fn revocation_lists_begin_and_end() {
        let places = places(LISTED);
        let spans = spans(&places, NOW);
        let told: Vec<_> = spans
            .iter()
            .map(|span| {
                (
                    span.from.to_string(),
                    span.refusal.as_ref().map(|it| it.rule),
                )
            })
            .collect();
        let dated = told.iter().map(|(from, rule)| (from.as_str(), *rule));
        // The first stretch begins a margin before anything does.
        assert_eq!(
            dated.skip(1).collect::<Vec<_>>(),
            [
                ("2026-01-01T00:00:00Z", Some(Rule::RevocationUnknown)),
                ("2027-01-01T00:00:00Z", None),
                ("2027-02-01T00:00:01Z", Some(Rule::RevocationUnknown)),
                ("2036-01-01T00:00:00Z", Some(Rule::Expired)),
            ]
        );
    }

    #[test]
    fn each_stretch_says_what_the_verdict_says_anywhere_in_it() {
        let places = places(LISTED);
        let spans = spans(&places, NOW);
        for pair in spans.windows(2) {
            assert_eq!(after(pair[0].to), pair[1].from);
        }
        for span in &spans {
            let middle = UnixTime(u64::midpoint(span.from.0, span.to.0));
            for at in [span.from, middle, span.to] {
                let refusal = refusal(judge(&places, at));
                assert!(same(refusal.as_deref(), span.refusal.as_deref()), "{at}");
            }
        }
        // However long after everything ended.
        let late = UnixTime(NOW.0 + 1_000 * MARGIN);
        let spans = self::spans(&places, late);
        assert!(
            spans
                .iter()
                .any(|span| span.from <= late && late <= span.to)
        );
    }

    #[test]
    fn of_too_many_dates_those_around_now_are_looked_at() {
        let dates: BTreeSet<UnixTime> = (1..=1_000).map(|day| UnixTime(day * MARGIN)).collect();
        for now in [0, 1, 500, 999, 1_000, 2_000].map(|day| UnixTime(day * MARGIN)) {
            let moments = moments(&dates, now);
            assert_eq!(moments.len(), MAX_MOMENTS);
            assert!(
                moments[0] <= now && now <= *moments.last().unwrap(),
                "{now}"
            );
            let inner = &moments[1..moments.len() - 1];
            let all: Vec<_> = dates.range(inner[0]..).take(inner.len()).copied().collect();
            assert_eq!(inner, all);
        }
        assert!(moments(&BTreeSet::new(), NOW).is_empty());
    }

    #[test]
    fn nothing_more_is_asked_once_nobody_wants_it() {
        let places = places(LISTED);
        let asked = Cell::new(0);
        let judge = async |at| {
            asked.set(asked.get() + 1);
            (asked.get() <= 3).then(|| judge(&places, at))
        };
        let lists = dates::of_lists(&places);
        assert_eq!(block_on(over_time(NOW, &lists, judge)), None);
        assert_eq!(asked.get(), 4);
    }
}
