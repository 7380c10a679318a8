//! Where the authorities' keys are: in files, or in a token.

use std::path::{Path, PathBuf, absolute};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{FileSigner, Signer};
use crate::files;
use crate::secret::{KeyAccess, Secret};

/// The keys, by the names of their authorities.
pub(crate) trait Keys: Send + Sync {
    /// Makes the key of an authority.
    fn create(&self, name: &str) -> Result<Box<dyn Signer>>;

    /// Opens the key of an authority.
    fn load(&self, name: &str) -> Result<Box<dyn Signer>>;

    /// Whether the authority has a key.
    fn has(&self, name: &str) -> Result<bool>;

    /// Destroys the key of an authority, which never signs again.
    fn destroy(&self, name: &str) -> Result<()>;
}

/// Where the keys are, as `station.json` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum KeyPlace {
    /// In `ca/*.key`.
    #[default]
    File,
    /// In a token.
    Pkcs11(TokenPlace),
}

/// A token or an HSM, reached through a PKCS #11 module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenPlace {
    /// The module: a shared library.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// What the labels of the station's keys begin with; the name of the authority follows.
    #[serde(default)]
    pub prefix: String,
}

impl TokenPlace {
    /// The token with that label, behind that module.
    ///
    /// # Errors
    ///
    /// If the module's path is relative and there is no current folder.
    pub fn new(module: PathBuf, token: impl Into<String>) -> Result<Self> {
        Self::beside(Path::new(""), module, token)
    }

    /// The same, where the module's path is relative to that folder.
    pub(crate) fn beside(folder: &Path, module: PathBuf, token: impl Into<String>) -> Result<Self> {
        // A bare name is looked for where the system keeps libraries.
        let module = match module.components().count() {
            1 => module,
            _ => absolute(folder.join(module))?,
        };
        Ok(Self {
            module,
            token: token.into(),
            prefix: String::new(),
        })
    }

    /// What a program says that has no PKCS #11.
    #[cfg(not(feature = "pkcs11"))]
    pub(super) fn out_of_reach(&self) -> anyhow::Error {
        anyhow::anyhow!(
            "the keys are in the token {:?}, which this program cannot use: build it with the \
             feature `pkcs11`",
            self.token
        )
    }
}

impl KeyPlace {
    /// Whether it is the usual one, which `station.json` need not name.
    pub(crate) fn is_file(&self) -> bool {
        *self == Self::File
    }

    /// Gets ready to open keys: `folder` is where key files are.
    pub(crate) fn open(&self, folder: &Path, access: &KeyAccess) -> Result<Box<dyn Keys>> {
        match self {
            Self::File => Ok(Box::new(Files {
                folder: folder.to_owned(),
                secret: access.secret.load()?,
            })),
            Self::Pkcs11(place) => token(place, access),
        }
    }
}

#[cfg(feature = "pkcs11")]
fn token(place: &TokenPlace, access: &KeyAccess) -> Result<Box<dyn Keys>> {
    let token = super::pkcs11::Token::of_authorities(place, access.pin()?)?;
    Ok(Box::new(token))
}

#[cfg(not(feature = "pkcs11"))]
fn token(place: &TokenPlace, _access: &KeyAccess) -> Result<Box<dyn Keys>> {
    Err(place.out_of_reach())
}

struct Files {
    folder: PathBuf,
    secret: Option<Secret>,
}

impl Files {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }
}

impl Keys for Files {
    fn create(&self, name: &str) -> Result<Box<dyn Signer>> {
        let signer = FileSigner::create(&self.path(name), self.secret.as_ref())?;
        Ok(Box::new(signer))
    }

    fn load(&self, name: &str) -> Result<Box<dyn Signer>> {
        let signer = FileSigner::open(&self.path(name), self.secret.as_ref())?;
        Ok(Box::new(signer))
    }

    fn has(&self, name: &str) -> Result<bool> {
        Ok(self.path(name).exists())
    }

    fn destroy(&self, name: &str) -> Result<()> {
        files::destroy(&self.path(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_documented() {
        let read = |text: &str| serde_json::from_str::<KeyPlace>(text);
        assert_eq!(read(r#"{"kind":"file"}"#).unwrap(), KeyPlace::File);
        let token =
            r#"{"kind":"pkcs11","module":"/usr/lib/softhsm/libsofthsm2.so","token":"line"}"#;
        let KeyPlace::Pkcs11(place) = read(token).unwrap() else {
            panic!("not a token")
        };
        assert_eq!((place.token.as_str(), place.prefix.as_str()), ("line", ""));
        for wrong in [
            r#"{"kind":"tpm"}"#,
            r#"{"kind":"pkcs11","token":"line"}"#,
            r#"{"kind":"pkcs11","module":"m","token":"line","pin":"1234"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
