//! What the judging tests have in common: where to find programs that others wrote, how to start
//! them, and drivers that connect Signet's state machines to them.
//!
//! - [`python`]: the interpreter with the packages of `tests/python/requirements.txt`.
//! - [`rom`]: an ESP32-C3's own mask ROM, running (see `tests/rom`).
//! - [`serial`]: a flashing session on a TCP port, with the real clock.
//! - [`wire`]: a flashing session and a simulated board on a simulated wire, with a simulated clock.
//! - [`postgres`]: a PostgreSQL server of our own.
//! - [`proxy`]: faults on a TCP connection.
//! - [`esptool`]: Espressif's own tool.
//! - [`tap`]: counts what goes over a TCP connection.
//! - [`station`]: the station as a process of its own.
//! - [`served`]: the simulated board as a process of its own.

pub mod esptool;
pub mod postgres;
pub mod proxy;
pub mod rom;
pub mod serial;
pub mod served;
pub mod station;
pub mod tap;
pub mod wire;

use std::path::PathBuf;
use std::process::Command;

/// The Python interpreter that has the judges: `SIGNET_PYTHON`, else `python3`.
#[must_use]
pub fn python() -> PathBuf {
    std::env::var_os("SIGNET_PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}

/// Whether the interpreter can import all of `modules`. If not, says loudly that the test is skipped.
///
/// # Panics
/// If they are missing and `SIGNET_REQUIRE_PEERS` is 1: then a judge that is not there is a failure.
#[must_use]
pub fn has_python(modules: &[&str]) -> bool {
    let imports = format!("import {}", modules.join(", "));
    let output = Command::new(python()).args(["-c", &imports]).output();
    let reason = match output {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr)
            .trim()
            .replace('\n', " "),
        Err(error) => error.to_string(),
    };
    skip(&format!(
        "{} cannot import {}: {reason}",
        python().display(),
        modules.join(", ")
    ));
    false
}

/// Says that a test is skipped.
///
/// # Panics
/// If `SIGNET_REQUIRE_PEERS` is 1.
#[allow(clippy::print_stderr, reason = "a skipped judge must be heard")]
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("SIGNET_REQUIRE_PEERS").is_none_or(|value| value != "1"),
        "{reason}"
    );
    eprintln!("skipped: {reason}");
}
