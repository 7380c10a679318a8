//! Who may register, and how each proves it.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use signet_core::dps::RegistrationId;
use zeroize::Zeroizing;

use crate::files::{self, Privacy};
use crate::random;
use crate::tpm::EndorsementKey;

/// One entry of `enrollments.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Enrollment {
    /// A group's name, or the registration ID of a single device.
    pub name: String,
    /// For one device or for many.
    pub scope: Scope,
    /// What proves a device.
    pub proof: Proof,
    /// The policy that issues certificates; without one, devices are assigned but get none.
    #[serde(default)]
    pub policy: Option<String>,
    /// The name in the hub, if a single device shall have another there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// A disabled enrollment answers with the status `disabled`.
    #[serde(default)]
    pub disabled: bool,
}

/// For one device or for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Every device that proves to belong to it.
    Group,
    /// The device of that name.
    Individual,
}

/// What proves a device.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Proof {
    /// A certificate chain to one of these authorities (PEM).
    Authority {
        /// Each as PEM text.
        certificates: Vec<String>,
    },
    /// A token signed with either key; of a group, with the key derived from it.
    #[serde(rename_all = "camelCase")]
    SymmetricKey {
        /// The first key.
        primary_key: SharedKey,
        /// The other, so that one can be exchanged while the other works.
        secondary_key: SharedKey,
    },
    /// One of these certificates itself, by the SHA-256 of its DER in hex.
    Thumbprint {
        /// One or two.
        sha256: Vec<String>,
    },
    /// The TPM of this endorsement key.
    #[serde(rename_all = "camelCase")]
    Tpm {
        /// Base64 of its public area, as the TPM writes it.
        endorsement_key: EndorsementKey,
    },
}

/// A symmetric key; base64 in files, silent in `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SharedKey(Zeroizing<Vec<u8>>);

impl SharedKey {
    /// 64 random bytes, as the service makes them.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    pub(crate) fn fresh() -> Result<Self> {
        Ok(Self(Zeroizing::new(random::bytes::<64>()?.to_vec())))
    }

    /// The decoded key.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedKey(..)")
    }
}

impl TryFrom<String> for SharedKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = Zeroizing::new(text);
        match Base64::decode_vec(&text) {
            Ok(key) if (16..=64).contains(&key.len()) => Ok(Self(Zeroizing::new(key))),
            _ => Err("a symmetric key is base64 of 16 to 64 bytes"),
        }
    }
}

impl From<SharedKey> for String {
    fn from(key: SharedKey) -> Self {
        Base64::encode_string(&key.0)
    }
}

impl Proof {
    /// Two fresh symmetric keys.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    pub(crate) fn fresh_keys() -> Result<Self> {
        Ok(Self::SymmetricKey {
            primary_key: SharedKey::fresh()?,
            secondary_key: SharedKey::fresh()?,
        })
    }

    /// The TPM whose endorsement key is in this file, or is this base64.
    ///
    /// # Errors
    ///
    /// If there is no file of that name and it is no base64, or the key is not one of the TCG's
    /// default template for RSA 2048.
    pub(crate) fn tpm(file_or_text: &str) -> Result<Self> {
        let path = Path::new(file_or_text);
        let bytes = match path.is_file() {
            true => std::fs::read(path).with_context(|| format!("cannot read {file_or_text}"))?,
            false => file_or_text.as_bytes().to_vec(),
        };
        let endorsement_key = EndorsementKey::read(&bytes)
            .with_context(|| format!("{file_or_text:?} is no endorsement key that can serve"))?;
        Ok(Self::Tpm { endorsement_key })
    }
}

/// Reads `enrollments.json`.
pub(crate) fn load(data: &Path) -> Result<Vec<Enrollment>> {
    let path = data.join(FILE);
    let list: Vec<Enrollment> = files::read_json(&path)?.unwrap_or_default();
    for entry in &list {
        entry
            .check()
            .with_context(|| format!("enrollment {:?}", entry.name))?;
    }
    Ok(list)
}

/// Adds an entry, or replaces the one of the same name and scope.
pub(crate) fn put(data: &Path, entry: Enrollment) -> Result<()> {
    entry.check()?;
    let mut list = load(data)?;
    list.retain(|other| (other.scope, &other.name) != (entry.scope, &entry.name));
    list.push(entry);
    // Symmetric keys stand in it.
    files::replace_json(&data.join(FILE), &list, Privacy::Owner)
}

/// Disables the entries that name a policy.
pub(crate) fn disable(data: &Path, policy: &str) -> Result<()> {
    let mut list = load(data)?;
    let mut named = false;
    for entry in &mut list {
        if entry.policy.as_deref() == Some(policy) {
            entry.disabled = true;
            named = true;
        }
    }
    if named {
        files::replace_json(&data.join(FILE), &list, Privacy::Owner)?;
    }
    Ok(())
}

const FILE: &str = "enrollments.json";

impl Enrollment {
    fn check(&self) -> Result<()> {
        match self.scope {
            Scope::Individual => {
                let id = RegistrationId::new(&self.name)?;
                ensure!(
                    id.as_str() == self.name,
                    "write the registration ID in lower case"
                );
                ensure!(
                    !matches!(self.proof, Proof::Authority { .. }),
                    "a single device is proved by a key, its own certificate or its TPM"
                );
            }
            Scope::Group => {
                ensure!(!self.name.is_empty(), "a group needs a name");
                ensure!(
                    !matches!(self.proof, Proof::Thumbprint { .. } | Proof::Tpm { .. }),
                    "a group is proved by a key or by an authority"
                );
                ensure!(
                    self.device_id.is_none(),
                    "the devices of a group keep their own names"
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, scope: Scope) -> Enrollment {
        let proof = Proof::fresh_keys().unwrap();
        Enrollment {
            name: name.to_owned(),
            scope,
            proof,
            policy: None,
            device_id: None,
            disabled: false,
        }
    }

    #[test]
    fn survives_in_a_file_and_stays_out_of_debug() {
        let data = tempfile::tempdir().unwrap();
        let first = entry("line", Scope::Group);
        let Proof::SymmetricKey { primary_key, .. } = &first.proof else {
            unreachable!()
        };
        let secret = String::from(primary_key.clone());
        assert!(!format!("{first:?}").contains(&secret[..12]));
        put(data.path(), first).unwrap();
        put(data.path(), entry("dev-1", Scope::Individual)).unwrap();
        put(data.path(), entry("dev-1", Scope::Individual)).unwrap();
        let list = load(data.path()).unwrap();
        assert_eq!(list.len(), 2);
        let Proof::SymmetricKey { primary_key, .. } = &list[0].proof else {
            unreachable!()
        };
        assert_eq!(String::from(primary_key.clone()), secret);
    }

    #[test]
    fn refuses_what_cannot_work() {
        let data = tempfile::tempdir().unwrap();
        assert!(put(data.path(), entry("Dev-1", Scope::Individual)).is_err());
        assert!(put(data.path(), entry("a b", Scope::Individual)).is_err());
        assert!(put(data.path(), entry("", Scope::Group)).is_err());
        let mut group = entry("line", Scope::Group);
        group.proof = Proof::Thumbprint { sha256: Vec::new() };
        assert!(put(data.path(), group).is_err());
    }
}
