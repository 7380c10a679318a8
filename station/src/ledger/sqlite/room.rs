//! Whether there is room on the disk.

use std::path::Path;

use anyhow::{Result, ensure};

/// What must be free before something is issued, in bytes: a commit of the largest kind, its copy in
/// the write-ahead log, and some for everybody else's.
const RESERVE: u64 = 16 * 1024 * 1024;

/// Refuses when less than the reserve is free.
pub(super) fn ensure(folder: &Path) -> Result<()> {
    let free = free(folder)?;
    ensure!(
        free >= RESERVE,
        "the disk of {} has {} KiB left, and {} KiB are needed: make room, then try again",
        folder.display(),
        free / 1024,
        RESERVE / 1024
    );
    Ok(())
}

/// Bytes that are free on the disk of a folder.
#[cfg(unix)]
pub(super) fn free(folder: &Path) -> Result<u64> {
    let facts = rustix::fs::statvfs(folder)?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}

/// Elsewhere a commit that finds no room fails, and what it would have told of is not told.
#[cfg(not(unix))]
pub(super) fn free(_folder: &Path) -> Result<u64> {
    Ok(u64::MAX)
}
