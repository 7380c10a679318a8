//! Keys in files: PKCS #8 (RFC 5958), sealed with a secret if the station has one.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair};
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
///
/// It is held twice: as it is written, and ready to sign. AWS-LC signs a P-384 signature in a fraction
/// of the time, and takes its nonces from the system's random source.
pub(crate) struct FileSigner {
    key: PrivateKey,
    ready: EcdsaKeyPair,
    random: SystemRandom,
    point: [u8; 97],
}

impl FileSigner {
    /// A fresh key that is kept nowhere.
    pub(crate) fn ephemeral() -> Result<Self> {
        Self::of(random::key()?)
    }

    fn of(key: PrivateKey) -> Result<Self> {
        let ready = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &key.to_pkcs8_der())
            .map_err(|error| anyhow!("{error}"))?;
        Ok(Self {
            point: key.public_point(),
            key,
            ready,
            random: SystemRandom::new(),
        })
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
            None => self.key.to_pkcs8_pem(),
            Some(secret) => Zeroizing::new(self.seal(secret)?),
        };
        files::replace(path, pem.as_bytes(), Privacy::Owner)
    }

    /// PKCS #8 DER, for a program part that keeps the key itself.
    pub(crate) fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        self.key.to_pkcs8_der()
    }

    fn seal(&self, secret: &Secret) -> Result<String> {
        let mut salts = Salts::default();
        for part in salts.parts_mut() {
            *part = *random::bytes()?;
        }
        let key = file::Secret::from_pkcs8(self.key.to_pkcs8_der());
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
            let key = PrivateKey::from_der(key.as_pkcs8()).map_err(|error| anyhow!("{error}"))?;
            return Self::of(key);
        }
        let error = opened.flaws.first().map(|flaw| &flaw.error);
        match error {
            Some(file::Error::WrongPassword) => bail!("{WRONG_SECRET}"),
            Some(error) => bail!("{error} {}", error.next_step()),
            None => bail!("there is no private key in it: put the file back from a backup"),
        }
    }
}

impl fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileSigner(..)")
    }
}

impl Signer for FileSigner {
    fn public_point(&self) -> [u8; 97] {
        self.point
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = self.ready.sign(&self.random, message);
        let signature = signature.map_err(|_| anyhow!("the system gives no random bytes"))?;
        Ok(signature.as_ref().to_vec())
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
