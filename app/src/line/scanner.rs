//! Tells a scanner's keystrokes from a person's, wherever the focus is.

/// A scanner types its characters within this many milliseconds of each other; people do not.
const MAX_GAP_MS: u64 = 60;

/// Shorter bursts are not scans.
const MIN_CHARS: usize = 3;

/// More than any registration ID can hold.
const MAX_CHARS: usize = 128;

/// What a wedge scanner has typed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanner {
    text: String,
    at_ms: u64,
}

impl Scanner {
    /// Whether the last key was the first of what may become a scan.
    pub fn has_begun(&self) -> bool {
        self.text.chars().count() == 1
    }

    /// Takes one key press (its `key` value); gives the scan when Enter or Tab ends a burst.
    pub fn key(&mut self, at_ms: u64, key: &str) -> Option<String> {
        let fast = at_ms.saturating_sub(self.at_ms) <= MAX_GAP_MS;
        if !fast {
            self.text.clear();
        }
        let mut chars = key.chars();
        match (key, chars.next(), chars.next()) {
            ("Enter" | "Tab", ..) => {
                let text = std::mem::take(&mut self.text);
                (text.chars().count() >= MIN_CHARS).then_some(text)
            }
            // Shift goes down and up between the characters of a scan.
            ("Shift" | "CapsLock", ..) => {
                self.at_ms = at_ms;
                None
            }
            (_, Some(c), None) if self.text.len() < MAX_CHARS => {
                self.text.push(c);
                self.at_ms = at_ms;
                None
            }
            _ => {
                self.text.clear();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, gap_ms: u64, end: &str) -> Option<String> {
        let mut scanner = Scanner::default();
        let mut at = 1000;
        for (place, c) in text.chars().enumerate() {
            assert_eq!(scanner.key(at, &c.to_string()), None);
            assert_eq!(scanner.has_begun(), place == 0 || gap_ms > MAX_GAP_MS);
            at += gap_ms;
        }
        scanner.key(at, end)
    }

    #[test]
    fn hears_scanners_only() {
        assert_eq!(typed("SN0042", 15, "Enter").as_deref(), Some("SN0042"));
        assert_eq!(typed("SN0042", 15, "Tab").as_deref(), Some("SN0042"));
        assert_eq!(typed("SN0042", 150, "Enter"), None);
        assert_eq!(typed("ab", 15, "Enter"), None);
        assert_eq!(typed("SN0042", 15, "Escape"), None);
    }

    #[test]
    fn survives_shift_and_a_slow_beginning() {
        let mut scanner = Scanner::default();
        scanner.key(0, "x");
        for (at, key) in [
            (500, "Shift"),
            (505, "S"),
            (510, "Shift"),
            (512, "N"),
            (520, "1"),
        ] {
            assert_eq!(scanner.key(at, key), None);
        }
        assert_eq!(scanner.key(530, "Enter").as_deref(), Some("SN1"));
    }
}
