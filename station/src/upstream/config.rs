//! What `station relay` is told, on the command line and in its file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use lexopt::prelude::*;
use serde::Deserialize;
use signet_core::recipe::Recipe;
use zeroize::Zeroizing;

use super::credential::Credential;
use super::host::Host;
use super::proxy::Proxy;
use super::settings::Settings;
use super::{client, tls};
use crate::config::{Command, mistake, parsed};
use crate::enrollment::SharedKey;
use crate::files::warn_of_readers;

/// Shorter than the page waits, so that it hears from the relay what is wrong.
const PATIENCE: u64 = 25;

/// What `relay` was told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the page's files.
    pub page: PathBuf,
    /// The relay's file, see `docs/relay.toml`.
    pub config: PathBuf,
    /// Port of the page, on the loopback interface; 0 for any.
    pub page_port: u16,
}

impl Options {
    /// The defaults, for this page and this file.
    pub fn new(page: impl Into<PathBuf>, config: impl Into<PathBuf>) -> Self {
        Self {
            page: page.into(),
            config: config.into(),
            page_port: 8080,
        }
    }
}

/// Reads the rest of the command line.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command> {
    let mut options = Options::new("", "");
    while let Some(arg) = parser.next()? {
        match arg {
            Long("page") => options.page = parser.value()?.into(),
            Long("config") => options.config = parser.value()?.into(),
            Long("page-port") => options.page_port = parsed(&mut parser, "page-port")?,
            other => return Err(other.unexpected().into()),
        }
    }
    if options.page.as_os_str().is_empty() || options.config.as_os_str().is_empty() {
        bail!("relay needs --page DIR and --config FILE.toml");
    }
    Ok(Command::Relay(options))
}

/// The file. Paths in it are relative to its folder.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    upstream: Vec<String>,
    id_scopes: Vec<String>,
    proxy: Option<String>,
    roots: Option<PathBuf>,
    timeout_seconds: Option<u64>,
    recipe: Option<PathBuf>,
    credential: Proof,
}

/// Its section `[credential]`.
#[derive(Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
enum Proof {
    ClientCertificate(client::Lines),
    GroupKey {
        key_file: Option<PathBuf>,
        key_env: Option<String>,
    },
    IndividualKey {
        key_file: Option<PathBuf>,
        key_env: Option<String>,
    },
    Page {},
}

/// Reads the file and everything that it names.
pub(super) fn load(path: &Path) -> Result<Settings> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read {}", path.display()))?;
    read(&text, path.parent().unwrap_or(Path::new("")))
        .with_context(|| format!("{} cannot be used", path.display()))
}

fn read(text: &str, folder: &Path) -> Result<Settings> {
    let file: File = toml::from_str(text).map_err(|error| anyhow!(mistake(text, &error)))?;
    let upstreams: Vec<Host> = file
        .upstream
        .iter()
        .map(|text| Host::parse(text))
        .collect::<Result<_>>()?;
    ensure!(!upstreams.is_empty(), "upstream names no DPS");
    ensure!(
        !file.id_scopes.is_empty() && file.id_scopes.iter().all(|scope| !scope.is_empty()),
        "id-scopes names no ID scope"
    );
    let seconds = file.timeout_seconds.unwrap_or(PATIENCE);
    ensure!(
        (1..=600).contains(&seconds),
        "timeout-seconds is from 1 to 600"
    );
    let roots = file.roots.map(|path| folder.join(path));
    let (credential, tls) = match file.credential {
        Proof::ClientCertificate(lines) => {
            let config = tls::config(roots.as_deref(), Some(lines.load(folder)?));
            (Credential::ClientCertificate, config)
        }
        Proof::GroupKey { key_file, key_env } => {
            let key = shared_key(key_file.map(|path| folder.join(path)), key_env)?;
            (
                Credential::GroupKey(key),
                tls::config(roots.as_deref(), None),
            )
        }
        Proof::IndividualKey { key_file, key_env } => {
            let key = shared_key(key_file.map(|path| folder.join(path)), key_env)?;
            (
                Credential::IndividualKey(key),
                tls::config(roots.as_deref(), None),
            )
        }
        Proof::Page {} => (Credential::Page, tls::config(roots.as_deref(), None)),
    };
    Ok(Settings {
        upstreams,
        scopes: file.id_scopes,
        proxy: file
            .proxy
            .map(|text| Proxy::parse(&Zeroizing::new(text)))
            .transpose()?,
        tls: Arc::new(tls?),
        patience: Duration::from_secs(seconds),
        credential,
        recipe: file
            .recipe
            .map(|path| recipe(&folder.join(path)))
            .transpose()?,
    })
}

fn shared_key(file: Option<PathBuf>, variable: Option<String>) -> Result<SharedKey> {
    let (text, place) = match (file, variable) {
        (Some(path), None) => {
            warn_of_readers(&path);
            let text = std::fs::read_to_string(&path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            (text, path.display().to_string())
        }
        (None, Some(name)) => {
            let text = std::env::var(&name).ok();
            let text = text.with_context(|| format!("the variable {name} is not set"))?;
            (text, format!("the variable {name}"))
        }
        _ => bail!("credential needs either key-file or key-env"),
    };
    let text = Zeroizing::new(text);
    SharedKey::try_from(text.trim().to_owned())
        .map_err(|error| anyhow!("{place} is not usable: {error}"))
}

fn recipe(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Recipe::parse(&bytes)
        .map_err(|error| anyhow!("{}: {error}", path.display()))
        .map(|_| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "upstream = [\"https://dps.example\"]\nid-scopes = [\"0neA\"]\n";

    fn load_from(text: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "QUFBQUFBQUFBQUFBQUFBQUFBQUE=\n").unwrap();
        let path = folder.path().join("relay.toml");
        std::fs::write(&path, text).unwrap();
        load(&path)
    }

    #[test]
    fn reads_the_command_line() {
        let read = |line: &str| crate::config::parse(line.split(' ').map(std::ffi::OsString::from));
        let line = "relay --page dist --config=relay.toml --page-port 0";
        let Command::Relay(options) = read(line).unwrap() else {
            panic!("not relay")
        };
        assert_eq!(
            (options.config, options.page_port),
            ("relay.toml".into(), 0)
        );
        for line in [
            "relay",
            "relay --page x",
            "relay --config x",
            "relay --data x",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn reads_each_kind() {
        for (credential, kind) in [
            (
                "kind = \"group-key\"\nkey-file = \"key\"",
                "GroupKey(SharedKey(..))",
            ),
            (
                "kind = \"individual-key\"\nkey-file = \"key\"",
                "IndividualKey(SharedKey(..))",
            ),
            ("kind = \"page\"", "Page"),
        ] {
            let settings = load_from(&format!("{HEAD}[credential]\n{credential}\n")).unwrap();
            assert_eq!(format!("{:?}", settings.credential), kind);
            assert_eq!(settings.patience.as_secs(), PATIENCE);
            assert!(!format!("{settings:?}").contains("QUFB"));
        }
    }

    #[test]
    fn the_documented_example_is_read() {
        let text = include_str!("../../../docs/relay.toml");
        let text = text.replace("group.key", "key");
        let settings = load_from(&text).unwrap();
        let azure = "https://global.azure-devices-provisioning.net";
        assert_eq!(settings.upstreams[0].to_string(), azure);
        assert!(matches!(settings.credential, Credential::GroupKey(_)));
    }

    #[test]
    fn refuses_the_rest_and_quotes_no_key() {
        let page = "[credential]\nkind = \"page\"\n";
        for text in [
            String::new(),
            HEAD.to_owned(),
            format!("{HEAD}timeout-seconds = 0\n{page}"),
            format!("{HEAD}colour = \"secret\"\n{page}"),
            format!("{HEAD}proxy = \"ftp://u:secret@p:1\"\n{page}"),
            format!("upstream = []\nid-scopes = [\"a\"]\n{page}"),
            format!("upstream = [\"http://a.example\"]\nid-scopes = [\"a\"]\n{page}"),
            format!("upstream = [\"https://a.example\"]\nid-scopes = []\n{page}"),
            format!("{HEAD}[credential]\nkind = \"group-key\"\n"),
            format!("{HEAD}[credential]\nkind = \"group-key\"\nkey = \"secret\"\n"),
            format!("{HEAD}[credential]\nkind = \"group-key\"\nkey-file = \"none\"\n"),
            format!("{HEAD}[credential]\nkind = \"group-key\"\nkey-file = \"relay.toml\"\n"),
            format!("{HEAD}[credential]\nkind = \"group-key\"\nkey-env = \"SIGNET_NO_SUCH\"\n"),
            format!("{HEAD}[credential]\nkind = \"page\"\nkey-file = \"key\"\n"),
        ] {
            let error = format!("{:#}", load_from(&text).unwrap_err());
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
