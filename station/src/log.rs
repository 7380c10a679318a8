//! One line per event on standard error: moment, event, `key=value` pairs. Nothing secret.
//!
//! Values come from a fixed set of facts: names, numbers, statuses. No header, body or key is ever
//! passed here.

use std::fmt::Display;
use std::io::Write;

use crate::clock;

/// Writes one line.
pub(crate) fn line(event: &str, facts: &[(&str, &dyn Display)]) {
    let mut text = format!("{} {event}", clock::now());
    for (key, value) in facts {
        text.push(' ');
        text.push_str(key);
        text.push('=');
        text.push_str(&quoted(&value.to_string()));
    }
    text.push('\n');
    // A log that cannot be written is no reason to stop issuing.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A value on one line, in quotes if it has anything but plain characters.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:/%+@".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let shown: String = value.chars().take(300).collect();
    format!("{shown:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_forge_a_line() {
        assert_eq!(quoted("dev-0001"), "dev-0001");
        assert_eq!(quoted("a b"), r#""a b""#);
        assert_eq!(quoted("a\nb=\"c\""), r#""a\nb=\"c\"""#);
        assert_eq!(quoted(""), r#""""#);
    }
}
