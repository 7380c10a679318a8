//! Is the page that lies there the one that these sources make?

use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::Options;
use crate::shell;

/// Everything that can change a byte of the page.
const SOURCES: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "app",
    "boards",
    "core",
    "dev",
    "index.html",
    "static",
    "xtask/assets",
    "xtask/src/page",
];

/// A fingerprint of the sources, the compiler and the options.
pub(super) fn stamp(options: &Options) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(shell::capture(&mut shell::command("rustc", ["-vV"]))?);
    hash.update(format!("{options:?}"));
    for source in SOURCES {
        let path = Path::new(source);
        let files = if path.is_dir() {
            shell::files_under(path)?
        } else {
            vec![path.to_path_buf()]
        };
        for file in files {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash.update([0]);
            hash.update(Sha256::digest(std::fs::read(&file)?));
        }
    }
    Ok(super::hex(&hash.finalize()))
}

/// Remembers what the page was made from.
pub(super) fn record(options: &Options, stamp: &str) -> Result<()> {
    Ok(std::fs::write(note(options), note_text(options, stamp)?)?)
}

/// The page is there, nobody touched it, and its sources are these.
pub(super) fn is_fresh(options: &Options) -> Result<bool> {
    let Ok(known) = std::fs::read_to_string(note(options)) else {
        return Ok(false);
    };
    if !options.dist.join("index.html").is_file() {
        return Ok(false);
    }
    Ok(known == note_text(options, &stamp(options)?)?)
}

fn note(options: &Options) -> PathBuf {
    let name = options.dist.to_string_lossy().replace(['/', '\\'], "-");
    Path::new("target").join(format!("page-{name}.stamp"))
}

fn note_text(options: &Options, stamp: &str) -> Result<String> {
    let mut dist = Sha256::new();
    for (name, bytes) in super::read_files(&options.dist)? {
        dist.update(name);
        dist.update([0]);
        dist.update(Sha256::digest(bytes));
    }
    Ok(format!(
        "sources {stamp}\npage {}\n",
        super::hex(&dist.finalize())
    ))
}
