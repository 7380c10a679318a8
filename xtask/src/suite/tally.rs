//! Counts tests in what test programs print.

/// How many tests did what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Tests that their program says it left out.
    ignored: u64,
    /// Lines `skipped: …`: a test that ran but could not judge.
    pub(crate) reasons: Vec<String>,
}

impl Tally {
    /// Reads the output of cargo, wasm-pack and `node --test` (TAP).
    pub(crate) fn of(text: &str) -> Self {
        let mut tally = Self::default();
        let mut silent = 0;
        for line in text.lines().map(str::trim) {
            if let Some(counts) = line.strip_prefix("test result:") {
                tally.passed += before(counts, "passed");
                tally.failed += before(counts, "failed");
                tally.ignored += before(counts, "ignored");
            } else if let Some(count) = number_after(line, "# pass ") {
                tally.passed += count;
            } else if let Some(count) = number_after(line, "# fail ") {
                tally.failed += count;
            } else if let Some(count) = number_after(line, "# cancelled ") {
                tally.failed += count; // its suite could not be set up, or it hung
            } else if let Some(count) = number_after(line, "# skipped ") {
                tally.ignored += count;
            } else if let Some((_, reason)) = line.split_once("# SKIP ") {
                tally.reasons.push(reason.to_owned()); // counted by "# skipped"
            } else if let Some(reason) = line.trim_start_matches("# ").strip_prefix("skipped:") {
                tally.reasons.push(reason.trim().to_owned());
                silent += 1;
            }
        }
        // A test that prints `skipped:` and returns counts as passed where it ran. It judged nothing.
        tally.passed = tally.passed.saturating_sub(silent);
        tally.ignored += silent;
        tally
    }

    /// No test program spoke.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many tests judged nothing.
    pub(crate) fn skipped(&self) -> u64 {
        self.ignored
    }

    /// Adds those of another step.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.reasons.extend(other.reasons.iter().cloned());
    }
}

fn number_after(line: &str, start: &str) -> Option<u64> {
    line.strip_prefix(start)?.trim().parse().ok()
}

/// The number in front of `word`, as in `3 passed; 0 failed`.
fn before(counts: &str, word: &str) -> u64 {
    let words: Vec<&str> = counts
        .split([' ', ';', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_counted_over_all_its_programs() {
        let text = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
                    test result: FAILED. 3 passed; 2 failed; 0 ignored";
        let tally = Tally::of(text);
        assert_eq!((tally.passed, tally.failed, tally.skipped()), (15, 2, 1));
    }

    #[test]
    fn a_test_that_says_it_skipped_has_not_passed() {
        let tally = Tally::of("skipped: no corpus\ntest result: ok. 2 passed; 0 failed; 0 ignored");
        assert_eq!((tally.passed, tally.skipped()), (1, 1));
        assert_eq!(tally.reasons, ["no corpus"]);
    }

    #[test]
    fn a_test_that_node_never_ran_has_failed() {
        let tally = Tally::of("# tests 3\n# pass 1\n# fail 1\n# cancelled 1\n# skipped 0");
        assert_eq!((tally.passed, tally.failed), (1, 2));
    }

    #[test]
    fn node_counts_its_own_skips_once() {
        let tally = Tally::of(
            "ok 2 - tamper # SKIP no browser\n# tests 4\n# pass 3\n# fail 0\n# skipped 1",
        );
        assert_eq!((tally.passed, tally.failed, tally.skipped()), (3, 0, 1));
        assert_eq!(tally.reasons, ["no browser"]);
    }
}
