//! One line per event on standard error: moment, event, `key=value` pairs. Nothing secret.
//!
//! Values come from a fixed set of facts: names, numbers, statuses. No header, body or key is ever
//! passed here.

use std::fmt::Display;
use std::io::Write;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::clock;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Moment, event, `key=value` pairs.
    #[default]
    Text,
    /// One JSON object (RFC 8259): `at`, `event`, and the facts as strings.
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("the log is written as text or json"),
        }
    }
}

/// The whole program writes in one way, chosen at its start.
static FORMAT: OnceLock<Format> = OnceLock::new();

/// Chooses how lines are written. The first choice holds.
pub(crate) fn choose(format: Format) {
    let _ = FORMAT.set(format);
}

/// Writes one line.
pub(crate) fn line(event: &str, facts: &[(&str, &dyn Display)]) {
    let format = FORMAT.get().copied().unwrap_or_default();
    let text = written(format, &clock::now().to_string(), event, facts);
    // A log that cannot be written is no reason to stop issuing.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn written(format: Format, at: &str, event: &str, facts: &[(&str, &dyn Display)]) -> String {
    let mut text = match format {
        Format::Text => {
            let mut text = format!("{at} {event}");
            for (key, value) in facts {
                text.push(' ');
                text.push_str(key);
                text.push('=');
                text.push_str(&quoted(&value.to_string()));
            }
            text
        }
        Format::Json => {
            let mut object = Map::new();
            object.insert("at".to_owned(), at.into());
            object.insert("event".to_owned(), event.into());
            for (key, value) in facts {
                object.insert((*key).to_owned(), value.to_string().into());
            }
            Value::Object(object).to_string()
        }
    };
    text.push('\n');
    text
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

    #[test]
    fn both_forms_say_the_same() {
        let facts: &[(&str, &dyn Display)] = &[("id", &"a b"), ("n", &7)];
        let text = written(Format::Text, "T", "issued", facts);
        assert_eq!(text, "T issued id=\"a b\" n=7\n");
        let json = written(Format::Json, "T", "issued", facts);
        assert_eq!(
            json,
            "{\"at\":\"T\",\"event\":\"issued\",\"id\":\"a b\",\"n\":\"7\"}\n"
        );
        let forged = written(Format::Json, "T", "x", &[("id", &"a\n{\"at\":1}")]);
        assert_eq!(forged.lines().count(), 1);
    }
}
