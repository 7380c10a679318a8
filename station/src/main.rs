//! The program `station`, see [`signet_station::config::HELP`].

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use signet_station::config::{self, Command, HELP, OperatorOrder};
use signet_station::{
    Relay, Station, add_operator, enroll, export_ledger, init_with, introduce, list_operators,
    protect, remove_operator, revoke, runtime, verify_ledger, verify_report,
};

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
        Command::Init { data, keys, token } => {
            init_with(&data, &keys, token.as_ref())?;
            Ok(write!(std::io::stdout(), "{}", introduce(&data)?)?)
        }
        Command::Protect {
            data,
            secret,
            fresh,
        } => protect(&data, &secret, &fresh),
        Command::Enroll { data, enroll: what } => enroll(&data, &what),
        Command::Relay(options) => {
            runtime()?.block_on(async { relay(Relay::start(options).await?).await })
        }
        Command::Operator { data, order } => operator(&data, order),
        Command::Revoke {
            ledger,
            serial,
            reason,
        } => revoke(ledger, &serial, &reason),
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            Ok(writeln!(std::io::stdout(), "station {version}")?)
        }
        Command::VerifyLedger { ledger } => {
            let sound = verify_ledger(ledger)?;
            Ok(writeln!(std::io::stdout(), "{sound}")?)
        }
        Command::VerifyReport { file, root } => {
            let genuine = verify_report(&file, &root)?;
            Ok(writeln!(std::io::stdout(), "{genuine}")?)
        }
        Command::Serve(serve) if serve.relay.is_some() => {
            runtime()?.block_on(async { relay(Relay::start_with_ledger(*serve).await?).await })
        }
        Command::Serve(serve) => runtime()?.block_on(async {
            let station = Station::start(*serve).await?;
            writeln!(
                std::io::stdout(),
                "Open {} (device API: https://localhost:{}/, ID scope {})",
                station.url(),
                station.device().port(),
                station.id_scope(),
            )?;
            told_to_stop().await?;
            station.stop().await;
            Ok(())
        }),
    }
}

async fn relay(relay: Relay) -> Result<()> {
    let (url, upstream) = (relay.url(), relay.upstream());
    writeln!(std::io::stdout(), "Open {url} (relay to {upstream})")?;
    told_to_stop().await?;
    relay.stop().await;
    Ok(())
}

/// Ctrl-C, or what a service manager sends.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn operator(data: &Path, order: OperatorOrder) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match order {
        // The one time that the token is shown.
        OperatorOrder::Add(name, role) => {
            writeln!(out, "{}", *add_operator(data, &name, role)?)?;
        }
        OperatorOrder::List => {
            for line in list_operators(data)? {
                writeln!(out, "{line}")?;
            }
        }
        OperatorOrder::Remove(name) => remove_operator(data, &name)?,
    }
    Ok(())
}
