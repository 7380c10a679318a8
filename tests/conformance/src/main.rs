//! See the library.
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use conformance::differ::{self, Cryptography, Explained, Judge, Kind, OpenSsl};
use conformance::limbo::{Exceptions, Score, Suite, Verdict};
use conformance::path::{self, Request};
use lexopt::prelude::*;
use signet_core::UnixTime;

const USAGE: &str = "\
usage: conformance limbo <file.json|file.json.gz> [--only <part of an id>]
       conformance path --time <RFC 3339> --trust <file>... --leaf <file> [--bag <file>...]
                        [--crl <file>...] [--policy <oid>]... [--require-explicit-policy]
                        [--inhibit-mapping] [--inhibit-any] [--name <dns>] [--profile <name>]
                        [--lint] [--json]
       conformance differ [--kind form|policies|lists] [--seed <number>] [--count <number>]
                          [--keep <folder>]";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = lexopt::Parser::from_env();
    match arguments.next()? {
        Some(Value(word)) if word == "limbo" => limbo(arguments),
        Some(Value(word)) if word == "path" => path(arguments),
        Some(Value(word)) if word == "differ" => differ(arguments),
        Some(other) => Err(other.unexpected().into()),
        None => anyhow::bail!("nothing to do"),
    }
}

/// Prints each way in which another judge differs, and fails for one that nobody has explained.
fn differ(mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let (mut first, mut count, mut keep, mut kind) = (1, 1_000, None, Kind::Form);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seed") => first = arguments.value()?.parse()?,
            Long("count") => count = arguments.value()?.parse()?,
            Long("kind") => {
                let name = arguments.value()?.string()?;
                let known = Kind::ALL.iter().find(|(known, _)| *known == name);
                kind = known.context("there is no such kind")?.1;
            }
            Long("keep") => keep = Some(std::path::PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    if let Some(folder) = keep {
        kind.chain(first).keep(&folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let explained = Explained::committed()?;
    let mut unexplained = 0;
    let mut judges: Vec<Box<dyn Judge>> = vec![Box::new(OpenSsl::new()?)];
    if kind == Kind::Form {
        // It knows neither policies nor lists.
        judges.push(Box::new(Cryptography::new()?));
    }
    for mut judge in judges {
        let seeds = first..first.saturating_add(count);
        let name = judge.name();
        let tally = differ::compare(&mut *judge, &explained, kind, seeds)?;
        unexplained += tally.unexplained();
        for ((ours, theirs, reason), seeds) in &tally.differences {
            let some = &seeds[..seeds.len().min(3)];
            let (count, reason) = (seeds.len(), reason.as_deref().unwrap_or("?"));
            println!("{name}\t{count}\t{ours}\t{theirs}\t{reason}\t{some:?}");
        }
        let (accepted, refused) = (tally.accepted, tally.refused);
        println!("{name} accepted={accepted} refused={refused}");
    }
    println!("unexplained={unexplained}");
    Ok(if unexplained == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn path(arguments: lexopt::Parser) -> Result<ExitCode> {
    let request = Request::parse(arguments)?;
    let report = request.answer();
    if request.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", path::shown(&report));
    }
    Ok(if report.is_accepted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn limbo(mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let (mut file, mut only) = (None, String::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(path) if file.is_none() => file = Some(path),
            Long("only") => only = arguments.value()?.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.context("no file is named")?;
    let bytes = std::fs::read(&file).with_context(|| format!("{}", file.display()))?;
    let suite = Suite::read(&bytes)?;
    let exceptions = Exceptions::committed()?;
    let now = UnixTime(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let (mut score, mut surprises) = (Score::default(), 0);
    for case in suite
        .testcases
        .iter()
        .filter(|case| case.id.contains(&only))
    {
        let outcome = case.run(now);
        let got = outcome
            .verdict
            .map_or("SKIPPED".to_owned(), |verdict: Verdict| verdict.to_string());
        println!(
            "{}\t{}\t{got}\t{}",
            case.id, case.expected_result, outcome.reason
        );
        score.add(case.expected_result, &outcome);
        let agrees = outcome.verdict == Some(case.expected_result);
        match (agrees, exceptions.reason(&case.id)) {
            (true, Some(reason)) => {
                eprintln!("{}: agrees, though exceptions.json says: {reason}", case.id);
                surprises += 1;
            }
            (false, None) => surprises += 1,
            _ => {}
        }
    }
    println!("{score}");
    Ok(if surprises == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
