//! Which credential goes where: one preset per layout that firmware in the field reads.

mod error;
mod secure_cert;
mod store;

#[cfg(test)]
mod tests;

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::cert::Certificate;
use crate::key::PrivateKey;
use crate::pem;

pub use error::{Error, Part};

/// A layout of the credential partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Preset {
    /// Espressif's `esp_secure_cert` TLV: roots, device chain (leaf first), SEC1 key, and a hash over
    /// them.
    ///
    /// The defaults are what firmware gets from `esp_secure_cert_get_device_cert` and its siblings
    /// and hands to mbedTLS as it is, and fit the usual partition of 8192 bytes: a chain of the sizes
    /// that are issued today (1521, 1190 and 547 bytes) with the two recommended roots takes 7520
    /// bytes without the issued root and 8320 with it.
    EspSecureCert {
        /// PEM or DER.
        #[serde(default, skip_serializing_if = "is_default")]
        encoding: Encoding,
        /// How much of the issued chain.
        #[serde(default, skip_serializing_if = "is_default")]
        chain: Extent,
    },
    /// An NVS partition with names of the recipe's own.
    Nvs(NvsNames),
    /// The NVS layout of Microsoft's ESP32 samples: the roots as namespace `trusted-ca`, blob `az-tb`,
    /// with `az-tb-ver` 1; key and chain beside them under the names given.
    AzureTrustBundle(DeviceNames),
}

impl Preset {
    /// Whether a partition of this layout is erased on a board that was never provisioned. Nobody
    /// writes `esp_secure_cert` but who provisions a board; NVS is formatted by the firmware itself.
    pub const fn is_erased_when_new(&self) -> bool {
        match self {
            Self::EspSecureCert { .. } => true,
            Self::Nvs(_) | Self::AzureTrustBundle(_) => false,
        }
    }

    /// Whether every name in it can be used on a board.
    ///
    /// # Errors
    /// The first field that cannot, as the recipe calls it, and why.
    pub fn check(&self) -> Result<(), (&'static str, super::nvs::Error)> {
        match self {
            Self::EspSecureCert { .. } => Ok(()),
            Self::Nvs(names) => store::check(&names.into()),
            Self::AzureTrustBundle(names) => store::check(&names.into()),
        }
    }
}

/// How `esp_secure_cert` holds certificates and key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// One PEM text for the chain and one for the roots, subtype 0 each: what mbedTLS reads whole.
    #[default]
    Pem,
    /// One certificate per entry, subtype counting from 0, and the key in DER as well: takes a quarter
    /// less room. Firmware has to ask for each subtype; one that asks for subtype 0 alone gets the
    /// leaf and the first root.
    Der,
}

/// How much of the issued chain a board receives. It presents the leaf and the issuing CAs; the root
/// of its own chain is of use to the other side only, which has it (RFC 5246 section 7.4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Everything but the root.
    #[default]
    WithoutRoot,
    /// Everything.
    Full,
}

/// NVS namespace and key names, at most 15 bytes each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NvsNames {
    /// The namespace.
    pub namespace: String,
    /// Key under which the private key stands (PKCS#8 PEM, as a string).
    pub private_key: String,
    /// Key under which the whole device chain stands (PEM, leaf first, as a blob without NUL).
    pub chain: String,
    /// Key under which the roots stand (PEM, as a blob without NUL).
    pub roots: String,
}

/// As [`NvsNames`], where the place of the roots is fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceNames {
    /// The namespace.
    pub namespace: String,
    /// Key under which the private key stands (PKCS#8 PEM, as a string).
    pub private_key: String,
    /// Key under which the whole device chain stands (PEM, leaf first, as a blob without NUL).
    pub chain: String,
}

/// What a board receives.
pub struct Credentials<'a> {
    /// Its own key.
    pub private_key: &'a PrivateKey,
    /// The issued chain, DER, leaf first, root last.
    pub chain: &'a [Vec<u8>],
    /// The roots of the cloud that it shall trust, DER.
    pub roots: &'a [Vec<u8>],
}

/// What was found in a partition.
#[derive(Default)]
pub struct Contents {
    /// The private key, if there is one.
    pub private_key: Option<PrivateKey>,
    /// The device chain, DER, in its order.
    pub chain: Vec<Vec<u8>>,
    /// The roots, DER, in their order.
    pub roots: Vec<Vec<u8>>,
}

/// Sizes in bytes (DER) of a chain as it is issued today: leaf, issuing CA, root.
pub const TYPICAL_CHAIN: [usize; 3] = [1521, 1190, 547];

/// Builds the partition's content, exactly `size` bytes long, 0xFF where unused.
///
/// # Errors
/// If a name is too long, the size is none that the format can have, or the credentials do not fit.
pub fn build(
    preset: &Preset,
    credentials: &Credentials<'_>,
    size: u32,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    if credentials.chain.is_empty() {
        return Err(Error::Missing { part: Part::Chain });
    }
    match preset {
        Preset::EspSecureCert { encoding, chain } => {
            let credentials = Credentials {
                chain: chain.of(credentials.chain),
                ..*credentials
            };
            secure_cert::build(*encoding, &credentials, size)
        }
        Preset::Nvs(names) => store::build(&names.into(), credentials, size),
        Preset::AzureTrustBundle(names) => store::build(&names.into(), credentials, size),
    }
}

/// Smallest partition, in bytes, that holds a chain with certificates of those sizes (DER, leaf first,
/// root last) and these roots: to be asked before a certificate is issued, see [`TYPICAL_CHAIN`].
///
/// # Errors
/// As [`build`].
pub fn needed(preset: &Preset, chain: &[usize], roots: &[Vec<u8>]) -> Result<u32, Error> {
    // Every P-384 key has the same size. The extent is settled here, as blanks have no issuer.
    let Some(key) = PrivateKey::from_entropy(&[1; 48]) else {
        return Err(Error::Missing { part: Part::Key });
    };
    let mut blanks: Vec<Vec<u8>> = chain.iter().map(|&len| vec![0; len]).collect();
    let mut preset = preset.clone();
    if let Preset::EspSecureCert { chain, .. } = &mut preset {
        if *chain == Extent::WithoutRoot && blanks.len() > 1 {
            blanks.pop();
        }
        *chain = Extent::Full;
    }
    let credentials = Credentials {
        private_key: &key,
        chain: &blanks,
        roots,
    };
    let mut size = SECTOR_BYTES;
    loop {
        match build(&preset, &credentials, size) {
            Ok(_) => return Ok(size),
            Err(Error::TooLarge { needed, .. }) if needed > size => size = needed,
            Err(Error::Nvs(super::nvs::Error::Size { .. })) if size < super::nvs::MIN_BYTES => {
                size = super::nvs::MIN_BYTES;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Reads back what [`build`] has written. What is not there is empty; what the image holds besides is
/// passed over.
///
/// # Errors
/// [`Error::Damaged`] if a checksum or the structure is wrong, [`Error::Unreadable`] if a part is there
/// but is not what it should be.
pub fn read(preset: &Preset, image: &[u8]) -> Result<Contents, Error> {
    match preset {
        Preset::EspSecureCert { .. } => secure_cert::read(image),
        Preset::Nvs(names) => store::read(&names.into(), image),
        Preset::AzureTrustBundle(names) => store::read(&names.into(), image),
    }
}

/// Proves that an image, as read back from a board, holds those credentials, by parsing it and
/// comparing part by part.
///
/// # Errors
/// As [`read`], and [`Error::Differs`] for the first part that is not what was meant.
pub fn verify(preset: &Preset, credentials: &Credentials<'_>, image: &[u8]) -> Result<(), Error> {
    let found = read(preset, image)?;
    let chain = match preset {
        Preset::EspSecureCert { chain, .. } => chain.of(credentials.chain),
        _ => credentials.chain,
    };
    let differs = |part| Err(Error::Differs { part });
    match &found.private_key {
        None => return Err(Error::Missing { part: Part::Key }),
        Some(key) if *key.to_sec1_der() != *credentials.private_key.to_sec1_der() => {
            return differs(Part::Key);
        }
        Some(_) => {}
    }
    if found.chain != chain {
        return differs(Part::Chain);
    }
    if found.roots != credentials.roots {
        return differs(Part::Roots);
    }
    Ok(())
}

/// Smallest unit of a partition, in bytes.
const SECTOR_BYTES: u32 = 4096;

impl Extent {
    /// The part of a chain that is written. Its last certificate is left out only if it really is a
    /// root: some issuers keep theirs.
    fn of(self, chain: &[Vec<u8>]) -> &[Vec<u8>] {
        match (self, chain) {
            (Self::WithoutRoot, [rest @ .., last]) if !rest.is_empty() && is_self_issued(last) => {
                rest
            }
            _ => chain,
        }
    }
}

fn is_self_issued(der: &[u8]) -> bool {
    Certificate::from_der(der).is_ok_and(|certificate| certificate.is_self_issued())
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Certificates as one PEM text.
fn bundle(certificates: &[Vec<u8>]) -> String {
    certificates
        .iter()
        .map(|der| pem::encode("CERTIFICATE", der))
        .collect()
}

/// The certificates of a PEM text, which may end in a NUL.
fn unbundle(text: &[u8], part: Part) -> Result<Vec<Vec<u8>>, Error> {
    let text = text.strip_suffix(&[0]).unwrap_or(text);
    let objects = pem::decode(text).map_err(|_| Error::Unreadable { part })?;
    objects
        .iter()
        .map(|object| match object.label.as_str() {
            "CERTIFICATE" => Ok(object.der.to_vec()),
            _ => Err(Error::Unreadable { part }),
        })
        .collect()
}

/// A private key in PEM, which may end in a NUL, or in DER.
fn private_key(bytes: &[u8]) -> Result<PrivateKey, Error> {
    let unreadable = Error::Unreadable { part: Part::Key };
    if !pem::is_pem(bytes) {
        return PrivateKey::from_der(bytes).map_err(|_| unreadable);
    }
    match pem::decode(bytes.strip_suffix(&[0]).unwrap_or(bytes)).as_deref() {
        Ok([object]) => PrivateKey::from_der(&object.der).map_err(|_| unreadable),
        _ => Err(unreadable),
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents")
            .field("private_key", &self.private_key.is_some())
            .field("chain", &self.chain.len())
            .field("roots", &self.roots.len())
            .finish()
    }
}
