//! The client certificate with which the relay proves the device, and its key: in a file or in a token.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use serde::Deserialize;

use super::tls::certificates;
use crate::files::warn_of_readers;
use crate::secret::{KeyAccess, SecretFrom};
use crate::signer::{TokenPlace, client_key};

/// What `[credential]` says of it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Lines {
    certificate: PathBuf,
    /// The key in a file.
    key: Option<PathBuf>,
    /// Or in a token, found by three names.
    pkcs11_module: Option<PathBuf>,
    pkcs11_token: Option<String>,
    pkcs11_key: Option<String>,
    pin_file: Option<PathBuf>,
}

/// A certificate chain, and the key that belongs to it.
pub(super) struct Client {
    pub(super) identity: CertifiedKey,
    pub(super) is_in_token: bool,
}

impl Lines {
    /// Opens what they name; paths are relative to that folder.
    pub(super) fn load(self, folder: &Path) -> Result<Client> {
        let certificate = folder.join(self.certificate);
        let pin_file = self.pin_file.map(|path| folder.join(path));
        let token = (self.pkcs11_module, self.pkcs11_token, self.pkcs11_key);
        match (self.key, token) {
            (Some(key), (None, None, None)) if pin_file.is_none() => {
                in_file(&certificate, &folder.join(key))
            }
            (None, (Some(module), Some(token), Some(label))) => {
                let place = TokenPlace::beside(folder, module, token)?;
                in_token(&certificate, &place, &label, pin_file)
            }
            (Some(_), _) => bail!(
                "credential names a file and a token for the key: keep `key`, or `pkcs11-module`, \
                 `pkcs11-token`, `pkcs11-key` and `pin-file`"
            ),
            (None, _) => bail!(
                "credential needs `key`, or all of `pkcs11-module`, `pkcs11-token` and `pkcs11-key`"
            ),
        }
    }
}

fn in_file(certificate: &Path, key: &Path) -> Result<Client> {
    warn_of_readers(key);
    let chain = certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("{} holds no key in the clear", key.display()))?;
    let identity = CertifiedKey::from_der(chain, private, &crate::tls::provider());
    let identity = identity.with_context(|| {
        let (certificate, key) = (certificate.display(), key.display());
        format!("{certificate} and {key} do not belong together")
    })?;
    Ok(Client {
        identity,
        is_in_token: false,
    })
}

fn in_token(
    certificate: &Path,
    place: &TokenPlace,
    label: &str,
    pin_file: Option<PathBuf>,
) -> Result<Client> {
    if let Some(path) = &pin_file {
        // The name is not shown: whoever took it for the place of the PIN wrote the PIN there.
        ensure!(path.is_file(), "pin-file names no file that is there");
    }
    let access = KeyAccess {
        secret: SecretFrom::default(),
        pin_file,
    };
    let chain = certificates(certificate)?;
    let named = || format!("the client certificate {}", certificate.display());
    let first = chain.first().context("there is no certificate");
    let key = first.and_then(|first| client_key(place, label, &access, first));
    Ok(Client {
        identity: CertifiedKey::new(chain, key.with_context(named)?),
        is_in_token: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(lines: &str) -> Result<Client> {
        let folder = tempfile::tempdir().unwrap();
        let lines: Lines = toml::from_str(lines).unwrap();
        lines.load(folder.path())
    }

    #[test]
    fn a_key_is_in_one_place() {
        let token = "pkcs11-module = \"/m.so\"\npkcs11-token = \"t\"\npkcs11-key = \"k\"\n";
        let part = "pkcs11-token = \"t\"\npkcs11-key = \"k\"\n";
        for (lines, words) in [
            (String::new(), "needs `key`, or all of"),
            (part.to_owned(), "needs `key`, or all of"),
            ("pin-file = \"p\"\n".to_owned(), "needs `key`, or all of"),
            (format!("key = \"k\"\n{token}"), "a file and a token"),
            (format!("key = \"k\"\n{part}"), "a file and a token"),
            (
                "key = \"k\"\npin-file = \"p\"\n".to_owned(),
                "a file and a token",
            ),
        ] {
            let error = load(&format!("certificate = \"c\"\n{lines}"))
                .err()
                .unwrap();
            assert!(error.to_string().contains(words), "{error:#}");
        }
        assert!(
            toml::from_str::<Lines>("key = \"k\"").is_err(),
            "no certificate"
        );
    }

    #[test]
    #[cfg(not(feature = "pkcs11"))]
    fn a_program_without_pkcs11_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(folder.path().join("c"), pem).unwrap();
        let lines = "certificate = \"c\"\npkcs11-module = \"/m.so\"\npkcs11-token = \"line\"\n\
                     pkcs11-key = \"k\"\n";
        let lines: Lines = toml::from_str(lines).unwrap();
        let error = format!("{:#}", lines.load(folder.path()).err().unwrap());
        for words in ["\"line\"", "build it with the feature `pkcs11`"] {
            assert!(error.contains(words), "{error}");
        }
    }

    /// All lines are there, and no other ones.
    #[test]
    fn the_documented_lines_are_read() {
        let text = include_str!("../../../docs/relay.toml");
        let names = ["certificate = ", "key = ", "pkcs11-", "pin-file = "];
        let lines: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| names.iter().any(|name| line.starts_with(name)))
            .collect();
        assert_eq!(lines.len(), 6, "{lines:?}");
        let error = load(&lines.join("\n")).err().unwrap();
        assert!(
            error.to_string().contains("a file and a token"),
            "{error:#}"
        );
    }

    #[test]
    fn a_pin_in_the_place_of_its_file_is_not_shown() {
        let token = "pkcs11-module = \"/m.so\"\npkcs11-token = \"t\"\npkcs11-key = \"k\"\n";
        let lines = format!("certificate = \"c\"\n{token}pin-file = \"837465\"\n");
        let error = format!("{:#}", load(&lines).err().unwrap());
        assert!(
            error.contains("pin-file") && !error.contains("837465"),
            "{error}"
        );
    }
}
