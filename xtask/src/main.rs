//! What `./dev` calls: packaging, checks, and the order in which tests run.
//!
//! It expects the tools that `./dev` installs to be on PATH and never downloads anything itself.
#![expect(
    clippy::print_stdout,
    reason = "a command-line program speaks on standard output"
)]

mod bench;
mod fuzz;
mod house;
mod page;
mod shell;
mod shots;
mod station;
mod suite;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let verb = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match run(&verb, &rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✗ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &str, rest: &[String]) -> Result<ExitCode> {
    shell::enter_root()?;
    match verb {
        "bench" => bench::run(rest)?,
        "build" => page::build(&page::Options::parse(rest)?).map(|_| ())?,
        "check" => return suite::check(),
        "fuzz" => fuzz::run(rest)?,
        "house" => house::run()?,
        "run" => station::run(rest)?,
        "shots" => shots::run(rest)?,
        "test" => return suite::test(rest),
        _ => bail!("no such verb: '{verb}'; ./dev help lists them"),
    }
    Ok(ExitCode::SUCCESS)
}
