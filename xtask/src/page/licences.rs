//! Whose work is inside: the notice that goes with the page, and the licences that may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::shell;

/// `name version (licence)` of every crate in the page, and each licence text once.
pub(super) fn notice() -> Result<String> {
    let metadata = shell::metadata(Some("wasm32-unknown-unknown"))?;
    let mut list = String::from(
        "Signet contains the following software by others. The texts of their licences follow.\n\n",
    );
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in shipped(&metadata, "signet-app")? {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        writeln!(list, "{name} ({})", text(package, "license"))?;
        for body in licence_texts(package)? {
            texts.entry(body).or_default().insert(name.clone());
        }
    }
    for (body, names) in texts {
        let names: Vec<String> = names.into_iter().collect();
        write!(
            list,
            "\n{}\n{}\n\n{}\n",
            "-".repeat(72),
            names.join(", "),
            body.trim()
        )?;
    }
    Ok(list)
}

/// The outside packages that `member` needs at run time, by name.
pub(crate) fn shipped<'a>(metadata: &'a Value, member: &str) -> Result<Vec<&'a Value>> {
    let packages = array(&metadata["packages"]);
    let nodes: BTreeMap<&str, &Value> = array(&metadata["resolve"]["nodes"])
        .map(|node| (text(node, "id"), node))
        .collect();
    let by_id: BTreeMap<&str, &Value> = packages
        .map(|package| (text(package, "id"), package))
        .collect();
    let root = by_id
        .values()
        .find(|package| text(package, "name") == member);
    let mut open = vec![text(
        root.with_context(|| format!("no package {member}"))?,
        "id",
    )];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let normal = |kind: &Value| kind["kind"].is_null();
        let needs = array(&nodes[id]["deps"]).filter(|dep| array(&dep["dep_kinds"]).any(normal));
        // What a procedural macro needs runs in the compiler and is not in the page.
        open.extend(
            needs
                .map(|dep| text(dep, "pkg"))
                .filter(|id| !is_macro(by_id[id])),
        );
    }
    let mut found: Vec<&Value> = seen
        .into_iter()
        .map(|id| by_id[id])
        .filter(|package| !package["source"].is_null())
        .collect();
    found.sort_by_key(|package| (text(package, "name"), text(package, "version")));
    Ok(found)
}

/// A field that is text, or nothing.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_macro(package: &Value) -> bool {
    array(&package["targets"]).any(|target| array(&target["kind"]).any(|kind| kind == "proc-macro"))
}

fn licence_texts(package: &Value) -> Result<Vec<String>> {
    let folder = Path::new(text(package, "manifest_path"))
        .parent()
        .context("a manifest without folder")?;
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().to_uppercase())
            .unwrap_or_default();
        let fits = ["LICENSE", "LICENCE", "COPYING", "NOTICE"]
            .iter()
            .any(|start| name.starts_with(start));
        if fits && path.is_file() {
            texts.push(shell::read(&path)?.replace("\r\n", "\n"));
        }
    }
    texts.sort();
    Ok(texts)
}
