//! Who signs certificates: keys in files, or in a token or an HSM, behind one trait.

mod client;
mod file;
mod keys;
#[cfg(feature = "pkcs11")]
mod pkcs11;

use anyhow::{Result, anyhow};
use p384::ecdsa::VerifyingKey;
use signature::Keypair;
use spki::der::asn1::AnyRef;
use spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, ObjectIdentifier};

pub(crate) use client::{Unsigned, client_key};
pub(crate) use file::{FileSigner, is_plain};
pub use keys::TokenPlace;
pub(crate) use keys::{KeyPlace, Keys};

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
