//! `station serve --config FILE.toml`: the options of `serve` in a file, see `docs/station.toml`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Serve, mistake, origin};
use crate::ledger::LedgerPlace;
use crate::log::Format;

/// The file. Names are those of the options; paths in it are relative to its folder.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    page: Option<PathBuf>,
    data: Option<PathBuf>,
    page_address: Option<IpAddr>,
    page_certificate: Option<PathBuf>,
    page_key: Option<PathBuf>,
    page_names: Vec<String>,
    page_port: Option<u16>,
    device_port: Option<u16>,
    mqtt_port: Option<u16>,
    device_address: Option<IpAddr>,
    device_names: Vec<String>,
    hub: Option<String>,
    assigning_polls: Option<u32>,
    retry_after: Option<u32>,
    #[serde(rename = "polls-per-10s")]
    polls_per_ten_seconds: Option<u32>,
    allow_origin: Option<String>,
    log: Option<Format>,
    passphrase_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    pin_file: Option<PathBuf>,
    /// A URL or a folder.
    ledger: Option<String>,
    ledger_password_file: Option<PathBuf>,
    relay: Option<PathBuf>,
}

/// Reads a file over the defaults.
pub(super) fn read(path: &Path, serve: &mut Serve) -> Result<()> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let what = mistake(&text, &error);
        anyhow!("{} is not as expected: {what}", path.display())
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    file.apply(folder, serve)
        .with_context(|| format!("in {}", path.display()))
}

impl File {
    fn apply(self, folder: &Path, serve: &mut Serve) -> Result<()> {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let beside = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        set(&mut serve.page, beside(self.page));
        set(&mut serve.data, beside(self.data));
        set(&mut serve.page_address, self.page_address);
        for (place, path) in [
            (&mut serve.page_certificate, self.page_certificate),
            (&mut serve.page_key, self.page_key),
        ] {
            set(place, beside(path).map(Some));
        }
        serve.page_names.extend(self.page_names);
        set(&mut serve.page_port, self.page_port);
        set(&mut serve.device_port, self.device_port);
        set(&mut serve.mqtt_port, self.mqtt_port);
        set(&mut serve.device_address, self.device_address);
        serve.device_names.extend(self.device_names);
        set(&mut serve.hub, self.hub);
        set(&mut serve.assigning_polls, self.assigning_polls);
        set(&mut serve.retry_after, self.retry_after);
        set(&mut serve.polls_per_ten_seconds, self.polls_per_ten_seconds);
        if let Some(text) = self.allow_origin {
            serve.allow_origin = Some(origin(text)?);
        }
        set(&mut serve.log, self.log);
        if let Some(text) = self.ledger.map(Zeroizing::new) {
            let place: LedgerPlace = text.parse().context("ledger")?;
            serve.ledger = Some(match place {
                LedgerPlace::Folder(path) => LedgerPlace::Folder(folder.join(path)),
                database => database,
            });
        }
        if self.ledger_password_file.is_some() {
            serve.ledger_password_file = beside(self.ledger_password_file);
        }
        if self.relay.is_some() {
            serve.relay = beside(self.relay);
        }
        for (name, path) in [
            ("passphrase-file", beside(self.passphrase_file)),
            ("key-file", beside(self.key_file)),
            ("pin-file", beside(self.pin_file)),
        ] {
            if let (Some(path), Some(place)) = (path, serve.keys.place(name)) {
                *place = Some(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Serve> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("station.toml");
        std::fs::write(&path, text).unwrap();
        let mut serve = Serve::new("", "");
        read(&path, &mut serve)?;
        serve.data = serve
            .data
            .strip_prefix(folder.path())
            .unwrap_or(&serve.data)
            .to_owned();
        Ok(serve)
    }

    /// What is shown to people works, and says of itself that it is the defaults.
    #[test]
    fn the_documented_file_is_the_defaults() {
        let serve = written(include_str!("../../../docs/station.toml")).unwrap();
        let shown = |serve: &Serve| {
            format!(
                "{:?}",
                Serve {
                    page: PathBuf::new(),
                    data: PathBuf::new(),
                    ..serve.clone()
                }
            )
        };
        assert_eq!(shown(&serve), shown(&Serve::new("", "")));
        assert_eq!(serve.data, Path::new("station-data"));
    }

    #[test]
    fn paths_are_relative_to_the_file_and_mistakes_are_named() {
        let serve = written("data = \"d\"\nkey-file = \"k\"\nhub = \"h\"").unwrap();
        assert_eq!((serve.data.to_str(), serve.hub.as_str()), (Some("d"), "h"));
        for (text, words) in [
            ("pages = \"x\"", "unknown field `pages`"),
            ("page-port = 70000", "page-port"),
            ("allow-origin = \"*\"", "is no origin"),
            ("log = \"loud\"", "loud"),
            ("\n\npage-port = 70000", "line 3"),
        ] {
            let said = format!("{:#}", written(text).unwrap_err());
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn the_ledger_is_a_database_or_a_folder() {
        let serve = written("ledger = \"postgres://u:s3cret@db/line\"").unwrap();
        assert!(matches!(serve.ledger, Some(LedgerPlace::Database(_))));
        assert!(!format!("{serve:?}").contains("s3cret"));
        let serve = written("ledger = \"l\"\nledger-password-file = \"p\"").unwrap();
        let Some(LedgerPlace::Folder(path)) = serve.ledger else {
            panic!("no folder")
        };
        let password = serve.ledger_password_file.unwrap();
        assert!(path.ends_with("l") && path.parent() == password.parent());
        assert!(path.parent() != Some(Path::new("")), "beside the file");
    }

    #[test]
    fn a_pin_in_the_wrong_place_is_not_shown() {
        let said = format!("{:#}", written("pin-file = 837465").unwrap_err());
        assert!(
            said.contains("line 1 (pin-file)") && !said.contains("837465"),
            "{said}"
        );
    }

    #[test]
    fn no_mistake_shows_the_password() {
        const URL: &str = "postgres://u:s3cret@db/line";
        for text in [
            format!("ledger = \"{URL}"),
            format!("ledger = {URL}"),
            format!("ledger = [\"{URL}\"]"),
            format!("ledger = \"{URL}\" x"),
            format!("ledger = \"{URL}\"\nledger = \"{URL}\""),
            format!("ledgr = \"{URL}\""),
            format!("\"{URL}\" = 1"),
            format!("log = \"{URL}\""),
            format!("page-port = \"{URL}\""),
            format!("ledger = \"mysql{URL}\""),
            format!("ledger = \"{}\"", &URL["postgres://".len()..]),
            format!("ledger = \"{URL}\"\npage-port = 70000"),
            format!("ledger = \"{URL}\" page-port = 70000"),
            format!("ledger = \"{URL}@\""),
            "passphrase-file = [\"s3cret\"]".to_owned(),
            "page-names = \"s3cret\"".to_owned(),
        ] {
            let error = written(&text).unwrap_err();
            for said in [format!("{error:#}"), format!("{error:?}")] {
                assert!(!said.contains("s3cret"), "{text}: {said}");
            }
        }
    }
}
