//! The key of a client certificate, in a token.

use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use rustls::pki_types::CertificateDer;
use rustls::sign::SigningKey;

use super::keys::TokenPlace;
use crate::secret::KeyAccess;

/// Opens the token, finds the private key with that label, and sees to it that it belongs to the
/// certificate.
#[cfg(feature = "pkcs11")]
pub(crate) fn client_key(
    place: &TokenPlace,
    label: &str,
    access: &KeyAccess,
    certificate: &CertificateDer<'_>,
) -> Result<Arc<dyn SigningKey>> {
    let key = super::pkcs11::ClientKey::open(place, label, access.pin()?, certificate)?;
    Ok(Arc::new(key))
}

/// Without PKCS #11 there is none.
#[cfg(not(feature = "pkcs11"))]
pub(crate) fn client_key(
    place: &TokenPlace,
    _label: &str,
    _access: &KeyAccess,
    _certificate: &CertificateDer<'_>,
) -> Result<Arc<dyn SigningKey>> {
    Err(place.out_of_reach())
}

/// A token did not sign in a TLS handshake. Why is in the log.
#[derive(Debug)]
pub(crate) struct Unsigned {
    pub(super) token: String,
    pub(super) key: String,
}

impl fmt::Display for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token, key } = self;
        write!(f, "the token {token:?} does not sign with its key {key:?}")
    }
}

impl std::error::Error for Unsigned {}
