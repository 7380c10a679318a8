//! The command line.

mod file;
mod ledger;
mod mistake;

use std::ffi::OsString;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use lexopt::prelude::*;

use crate::ledger::LedgerPlace;
use crate::log::Format;
use crate::operators::Role;
use crate::secret::{KeyAccess, SecretFrom};
use crate::signer::TokenPlace;

pub(crate) use mistake::mistake;

pub use crate::log::Format as LogFormat;
pub use crate::upstream::Options as RelayOptions;

/// What the program was told to do.
#[derive(Debug)]
pub enum Command {
    /// Add an enrollment to a station that does not run.
    Enroll {
        /// The station's folder.
        data: PathBuf,
        /// Whom, and how each proves it.
        enroll: Enroll,
    },
    /// Write out the ledger.
    Export {
        /// Where it is.
        ledger: LedgerPlace,
        /// `csv` or `jsonl`.
        format: String,
    },
    /// Print [`HELP`].
    Help,
    /// Make a station.
    Init {
        /// The station's folder.
        data: PathBuf,
        /// What protects the keys.
        keys: KeyAccess,
        /// The token that is to hold them, if it is not files.
        token: Option<TokenPlace>,
    },
    /// Seal the key files of a station that does not run.
    Protect {
        /// The station's folder.
        data: PathBuf,
        /// What seals them, or is to.
        secret: SecretFrom,
        /// What is to seal them from now on, if that changes.
        fresh: SecretFrom,
    },
    /// Revoke a certificate of a station that does not run.
    Revoke {
        /// Where it is.
        ledger: LedgerPlace,
        /// Serial number, hex.
        serial: String,
        /// As in RFC 5280, section 5.3.1.
        reason: String,
    },
    /// Add, remove or list operators, also of a station that runs.
    Operator {
        /// The station's folder.
        data: PathBuf,
        /// What to do.
        order: OperatorOrder,
    },
    /// Run a relay to a DPS elsewhere.
    Relay(RelayOptions),
    /// Run a station.
    Serve(Box<Serve>),
    /// Print the program's version.
    Version,
    /// Check the ledger, also of a station that runs.
    VerifyLedger {
        /// Where it is.
        ledger: LedgerPlace,
    },
    /// Check a signed report.
    VerifyReport {
        /// The report, as the API answered it.
        file: PathBuf,
        /// PEM of the station's root.
        root: PathBuf,
    },
}

/// What `operator` was told.
#[derive(Debug, PartialEq, Eq)]
pub enum OperatorOrder {
    /// Add one, and print the token.
    Add(String, Role),
    /// Show all.
    List,
    /// Remove one.
    Remove(String),
}

/// What `serve` was told.
#[derive(Clone, Debug)]
pub struct Serve {
    /// The folder with the page's files.
    pub page: PathBuf,
    /// The station's folder.
    pub data: PathBuf,
    /// Address of the page; any but a loopback one needs a certificate.
    pub page_address: IpAddr,
    /// PEM file of the chain with which the page is served over TLS.
    pub page_certificate: Option<PathBuf>,
    /// PEM file of its key.
    pub page_key: Option<PathBuf>,
    /// Names under which the page is reached over TLS.
    pub page_names: Vec<String>,
    /// Port of the page; 0 for any.
    pub page_port: u16,
    /// Port of the device API; 0 for any.
    pub device_port: u16,
    /// Port of the device API over MQTT, and of the practice hub; 0 for any.
    pub mqtt_port: u16,
    /// Address of the device API.
    pub device_address: IpAddr,
    /// More names for the device port's certificate.
    pub device_names: Vec<String>,
    /// Host name of the hub to which devices are assigned.
    pub hub: String,
    /// How many polls are answered with `assigning`.
    pub assigning_polls: u32,
    /// Seconds for `Retry-After`.
    pub retry_after: u32,
    /// How often one device may ask within ten seconds; 0 for any number.
    pub polls_per_ten_seconds: u32,
    /// The origin of a page that is hosted elsewhere.
    pub allow_origin: Option<String>,
    /// Whether faults can be ordered.
    pub test_faults: bool,
    /// How the log is written.
    pub log: Format,
    /// What opens the keys.
    pub keys: KeyAccess,
    /// The database or the other folder with the ledger, if it is not in the station's.
    pub ledger: Option<LedgerPlace>,
    /// A file whose first line is the password of the database.
    pub ledger_password_file: Option<PathBuf>,
    /// The relay's file, if a DPS elsewhere is asked instead of the embedded one.
    pub relay: Option<PathBuf>,
}

impl Serve {
    /// The defaults, for these folders.
    pub fn new(page: impl Into<PathBuf>, data: impl Into<PathBuf>) -> Self {
        Self {
            page: page.into(),
            data: data.into(),
            page_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            page_certificate: None,
            page_key: None,
            page_names: Vec::new(),
            page_port: 8080,
            device_port: 8443,
            mqtt_port: 8883,
            device_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            device_names: Vec::new(),
            // RFC 2606: nobody can own it.
            hub: "practice-hub.invalid".to_owned(),
            assigning_polls: 1,
            retry_after: 2,
            // The service's own limit.
            polls_per_ten_seconds: 5,
            allow_origin: None,
            test_faults: false,
            log: Format::Text,
            keys: KeyAccess::default(),
            ledger: None,
            ledger_password_file: None,
            relay: None,
        }
    }
}

/// What `enroll` was told.
#[derive(Clone, Debug, Default)]
pub struct Enroll {
    /// A registration ID, or the name of a group.
    pub name: String,
    /// For a group.
    pub group: bool,
    /// PEM file of a device's certificate or of a group's authority; without it, fresh symmetric keys.
    pub certificate: Option<PathBuf>,
    /// Public area of the endorsement key of a device's TPM: a file, or its base64.
    pub endorsement_key: Option<String>,
    /// The policy that issues.
    pub policy: Option<String>,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// How the program is used.
pub const HELP: &str = include_str!("config/help.txt");

/// Reads the command line, without the program's name.
///
/// # Errors
///
/// If it cannot be understood.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command> {
    let args: Vec<OsString> = args.into_iter().collect();
    read(args).map_err(|error| match error.downcast::<lexopt::Error>() {
        Ok(error) => anyhow!("{error}: `station --help` lists what there is"),
        Err(error) => error,
    })
}

fn read(args: Vec<OsString>) -> Result<Command> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(Command::Help);
    }
    let mut parser = lexopt::Parser::from_args(args);
    match parser.next()? {
        Some(Value(verb)) if verb == "serve" => serve(parser),
        Some(Value(verb)) if verb == "init" => init(parser),
        Some(Value(verb)) if verb == "enroll" => enroll(parser),
        Some(Value(verb)) if verb == "export-ledger" => export(parser),
        Some(Value(verb)) if verb == "revoke" => revoke(parser),
        Some(Value(verb)) if verb == "verify-ledger" => Ok(Command::VerifyLedger {
            ledger: only_ledger(parser, "verify-ledger")?,
        }),
        Some(Value(verb)) if verb == "operator" => operator(parser),
        Some(Value(verb)) if verb == "protect" => protect(parser),
        Some(Value(verb)) if verb == "relay" => crate::upstream::parse(parser),
        Some(Value(verb)) if verb == "verify-report" => report(parser),
        Some(Long("version") | Short('V')) => Ok(Command::Version),
        None => Ok(Command::Help),
        Some(other) => Err(other.unexpected().into()),
    }
}

/// The value of an option that is more than text.
pub(crate) fn parsed<T: FromStr<Err: Display>>(
    parser: &mut lexopt::Parser,
    option: &str,
) -> Result<T> {
    let text = parser.value()?.string()?;
    text.parse()
        .map_err(|error| anyhow!("--{option} cannot be {text:?}: {error}"))
}

fn serve(mut parser: lexopt::Parser) -> Result<Command> {
    let mut serve = Serve::new("", "");
    while let Some(arg) = parser.next()? {
        if let Long(name) = arg
            && let Some(place) = serve.keys.place(name)
        {
            *place = Some(parser.value()?.into());
            continue;
        }
        match arg {
            Long("config") => file::read(Path::new(&parser.value()?), &mut serve)?,
            Long("log") => serve.log = parsed(&mut parser, "log")?,
            Long("page") => serve.page = parser.value()?.into(),
            Long("data") => serve.data = parser.value()?.into(),
            Long("page-address") => serve.page_address = parsed(&mut parser, "page-address")?,
            Long("page-certificate") => serve.page_certificate = Some(parser.value()?.into()),
            Long("page-key") => serve.page_key = Some(parser.value()?.into()),
            Long("page-name") => serve.page_names.push(parser.value()?.string()?),
            Long("page-port") => serve.page_port = parsed(&mut parser, "page-port")?,
            Long("device-port") => serve.device_port = parsed(&mut parser, "device-port")?,
            Long("mqtt-port") => serve.mqtt_port = parsed(&mut parser, "mqtt-port")?,
            Long("device-address") => serve.device_address = parsed(&mut parser, "device-address")?,
            Long("device-name") => serve.device_names.push(parser.value()?.string()?),
            Long("hub") => serve.hub = parser.value()?.string()?,
            Long("assigning-polls") => {
                serve.assigning_polls = parsed(&mut parser, "assigning-polls")?;
            }
            Long("retry-after") => serve.retry_after = parsed(&mut parser, "retry-after")?,
            Long("polls-per-10s") => {
                serve.polls_per_ten_seconds = parsed(&mut parser, "polls-per-10s")?;
            }
            Long("allow-origin") => serve.allow_origin = Some(origin(parser.value()?.string()?)?),
            Long("ledger") => serve.ledger = Some(ledger::place(parser.value()?)?),
            Long("ledger-password-file") => {
                serve.ledger_password_file = Some(parser.value()?.into());
            }
            Long("relay") => serve.relay = Some(parser.value()?.into()),
            Long("test-faults") => serve.test_faults = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if serve.page.as_os_str().is_empty() || serve.data.as_os_str().is_empty() {
        bail!("serve needs --page DIR and --data DIR");
    }
    if serve.ledger.is_none() {
        serve.ledger = LedgerPlace::from_environment()?;
    }
    Ok(Command::Serve(Box::new(serve)))
}

fn init(mut parser: lexopt::Parser) -> Result<Command> {
    let mut data = None;
    let mut keys = KeyAccess::default();
    let (mut module, mut token) = (None, None);
    while let Some(arg) = parser.next()? {
        if let Long(name) = arg
            && let Some(place) = keys.place(name)
        {
            *place = Some(parser.value()?.into());
            continue;
        }
        match arg {
            Long("data") => data = Some(parser.value()?.into()),
            Long("pkcs11-module") => module = Some(parser.value()?.into()),
            Long("pkcs11-token") => token = Some(parser.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let token = match (module, token) {
        (None, None) => None,
        (Some(module), Some(token)) => Some(TokenPlace::new(module, token)?),
        _ => bail!("--pkcs11-module FILE and --pkcs11-token LABEL belong together"),
    };
    Ok(Command::Init {
        data: data.context("init needs --data DIR")?,
        keys,
        token,
    })
}

fn protect(mut parser: lexopt::Parser) -> Result<Command> {
    let mut data = None;
    let (mut secret, mut fresh) = (SecretFrom::default(), SecretFrom::default());
    while let Some(arg) = parser.next()? {
        let place = match arg {
            Long("data") => Some(&mut data),
            Long(name) => match name.strip_prefix("new-") {
                Some(name) => fresh.place(name),
                None => secret.place(name),
            },
            _ => None,
        };
        match place {
            Some(place) => *place = Some(parser.value()?.into()),
            None => return Err(arg.unexpected().into()),
        }
    }
    Ok(Command::Protect {
        data: data.context("protect needs --data DIR")?,
        secret,
        fresh,
    })
}

/// The arguments of a verb that takes a ledger and nothing else.
fn only_ledger(mut parser: lexopt::Parser, verb: &str) -> Result<LedgerPlace> {
    let mut said = ledger::Said::default();
    while let Some(arg) = parser.next()? {
        if let Long(name) = arg
            && let Some(slot) = said.slot(name)
        {
            *slot = Some(parser.value()?);
            continue;
        }
        return Err(arg.unexpected().into());
    }
    said.place(verb)
}

fn export(mut parser: lexopt::Parser) -> Result<Command> {
    let (mut said, mut format) = (ledger::Said::default(), "jsonl".to_owned());
    while let Some(arg) = parser.next()? {
        if let Long(name) = arg
            && let Some(slot) = said.slot(name)
        {
            *slot = Some(parser.value()?);
            continue;
        }
        match arg {
            Long("format") => format = parser.value()?.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let ledger = said.place("export-ledger")?;
    Ok(Command::Export { ledger, format })
}

fn operator(mut parser: lexopt::Parser) -> Result<Command> {
    let (mut data, mut role, mut words) = (None, None, Vec::new());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("data") => data = Some(parser.value()?.into()),
            Long("role") => role = Some(parsed(&mut parser, "role")?),
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let order = match (words.as_slice(), role) {
        (["add", name], role) => {
            OperatorOrder::Add((*name).to_owned(), role.unwrap_or(Role::Operator))
        }
        (["remove", name], None) => OperatorOrder::Remove((*name).to_owned()),
        (["list"], None) => OperatorOrder::List,
        _ => bail!("operator takes: add NAME, remove NAME, or list"),
    };
    let data = data.context("operator needs --data DIR")?;
    Ok(Command::Operator { data, order })
}

fn report(mut parser: lexopt::Parser) -> Result<Command> {
    let (mut file, mut root) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("root") => root = Some(parser.value()?.into()),
            Value(path) if file.is_none() => file = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::VerifyReport {
        file: file.context("verify-report needs the file of a report")?,
        root: root.context("verify-report needs --root FILE")?,
    })
}

fn revoke(mut parser: lexopt::Parser) -> Result<Command> {
    let mut said = ledger::Said::default();
    let (mut serial, mut reason) = (None, "unspecified".to_owned());
    while let Some(arg) = parser.next()? {
        if let Long(name) = arg
            && let Some(slot) = said.slot(name)
        {
            *slot = Some(parser.value()?);
            continue;
        }
        match arg {
            Long("reason") => reason = parser.value()?.string()?,
            Value(text) if serial.is_none() => serial = Some(text.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Revoke {
        ledger: said.place("revoke")?,
        serial: serial.context("revoke needs the serial number of a certificate")?,
        reason,
    })
}

fn enroll(mut parser: lexopt::Parser) -> Result<Command> {
    let mut data = None;
    let mut enroll = Enroll {
        policy: Some("default".to_owned()),
        ..Enroll::default()
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Long("data") => data = Some(parser.value()?.into()),
            Long("group") => enroll.group = true,
            Long("certificate") => enroll.certificate = Some(parser.value()?.into()),
            Long("endorsement-key") => enroll.endorsement_key = Some(parser.value()?.string()?),
            Long("policy") => {
                enroll.policy = Some(parser.value()?.string()?).filter(|name| name != "none");
            }
            Long("disabled") => enroll.disabled = true,
            Value(name) if enroll.name.is_empty() => enroll.name = name.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    if enroll.certificate.is_some() && enroll.endorsement_key.is_some() {
        bail!("--certificate and --endorsement-key exclude each other");
    }
    if enroll.name.is_empty() {
        bail!("enroll needs a registration ID or the name of a group");
    }
    Ok(Command::Enroll {
        data: data.context("enroll needs --data DIR")?,
        enroll,
    })
}

/// Scheme, host and port, as browsers write it: anything else would never match.
fn origin(text: String) -> Result<String> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '*', ' ', '?', '#']) => Ok(text),
        _ => bail!("{text:?} is no origin such as https://factory.example"),
    }
}

#[cfg(test)]
mod tests;
