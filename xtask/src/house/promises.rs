//! A promise names the test that checks it; the test must be there.

use anyhow::Result;

use crate::shell;

const PROMISES: &str = "SECURITY.md";

/// Looks up each `file` › `test` of the promises.
pub(super) fn check() -> Result<Vec<String>> {
    let text = shell::read(PROMISES)?;
    let mut breaches = Vec::new();
    let named = named(&text);
    if named.is_empty() {
        breaches.push(format!("{PROMISES} names no test at all"));
    }
    for (file, test) in named {
        match std::fs::read_to_string(&file) {
            Ok(code) if code.contains(&test) => {}
            Ok(_) => breaches.push(format!("{PROMISES}: {file} has no test '{test}'")),
            Err(_) => breaches.push(format!("{PROMISES}: there is no file {file}")),
        }
    }
    Ok(breaches)
}

/// The pairs of words in code style with `›` between them.
fn named(text: &str) -> Vec<(String, String)> {
    let pieces: Vec<&str> = text.split('`').collect();
    let pairs = pieces.windows(3).filter(|three| three[1].trim() == "›");
    pairs
        .map(|three| (three[0].to_owned(), three[2].to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found() {
        let text = "| `a` is | `x/y.rs` › `one_thing`, `z.mjs` › `two, things` |";
        let pairs = [("x/y.rs", "one_thing"), ("z.mjs", "two, things")];
        assert_eq!(
            named(text),
            pairs.map(|(file, test)| (file.to_owned(), test.to_owned()))
        );
    }
}
