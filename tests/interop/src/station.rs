//! The station as a program of its own, at free ports.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A running station. It is killed when this is dropped.
pub struct Program {
    process: Child,
    /// Where the page is.
    pub page: SocketAddr,
    /// Of the DPS in it.
    pub id_scope: String,
    /// The line in which it told so.
    pub said: String,
}

impl Program {
    /// Starts `program` with these folders of the page and of its own data. `adjust` adds to the command;
    /// no secret is taken from the environment.
    ///
    /// # Errors
    /// If it does not start, or does not say where the page is.
    pub fn start(
        program: &Path,
        page: &Path,
        data: &Path,
        adjust: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command.env_remove("STATION_PASSPHRASE");
        command.env_remove("STATION_LEDGER");
        command.args(["serve", "--page-port", "0", "--device-port", "0"]);
        command.args(["--mqtt-port", "0", "--page"]);
        command.arg(page).arg("--data").arg(data);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        adjust(&mut command);
        let mut process = command.spawn()?;
        let mut said = String::new();
        BufReader::new(process.stdout.as_mut().context("no output")?).read_line(&mut said)?;
        let (page, id_scope) = told(&said).with_context(|| format!("the station said {said:?}"))?;
        Ok(Self {
            process,
            page,
            id_scope,
            said,
        })
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Child {
        &self.process
    }

    /// Ends the program at once, and gives what it logged, if nobody else has the log.
    ///
    /// # Errors
    /// If the system does not let it be killed, or the log is not UTF-8.
    pub fn stop(&mut self) -> std::io::Result<String> {
        self.process.kill()?;
        self.process.wait()?;
        let mut log = String::new();
        if let Some(mut errors) = self.process.stderr.take() {
            errors.read_to_string(&mut log)?;
        }
        Ok(log)
    }
}

/// From `Open http://127.0.0.1:8080/ (…, ID scope 0ne…)`.
fn told(line: &str) -> Option<(SocketAddr, String)> {
    let (page, rest) = line.strip_prefix("Open http://")?.split_once('/')?;
    let scope = rest.trim_end().trim_end_matches(')').rsplit(' ').next()?;
    Some((page.parse().ok()?, scope.to_owned()))
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
