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
        let flags = [
            ("-explicit_policy", chain.policies.require_explicit),
            ("-inhibit_map", chain.policies.inhibit_mapping),
            ("-inhibit_any", chain.policies.inhibit_any),
        ];
        verify.arg("-policy_check");
        verify.args(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| *flag));
        let initial = chain.policies.initial.iter().map(ToString::to_string);
        let mut initial: Vec<String> = initial.collect();
        if initial.is_empty() {
            // To OpenSSL, none is none and not any.
            initial.push("2.5.29.32.0".to_owned());
        }
        for oid in &initial {
            verify.args(["-policy", oid]);
        }
        if !chain.lists.is_empty() {
            verify.args(["-crl_check_all", "-extended_crl", "-use_deltas"]);
            verify.arg("-CRLfile").arg(path("lists.pem"));
        }
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
