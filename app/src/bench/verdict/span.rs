use signet_core::UnixTime;
use signet_core::path::{Answers, Check, Report, Verdict};

use super::ask::Ask;

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
const MAX_MOMENTS: usize = 40;

/// What is shown before the first change and after the last, in seconds.
const MARGIN: u64 = 30 * 86_400;

/// The verdict over time: it can only change where the validity of a certificate begins or ends.
pub(super) async fn over_time(ask: &Ask, profile: usize, answers: &mut Answers) -> Vec<Span> {
    let Some(profile) = ask.profile(profile) else {
        return Vec::new();
    };
    let now = ask.report(crate::clock::utc(), &profile, answers).await;
    let mut moments = changes([&now]);
    // At other moments other paths hold, with dates of their own.
    let mut reports = Vec::new();
    for moment in &moments {
        reports.push(ask.report(*moment, &profile, answers).await);
    }
    moments.extend(changes(&reports));
    moments.sort_unstable();
    moments.dedup();
    moments.truncate(MAX_MOMENTS);
    let mut spans: Vec<Span> = Vec::new();
    for (index, from) in moments.iter().enumerate() {
        let to = match moments.get(index + 1) {
            Some(next) => UnixTime(next.0.saturating_sub(1)),
            None => UnixTime(from.0.saturating_add(MARGIN)),
        };
        let report = ask.report(*from, &profile, answers).await;
        let refusal = match report.verdict {
            Verdict::Refused(check) => Some(check),
            _ => None,
        };
        match spans.last_mut() {
            Some(last) if same(last.refusal.as_deref(), refusal.as_deref()) => last.to = to,
            _ => spans.push(Span {
                from: *from,
                to,
                refusal,
            }),
        }
    }
    spans
}

fn same(one: Option<&Check>, other: Option<&Check>) -> bool {
    // The sentence names the moment; another moment alone is no other reason.
    one.map(|check| check.rule) == other.map(|check| check.rule)
}

/// A margin, and each moment from which on a certificate of some path is valid, or is not any more.
fn changes<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Vec<UnixTime> {
    let paths = reports.into_iter().flat_map(|report| &report.paths);
    let certificates = paths.flat_map(|path| &path.certificates);
    let mut moments: Vec<UnixTime> = certificates
        .flat_map(|cert| {
            let after = UnixTime(cert.not_after.0.saturating_add(1));
            [cert.not_before, after]
        })
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments.truncate(MAX_MOMENTS);
    if let Some(first) = moments.first() {
        moments.insert(0, UnixTime(first.0.saturating_sub(MARGIN)));
    }
    moments
}
