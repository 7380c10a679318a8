//! The keys of the station's authorities in a token: P-384 pairs that it made itself.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use cryptoki::object::{KeyType, ObjectClass};
use p384::ecdsa::Signature;
use rustls::SignatureScheme;
use signet_core::key::PublicKey;

use super::refusal::Refusal;
use super::{Token, object};
use crate::secret::Secret;
use crate::signer::Signer;
use crate::signer::keys::{Keys, TokenPlace};

/// ecdsa-with-SHA384, as TLS names it.
const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP384_SHA384;

/// A key in a token.
struct TokenSigner {
    token: Arc<Token>,
    label: String,
    public: PublicKey,
}

impl Token {
    /// Opens a token for the keys of authorities.
    pub(crate) fn of_authorities(place: &TokenPlace, pin: Secret) -> Result<Arc<Self>> {
        let token = Self::open(place, pin)?;
        token.with(|live| live.way(SCHEME).map(drop))?;
        Ok(Arc::new(token))
    }

    fn generate(&self, label: &str) -> Result<()> {
        self.with(|live| {
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                ensure!(
                    object::find(&live.session, class, KeyType::EC, label)?.is_none(),
                    "it already has a key labelled {label:?}: delete that, or put the station's \
                     own files back"
                );
            }
            let session = self.module.open_rw_session(live.slot).map_err(Refusal)?;
            object::generate(&session, label)
        })
    }

    /// Destroys both halves of a pair.
    fn destroy(&self, label: &str) -> Result<()> {
        self.with(|live| {
            live.keys.remove(label);
            let session = self.module.open_rw_session(live.slot).map_err(Refusal)?;
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                if let Some(object) = object::find(&session, class, KeyType::EC, label)? {
                    session.destroy_object(object).map_err(Refusal)?;
                }
            }
            Ok(())
        })
    }

    fn public(&self, label: &str) -> Result<PublicKey> {
        self.with(|live| {
            let found = object::find(&live.session, ObjectClass::PUBLIC_KEY, KeyType::EC, label)?;
            let handle = found.with_context(|| format!("it has no public key {label:?}"))?;
            object::public_key(&live.session, handle)
        })
    }

    fn label(&self, name: &str) -> String {
        format!("{}{name}", self.place.prefix)
    }
}

impl Keys for Arc<Token> {
    fn create(&self, name: &str) -> Result<Box<dyn Signer>> {
        self.generate(&self.label(name))?;
        self.load(name)
    }

    fn load(&self, name: &str) -> Result<Box<dyn Signer>> {
        let label = self.label(name);
        let public = self.public(&label)?;
        Ok(Box::new(TokenSigner {
            token: Self::clone(self),
            label,
            public,
        }))
    }

    fn has(&self, name: &str) -> Result<bool> {
        let label = self.label(name);
        self.with(|live| {
            let found = object::find(&live.session, ObjectClass::PRIVATE_KEY, KeyType::EC, &label)?;
            Ok(found.is_some())
        })
    }

    fn destroy(&self, name: &str) -> Result<()> {
        Token::destroy(self, &self.label(name))
    }
}

impl Signer for TokenSigner {
    fn public_point(&self) -> [u8; 97] {
        self.public.to_point()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let raw = self.token.sign(KeyType::EC, &self.label, SCHEME, message)?;
        let signature = Signature::from_slice(&raw).map_err(|_| {
            anyhow!(
                "the token's signature is not one of P-384, but {} bytes: is {:?} a P-384 key?",
                raw.len(),
                self.label
            )
        })?;
        let signature = signature.to_der().as_bytes().to_vec();
        // The two halves are two objects, and only their labels say that they belong together.
        self.public.verify(message, &signature).map_err(|_| {
            anyhow!(
                "the private and the public key {:?} in the token do not belong together",
                self.label
            )
        })?;
        Ok(signature)
    }
}
