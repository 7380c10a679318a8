//! The page built a second time, somewhere else: the same sources give the same bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{Files, Options, build_if_stale, make, read_files, write_files};
use crate::shell;

/// Where a second page that differs is left, to be looked at.
const LEFT: &str = "target/again";

/// Builds a copy of the sources at another path, with another target folder, and compares it with `dist/`.
pub(crate) fn compare() -> Result<String> {
    let options = Options::default();
    build_if_stale(&options)?;
    let first = read_files(&options.dist)?;
    let second = build_elsewhere(options)?;
    let differences = differences(&first, &second);
    if !differences.is_empty() {
        write_files(Path::new(LEFT), &second)?;
        let told = differences.join("\n  ");
        bail!("built again elsewhere, the page differs ({LEFT}):\n  {told}");
    }
    let bytes: usize = first.values().map(Vec::len).sum();
    Ok(format!(
        "{} files, {bytes} bytes, the same when built elsewhere\n",
        first.len()
    ))
}

fn build_elsewhere(options: Options) -> Result<Files> {
    let here = std::env::current_dir()?;
    let place = Place::new()?;
    // Neither path is below the other, nor as long as the first ones.
    let sources = place.0.join("copied/sources");
    for file in shell::tracked("")? {
        let target = sources.join(&file);
        std::fs::create_dir_all(target.parent().context("a file has no folder")?)?;
        std::fs::copy(&file, target).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    let target = Some(place.0.join("made"));
    std::env::set_current_dir(&sources)?;
    let made = make(&Options { target, ..options });
    std::env::set_current_dir(here)?;
    made
}

/// What is not the same, a line each.
fn differences(first: &Files, second: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let told = names
        .into_iter()
        .filter_map(|name| match (first.get(name), second.get(name)) {
            (Some(one), Some(other)) if one == other => None,
            (Some(one), Some(other)) => {
                let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
                let (one, other) = (one.len(), other.len());
                Some(format!(
                    "{name}: {one} and {other} bytes, the first {same} of them the same"
                ))
            }
            (Some(_), None) => Some(format!("{name}: in the first only")),
            _ => Some(format!("{name}: in the second only")),
        });
    told.collect()
}

/// A folder outside of the checkout, removed when it is no longer needed.
struct Place(PathBuf);

impl Place {
    fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("signet-again-{}", std::process::id()));
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What is left behind lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn one_byte_and_one_file_are_told() {
        let first = files(&[("a.js", "same"), ("b.wasm", "12345"), ("c.css", "")]);
        let second = files(&[("a.js", "same"), ("b.wasm", "12x45"), ("d.css", "")]);
        assert_eq!(differences(&first, &first), Vec::<String>::new());
        assert_eq!(
            differences(&first, &second),
            [
                "b.wasm: 5 and 5 bytes, the first 2 of them the same",
                "c.css: in the first only",
                "d.css: in the second only",
            ]
        );
    }
}
