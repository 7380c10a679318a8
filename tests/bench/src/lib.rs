//! What `./dev bench` times in Chromium beside WebCrypto and the peers in JavaScript.

#![allow(
    unreachable_pub,
    reason = "what JavaScript calls must be public, wherever it stands"
)]

mod path;

use signet_core::csr::Csr;
use signet_core::key::{ENTROPY_BYTES, PrivateKey};
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes a P-384 key from 48 random bytes and a signed PKCS#10 request for `id`; returns its DER.
/// Empty if the bytes cannot be a key.
#[wasm_bindgen]
pub fn key_and_csr(random: &[u8], id: &str) -> Vec<u8> {
    let Ok(random) = <&[u8; ENTROPY_BYTES]>::try_from(random) else {
        return Vec::new();
    };
    let Some(key) = PrivateKey::from_entropy(random) else {
        return Vec::new();
    };
    Csr::for_device(&key, id)
        .map(|csr| csr.as_der().to_vec())
        .unwrap_or_default()
}
