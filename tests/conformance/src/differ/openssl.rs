use std::process::Command;

use anyhow::{Context, Result};
use signet_core::pem;
use tempfile::TempDir;

use super::Chain;
use super::make::{AT, HOST};

/// `openssl verify`, with a folder for its files.
#[derive(Debug)]
pub struct Judge {
    folder: TempDir,
}

impl Judge {
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

    /// Writes the chain into that folder, to be looked at.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(chain: &Chain, folder: &std::path::Path) -> Result<()> {
        let write = |name: &str, all: &[Vec<u8>]| {
            let text: String = all
                .iter()
                .map(|der| pem::encode("CERTIFICATE", der))
                .collect();
            std::fs::write(folder.join(name), text)
        };
        write("root.pem", std::slice::from_ref(&chain.root))?;
        write("bag.pem", &chain.bag)?;
        write("leaf.pem", std::slice::from_ref(&chain.leaf))?;
        Ok(())
    }

    /// `OK`, or the words of the first error.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn verdict(&self, chain: &Chain) -> Result<String> {
        let path = |name: &str| self.folder.path().join(name);
        Self::keep(chain, self.folder.path())?;
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
