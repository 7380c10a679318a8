//! Every dependency comes from the one registry, under a licence that lets the page be given away.

use anyhow::Result;
use serde_json::Value;

use crate::page::shipped;
use crate::shell;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Permissive licences, and the data licence of the root certificates.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(super) fn check() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    let all = shell::metadata(None)?;
    for package in all["packages"].as_array().into_iter().flatten() {
        let source = &package["source"];
        if !source.is_null() && source != REGISTRY {
            breaches.push(format!("{} comes from {source}", name(package)));
        }
    }
    let page = shell::metadata(Some("wasm32-unknown-unknown"))?;
    for package in shipped(&page, "signet-app")?
        .into_iter()
        .chain(shipped(&all, "signet-station")?)
    {
        let licence = package["license"].as_str().unwrap_or("none");
        if !allowed(licence) {
            breaches.push(format!("{} is under {licence}", name(package)));
        }
    }
    breaches.sort();
    breaches.dedup();
    Ok(breaches)
}

fn name(package: &Value) -> String {
    format!(
        "{} {}",
        package["name"].as_str().unwrap_or_default(),
        package["version"].as_str().unwrap_or_default()
    )
}

/// Is there a choice in this SPDX expression that is allowed as a whole? `OR` binds weaker than `AND`.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR "); // the old way to write it
    choices(&expression).iter().any(|choice| {
        choice
            .iter()
            .all(|licence| ALLOWED.contains(&licence.as_str()))
    })
}

/// The expression as a list of choices, each a list of licences that apply together.
fn choices(expression: &str) -> Vec<Vec<String>> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    either(&mut words.into_iter().peekable())
}

type Words<'a> = std::iter::Peekable<std::vec::IntoIter<&'a str>>;

fn either(words: &mut Words<'_>) -> Vec<Vec<String>> {
    let mut all = both(words);
    while words.next_if_eq(&"OR").is_some() {
        all.extend(both(words));
    }
    all
}

fn both(words: &mut Words<'_>) -> Vec<Vec<String>> {
    let mut left = one(words);
    while words.next_if_eq(&"AND").is_some() {
        let right = one(words);
        left = left
            .iter()
            .flat_map(|l| right.iter().map(move |r| [l.as_slice(), r].concat()))
            .collect();
    }
    left
}

fn one(words: &mut Words<'_>) -> Vec<Vec<String>> {
    if words.next_if_eq(&"(").is_some() {
        let inner = either(words);
        words.next_if_eq(&")");
        return inner;
    }
    let mut licence = words.next().unwrap_or_default().to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        // An exception only permits more.
        words.next();
        licence = licence.trim().to_owned();
    }
    vec![vec![licence]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_enough_and_all_parts_are_needed() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
        ] {
            assert!(allowed(good), "{good}");
        }
        for good in [
            "Apache-2.0 WITH LLVM-exception OR MIT",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND MPL-2.0",
            "",
            "none",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
