//! Where the authorities' keys are.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{FileSigner, Signer};
use crate::secret::{KeyAccess, Secret};

/// Where the keys are, as `station.json` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum KeyPlace {
    /// In `ca/*.key`.
    #[default]
    File,
}

/// The keys, by the names of their authorities.
pub(crate) enum Keys {
    /// In `ca/*.key`.
    Files {
        folder: PathBuf,
        secret: Option<Secret>,
    },
}

impl Keys {
    /// Gets ready to open keys: `folder` is where key files are.
    pub(crate) fn open(place: &KeyPlace, folder: &Path, access: &KeyAccess) -> Result<Self> {
        match place {
            KeyPlace::File => Ok(Self::Files {
                folder: folder.to_owned(),
                secret: access.secret.load()?,
            }),
        }
    }

    /// Makes the key of an authority.
    pub(crate) fn create(&self, name: &str) -> Result<Box<dyn Signer>> {
        match self {
            Self::Files { folder, secret } => {
                let signer = FileSigner::create(&key_path(folder, name), secret.as_ref())?;
                Ok(Box::new(signer))
            }
        }
    }

    /// Opens the key of an authority.
    pub(crate) fn load(&self, name: &str) -> Result<Box<dyn Signer>> {
        match self {
            Self::Files { folder, secret } => {
                let signer = FileSigner::open(&key_path(folder, name), secret.as_ref())?;
                Ok(Box::new(signer))
            }
        }
    }

    /// Whether the authority has a key.
    pub(crate) fn has(&self, name: &str) -> Result<bool> {
        match self {
            Self::Files { folder, .. } => Ok(key_path(folder, name).exists()),
        }
    }
}

impl KeyPlace {
    /// Whether it is the usual one, which `station.json` need not name.
    pub(crate) fn is_file(&self) -> bool {
        *self == Self::File
    }
}

fn key_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.key"))
}
