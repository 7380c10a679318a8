//! `./dev run`: the page, and the station that serves it.

use anyhow::Result;

use crate::{page, shell};

/// Builds what is stale and starts the station; it prints the address to open. Words after `run` go
/// to the station and come last, so that they override.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let options = page::Options::default();
    page::build_if_stale(&options)?;
    println!("• building the station (quick if nothing changed) …");
    shell::succeed(&mut shell::cargo([
        "build",
        "--quiet",
        "--package",
        "signet-station",
    ]))?;
    let data = std::env::var("SIGNET_DATA").unwrap_or_else(|_| "target/station-data".to_owned());
    let mut station = shell::cargo([
        "run",
        "--quiet",
        "--package",
        "signet-station",
        "--",
        "serve",
        "--page",
        "dist",
    ]);
    station.args(["--data", &data]).args(words);
    shell::succeed(&mut station)
}
