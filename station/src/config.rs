//! The command line.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::ledger::{LedgerPlace, LedgerUrl};
use crate::secret::{KeyAccess, SecretFrom};
use crate::signer::TokenPlace;

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
    /// Run a station.
    Serve(Serve),
    /// Check the ledger, also of a station that runs.
    VerifyLedger {
        /// Where it is.
        ledger: LedgerPlace,
    },
}

/// What `serve` was told.
#[derive(Clone, Debug)]
pub struct Serve {
    /// The folder with the page's files.
    pub page: PathBuf,
    /// The station's folder.
    pub data: PathBuf,
    /// Port of the page, on the loopback interface; 0 for any.
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
    /// What opens the keys.
    pub keys: KeyAccess,
    /// The database with the ledger, if it is not in the folder.
    pub ledger: Option<LedgerUrl>,
}

impl Serve {
    /// The defaults, for these folders.
    pub fn new(page: impl Into<PathBuf>, data: impl Into<PathBuf>) -> Self {
        Self {
            page: page.into(),
            data: data.into(),
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
            keys: KeyAccess::default(),
            ledger: None,
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
    /// The policy that issues.
    pub policy: Option<String>,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// How the program is used.
pub const HELP: &str = "\
station: serves the Signet page, and is a Device Provisioning Service to practise with.

  station serve --page DIR --data DIR   run; makes the station if there is none
      --page-port N                     page and relay, loopback only (8080)
      --device-port N                   device API over HTTPS (8443)
      --mqtt-port N                     device API over MQTT, and the practice hub (8883)
      --device-address ADDR             where both listen (127.0.0.1)
      --device-name NAME                one more name in its certificate; may be repeated
      --hub NAME                        host name of the hub that devices are assigned to
      --assigning-polls N               polls that are answered with `assigning` (1)
      --retry-after N                   seconds between polls (2)
      --polls-per-10s N                 how often one device may ask in 10 s (5; 0 for any number)
      --allow-origin ORIGIN             let a page hosted there call the device API
      --ledger URL                      the ledger in a database that several stations share:
                                        postgres://user:password@host/database
      --test-faults                     let tests order faults; never on a production line
  station init --data DIR               only make the station
      --pkcs11-module FILE              with its authorities' keys in a token or an HSM, which
      --pkcs11-token LABEL              this module (a shared library) reaches under this label
  station protect --data DIR            encrypt the keys of a station that does not run
      --new-passphrase-file FILE        change their secret; or --new-key-file FILE
  station enroll NAME --data DIR        add an enrollment, with fresh symmetric keys
      --group                           for a group; otherwise NAME is a registration ID
      --certificate FILE                with this certificate instead: the device's, or the
                                        group's authority
      --policy NAME                     the issuing policy (default); `none` issues nothing
      --disabled                        answer with the status `disabled`
  station revoke SERIAL --data DIR      revoke a certificate; the practice hub refuses it then
      --reason WORD                     keyCompromise, superseded, cessationOfOperation, … (unspecified)
  station verify-ledger --data DIR      check that nothing was changed, removed or put in between
  station export-ledger --data DIR      write out all entries
      --format csv|jsonl                (jsonl)

serve, revoke, verify-ledger and export-ledger take the ledger's URL from STATION_LEDGER too, where
      others on this computer cannot read the password; with it, or with --ledger URL, the last three
      need no --data.
serve, init and protect take the secret of the keys from STATION_PASSPHRASE, or from
      --passphrase-file FILE            its first line
      --key-file FILE                   its base64; at least 32 random bytes
The PIN of a token comes from STATION_PKCS11_PIN, or from
      --pin-file FILE                   its first line
";

/// Reads the command line, without the program's name.
///
/// # Errors
///
/// If it cannot be understood.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command> {
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
        Some(Value(verb)) if verb == "protect" => protect(parser),
        None | Some(Long("help") | Short('h')) => Ok(Command::Help),
        Some(other) => Err(other.unexpected().into()),
    }
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
            Long("page") => serve.page = parser.value()?.into(),
            Long("data") => serve.data = parser.value()?.into(),
            Long("page-port") => serve.page_port = parser.value()?.parse()?,
            Long("device-port") => serve.device_port = parser.value()?.parse()?,
            Long("mqtt-port") => serve.mqtt_port = parser.value()?.parse()?,
            Long("device-address") => serve.device_address = parser.value()?.parse()?,
            Long("device-name") => serve.device_names.push(parser.value()?.string()?),
            Long("hub") => serve.hub = parser.value()?.string()?,
            Long("assigning-polls") => serve.assigning_polls = parser.value()?.parse()?,
            Long("retry-after") => serve.retry_after = parser.value()?.parse()?,
            Long("polls-per-10s") => serve.polls_per_ten_seconds = parser.value()?.parse()?,
            Long("allow-origin") => serve.allow_origin = Some(origin(parser.value()?.string()?)?),
            Long("ledger") => serve.ledger = Some(url(&mut parser)?),
            Long("test-faults") => serve.test_faults = true,
            Long("help") => return Ok(Command::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    if serve.page.as_os_str().is_empty() || serve.data.as_os_str().is_empty() {
        bail!("serve needs --page DIR and --data DIR");
    }
    if serve.ledger.is_none() {
        serve.ledger = LedgerUrl::from_environment()?;
    }
    Ok(Command::Serve(serve))
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
    let (mut data, mut ledger) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("data") => data = Some(parser.value()?.into()),
            Long("ledger") => ledger = Some(url(&mut parser)?),
            other => return Err(other.unexpected().into()),
        }
    }
    place(data, ledger, verb)
}

/// The value of `--ledger`. Errors never repeat it.
fn url(parser: &mut lexopt::Parser) -> Result<LedgerUrl> {
    let value = parser.value()?.into_string().ok();
    let value = value.context("--ledger is not UTF-8")?;
    value.parse().context("--ledger")
}

/// Which ledger a verb means: what was said, else the environment's, else the folder's.
fn place(data: Option<PathBuf>, ledger: Option<LedgerUrl>, verb: &str) -> Result<LedgerPlace> {
    let ledger = match ledger {
        Some(ledger) => Some(ledger),
        None => LedgerUrl::from_environment()?,
    };
    match (ledger, data) {
        (Some(ledger), _) => Ok(LedgerPlace::Database(ledger)),
        (None, Some(data)) => Ok(LedgerPlace::Folder(data)),
        (None, None) => bail!("{verb} needs --data DIR or --ledger URL"),
    }
}

fn export(mut parser: lexopt::Parser) -> Result<Command> {
    let (mut data, mut ledger, mut format) = (None, None, "jsonl".to_owned());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("data") => data = Some(parser.value()?.into()),
            Long("ledger") => ledger = Some(url(&mut parser)?),
            Long("format") => format = parser.value()?.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let ledger = place(data, ledger, "export-ledger")?;
    Ok(Command::Export { ledger, format })
}

fn revoke(mut parser: lexopt::Parser) -> Result<Command> {
    let (mut data, mut ledger) = (None, None);
    let (mut serial, mut reason) = (None, "unspecified".to_owned());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("data") => data = Some(parser.value()?.into()),
            Long("ledger") => ledger = Some(url(&mut parser)?),
            Long("reason") => reason = parser.value()?.string()?,
            Value(text) if serial.is_none() => serial = Some(text.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Revoke {
        ledger: place(data, ledger, "revoke")?,
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
            Long("policy") => {
                enroll.policy = Some(parser.value()?.string()?).filter(|name| name != "none");
            }
            Long("disabled") => enroll.disabled = true,
            Value(name) if enroll.name.is_empty() => enroll.name = name.string()?,
            other => return Err(other.unexpected().into()),
        }
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
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn reads_the_commands() {
        let Command::Serve(serve) =
            read("serve --page dist --data=d --page-port 0 --allow-origin https://a.example:8")
                .unwrap()
        else {
            panic!("not serve")
        };
        assert_eq!((serve.page_port, serve.device_port), (0, 8443));
        assert_eq!(serve.allow_origin.as_deref(), Some("https://a.example:8"));
        assert!(!serve.test_faults);
        assert!(matches!(
            read("init --data d").unwrap(),
            Command::Init { .. }
        ));
        let Command::Enroll { enroll, .. } =
            read("enroll line --data d --group --policy none").unwrap()
        else {
            panic!("not enroll")
        };
        assert!(enroll.group && enroll.policy.is_none());
        let text = "serve --page p --data d --ledger postgres://u:s3cret@db/line";
        let Command::Serve(serve) = read(text).unwrap() else {
            panic!("not serve")
        };
        assert!(!format!("{serve:?}").contains("s3cret"));
        let Command::VerifyLedger { ledger } = read("verify-ledger --data d").unwrap() else {
            panic!("not verify-ledger")
        };
        assert!(matches!(ledger, LedgerPlace::Folder(_)));
        let text = "export-ledger --ledger postgres://u:s3cret@db/line --format csv";
        assert!(matches!(
            read(text).unwrap(),
            Command::Export {
                ledger: LedgerPlace::Database(_),
                ..
            }
        ));
        let Command::Protect { secret, fresh, .. } =
            read("protect --data d --key-file k --new-passphrase-file p").unwrap()
        else {
            panic!("not protect")
        };
        assert_eq!(secret.key_file, Some("k".into()));
        assert_eq!(fresh.passphrase_file, Some("p".into()));
        assert!(matches!(read("").unwrap(), Command::Help));
    }

    #[test]
    fn refuses_the_rest() {
        for line in [
            "serve",
            "serve --page x",
            "serve --page x --data y --page-port 70000",
            "serve --page x --data y --allow-origin *",
            "serve --page x --data y --allow-origin https://a/b",
            "init",
            "enroll --data d",
            "enroll a b --data d",
            "init --data d --pkcs11-token t",
            "verify-ledger",
            "verify-ledger --ledger mysql://a/b",
            "protect",
            "protect --data d --pin-file p",
            "protect --data d --new-pin-file p",
            "other",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
