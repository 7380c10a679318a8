//! Who signs certificates: keys in files today, a token or an HSM behind the same trait later.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use p384::ecdsa::VerifyingKey;
use signature::Keypair;
use signet_core::key::PrivateKey;
use spki::der::asn1::AnyRef;
use spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, ObjectIdentifier};
use zeroize::Zeroizing;

use crate::files::{self, Privacy};
use crate::random;

/// A P-384 key that signs for a certification authority and does not leave its place.
pub trait Signer: Send + Sync {
    /// The public key as an uncompressed SEC1 point of 97 bytes.
    fn public_point(&self) -> [u8; 97];

    /// An ecdsa-with-SHA384 signature over `message`, DER (RFC 5758, section 3.2).
    ///
    /// # Errors
    ///
    /// If the device that holds the key refuses or cannot be reached.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

/// A key in memory, from a file of mode 0600.
#[derive(Debug)]
pub(crate) struct FileSigner(PrivateKey);

impl FileSigner {
    /// A fresh key that is kept nowhere.
    pub(crate) fn ephemeral() -> Result<Self> {
        Ok(Self(random::key()?))
    }

    /// A fresh key, kept in a file.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let key = random::key()?;
        files::replace(path, key.to_pkcs8_pem().as_bytes(), Privacy::Owner)?;
        Ok(Self(key))
    }

    /// The key in a file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let named = || format!("cannot read the key {}", path.display());
        let pem = Zeroizing::new(std::fs::read(path).with_context(named)?);
        let (_, der) = pem_rfc7468::decode_vec(&pem)
            .map_err(|e| anyhow!(e))
            .with_context(named)?;
        let der = Zeroizing::new(der);
        let key = PrivateKey::from_der(&der)
            .map_err(|e| anyhow!("{e}"))
            .with_context(named)?;
        Ok(Self(key))
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

/// What the certificate builder asks of a signer before it signs: its public key and its algorithm.
pub(crate) struct Description(VerifyingKey);

impl Description {
    pub(crate) fn new(signer: &dyn Signer) -> Result<Self> {
        let key = VerifyingKey::from_sec1_bytes(&signer.public_point());
        Ok(Self(key.map_err(|_| {
            anyhow!("the signer's public key is not on P-384")
        })?))
    }

    /// The public key.
    pub(crate) fn key(&self) -> &VerifyingKey {
        &self.0
    }
}

impl Keypair for Description {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.0
    }
}

impl DynSignatureAlgorithmIdentifier for Description {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            oid: ECDSA_SHA384,
            parameters: None::<AnyRef<'_>>.map(Into::into),
        })
    }
}

/// ecdsa-with-SHA384, RFC 5758, section 3.2; its parameters are absent.
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
