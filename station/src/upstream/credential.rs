//! What the relay adds to the page's requests.

use axum::http::HeaderValue;
use signet_core::UnixTime;
use signet_core::dps::{device_key, sas_token};

use crate::enrollment::SharedKey;
use crate::route::Route;

/// How long a token holds, in seconds: for one request, and for clocks that differ a little.
const TOKEN_SECONDS: u64 = 300;

/// What proves the device. `Debug` shows no key.
#[derive(Debug)]
pub(super) enum Credential {
    /// The client certificate of the TLS connection, and no header.
    ClientCertificate,
    /// The key of an enrollment group, from which each device's is derived.
    GroupKey(SharedKey),
    /// The key of an individual enrollment.
    IndividualKey(SharedKey),
    /// Whatever the page sends itself.
    Page,
}

impl Credential {
    /// The kind of attestation, in the words of the device API.
    pub(super) fn attestation(&self) -> &'static str {
        match self {
            Self::ClientCertificate => "x509",
            Self::GroupKey(_) | Self::IndividualKey(_) => "symmetricKey",
            Self::Page => "page",
        }
    }

    /// The `Authorization` of a request to the service, from that of the page's request.
    pub(super) fn authorization(
        &self,
        route: &Route,
        page: Option<&HeaderValue>,
        now: UnixTime,
    ) -> Option<HeaderValue> {
        let token = |key: &[u8]| {
            let expiry = UnixTime(now.0 + TOKEN_SECONDS);
            sas_token(&route.id_scope, &route.id, key, expiry)
        };
        let mut value = match self {
            Self::ClientCertificate => None,
            // The token is ASCII throughout: IDs are percent-encoded in it.
            Self::GroupKey(key) => {
                HeaderValue::try_from(token(&device_key(key.as_bytes(), &route.id))).ok()
            }
            Self::IndividualKey(key) => HeaderValue::try_from(token(key.as_bytes())).ok(),
            Self::Page => page.cloned(),
        }?;
        value.set_sensitive(true);
        Some(value)
    }
}
