use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::make::{AT, HOST};
use super::{Chain, Judge};

/// `openssl verify`, with a folder for its files.
#[derive(Debug)]
pub struct OpenSsl {
    folder: TempDir,
}

impl OpenSsl {
    /// Looks for the program.
    ///
    /// # Errors
    /// If it is not there.
    pub fn new() -> Result<Self> {
        Command::new("openssl")
            .arg("version")
            .output()
            .context("openssl")?;
        Ok(Self {
            folder: TempDir::new()?,
        })
    }
}

impl Judge for OpenSsl {
    fn name(&self) -> &'static str {
        "openssl"
    }

    fn verdict(&mut self, chain: &Chain) -> Result<String> {
        let path = |name: &str| self.folder.path().join(name);
        chain.keep(self.folder.path())?;
        let mut verify = Command::new("openssl");
        verify.args([
            "verify",
            "-no-CApath",
            "-no-CAstore",
            "-purpose",
            "sslserver",
            "-verify_hostname",
            HOST,
        ]);
        verify.args(["-attime", &AT.0.to_string()]);
        verify.arg("-CAfile").arg(path("root.pem"));
        if !chain.bag.is_empty() {
            verify.arg("-untrusted").arg(path("bag.pem"));
        }
        let output = verify
            .arg(path("leaf.pem"))
            .output()
            .context("openssl verify")?;
        if output.status.success() {
            return Ok("OK".to_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let error = text.lines().find_map(|line| {
            line.split_once("lookup: ")
                .map(|(_, words)| words.to_owned())
        });
        Ok(error.unwrap_or_else(|| text.lines().next().unwrap_or("no words").to_owned()))
    }
}
