//! `station serve --config FILE.toml`: the options of `serve` in a file, see `docs/station.toml`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Serve, origin};
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
}

/// Reads a file over the defaults.
pub(super) fn read(path: &Path, serve: &mut Serve) -> Result<()> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // The message of the parser shows the line, in which no secret can stand: there are only paths.
    let file: File =
        toml::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))?;
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
        ] {
            let said = format!("{:#}", written(text).unwrap_err());
            assert!(said.contains(words), "{said}");
        }
    }
}
