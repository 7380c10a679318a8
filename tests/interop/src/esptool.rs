//! Espressif's own tool, at a board that is served over TCP.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

/// Runs esptool with `arguments` and returns what it prints. It neither resets the chip nor leaves it.
///
/// # Errors
/// If it fails, with what it printed.
pub fn run(serial: SocketAddr, arguments: &[&str]) -> Result<String> {
    let output = Command::new(crate::python())
        .args(["-m", "esptool", "--port", &format!("socket://{serial}")])
        .args(["--before", "no-reset", "--after", "no-reset"])
        .args(arguments)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// Reads flash with it, through the ROM alone.
///
/// # Errors
/// If it fails.
pub fn read_flash(serial: SocketAddr, offset: u32, size: u32, folder: &Path) -> Result<Vec<u8>> {
    let file = folder.join("read.bin");
    let (offset, size) = (offset.to_string(), size.to_string());
    run(
        serial,
        &[
            "--no-stub",
            "read-flash",
            &offset,
            &size,
            &file.to_string_lossy(),
        ],
    )?;
    Ok(std::fs::read(file)?)
}
