//! `./dev bench`: the figures of docs/benchmarks.md, measured now, beside the peers.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{page, shell};

/// The measurements of native code: package and example.
const EXAMPLES: [(&str, &str); 5] = [
    ("signet-core", "hostile_cost"),
    ("signet-interop", "wire_cost"),
    ("signet-interop", "path_cost"),
    ("signet-interop", "sign_cost"),
    ("signet-interop", "station_rate"),
];

/// Every measurement whose name contains the given word, or all.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let chosen =
        |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let mut failed = Vec::new();
    if chosen("size") {
        page::build_if_stale(&page::Options::default())?;
        println!(
            "## Download\n\n{}\n",
            page::size_table(&page::read_files(Path::new("dist"))?)?
        );
    }
    for (package, example) in EXAMPLES.into_iter().filter(|(_, name)| chosen(name)) {
        let native = |verb, package| {
            shell::cargo([verb, "--quiet", "--profile", "native", "--package", package])
        };
        if example.starts_with("station") {
            shell::succeed(&mut native("build", "signet-station"))?;
        }
        let mut run = native("run", package);
        if let Err(error) = shell::succeed(run.args(["--example", example])) {
            failed.push(format!("{error:#}"));
        }
    }
    for script in shell::files_under("tests/e2e")? {
        let name = script
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with("bench") && name.ends_with(".mjs") && chosen(&name) {
            page::build_if_stale(&page::Options::default())?;
            shell::succeed(&mut shell::cargo(["build", "--package", "signet-station"]))?;
            if let Err(error) = shell::succeed(shell::command("node", []).arg(&script)) {
                failed.push(format!("{error:#}"));
            }
        }
    }
    if !failed.is_empty() {
        bail!("some measurements failed:\n  {}", failed.join("\n  "));
    }
    Ok(())
}
