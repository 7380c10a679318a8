//! Keys in files: PKCS #8 (RFC 5958), sealed with a secret if the station has one.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use pem_rfc7468::LineEnding;
use signet_core::Explain;
use signet_core::file::write::{ROUNDS, Salts, encrypted_pkcs8};
use signet_core::file::{self, Content, Opened};
use signet_core::key::PrivateKey;
use zeroize::Zeroizing;

use super::Signer;
use crate::files::{self, Privacy};
use crate::random;
use crate::secret::Secret;

/// A key in memory, from a file of mode 0600.
#[derive(Debug)]
pub(crate) struct FileSigner(PrivateKey);

impl FileSigner {
    /// A fresh key that is kept nowhere.
    pub(crate) fn ephemeral() -> Result<Self> {
        Ok(Self(random::key()?))
    }

    /// A fresh key, kept in a file.
    pub(crate) fn create(path: &Path, secret: Option<&Secret>) -> Result<Self> {
        let signer = Self::ephemeral()?;
        signer.write(path, secret)?;
        Ok(signer)
    }

    /// The key in a file. One that is not sealed needs no secret.
    pub(crate) fn open(path: &Path, secret: Option<&Secret>) -> Result<Self> {
        let named = || format!("cannot read the key {}", path.display());
        let bytes = Zeroizing::new(std::fs::read(path).with_context(named)?);
        let plain = file::open(&bytes, None);
        if !plain.wants_password {
            return Self::only(&plain).with_context(named);
        }
        let Some(secret) = secret else {
            return Err(anyhow!("{WANTS_SECRET}")).with_context(named);
        };
        Self::only(&file::open(&bytes, Some(secret.expose()))).with_context(named)
    }

    /// Replaces a file with this key, sealed if there is a secret.
    pub(crate) fn write(&self, path: &Path, secret: Option<&Secret>) -> Result<()> {
        let pem = match secret {
            None => self.0.to_pkcs8_pem(),
            Some(secret) => Zeroizing::new(self.seal(secret)?),
        };
        files::replace(path, pem.as_bytes(), Privacy::Owner)
    }

    /// PKCS #8 DER, for a program part that keeps the key itself.
    pub(crate) fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der()
    }

    fn seal(&self, secret: &Secret) -> Result<String> {
        let mut salts = Salts::default();
        for part in salts.parts_mut() {
            *part = *random::bytes()?;
        }
        let key = file::Secret::from_pkcs8(self.0.to_pkcs8_der());
        let der = encrypted_pkcs8(&key, secret.expose(), ROUNDS, &salts)?;
        let pem = pem_rfc7468::encode_string("ENCRYPTED PRIVATE KEY", LineEnding::LF, &der)
            .map_err(|error| anyhow!(error))?;
        // It is about to take the place of the only copy.
        let again = Self::only(&file::open(pem.as_bytes(), Some(secret.expose())))?;
        ensure!(
            again.public_point() == self.public_point(),
            "the sealed key does not open as the same key; nothing was written"
        );
        Ok(pem)
    }

    fn only(opened: &Opened) -> Result<Self> {
        let found = opened.objects.iter().find_map(|object| {
            let Content::PrivateKey(key) = &object.content else {
                return None;
            };
            Some(key)
        });
        if let Some(key) = found {
            let key = PrivateKey::from_der(key.as_pkcs8());
            return key.map(Self).map_err(|error| anyhow!("{error}"));
        }
        let error = opened.flaws.first().map(|flaw| &flaw.error);
        match error {
            Some(file::Error::WrongPassword) => bail!("{WRONG_SECRET}"),
            Some(error) => bail!("{error} {}", error.next_step()),
            None => bail!("there is no private key in it: put the file back from a backup"),
        }
    }
}

impl Signer for FileSigner {
    fn public_point(&self) -> [u8; 97] {
        self.0.public_point()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Ok(self.0.sign(message))
    }
}

/// Whether a file holds a key that no secret seals.
pub(crate) fn is_plain(path: &Path) -> Result<bool> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(!file::open(&Zeroizing::new(bytes), None).wants_password)
}

const WANTS_SECRET: &str = "it is encrypted, and no secret was given: set STATION_PASSPHRASE, or add \
                            --passphrase-file FILE or --key-file FILE";
const WRONG_SECRET: &str = "the secret does not open it, or it is damaged: give the secret with which \
                            the keys were last protected";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_seals_and_only_it_opens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let right = Secret::from("correct horse");
        let signer = FileSigner::create(&path, Some(&right)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert!(!is_plain(&path).unwrap());
        let again = FileSigner::open(&path, Some(&right)).unwrap();
        assert_eq!(again.public_point(), signer.public_point());
        let said = |secret: Option<&Secret>| {
            let error = FileSigner::open(&path, secret).unwrap_err();
            format!("{error:#}")
        };
        assert!(said(None).contains("STATION_PASSPHRASE"), "{}", said(None));
        let wrong = Secret::from("wrong horse");
        assert!(said(Some(&wrong)).contains("last protected"));
        // Sealed twice, nothing is the same.
        signer.write(&path, Some(&right)).unwrap();
        let other = std::fs::read_to_string(&path).unwrap();
        assert_ne!(text[60..100], other[60..100]);
    }

    #[test]
    fn a_plain_key_needs_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let signer = FileSigner::create(&path, None).unwrap();
        assert!(is_plain(&path).unwrap());
        for secret in [None, Some(&Secret::from("unneeded"))] {
            let again = FileSigner::open(&path, secret).unwrap();
            assert_eq!(again.public_point(), signer.public_point());
        }
        std::fs::write(&path, "nothing").unwrap();
        let error = FileSigner::open(&path, None).unwrap_err();
        assert!(format!("{error:#}").contains("root.key"), "{error:#}");
    }
}
