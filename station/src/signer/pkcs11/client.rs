//! The private key of a client certificate, for TLS. A token makes each signature (RFC 5246, section
//! 7.4.8), and the certificate's own key checks it before it is sent.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cryptoki::object::KeyType;
use rustls::pki_types::CertificateDer;
use rustls::{OtherError, SignatureAlgorithm, SignatureScheme};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::certified::Certified;
use super::{Token, object};
use crate::log;
use crate::secret::Secret;
use crate::signer::Unsigned;
use crate::signer::keys::TokenPlace;

/// What is signed to see whether key and certificate belong together.
const TRIAL: &[u8] = b"a key and its certificate";

/// A key with which TLS connections are made.
#[derive(Debug)]
pub(crate) struct ClientKey {
    held: Arc<Held>,
    /// What it was seen to sign.
    schemes: Vec<SignatureScheme>,
}

/// One signature to be made.
#[derive(Debug)]
struct Pending {
    held: Arc<Held>,
    scheme: SignatureScheme,
}

struct Held {
    token: Token,
    label: String,
    certified: Certified,
}

impl ClientKey {
    /// Opens the token, finds the key, and has it sign in every way that both know: what a token only
    /// says it can do is not offered.
    pub(crate) fn open(
        place: &TokenPlace,
        label: &str,
        pin: Secret,
        certificate: &CertificateDer<'_>,
    ) -> Result<Self> {
        let held = Held {
            certified: Certified::of(certificate)?,
            token: Token::open(place, pin)?,
            label: label.to_owned(),
        };
        let (mut schemes, mut refusal) = (Vec::new(), None);
        for scheme in held.possible()? {
            match held.sign(scheme, TRIAL) {
                Ok(_) => schemes.push(scheme),
                Err(error) => refusal = Some(error),
            }
        }
        match refusal {
            Some(error) if schemes.is_empty() => Err(error),
            _ => Ok(Self {
                held: Arc::new(held),
                schemes,
            }),
        }
    }
}

impl Held {
    /// The ways to sign that certificate and token both know; at least one.
    fn possible(&self) -> Result<Vec<SignatureScheme>> {
        self.token.with(|live| {
            let schemes = self.certified.schemes.iter().copied();
            let possible: Vec<_> = schemes.filter(|name| live.way(*name).is_ok()).collect();
            ensure!(
                !possible.is_empty(),
                "it cannot sign with {} keys: take another one",
                object::named(self.certified.kind)
            );
            Ok(possible)
        })
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>> {
        let kind = self.certified.kind;
        let raw = self.token.sign(kind, &self.label, scheme, message)?;
        self.certified
            .checked(scheme, message, raw)
            .with_context(|| {
                format!(
                    "the key {:?} in the token {:?}",
                    self.label, self.token.place.token
                )
            })
    }
}

/// Names only: the token holds a PIN.
impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("token", &self.token.place.token)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

impl rustls::sign::SigningKey for ClientKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        let scheme = self.schemes.iter().find(|scheme| offered.contains(scheme));
        Some(Box::new(Pending {
            held: Arc::clone(&self.held),
            scheme: *scheme?,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.held.certified.kind {
            KeyType::RSA => SignatureAlgorithm::RSA,
            _ => SignatureAlgorithm::ECDSA,
        }
    }
}

impl rustls::sign::Signer for Pending {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let sign = || self.held.sign(self.scheme, message);
        // A token takes its time, and other requests do not wait for it.
        let result = match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(sign),
            _ => sign(),
        };
        result.map_err(|error| {
            let unsigned = Unsigned {
                token: self.held.token.place.token.clone(),
                key: self.held.label.clone(),
            };
            log::line(
                "token-does-not-sign",
                &[
                    ("token", &unsigned.token),
                    ("key", &unsigned.key),
                    ("why", &format!("{error:#}")),
                ],
            );
            rustls::Error::Other(OtherError(Arc::new(unsigned)))
        })
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
