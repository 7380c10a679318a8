//! Versions that have to be written down in two places.

use anyhow::Result;

use crate::shell;

pub(super) fn check() -> Result<Vec<String>> {
    let dev = shell::read("dev")?;
    let manifest = shell::read("Cargo.toml")?;
    let trunk = shell::read("Trunk.toml")?;
    let mut breaches = Vec::new();
    let mut equal = |what: &str, here: Option<String>, there: Option<String>| {
        if here.is_none() || here != there {
            breaches.push(format!(
                "{what}: {here:?} in one place, {there:?} in the other"
            ));
        }
    };
    let glue = after(&dev, "\nWASM_BINDGEN_VERSION=");
    equal(
        "wasm-bindgen in dev and Cargo.toml",
        glue.clone(),
        after(&manifest, "\nwasm-bindgen = \"="),
    );
    equal(
        "wasm-bindgen in dev and Trunk.toml",
        glue,
        after(&trunk, "\nwasm_bindgen = \""),
    );
    let rust = after(&dev, "\nRUST_MINIMUM=").map(|minor| format!("1.{minor}"));
    equal(
        "oldest Rust in dev and Cargo.toml",
        rust,
        after(&manifest, "\nrust-version = \""),
    );
    Ok(breaches)
}

/// The version that stands behind `mark`.
fn after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let version: String = rest
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    Some(version).filter(|version| !version.is_empty())
}
