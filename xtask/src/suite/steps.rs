//! The steps of `./dev test`. A step that cannot run is a failed step.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{cargo, command};
use crate::{fuzz, house, page, shell};

const WASM: &str = "wasm32-unknown-unknown";

/// One line of the summary.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) work: fn() -> Result<Work>,
}

/// What a step consists of.
pub(super) enum Work {
    /// Run these until one fails.
    Commands(Vec<Command>),
    /// Done already, with this report.
    Done(String),
}

/// Every step, in order: what fails fast comes first.
pub(super) fn all() -> Vec<Step> {
    let step = |name, about, work| Step { name, about, work };
    vec![
        step("format", "every Rust file is formatted", format),
        step("lint", "clippy finds nothing, natively", lint),
        step(
            "lint-wasm",
            "clippy finds nothing in the page's code",
            lint_wasm,
        ),
        step(
            "house",
            "house rules: sizes, layers, words, licences",
            house,
        ),
        step("doc", "the documentation builds, private items too", doc),
        step("unit", "native tests and conformance corpora", unit),
        step("corpus", "every fuzz target survives its corpus", corpus),
        step("wasm-core", "core's tests in a browser", || {
            wasm_pack("core")
        }),
        step("wasm-app", "the page's own tests in a browser", || {
            wasm_pack("app")
        }),
        step("build", "the page builds and may be published", build),
        step(
            "again",
            "built elsewhere, the page is the same byte by byte",
            again,
        ),
        step("e2e", "whole runs in a real browser", e2e),
    ]
}

fn format() -> Result<Work> {
    Ok(Work::Commands(vec![cargo(["fmt", "--all", "--check"])]))
}

fn lint() -> Result<Work> {
    let mut workspace = cargo(["clippy", "--workspace", "--all-targets"]);
    workspace.args(["--", "-D", "warnings"]);
    // Without PKCS #11.
    let mut station = cargo(["clippy", "--package", "signet-station", "--all-targets"]);
    station.args(["--no-default-features", "--", "-D", "warnings"]);
    Ok(Work::Commands(vec![workspace, station]))
}

fn lint_wasm() -> Result<Work> {
    let mut clippy = cargo(["clippy", "--package", "signet-app", "--target", WASM]);
    clippy.args(["--all-targets", "--", "-D", "warnings"]);
    Ok(Work::Commands(vec![clippy]))
}

fn house() -> Result<Work> {
    house::report().map(Work::Done)
}

fn doc() -> Result<Work> {
    let mut doc = cargo([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    doc.env("RUSTDOCFLAGS", "-Dwarnings");
    Ok(Work::Commands(vec![doc]))
}

fn unit() -> Result<Work> {
    // `--show-output`, or a test that skips would do so in silence.
    let mut test = cargo([
        "test",
        "--workspace",
        "--no-fail-fast",
        "--",
        "--show-output",
    ]);
    with_corpora(&mut test)?;
    Ok(Work::Commands(vec![test]))
}

fn corpus() -> Result<Work> {
    fuzz::replay().map(Work::Commands)
}

fn wasm_pack(member: &str) -> Result<Work> {
    let driver = shell::capture(&mut command("which", ["chromedriver"]))
        .context("there is no chromedriver")?;
    let flags = [
        "test",
        "--headless",
        "--chrome",
        "--mode",
        "no-install",
        "--chromedriver",
        driver.trim(),
        member,
    ];
    Ok(Work::Commands(vec![command("wasm-pack", flags)]))
}

fn build() -> Result<Work> {
    page::build(&page::Options::default())?;
    Ok(Work::Done(page::size_table(&page::read_files(
        Path::new("dist"),
    )?)?))
}

fn again() -> Result<Work> {
    page::compare_with_another().map(Work::Done)
}

fn e2e() -> Result<Work> {
    page::build_if_stale(&page::Options::default())?;
    let tests = shell::files_under("tests/e2e")?;
    let tests = tests
        .iter()
        .filter_map(|path| path.to_str())
        .filter(|path| path.ends_with(".test.mjs"));
    let tests: Vec<&str> = tests.collect();
    if tests.is_empty() {
        bail!("there is no tests/e2e/*.test.mjs");
    }
    let mut node = command(
        "node",
        ["--test", "--test-reporter=tap", "--test-timeout=600000"],
    );
    node.args(tests);
    with_corpora(&mut node)?;
    // The tests start the station themselves; they find it built.
    Ok(Work::Commands(vec![
        cargo(["build", "--package", "signet-station"]),
        node,
    ]))
}

/// Tells a test program where the corpora lie that are too large for the repository: in
/// `SIGNET_CORPORA`, or else beside the checkout.
fn with_corpora(command: &mut Command) -> Result<()> {
    let beside = Path::new("../shared/data");
    if std::env::var_os("SIGNET_CORPORA").is_none() && beside.is_dir() {
        command.env("SIGNET_CORPORA", beside.canonicalize()?);
    }
    Ok(())
}
