//! Which tests failed and why, found in what test programs print.

/// Each failed test in a few lines: its name, what it missed and where.
///
/// A service that runs the tests may keep the end of the output only, so that this is what the summary ends with.
pub(super) fn of(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut failed = Vec::new();
    for (at, whole) in lines.iter().enumerate() {
        let rest = &lines[at + 1..];
        let line = whole.trim();
        if let Some((_, name)) = line
            .strip_prefix("not ok ")
            .and_then(|l| l.split_once(" - "))
        {
            failed.extend(tap(name, rest));
        } else if line.starts_with("thread '") && line.contains(" panicked at ") {
            let said = rest.iter().take_while(|l| !ends_panic(l));
            failed.push(short(line, said.copied()));
        } else if whole.starts_with("error: ") || whole.starts_with("error[") {
            failed.push(short(line, rest.iter().take(1).copied()));
        }
    }
    failed
}

/// A test that `node --test` calls failed; none for a suite that failed with one of its tests.
fn tap(name: &str, rest: &[&str]) -> Option<String> {
    let block = rest.iter().take_while(|line| line.trim() != "...");
    let block: Vec<&str> = block.map(|line| line.trim()).collect();
    if block.contains(&"failureType: 'subtestsFailed'") {
        return None;
    }
    let error = block.iter().position(|line| line.starts_with("error: "))?;
    let said = block[error..]
        .iter()
        .take_while(|l| !l.starts_with("code: "));
    let stack = block.iter().skip_while(|line| **line != "stack: |-");
    let place = stack.skip(1).find(|line| line.contains(".mjs:"));
    Some(short(name, said.chain(place).copied()))
}

/// Behind the message of a panic stands where it came from.
fn ends_panic(line: &str) -> bool {
    line.is_empty() || line.starts_with("stack backtrace:") || line.starts_with("note: ")
}

/// The first line and a few more, none of them long.
fn short<'a>(first: &str, more: impl Iterator<Item = &'a str>) -> String {
    let cut = |line: &str| line.chars().take(180).collect::<String>();
    let more = more.filter(|line| !line.trim().is_empty()).take(4);
    let more: Vec<String> = more.map(|line| format!("  {}", cut(line))).collect();
    [vec![cut(first)], more].concat().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_in_node_is_told_with_its_error_and_its_place_and_its_suite_is_not() {
        let text = "    not ok 2 - bad\n      ---\n      failureType: 'testCodeFailure'\n      error: |-\n        \
                    x differs\n      code: 'ERR_ASSERTION'\n      stack: |-\n        at (file:///x.test.mjs:2:66)\n      ...\n\
                    not ok 1 - suite\n  ---\n  failureType: 'subtestsFailed'\n  error: '1 subtest failed'\n  ...";
        assert_eq!(
            of(text),
            ["bad\n  error: |-\n  x differs\n  at (file:///x.test.mjs:2:66)"]
        );
    }

    #[test]
    fn a_suite_whose_set_up_failed_is_told() {
        let text = "not ok 2 - setup\n  ---\n  failureType: 'hookFailed'\n  error: 'no browser here'\n  ...";
        assert_eq!(of(text), ["setup\n  error: 'no browser here'"]);
    }

    #[test]
    fn a_panic_is_told_with_its_message() {
        let text = "thread 'a::b' (7) panicked at a.rs:1:2:\nassertion failed\n left: 1\nnote: run with\n\nthread";
        assert_eq!(
            of(text),
            ["thread 'a::b' (7) panicked at a.rs:1:2:\n  assertion failed\n   left: 1"]
        );
    }

    #[test]
    fn what_passed_is_not_told() {
        assert!(of("ok 1 - fine\ntest result: ok. 1 passed").is_empty());
    }
}
