//! The program `station`, see [`signet_station::config::HELP`].

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use signet_station::config::{self, Command, HELP};
use signet_station::{Station, enroll, export_ledger, init_with, protect, revoke, verify_ledger};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "station: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match config::parse(std::env::args_os().skip(1))? {
        Command::Help => Ok(write!(std::io::stdout(), "{HELP}")?),
        Command::Export { ledger, format } => {
            export_ledger(ledger, &format, &mut std::io::stdout().lock())
        }
        Command::Init { data, keys, token } => init_with(&data, &keys, token.as_ref()),
        Command::Protect {
            data,
            secret,
            fresh,
        } => protect(&data, &secret, &fresh),
        Command::Enroll { data, enroll: what } => enroll(&data, &what),
        Command::Revoke {
            ledger,
            serial,
            reason,
        } => revoke(ledger, &serial, &reason),
        Command::VerifyLedger { ledger } => {
            let sound = verify_ledger(ledger)?;
            Ok(writeln!(std::io::stdout(), "{sound}")?)
        }
        Command::Serve(serve) => tokio::runtime::Runtime::new()?.block_on(async {
            let station = Station::start(serve).await?;
            writeln!(
                std::io::stdout(),
                "Open http://{}/ (device API: https://localhost:{}/, ID scope {})",
                station.page(),
                station.device().port(),
                station.id_scope(),
            )?;
            tokio::signal::ctrl_c().await?;
            station.stop().await;
            Ok(())
        }),
    }
}
