//! Words that may not stand in the code, each with the reason.

use std::borrow::Cow;

use anyhow::Result;

use crate::shell;

struct Rule {
    /// Files whose path begins so.
    place: &'static str,
    ending: &'static str,
    word: &'static str,
    why: &'static str,
    /// Also where tests are.
    in_tests: bool,
}

const fn rule(
    place: &'static str,
    ending: &'static str,
    word: &'static str,
    why: &'static str,
) -> Rule {
    Rule {
        place,
        ending,
        word,
        why,
        in_tests: false,
    }
}

const RULES: &[Rule] = &[
    rule(
        "app/src/",
        ".rs",
        "inner_html",
        "text from certificates and boards would become markup",
    ),
    rule(
        "app/src/",
        ".rs",
        " style=",
        "the policy blocks style attributes; use a class or style:",
    ),
    rule(
        "app/src/",
        ".rs",
        "set_attribute(\"style\"",
        "the policy blocks style attributes",
    ),
    rule("app/src/", ".rs", "eval(", "the policy blocks it"),
    rule(
        "app/src/",
        ".rs",
        "local_storage",
        "clear text on disk: records go through the journal",
    ),
    rule(
        "app/src/",
        ".rs",
        "read_text(",
        "the clipboard is not ours to read",
    ),
    rule(
        "static/",
        ".css",
        "@import",
        "one style sheet per link, each with its fingerprint",
    ),
    rule("static/", ".css", "http", "nothing comes from another host"),
    rule(
        "core/src/",
        ".rs",
        "SystemTime",
        "core has no clock: take Now as an argument",
    ),
    rule(
        "core/src/",
        ".rs",
        "Instant::now",
        "core has no clock: take Now as an argument",
    ),
    rule(
        "core/src/",
        ".rs",
        "Validity::from_now",
        "reads the clock and panics in WebAssembly",
    ),
    rule("core/src/", ".rs", "std::fs", "core touches no files"),
    rule("core/src/", ".rs", "std::net", "core touches no sockets"),
    rule("core/src/", ".rs", "std::env", "core has no environment"),
    rule(
        "core/src/",
        ".rs",
        "OsRng",
        "core has no random source: take the bytes as an argument",
    ),
    rule(
        "core/src/",
        ".rs",
        "getrandom",
        "core has no random source: take the bytes as an argument",
    ),
    Rule {
        in_tests: true,
        ..rule(
            "core/",
            ".rs",
            "#[ignore]",
            "a test that never runs judges nothing",
        )
    },
];

pub(super) fn check() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for ending in [".rs", ".css"] {
        for path in shell::tracked(ending)? {
            let name = path.to_string_lossy().replace('\\', "/");
            let text = shell::read(&path)?;
            breaches.extend(
                RULES
                    .iter()
                    .filter(|rule| rule.ending == ending)
                    .flat_map(|rule| broken(rule, &name, &text)),
            );
            if room(&name).starts_with("core/src/") && !name.ends_with("/tests.rs") {
                breaches.extend(bare_expects(&name, &text));
            }
        }
    }
    Ok(breaches)
}

/// The path engine is a package of its own, in the same room as core.
fn room(name: &str) -> Cow<'_, str> {
    match name.strip_prefix("core/path/") {
        Some(rest) => format!("core/{rest}").into(),
        None => name.into(),
    }
}

fn broken(rule: &Rule, name: &str, text: &str) -> Vec<String> {
    if !room(name).starts_with(rule.place) {
        return Vec::new();
    }
    let lines = code(text, rule.in_tests).filter(|(_, line)| line.contains(rule.word));
    lines
        .map(|(at, _)| format!("{name}:{at}: '{}': {}", rule.word.trim(), rule.why))
        .collect()
}

/// `expect` in core says why it cannot fail: in its message or in a comment on the line above.
fn bare_expects(name: &str, text: &str) -> Vec<String> {
    let all: Vec<&str> = text.lines().collect();
    let explained = |at: usize, line: &str| {
        let message = line
            .split(".expect(\"")
            .nth(1)
            .is_some_and(|rest| rest.len() > 20);
        let above = at.checked_sub(2).and_then(|above| all.get(above));
        message || above.is_some_and(|line| line.trim().starts_with("//"))
    };
    let bare =
        code(text, false).filter(|(at, line)| line.contains(".expect(") && !explained(*at, line));
    bare.map(|(at, _)| format!("{name}:{at}: may panic, and nothing says why it cannot"))
        .collect()
}

/// The lines that are code, with their numbers from 1; the tests at the bottom only if wanted.
fn code(text: &str, in_tests: bool) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines
        .take_while(move |(_, line)| in_tests || line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_in_code_only() {
        let rule = rule("app/src/", ".rs", "inner_html", "why");
        assert_eq!(
            broken(
                &rule,
                "app/src/a.rs",
                "// inner_html\nview! { <p inner_html=x/> }"
            )
            .len(),
            1
        );
        assert_eq!(
            broken(
                &rule,
                "app/src/a.rs",
                "fn a() {}\n#[cfg(test)]\nmod tests { inner_html }"
            )
            .len(),
            0
        );
        assert_eq!(broken(&rule, "core/src/a.rs", "inner_html").len(), 0);
        assert_eq!(room("core/path/src/a.rs"), "core/src/a.rs");
    }

    #[test]
    fn an_expect_needs_its_reason() {
        assert_eq!(bare_expects("a", "x.expect(\"y\");").len(), 1);
        assert_eq!(
            bare_expects("a", "// the slice has 4 bytes\nx.expect(\"y\");").len(),
            0
        );
    }
}
