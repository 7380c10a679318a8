//! `./dev test` and `./dev check`: every step in order, however the one before went, and one summary.

mod failed;
mod steps;
mod tally;

use std::io::Write as _;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::shell;
use steps::{Step, Work};
use tally::Tally;

/// Where each step leaves its whole output.
const LOGS: &str = "target/test-logs";
/// A step that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(45 * 60);
/// So many failed tests of a step are told again at the end.
const TOLD: usize = 12;

/// Runs the steps whose names are given, or all of them.
pub(crate) fn test(names: &[String]) -> Result<ExitCode> {
    let all = steps::all();
    if names.first().is_some_and(|name| name == "list") {
        for step in &all {
            println!("{:<10} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| !all.iter().any(|step| step.name == name.as_str()))
    {
        bail!("no such step: '{unknown}'; ./dev test list names them");
    }
    let chosen = all
        .into_iter()
        .filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));
    run(chosen.collect())
}

/// The quick steps.
pub(crate) fn check() -> Result<ExitCode> {
    run(steps::all()
        .into_iter()
        .filter(|step| ["format", "lint", "house", "unit"].contains(&step.name))
        .collect())
}

struct Outcome {
    name: &'static str,
    seconds: f64,
    tally: Tally,
    trouble: Option<String>,
    /// Each failed test, in a few lines.
    failed: Vec<String>,
}

fn run(steps: Vec<Step>) -> Result<ExitCode> {
    std::fs::create_dir_all(LOGS)?;
    let mut outcomes = Vec::new();
    for step in steps {
        print!("• {:<10} {} … ", step.name, step.about);
        std::io::stdout().flush()?;
        let outcome = perform(step);
        match &outcome.trouble {
            None => println!("ok ({:.1} s)", outcome.seconds),
            Some(trouble) => println!("FAILED ({:.1} s)\n{}\n", outcome.seconds, indented(trouble)),
        }
        outcomes.push(outcome);
    }
    Ok(summarise(&outcomes))
}

fn perform(step: Step) -> Outcome {
    let start = Instant::now();
    let log = format!("{LOGS}/{}.log", step.name);
    // What an earlier run said would be counted again; that there is none is no trouble.
    let _ = std::fs::remove_file(&log);
    let ended = match (step.work)() {
        Ok(Work::Commands(commands)) => commands
            .into_iter()
            .try_for_each(|command| logged(command, &log)),
        Ok(Work::Done(text)) => std::fs::write(&log, text).map_err(Into::into),
        Err(error) => std::fs::write(&log, format!("{error:#}\n"))
            .map_err(Into::into)
            .and(Err(error)),
    };
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let mut tally = Tally::of(&text);
    if tally.is_empty() {
        tally.passed = u64::from(ended.is_ok());
    }
    if ended.is_err() && tally.failed == 0 {
        tally.failed = 1;
    }
    let trouble = ended.err().map(|error| match format!("{error:#}") {
        told if text.trim() == told.trim() => tail(&text),
        told => format!("{}\n{told}\n(all of it: {log})", tail(&text)),
    });
    let failed = trouble.iter().flat_map(|_| failed::of(&text)).collect();
    Outcome {
        name: step.name,
        seconds: start.elapsed().as_secs_f64(),
        tally,
        trouble,
        failed,
    }
}

/// Runs one command, its output appended to the log, and stops it when it hangs.
fn logged(mut command: std::process::Command, log: &str) -> Result<()> {
    let mut out = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)?;
    writeln!(out, "$ {}", shell::line(&command))?;
    command
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", shell::line(&command)))?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            bail!(
                "{} hung and was stopped after {} minutes",
                shell::line(&command),
                LIMIT.as_secs() / 60
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !status.success() {
        bail!("{} ended with {status}", shell::line(&command));
    }
    Ok(())
}

fn summarise(outcomes: &[Outcome]) -> ExitCode {
    println!(
        "\n{:<10} {:>9} {:>8} {:>8} {:>8}",
        "step", "seconds", "passed", "failed", "skipped"
    );
    let mut sum = Tally::default();
    for Outcome {
        name,
        seconds,
        tally,
        ..
    } in outcomes
    {
        println!(
            "{name:<10} {seconds:>9.1} {:>8} {:>8} {:>8}",
            tally.passed,
            tally.failed,
            tally.skipped()
        );
        sum.add(tally);
    }
    if !sum.reasons.is_empty() {
        println!("\nskipped:");
        for reason in &sum.reasons {
            println!("  {reason}");
        }
    }
    for Outcome { name, failed, .. } in outcomes {
        for told in failed.iter().take(TOLD) {
            print!("\n{name} failed:\n{}", indented(told));
        }
    }
    println!(
        "\n{} passed, {} failed, {} skipped",
        sum.passed,
        sum.failed,
        sum.skipped()
    );
    let good = sum.failed == 0 && outcomes.iter().all(|outcome| outcome.trouble.is_none());
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
