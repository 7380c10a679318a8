//! Secrets that the station is given at its start: what seals key files, and the PIN of a token.
//!
//! They come from a file or from the environment, never from the command line, which others on the
//! computer can read.

use std::env::{self, VarError};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::files::warn_of_readers;

/// A passphrase or a PIN. Wiped on drop, and silent in `Debug`.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

/// How to come by what opens the keys.
#[derive(Clone, Debug, Default)]
pub struct KeyAccess {
    /// What seals the key files.
    pub secret: SecretFrom,
    /// A file whose first line is the PIN of the token; without it, `STATION_PKCS11_PIN`.
    pub pin_file: Option<PathBuf>,
}

/// Where the secret of the key files is. Without either file it is `STATION_PASSPHRASE`.
#[derive(Clone, Debug, Default)]
pub struct SecretFrom {
    /// A file whose first line is a passphrase.
    pub passphrase_file: Option<PathBuf>,
    /// A file of at least 32 bytes of anything, whose base64 is the passphrase.
    pub key_file: Option<PathBuf>,
}

impl KeyAccess {
    /// Where the value of the long option `name` goes, if it is one of ours.
    pub(crate) fn place(&mut self, name: &str) -> Option<&mut Option<PathBuf>> {
        match name {
            "pin-file" => Some(&mut self.pin_file),
            _ => self.secret.place(name),
        }
    }

    /// The PIN of the token.
    #[cfg(feature = "pkcs11")]
    pub(crate) fn pin(&self) -> Result<Secret> {
        match &self.pin_file {
            Some(path) => first_line(path),
            None => variable(PIN)?.with_context(|| {
                format!("the token wants a PIN: set {PIN}, or name a file with it (pin-file)")
            }),
        }
    }
}

impl SecretFrom {
    /// Where the value of the long option `name` goes, if it is one of ours.
    pub(crate) fn place(&mut self, name: &str) -> Option<&mut Option<PathBuf>> {
        match name {
            "passphrase-file" => Some(&mut self.passphrase_file),
            "key-file" => Some(&mut self.key_file),
            _ => None,
        }
    }

    /// Whether it was said where.
    pub(crate) fn is_given(&self) -> bool {
        self.passphrase_file.is_some() || self.key_file.is_some()
    }

    /// The secret, if there is one.
    pub(crate) fn load(&self) -> Result<Option<Secret>> {
        match (&self.passphrase_file, &self.key_file) {
            (Some(_), Some(_)) => {
                bail!("there are a passphrase file and a key file: give one of them")
            }
            (Some(path), None) => first_line(path).map(Some),
            (None, Some(path)) => key_file(path).map(Some),
            (None, None) => variable(PASSPHRASE),
        }
    }
}

impl Secret {
    /// The one in the first line of a file.
    pub(crate) fn first_line(path: &Path) -> Result<Self> {
        first_line(path)
    }

    /// The secret itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

const PASSPHRASE: &str = "STATION_PASSPHRASE";
#[cfg(feature = "pkcs11")]
const PIN: &str = "STATION_PKCS11_PIN";
/// As much as an AES-256 key.
const KEY_BYTES: usize = 32;

/// An empty variable is an error: whoever set it meant to protect something.
fn variable(name: &str) -> Result<Option<Secret>> {
    match env::var(name) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            ensure!(
                !text.is_empty(),
                "{name} is empty: set it to the secret, or unset it"
            );
            Ok(Some(Secret(text)))
        }
        Err(VarError::NotPresent) => Ok(None),
        // The error would show the value.
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8: use a key file for such bytes"),
    }
}

/// As openssl's `-passin file:` reads it: up to the end of the first line.
fn first_line(path: &Path) -> Result<Secret> {
    let bytes = read(path)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| anyhow!("{} is not UTF-8: use a key file for bytes", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    ensure!(
        !line.is_empty(),
        "the first line of {} is empty: write the secret there",
        path.display()
    );
    Ok(Secret(Zeroizing::new(line.to_owned())))
}

fn key_file(path: &Path) -> Result<Secret> {
    let bytes = read(path)?;
    ensure!(
        bytes.len() >= KEY_BYTES,
        "{} has {} bytes: a key file has at least {KEY_BYTES}, from a good random source",
        path.display(),
        bytes.len()
    );
    Ok(Secret(Zeroizing::new(Base64::encode_string(&bytes))))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    warn_of_readers(path);
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let passphrase = SecretFrom {
            passphrase_file: Some(path.clone()),
            key_file: None,
        };
        let key = SecretFrom {
            passphrase_file: None,
            key_file: Some(path.clone()),
        };
        assert!(passphrase.load().is_err(), "there is no file");
        std::fs::write(&path, "correct horse\r\nsecond line\n").unwrap();
        let secret = passphrase.load().unwrap().unwrap();
        assert_eq!(secret.expose(), "correct horse");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        std::fs::write(&path, [0xff; 31]).unwrap();
        assert!(passphrase.load().is_err() && key.load().is_err());
        std::fs::write(&path, [0; 32]).unwrap();
        let secret = key.load().unwrap().unwrap();
        assert_eq!(secret.expose(), format!("{}=", "A".repeat(43)));
        std::fs::write(&path, "\nlate").unwrap();
        assert!(passphrase.load().is_err(), "an empty first line");
        let both = SecretFrom {
            passphrase_file: Some(path.clone()),
            key_file: Some(path),
        };
        assert!(both.load().is_err());
    }

    #[test]
    fn options_have_their_places() {
        let mut access = KeyAccess::default();
        for name in ["passphrase-file", "key-file", "pin-file"] {
            *access.place(name).unwrap() = Some(name.into());
        }
        assert!(access.place("passphrase").is_none());
        assert!(access.secret.place("pin-file").is_none());
        assert!(access.secret.is_given());
        assert_eq!(access.pin_file, Some("pin-file".into()));
    }
}
