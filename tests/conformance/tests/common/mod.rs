//! Where the suites of others are.

use std::path::PathBuf;
use std::{env, fs};

/// A file of the folder that the environment variable `SIGNET_CORPORA` names; `None`, said loudly,
/// without it.
pub(crate) fn corpus(file: &str) -> Option<Vec<u8>> {
    let Some(folder) = env::var_os("SIGNET_CORPORA") else {
        eprintln!("skipped: SIGNET_CORPORA names no folder with {file}");
        return None;
    };
    let path = PathBuf::from(folder).join(file);
    let bytes = fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: there is no {}", path.display());
    }
    bytes
}
