//! The operating system's random source: the one place that asks for it.

use anyhow::{Context, Result};
use signet_core::key::{ENTROPY_BYTES, PrivateKey};
use zeroize::Zeroizing;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).context("the system gives no random bytes")?;
    Ok(bytes)
}

/// `2 * N` hex digits from `N` random bytes.
pub(crate) fn hex<const N: usize>() -> Result<String> {
    Ok(to_hex(bytes::<N>()?.as_slice()))
}

/// A random UUID (RFC 9562, section 5.4).
pub(crate) fn uuid() -> Result<String> {
    let mut bytes = bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = to_hex(bytes.as_slice());
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}

/// A fresh P-384 key.
pub(crate) fn key() -> Result<PrivateKey> {
    // The second attempt is needed once in 2^190.
    loop {
        if let Some(key) = PrivateKey::from_entropy(&*bytes::<ENTROPY_BYTES>()?) {
            return Ok(key);
        }
    }
}

/// Lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
