//! Public areas of keys, as they come from outside (TPM 2.0 Library, Part 2, section 12.2).

use std::fmt;

use anyhow::Result;
use base64ct::{Base64, Encoding};
use getrandom::SysRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Oaep, PublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::wrap::sized;

/// A name: the algorithm and the digest of a public area (Part 1, section 16).
pub(super) type Name = [u8; 34];

// Part 2, table 9, TPM_ALG_ID.
const ALG_RSA: u16 = 0x0001;
pub(super) const ALG_HMAC: u16 = 0x0005;
const ALG_AES: u16 = 0x0006;
pub(super) const ALG_KEYEDHASH: u16 = 0x0008;
pub(super) const ALG_SHA256: u16 = 0x000b;
const ALG_NULL: u16 = 0x0010;
const ALG_CFB: u16 = 0x0043;

/// Of the default template L-1 (TCG EK Credential Profile, annex B.3.3): fixedTPM, fixedParent,
/// sensitiveDataOrigin, adminWithPolicy, restricted, decrypt (Part 2, table 31, TPMA_OBJECT).
const ENDORSEMENT: u32 = 0x0003_00b2;

/// The policy of that template: PolicySecret with the authorization of the endorsement hierarchy.
const POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
    0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];

/// fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, decrypt.
const STORAGE_ROOT: u32 = 0x0003_0072;

/// noDA: a storage root key may have it, and the TCG's template does.
const NO_DA: u32 = 1 << 10;

const MODULUS_BYTES: usize = 256;

/// The exponent that zero stands for (Part 2, table 197, TPMS_RSA_PARMS).
const EXPONENT: u64 = 65_537;

/// Longest text of a public area in base64: that of these keys has 424 digits.
const TEXT_LIMIT: usize = 1024;

/// Why a public area is not that of a key which can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum PublicError {
    /// Other attributes than those of its kind (TPMA_OBJECT).
    Attributes {
        /// What was found.
        found: u32,
    },
    /// Not base64, or far too long.
    Encoding,
    /// An exponent other than the default, which is written as zero.
    Exponent {
        /// What was found.
        found: u32,
    },
    /// A name algorithm other than SHA-256.
    Hash {
        /// What was found.
        found: u16,
    },
    /// Not RSA with 2048 bits.
    Key {
        /// What was found, algorithm or bits.
        found: u16,
    },
    /// A modulus that cannot be one.
    Modulus,
    /// Another policy than that of the template.
    Policy,
    /// A scheme, which storage keys do not have.
    Scheme {
        /// What was found.
        found: u16,
    },
    /// Another cipher than AES-128 in CFB mode.
    Symmetric,
    /// Bytes behind the end.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// It ends too early.
    Truncated,
}

impl fmt::Display for PublicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attributes { found } => write!(f, "the attributes {found:#010x} are not its"),
            Self::Encoding => f.write_str("it is not base64 of a public area"),
            Self::Exponent { found } => write!(f, "the exponent is {found} and not the default"),
            Self::Hash { found } => write!(f, "the name algorithm {found:#06x} is not SHA-256"),
            Self::Key { found } => write!(f, "it is no RSA key of 2048 bits ({found:#06x})"),
            Self::Modulus => f.write_str("its modulus is none"),
            Self::Policy => f.write_str("its policy is not the default one"),
            Self::Scheme { found } => write!(f, "it has the scheme {found:#06x}"),
            Self::Symmetric => f.write_str("its cipher is not AES-128 in CFB mode"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes follow its end"),
            Self::Truncated => f.write_str("it ends too early"),
        }
    }
}

impl std::error::Error for PublicError {}

/// The public area (TPMT_PUBLIC; Part 2, table 201) of a restricted decryption key, RSA 2048:
/// an endorsement key or a storage root key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StorageKey {
    area: Vec<u8>,
    key: PublicKey,
}

impl StorageKey {
    /// An endorsement key of the TCG's default template, from a TPMT_PUBLIC or a TPM2B_PUBLIC.
    pub(crate) fn endorsement(bytes: &[u8]) -> Result<Self, PublicError> {
        Self::parse(bytes, |attributes, policy| {
            if attributes != ENDORSEMENT {
                Err(PublicError::Attributes { found: attributes })
            } else if policy != POLICY {
                Err(PublicError::Policy)
            } else {
                Ok(())
            }
        })
    }

    /// A storage root key, from a TPMT_PUBLIC or a TPM2B_PUBLIC.
    pub(crate) fn storage_root(bytes: &[u8]) -> Result<Self, PublicError> {
        Self::parse(bytes, |attributes, policy| {
            if attributes & !NO_DA != STORAGE_ROOT {
                Err(PublicError::Attributes { found: attributes })
            } else if policy.is_empty() {
                Ok(())
            } else {
                Err(PublicError::Policy)
            }
        })
    }

    /// From base64.
    pub(crate) fn decode(
        text: &str,
        parse: fn(&[u8]) -> Result<Self, PublicError>,
    ) -> Result<Self, PublicError> {
        if text.len() > TEXT_LIMIT {
            return Err(PublicError::Encoding);
        }
        parse(&Base64::decode_vec(text).map_err(|_| PublicError::Encoding)?)
    }

    fn parse(
        bytes: &[u8],
        suits: impl Fn(u32, &[u8]) -> Result<(), PublicError>,
    ) -> Result<Self, PublicError> {
        let mut whole = Reader(bytes);
        // No public area begins with its own length: its algorithm is 1, and it is longer.
        let sized = usize::from(whole.u16()?) == bytes.len().saturating_sub(2);
        let area = if sized { whole.0 } else { bytes };
        let mut reader = Reader(area);
        let expect = |found: u16, right: u16, wrong: fn(u16) -> PublicError| {
            (found == right).then_some(()).ok_or_else(|| wrong(found))
        };
        let key = |found| PublicError::Key { found };
        expect(reader.u16()?, ALG_RSA, key)?;
        let hash = |found| PublicError::Hash { found };
        expect(reader.u16()?, ALG_SHA256, hash)?;
        suits(reader.u32()?, reader.buffer()?)?;
        for right in [ALG_AES, 128, ALG_CFB] {
            expect(reader.u16()?, right, |_| PublicError::Symmetric)?;
        }
        let scheme = |found| PublicError::Scheme { found };
        expect(reader.u16()?, ALG_NULL, scheme)?;
        expect(reader.u16()?, 2048, key)?;
        match reader.u32()? {
            0 => {}
            found => return Err(PublicError::Exponent { found }),
        }
        let modulus = reader.buffer()?;
        match reader.0.len() {
            0 => {}
            bytes => return Err(PublicError::Trailing { bytes }),
        }
        Ok(Self {
            area: area.to_vec(),
            key: rsa_key(modulus).ok_or(PublicError::Modulus)?,
        })
    }

    /// The name of this key.
    pub(super) fn name(&self) -> Name {
        name_of(&self.area)
    }

    /// TPM2B_ENCRYPTED_SECRET (Part 2, table 192): OAEP with the key's name algorithm and a
    /// label that ends in a zero byte (Part 1, annex B.4 and B.10).
    pub(super) fn encrypt(&self, label: &[u8], secret: &[u8]) -> Result<Vec<u8>> {
        let padding = Oaep::<Sha256>::new_with_label(label);
        Ok(sized(&self.key.encrypt(&mut SysRng, padding, secret)?))
    }
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageKey({})", crate::random::to_hex(&self.name()))
    }
}

/// The name of an object whose name algorithm is SHA-256 (Part 1, section 16).
pub(super) fn name_of(area: &[u8]) -> Name {
    let mut name = [0; 34];
    let (algorithm, digest) = name.split_at_mut(2);
    algorithm.copy_from_slice(&ALG_SHA256.to_be_bytes());
    digest.copy_from_slice(&Sha256::digest(area));
    name
}

fn rsa_key(modulus: &[u8]) -> Option<PublicKey> {
    // The top bit set and the last one too: 2048 bits, and odd.
    let sound = modulus.len() == MODULUS_BYTES
        && modulus.first().is_some_and(|byte| byte & 0x80 != 0)
        && modulus.last().is_some_and(|byte| byte & 1 != 0);
    if !sound {
        return None;
    }
    let n = BoxedUint::from_be_slice(modulus, 2048).ok()?;
    let key = PublicKey::new(n, BoxedUint::from(EXPONENT)).ok()?;
    (key.size() == MODULUS_BYTES).then_some(key)
}

/// Bytes that are still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], PublicError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(PublicError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, PublicError> {
        let bytes = self.take(2)?;
        Ok(bytes
            .iter()
            .fold(0, |all, byte| all << 8 | u16::from(*byte)))
    }

    fn u32(&mut self) -> Result<u32, PublicError> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .fold(0, |all, byte| all << 8 | u32::from(*byte)))
    }

    /// A sized buffer (Part 2, section 10.4).
    fn buffer(&mut self) -> Result<&'a [u8], PublicError> {
        let size = self.u16()?;
        self.take(usize::from(size))
    }
}

/// An endorsement key in a file: base64 of its TPM2B_PUBLIC, as the service's tools show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct EndorsementKey(pub(crate) StorageKey);

impl EndorsementKey {
    /// From a file of either structure or of its base64.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, PublicError> {
        match std::str::from_utf8(bytes).map(str::trim) {
            Ok(text) if !text.is_empty() && !text.contains('\0') => text.to_owned().try_into(),
            _ => StorageKey::endorsement(bytes).map(Self),
        }
    }
}

impl TryFrom<String> for EndorsementKey {
    type Error = PublicError;

    fn try_from(text: String) -> Result<Self, PublicError> {
        StorageKey::decode(&text, StorageKey::endorsement).map(Self)
    }
}

impl From<EndorsementKey> for String {
    fn from(key: EndorsementKey) -> Self {
        Base64::encode_string(&sized(&key.0.area))
    }
}

#[cfg(test)]
pub(super) mod tests;
