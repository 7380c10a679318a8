//! The practice recipe that fits this station.

use serde_json::{Value, json};
use signet_core::dps::API_VERSION;

use crate::namespace::Namespace;

/// What the page loads to practise: this station as the endpoint, its root pinned.
pub(crate) fn practice(namespace: &Namespace) -> Value {
    json!({
        "signet": 1,
        "name": "Practice line",
        "endpoint": {
            "url": "/dps",
            "idScope": namespace.id_scope,
            "apiVersion": API_VERSION,
        },
        "registrationId": { "from": "mac", "template": "sn-{mac}" },
        "attestation": { "kind": "relay" },
        "board": {
            "chips": ["esp32c3"],
            "partition": "esp_secure_cert",
            "preset": { "format": "esp-secure-cert" },
        },
        "roots": [DIGICERT_GLOBAL_ROOT_G2, MICROSOFT_RSA_ROOT_2017],
        "issued": { "rootSha256": [namespace.root_sha256()], "validityDays": [1, 90] },
    })
}

/// The roots that the documents of the service tell devices to trust, by SHA-256 of their DER.
pub(crate) const DIGICERT_GLOBAL_ROOT_G2: &str =
    "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f";
pub(crate) const MICROSOFT_RSA_ROOT_2017: &str =
    "c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0";
