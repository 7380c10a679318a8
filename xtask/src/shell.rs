//! Other programs, and the files of this checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Makes the root of the checkout the working directory, so that every path below is relative to it.
pub(crate) fn enter_root() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has no parent folder")?;
    std::env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))
}

/// The cargo that runs this program.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    command("cargo", arguments)
}

/// A command that has not started yet.
pub(crate) fn command<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Runs it, its output going where ours goes.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs it and gives its standard output as text.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} ended with {}: {}",
            line(command),
            output.status,
            told.trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} did not print text", line(command)))
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Every file under `folder`, sorted; empty if there is no such folder.
pub(crate) fn files_under(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.as_ref().to_path_buf()];
    while let Some(folder) = open.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?
        {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The files that git tracks or would track, with the given ending.
pub(crate) fn tracked(ending: &str) -> Result<Vec<PathBuf>> {
    let listing = capture(&mut command(
        "git",
        ["ls-files", "--cached", "--others", "--exclude-standard"],
    ))?;
    Ok(listing
        .lines()
        .filter(|path| path.ends_with(ending))
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .collect())
}

/// `read_to_string` with the path in its error.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The value of `key` in a JSON file written by `cargo metadata`, for the given target or for all.
pub(crate) fn metadata(target: Option<&str>) -> Result<serde_json::Value> {
    let mut command = cargo(["metadata", "--format-version=1", "--locked"]);
    if let Some(target) = target {
        command.args(["--filter-platform", target]);
    }
    Ok(serde_json::from_str(&capture(&mut command)?)?)
}
