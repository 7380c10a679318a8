//! `signet-sim-port`: USB serial ports that exist only for programs under `libsignet_shim.so`.
//!
//! ```text
//! signet-sim-port --dir RUN [--origin URL]...
//! ```
//!
//! RUN is a folder for this run: it receives the socket, the table of terminal drivers, and a
//! managed policy that lets pages of each URL (an exact origin with its port) use all serial ports
//! without asking. The first line on standard output names the environment to start the program in.
//!
//! Standard input takes one command per line, as JSON (see [`command::Command`]); each is answered
//! by an event `done` or `failed` with the command's `id`. Standard output tells events, one JSON
//! object per line (see [`report::Event`]). The end of standard input ends the simulator.
//!
//! Each port carries bytes both ways between the program that opens it and a TCP endpoint, the
//! board. A second endpoint, the board's control channel, is told each change of the two lines that
//! reset a board, as text: `lines DTR RTS`, each 0 or 1 (1 is asserted), answered by a line `ok`. Both
//! connections are made when the port is plugged in and closed when it is pulled out.

mod bus;
mod command;
mod kinds;
mod modem;
mod port;
mod report;
mod session;

use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use signet_sim_port::wire;

use crate::bus::Bus;
use crate::command::{Command, Order};
use crate::report::{Event, Reporter};

/// Name, device, first major number, minor numbers, type: what a Linux kernel with these USB
/// drivers shows in `/proc/tty/drivers`. Chromium looks a port's numbers up here.
const TTY_DRIVERS: &str = "\
serial               /dev/ttyS       4 64-111 serial
acm                  /dev/ttyACM   166 0-255 serial
usbserial            /dev/ttyUSB   188 0-511 serial
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signet-sim-port: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (dir, origins) = arguments()?;
    lay_out(&dir, &origins)?;
    let reporter = Reporter::new();
    let bus = Bus::serve(&dir, reporter)?;
    reporter.tell(&Event::Ready {
        dir: dir.display().to_string(),
    });
    for line in io::stdin().lock().lines() {
        let Ok(Order { id, command }) = serde_json::from_str(&line?) else {
            reporter.tell(&Event::Failed {
                id: None,
                reason: "not a command".into(),
            });
            continue;
        };
        match obey(&bus, command) {
            Ok(()) => reporter.tell(&Event::Done { id }),
            Err(error) => reporter.tell(&Event::Failed {
                id: Some(id),
                reason: error.to_string(),
            }),
        }
    }
    Ok(())
}

fn obey(bus: &Bus, command: Command) -> io::Result<()> {
    match command {
        Command::Plug(plug) => bus.plug(plug),
        Command::Refuse { name, errno } => bus.port(&name)?.refuse(errno),
        Command::Unplug { name } => bus.unplug(&name),
        Command::UnplugAfter { name, bytes } => bus.port(&name)?.unplug_after(bytes),
    }
}

fn arguments() -> Result<(PathBuf, Vec<String>), lexopt::Error> {
    let mut dir = None;
    let mut origins = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("dir") => dir = Some(PathBuf::from(parser.value()?)),
            Long("origin") => origins.push(parser.value()?.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok((dir.ok_or("--dir is missing")?, origins))
}

/// Writes what the program under the preload library is shown instead of the system's files.
fn lay_out(dir: &Path, origins: &[String]) -> io::Result<()> {
    let managed = dir.join(wire::POLICIES).join("managed");
    fs::create_dir_all(&managed)?;
    fs::write(dir.join(wire::TTY_DRIVERS), TTY_DRIVERS)?;
    let policy = serde_json::json!({ "SerialAllowAllPortsForUrls": origins });
    fs::write(managed.join("signet.json"), policy.to_string())
}
