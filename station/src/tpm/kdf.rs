//! Keys from seeds: KDFa (TPM 2.0 Library, Part 1, section 11.4.10.2).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What the integrity of a protected structure hangs on (Part 1, sections 23.3 and 24.5).
pub(super) const INTEGRITY: &str = "INTEGRITY";

/// What encrypts a protected structure (Part 1, sections 23.3 and 24.4).
pub(super) const STORAGE: &str = "STORAGE";

/// `N` bytes for one purpose: HMAC-SHA-256 in counter mode (SP 800-108) over the label, a zero byte,
/// the context, and the number of bits.
pub(super) fn kdfa<const N: usize>(seed: &[u8], label: &str, context: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    let bits = u32::try_from(N * 8).unwrap_or(u32::MAX);
    for (counter, chunk) in (1_u32..).zip(out.chunks_mut(32)) {
        let parts = [
            &counter.to_be_bytes()[..],
            label.as_bytes(),
            &[0],
            context,
            &bits.to_be_bytes(),
        ];
        let block = Zeroizing::new(hmac(seed, &parts));
        for (byte, fresh) in chunk.iter_mut().zip(block.iter()) {
            *byte = *fresh;
        }
    }
    out
}

/// HMAC-SHA-256 over the parts, one behind the other.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length (RFC 2104)");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::to_hex;

    /// `openssl kdf -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt hexkey:0001…1f
    /// -kdfopt salt:STORAGE -kdfopt info:context -keylen 16 KBKDF`, and the same for the other.
    #[test]
    fn agrees_with_openssl() {
        let seed: Vec<u8> = (0..32).collect();
        assert_eq!(
            to_hex(&*kdfa::<16>(&seed, STORAGE, b"context")),
            "e16ac8414511cb7a1572c03e38d8333c"
        );
        assert_eq!(
            to_hex(&*kdfa::<40>(&seed, INTEGRITY, b"")),
            "5d667f96855df2608a698bfb8824b1268723b3e10f4dd14ced3899b162e3e939c5d5fc375e5a916f"
        );
    }
}
