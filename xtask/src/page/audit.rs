//! What may be in `dist/`, and what may not.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Files;

/// The kinds of file that a page consists of.
const KINDS: [&str; 9] = [
    "css",
    "html",
    "js",
    "json",
    "sha384",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];
/// Kinds whose text the browser acts on.
const ACTIVE: [&str; 5] = ["css", "html", "js", "svg", "webmanifest"];
/// Addresses that are names or reading, never fetched. The policy of the page forbids the rest anyway.
const HARMLESS: &str = include_str!("../../assets/known-hosts.txt");

/// Everything that speaks against publishing these files.
pub(super) fn audit(files: &Files) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let home = std::env::var("HOME").unwrap_or_default();
    let here = std::env::current_dir()?.display().to_string();
    for (name, bytes) in files {
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        if !KINDS.contains(&kind) {
            problems.push(format!("{name}: not a kind of file that a page needs"));
        }
        if kind == "txt" {
            continue; // licence texts, full of addresses, never acted on
        }
        for host in hosts(bytes).difference(&harmless(ACTIVE.contains(&kind))) {
            problems.push(format!("{name}: names the foreign host {host}"));
        }
        for path in [&home, &here] {
            if path.len() > 1 && contains(bytes, format!("{path}/").as_bytes()) {
                problems.push(format!(
                    "{name}: tells the path {path} of the machine that built it"
                ));
            }
        }
    }
    Ok(problems)
}

/// `active` files get the short list: the lines without the word `text`.
fn harmless(active: bool) -> BTreeSet<String> {
    let lines = HARMLESS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let words = lines.filter_map(|line| {
        let (host, rest) = line.split_once(' ').unwrap_or((line, ""));
        (!active || !rest.starts_with("text")).then(|| host.to_owned())
    });
    words.collect()
}

/// The hosts of all `http:`, `https:`, `ws:` and `wss:` addresses in these bytes.
fn hosts(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("://") {
        let scheme = text[..at]
            .rsplit(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or_default();
        if !["http", "https", "ws", "wss"]
            .iter()
            .any(|known| scheme.ends_with(known))
        {
            continue;
        }
        let host: String = text[at + 3..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
            .collect();
        if host.contains('.') || host == "localhost" {
            found.insert(host.to_lowercase());
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, text: &str) -> Vec<String> {
        audit(&Files::from([(name.to_owned(), text.as_bytes().to_vec())])).unwrap()
    }

    #[test]
    fn a_foreign_host_or_kind_is_found() {
        assert_eq!(
            problems("a.js", "fetch('https://cdn.example.net/x')").len(),
            1
        );
        assert_eq!(
            problems("a.css", "@import url(http://fonts.example.net/)").len(),
            1
        );
        assert_eq!(problems("a.exe", "").len(), 1);
        assert_eq!(
            problems("a.svg", r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#).len(),
            0
        );
    }

    #[test]
    fn what_may_be_read_may_still_not_be_acted_on() {
        let text = HARMLESS
            .lines()
            .find(|line| line.contains(" text "))
            .unwrap();
        let host = text.split(' ').next().unwrap();
        assert_eq!(problems("a.wasm", &format!("see https://{host}/")).len(), 0);
        assert_eq!(problems("a.js", &format!("see https://{host}/")).len(), 1);
    }

    #[test]
    fn the_path_of_the_building_machine_is_found() {
        let here = std::env::current_dir().unwrap();
        assert!(!problems("a.wasm", &format!("{}/core/src/lib.rs", here.display())).is_empty());
    }
}
