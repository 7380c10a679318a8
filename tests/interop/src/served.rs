//! The simulated board as a process that serves its serial loader on TCP.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A running board. It ends when this is dropped.
pub struct Served {
    process: Child,
    /// Where its serial line is served.
    pub serial: SocketAddr,
    /// Where its control lines and its reset button are served.
    pub control: SocketAddr,
}

impl Served {
    /// Starts one, in its loader.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start() -> Result<Self> {
        Self::with_flash(4)
    }

    /// Starts one with a flash chip of that many MiB.
    ///
    /// # Errors
    /// If it does not start.
    pub fn with_flash(mib: u16) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut process = Command::new(cargo)
            .args([
                "run",
                "--quiet",
                "--package",
                "signet-boards",
                "--example",
                "serve",
                "--",
                "0",
                "0",
                &mib.to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let mut ports = line.split_whitespace().skip(1).map(str::parse);
        let mut port = || ports.next().context("no port")?.context("no number");
        let address = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (serial, control) = (address(port()?), address(port()?));
        Ok(Self {
            process,
            serial,
            control,
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The board is a child of cargo's: it must be asked to go.
        let _ =
            crate::rom::Control::connect(self.control).map(|mut control| control.command("quit"));
        let _ = self.process.wait();
    }
}
