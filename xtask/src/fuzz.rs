//! `./dev fuzz [seconds] [target]`, and the replay of the corpora that is part of `./dev test`.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, cargo};

const MANIFEST: &str = "fuzz/Cargo.toml";
/// The manifest below the line that begins so is written by this module.
const MARK: &str = "# The targets.";
/// Committed seeds, one folder per target; the unit tests of core read the same files.
const CORPORA: &str = "core/tests/corpus";
/// What fuzzing found worth keeping on this machine. Git ignores it.
const FINDS: &str = "fuzz/artifacts/finds";

/// Fuzzes each target for a while, starting from its corpus.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let seconds = words.first().map_or("60", String::as_str);
    let seconds: u32 = seconds
        .parse()
        .with_context(|| format!("'{seconds}' is not a number of seconds"))?;
    let all = targets()?;
    let chosen: Vec<&String> = match words.get(1) {
        Some(name) => all.iter().filter(|target| *target == name).collect(),
        None => all.iter().collect(),
    };
    if chosen.is_empty() {
        bail!("no such target; there are: {}", all.join(", "));
    }
    for target in chosen {
        println!("• {target} for {seconds} s …");
        let finds = format!("{FINDS}/{target}");
        std::fs::create_dir_all(&finds)?;
        let mut fuzz = shell::command("cargo", ["fuzz", "run", target, &finds]);
        // libFuzzer writes new finds to the first folder only.
        let seeds = format!("{CORPORA}/{target}");
        fuzz.args(std::path::Path::new(&seeds).is_dir().then_some(seeds));
        fuzz.args(["--".to_owned(), format!("-max_total_time={seconds}")]);
        fuzz.args([
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-verbosity=0",
            "-print_final_stats=1",
        ]);
        fuzz.env("RUSTUP_TOOLCHAIN", "nightly");
        shell::succeed(&mut fuzz)?;
    }
    Ok(())
}

/// The commands that run every target once over each file of its corpus. They need no nightly compiler:
/// without its coverage the same program just replays.
pub(crate) fn replay() -> Result<Vec<Command>> {
    let targets = targets()?;
    let mut commands = vec![cargo(["build", "--manifest-path", MANIFEST, "--bins"])];
    for target in targets {
        let files = shell::files_under(format!("{CORPORA}/{target}"))?;
        if files.is_empty() {
            bail!("the fuzz target {target} has no corpus in {CORPORA}/{target}");
        }
        let mut replay = Command::new(format!("fuzz/target/debug/{target}"));
        replay.args(files);
        commands.push(replay);
    }
    Ok(commands)
}

/// The fuzz targets, one file each, after the manifest was made to name them.
fn targets() -> Result<Vec<String>> {
    let files = shell::files_under("fuzz/fuzz_targets")?;
    let names: Vec<String> = files
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    if names.is_empty() {
        bail!("there are no fuzz targets");
    }
    let before = shell::read(MANIFEST)?;
    let after = manifest(&before, &names)?;
    if before != after {
        std::fs::write(MANIFEST, after)?;
        eprintln!("{MANIFEST} now names every target: commit it");
    }
    Ok(names)
}

fn manifest(before: &str, names: &[String]) -> Result<String> {
    let at = before
        .find(MARK)
        .with_context(|| format!("{MANIFEST} has no line '{MARK} …'"))?;
    let end = before[at..]
        .find('\n')
        .map_or(before.len(), |length| at + length);
    let bins = names.iter().map(|name| {
        format!("\n[[bin]]\nname = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\ntest = false\ndoc = false\nbench = false\n")
    });
    Ok(format!("{}\n{}", &before[..end], bins.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_targets_is_written_anew_and_the_rest_kept() {
        let first = manifest("[package]\n# The targets. Kept.\n", &["a".to_owned()]).unwrap();
        assert!(first.starts_with("[package]\n# The targets. Kept.\n\n[[bin]]\nname = \"a\"\n"));
        let second = manifest(&first, &["b".to_owned()]).unwrap();
        assert!(!second.contains("\"a\"") && second.contains("\"b\""));
    }
}
