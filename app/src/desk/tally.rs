use std::collections::HashSet;

use signet_core::UnixTime;
use signet_core::recipe::{Naming, Source};
use signet_core::run::{Issuance, Outcome, Record};

/// The counters of one line since some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs that ended.
    pub done: u32,
    /// Of them, with PASS.
    pub pass: u32,
    /// Of them, with FAIL.
    pub fail: u32,
    /// Boards per hour between the first start and the last end; unknown below two boards.
    pub per_hour: Option<u32>,
}

impl Tally {
    /// Counts the records of `recipe` (or of all) that ended at or after `since`.
    pub fn count<'a>(
        records: impl IntoIterator<Item = &'a Record>,
        recipe: Option<&str>,
        since: UnixTime,
    ) -> Self {
        let mut tally = Self::default();
        let (mut first, mut last) = (UnixTime(u64::MAX), UnixTime(0));
        for record in records {
            if recipe.is_some_and(|recipe| record.recipe != recipe) || record.finished < since {
                continue;
            }
            tally.done += 1;
            match record.outcome {
                Outcome::Pass | Outcome::PassUnchanged => tally.pass += 1,
                Outcome::Fail => tally.fail += 1,
            }
            first = first.min(record.started);
            last = last.max(record.finished);
        }
        let seconds = last.0.saturating_sub(first.0);
        if tally.done > 1 && seconds > 0 {
            let rate = u64::from(tally.done) * 3600 / seconds;
            tally.per_hour = u32::try_from(rate).ok();
        }
        tally
    }

    /// Share of PASS in whole percent, rounded down so that 100 means all.
    pub fn yield_percent(self) -> Option<u32> {
        (self.pass * 100).checked_div(self.done)
    }
}

/// The registration IDs that no other board may get: those that passed, and those for which a
/// certificate was issued.
pub fn used_ids<'a>(records: impl IntoIterator<Item = &'a Record>) -> HashSet<String> {
    records
        .into_iter()
        .filter(|record| record.outcome != Outcome::Fail || record.issuance != Issuance::None)
        .map(|record| record.registration_id.clone())
        .collect()
}

/// The first serial number of a `list` recipe that is neither used nor given to a board at work.
pub fn next_serial<'a>(naming: &'a Naming, used: &HashSet<String>) -> Option<&'a str> {
    let mut serials = naming.serials.iter();
    serials
        .find(|serial| {
            naming
                .make(serial)
                .is_ok_and(|id| !used.contains(id.as_str()))
        })
        .map(String::as_str)
}

/// How many serial numbers of a `list` recipe are left.
pub fn serials_left(naming: &Naming, used: &HashSet<String>) -> Option<usize> {
    let free = |serial: &&String| {
        naming
            .make(serial)
            .is_ok_and(|id| !used.contains(id.as_str()))
    };
    (naming.from == Source::List).then(|| naming.serials.iter().filter(free).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, outcome: Outcome, started: u64, finished: u64) -> Record {
        Record {
            recipe: "line".into(),
            registration_id: id.into(),
            outcome,
            started: UnixTime(started),
            finished: UnixTime(finished),
            ..Record::default()
        }
    }

    #[test]
    fn counts_one_line_since_a_moment() {
        let other = Record {
            recipe: "other".into(),
            ..record("x", Outcome::Pass, 1000, 1010)
        };
        let records = [
            record("old", Outcome::Fail, 10, 20),
            record("a", Outcome::Pass, 1000, 1030),
            record("b", Outcome::PassUnchanged, 1100, 1110),
            record("c", Outcome::Fail, 1300, 1360),
            other,
        ];
        let tally = Tally::count(&records, Some("line"), UnixTime(500));
        assert_eq!((tally.done, tally.pass, tally.fail), (3, 2, 1));
        assert_eq!(tally.per_hour, Some(30));
        assert_eq!(tally.yield_percent(), Some(66));
        assert_eq!(Tally::default().yield_percent(), None);
    }

    #[test]
    fn gives_each_serial_once() {
        let naming = Naming {
            from: Source::List,
            template: "SN-{serial}".into(),
            serials: ["1", "2", "3"].map(String::from).to_vec(),
        };
        let mut used = used_ids(&[
            record("sn-1", Outcome::Pass, 0, 1),
            record("sn-2", Outcome::Fail, 0, 1),
        ]);
        assert_eq!(next_serial(&naming, &used), Some("2"));
        assert_eq!(serials_left(&naming, &used), Some(2));
        used.insert("sn-2".into());
        used.insert("sn-3".into());
        assert_eq!(next_serial(&naming, &used), None);
    }
}
