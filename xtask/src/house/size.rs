//! Small files, small functions.

use std::path::Path;

use anyhow::Result;

use crate::shell;

/// Lines of a source file.
const FILE: usize = 600;
/// Lines of a test file.
const TEST_FILE: usize = 1200;
/// The file in the middle, shipped code only.
const MEDIAN: usize = 200;
/// Lines of a function, without blank ones and comments. Tests may be longer scripts.
const FUNCTION: usize = 70;
const TEST_FUNCTION: usize = 120;
/// A function in a file `error.rs`: one sentence per variant, a table in the form of a `match`.
const SENTENCES: usize = 150;

pub(super) fn check() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    let mut lengths = Vec::new();
    for path in shell::tracked(".rs")? {
        let text = shell::read(&path)?;
        let test = is_test(&path);
        let lines = text.lines().count();
        let cap = if test { TEST_FILE } else { FILE };
        if lines > cap {
            breaches.push(format!(
                "{}: {lines} lines, the cap is {cap}",
                path.display()
            ));
        }
        if !test {
            lengths.push(lines);
        }
        let function_cap = match (test, path.ends_with("error.rs")) {
            (true, _) => TEST_FUNCTION,
            (false, true) => SENTENCES,
            (false, false) => FUNCTION,
        };
        breaches.extend(
            long_functions(&text, function_cap).map(|(line, name, length, cap)| {
                format!(
                    "{}:{line}: {name} has {length} lines, the cap is {cap}",
                    path.display()
                )
            }),
        );
    }
    lengths.sort_unstable();
    if let Some(&median) = lengths
        .get(lengths.len() / 2)
        .filter(|&&median| median > MEDIAN)
    {
        breaches.push(format!(
            "the median file has {median} lines, it may have {MEDIAN}"
        ));
    }
    Ok(breaches)
}

fn is_test(path: &Path) -> bool {
    if path.ends_with("tests.rs") {
        return true;
    }
    path.components().any(|part| {
        ["tests", "examples", "benches"]
            .iter()
            .any(|name| part.as_os_str() == *name)
    })
}

/// Line number, name, length and cap of each function that is too long. The text is as rustfmt leaves
/// it, so a function ends at the first closing brace that stands as far in as it began.
fn long_functions(text: &str, cap: usize) -> impl Iterator<Item = (usize, String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let tests_from = lines
        .iter()
        .position(|line| line.trim() == "#[cfg(test)]")
        .unwrap_or(lines.len());
    let found: Vec<_> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| {
            let name = function_name(line)?;
            let close = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            let body = lines[at..].iter().take_while(|line| **line != close);
            let length = body
                .filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"))
                .count();
            let cap = if at > tests_from { TEST_FUNCTION } else { cap };
            let mut ends = lines[at..]
                .iter()
                .filter(|line| line.ends_with(['{', ';', '}']));
            let declared = ends.next().is_some_and(|line| line.ends_with(';'));
            (!declared && length + 1 > cap).then(|| (at + 1, name, length + 1, cap))
        })
        .collect();
    found.into_iter()
}

fn function_name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let known = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "const",
        "async",
        "unsafe",
        "extern",
        "\"C\"",
    ];
    let word = words.find(|word| !known.contains(word))?;
    if word != "fn" {
        return None;
    }
    let rest = words.next()?;
    Some(
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_function_is_found_and_comments_do_not_count() {
        let long = format!(
            "impl X {{\n    pub fn long() {{\n{}    }}\n}}\n",
            "        x();\n".repeat(80)
        );
        let found: Vec<_> = long_functions(&long, FUNCTION).collect();
        assert_eq!(found, [(2, "long".to_owned(), 82, FUNCTION)]);
        let talk = format!("fn talk() {{\n{}}}\n", "    // why\n".repeat(80));
        assert_eq!(long_functions(&talk, FUNCTION).count(), 0);
    }
}
