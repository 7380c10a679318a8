//! Numbers and foreign text as people read them.

use signet_core::path::x509::text::is_deceptive;

/// Text from outside, cut to `limit` characters, with everything that could hide or turn text shown
/// as an escape.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == limit {
            out.push('…');
            break;
        }
        if is_deceptive(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// `3.1 KB`.
pub(crate) fn bytes(count: u32) -> String {
    if count < 1024 {
        format!("{count} B")
    } else {
        format!("{}.{} KB", count / 1024, count % 1024 * 10 / 1024)
    }
}

/// A time that is left: whole seconds, and never zero while something is going on.
pub(crate) fn seconds(millis: u64) -> String {
    match millis.div_ceil(1000).max(1) {
        seconds @ ..=90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_would_hide() {
        assert_eq!(plain("a\u{202e}b\n", 80), "a\\u{202e}b\\u{a}");
        assert_eq!(plain("a\u{3164}\u{e0041}", 80), "a\\u{3164}\\u{e0041}");
        assert_eq!(plain("abcdef", 3), "abc…");
        assert_eq!(plain("Zürich", 80), "Zürich");
    }

    #[test]
    fn reads_numbers_to_people() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(8 * 1024 + 512), "8.5 KB");
        assert_eq!(seconds(0), "1 s");
        assert_eq!(seconds(4_100), "5 s");
        assert_eq!(seconds(125_000), "3 min");
    }
}
