//! What each room may stand on.

use anyhow::Result;

use crate::shell::{capture, cargo};

/// Crates that reach the world. core has none of them in what it needs at run time.
const WORLD: [&str; 9] = [
    "getrandom",
    "js-sys",
    "leptos",
    "mio",
    "rand",
    "tokio",
    "wasm-bindgen",
    "web-sys",
    "web-time",
];

pub(super) fn check() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    let page = "wasm32-unknown-unknown";
    breaches.extend(forbidden("signet-core", page, &WORLD)?);
    breaches.extend(forbidden(
        "signet-core",
        page,
        &["signet-app", "signet-boards", "signet-station"],
    )?);
    breaches.extend(forbidden(
        "signet-boards",
        page,
        &["signet-app", "signet-station"],
    )?);
    breaches.extend(forbidden(
        "signet-app",
        page,
        &["signet-station", "tokio", "rustls", "ring"],
    )?);
    breaches.extend(forbidden(
        "signet-station",
        "all",
        &["signet-app", "leptos", "openssl-sys"],
    )?);
    Ok(breaches)
}

fn forbidden(member: &str, target: &str, unwanted: &[&str]) -> Result<Vec<String>> {
    let flags = [
        "tree",
        "--locked",
        "--package",
        member,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--target",
        target,
    ];
    let tree = capture(cargo(flags).args(["--format", "{p}"]))?;
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let mut found: Vec<&str> = names.filter(|name| unwanted.contains(name)).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found
        .into_iter()
        .map(|name| format!("{member} needs {name}, which is not its business"))
        .collect())
}
