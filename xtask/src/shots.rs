//! `./dev shots`: the pictures of docs/images, taken from the page that is published.

use anyhow::{Result, bail};

use crate::{page, shell};

/// Builds what is stale, then lets the browser take the pictures.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let script = "tests/e2e/shots.mjs";
    if !std::path::Path::new(script).is_file() {
        bail!("{script} is missing");
    }
    page::build_if_stale(&page::Options::default())?;
    shell::succeed(&mut shell::cargo(["build", "--package", "signet-station"]))?;
    shell::succeed(shell::command("node", [script]).args(words))
}
