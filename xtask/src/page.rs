//! `./dev build`: from sources to `dist/`, static files that any web server can give out.

mod again;
mod audit;
mod html;
mod licences;
mod pack;
mod sizes;
mod stale;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::shell;

pub(crate) use again::compare as compare_with_another;
pub(crate) use licences::shipped;
pub(crate) use sizes::table as size_table;

/// Where trunk puts its raw material (see Trunk.toml).
const STAGED: &str = "target/page";
/// The files of a page by their path, relative to its root.
pub(crate) type Files = std::collections::BTreeMap<String, Vec<u8>>;

/// What `./dev build` takes.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Where the finished page goes.
    pub(crate) dist: PathBuf,
    /// Origins that the page may talk to, besides its own.
    pub(crate) connect: Vec<String>,
    /// Where the compiler works; `None` is cargo's own choice.
    pub(crate) target: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dist: "dist".into(),
            connect: Vec::new(),
            target: None,
        }
    }
}

impl Options {
    /// Reads the command line.
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        use lexopt::prelude::*;
        let mut options = Self::default();
        let mut parser = lexopt::Parser::from_args(words);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("dist") => options.dist = parser.value()?.into(),
                Long("connect") => options.connect.push(origin(&parser.value()?.string()?)?),
                Long("public-url") => {
                    // Every address in the page is relative, so one build serves under every path.
                    let url = parser.value()?.string()?;
                    if url != "./" {
                        bail!(
                            "the page needs no public address: dist/ works under every path (--public-url ./)"
                        );
                    }
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// Builds the page and reports its size.
pub(crate) fn build(options: &Options) -> Result<()> {
    let start = Instant::now();
    let stamp = stale::stamp(options)?;
    let files = make(options)?;
    write_files(&options.dist, &files)?;
    stale::record(options, &stamp)?;
    println!("{}", sizes::table(&files)?);
    println!(
        "{} is ready after {:.0} s.",
        options.dist.display(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The page of the sources in the working directory.
fn make(options: &Options) -> Result<Files> {
    trunk(options.target.as_deref())?;
    let files = pack::pack(
        &read_files(Path::new(STAGED))?,
        licences::notice()?,
        options,
    )?;
    let problems = audit::audit(&files)?;
    if !problems.is_empty() {
        bail!(
            "{} must not be published:\n  {}",
            options.dist.display(),
            problems.join("\n  ")
        );
    }
    Ok(files)
}

/// Builds the page unless the one that lies there was made from these very sources.
pub(crate) fn build_if_stale(options: &Options) -> Result<()> {
    if stale::is_fresh(options)? {
        return Ok(());
    }
    println!("• building the page (the first time takes a few minutes) …");
    build(options)
}

/// Reads a folder of files.
pub(crate) fn read_files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in shell::files_under(folder)? {
        let name = path
            .strip_prefix(folder)?
            .to_str()
            .context("a file name is not text")?
            .to_owned();
        files.insert(name, std::fs::read(&path)?);
    }
    Ok(files)
}

/// Lower-case hex, as `sha384sum` writes it.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn trunk(target: Option<&Path>) -> Result<()> {
    let log = "target/trunk.log";
    std::fs::create_dir_all("target")?;
    let out = std::fs::File::create(log)?;
    let mut command = shell::command("trunk", ["build", "--release"]);
    hand_over(&mut command, &remapped_paths()?);
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    command.env_remove("NO_COLOR"); // trunk takes it for an option of its own and refuses the value "1"
    let status = command
        .stdout(out.try_clone()?)
        .stderr(out)
        .status()
        .context("cannot start trunk")?;
    if !status.success() {
        let text = shell::read(log)?;
        let lines: Vec<&str> = text.lines().collect();
        bail!(
            "trunk failed ({log}):\n{}",
            lines[lines.len().saturating_sub(40)..].join("\n")
        );
    }
    Ok(())
}

/// Panics carry source paths. Without this the page would depend on, and tell, where it was built.
fn remapped_paths() -> Result<Vec<String>> {
    let here = std::env::current_dir()?;
    let home = std::env::var("HOME").unwrap_or_default();
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let sysroot = shell::capture(&mut shell::command("rustc", ["--print", "sysroot"]))?;
    let pairs = [
        (here.display().to_string(), "/signet"),
        (cargo, "/cargo"),
        (format!("{}/lib/rustlib/src/rust", sysroot.trim()), "/rust"),
    ];
    Ok(pairs
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
        .collect())
}

/// Flags for the compiler, in the one way that takes spaces.
fn hand_over(command: &mut Command, flags: &[String]) {
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
}

/// Replaces the folder as a whole, so that a server never gives out half of two versions for long.
fn write_files(folder: &Path, files: &Files) -> Result<()> {
    let fresh = folder.with_extension("new");
    let old = folder.with_extension("old");
    for leftover in [&fresh, &old] {
        if leftover.exists() {
            std::fs::remove_dir_all(leftover)?;
        }
    }
    for (name, bytes) in files {
        let path = fresh.join(name);
        std::fs::create_dir_all(path.parent().context("a file has no folder")?)?;
        std::fs::write(&path, bytes)?;
    }
    if folder.exists() {
        std::fs::rename(folder, &old)?;
    }
    std::fs::rename(&fresh, folder)
        .with_context(|| format!("cannot put {} in place", folder.display()))?;
    if old.exists() {
        std::fs::remove_dir_all(&old)?;
    }
    Ok(())
}

/// `https://host[:port]`, nothing more, as a policy wants it.
fn origin(text: &str) -> Result<String> {
    let Some((scheme, host)) = text.trim_end_matches('/').split_once("://") else {
        bail!("'{text}' is not an origin such as https://dps.example");
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if !matches!(scheme, "https" | "http") || host.is_empty() || !host.chars().all(allowed) {
        bail!("'{text}' is not an origin such as https://dps.example");
    }
    Ok(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo itself has to read them.
    #[test]
    fn a_path_may_have_spaces() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("my code/signet");
        std::fs::create_dir_all(place.join("src")).unwrap();
        let manifest = "[package]\nname = \"p\"\nedition = \"2021\"\n[workspace]\n";
        std::fs::write(place.join("Cargo.toml"), manifest).unwrap();
        let source = "#[cfg(not(heard))]\ncompile_error!(\"a flag is missing\");\n";
        std::fs::write(place.join("src/lib.rs"), source).unwrap();
        let flags = [
            format!("--remap-path-prefix={}=/signet", place.display()),
            "--cfg=heard".to_owned(),
        ];
        let mut check = shell::cargo(["check", "--offline", "--quiet"]);
        check.current_dir(&place).env_remove("CARGO_TARGET_DIR");
        hand_over(&mut check, &flags);
        shell::capture(&mut check).unwrap();
    }

    #[test]
    fn an_origin_cannot_smuggle_a_policy() {
        assert_eq!(
            origin("https://dps.example/").unwrap(),
            "https://dps.example"
        );
        for bad in [
            "dps.example",
            "https://",
            "https://a; script-src *",
            "ftp://a",
            "https://a/b",
            "https://a b",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
