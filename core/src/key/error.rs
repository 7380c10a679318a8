use core::fmt;

use crate::Explain;

/// Why a key could not be read, or a signature was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Not a point of P-384 in uncompressed SEC1 form.
    BadPoint,
    /// The signature does not belong to this key and message, or is not `SEQUENCE { r, s }` in DER.
    BadSignature,
    /// The private key is encrypted.
    Encrypted,
    /// Not an unencrypted P-384 private key in PKCS#8 or SEC1 form.
    NotAKey,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadPoint => "The public key is not a point of the curve P-384.",
            Self::BadSignature => "The signature does not match the key and the signed data.",
            Self::Encrypted => "The private key is encrypted with a password.",
            Self::NotAKey => {
                "This is not an unencrypted P-384 private key in PKCS#8 or SEC1 form, or its two \
                 halves do not belong together."
            }
        })
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BadPoint => "key.bad-point",
            Self::BadSignature => "key.bad-signature",
            Self::Encrypted => "key.encrypted",
            Self::NotAKey => "key.not-a-key",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::BadPoint => "Ask whoever made the key for a P-384 key, uncompressed.",
            Self::BadSignature => {
                "Ask for the data again: it was changed, or signed by another key."
            }
            Self::Encrypted => "Remove the password, for example with `openssl pkcs8`.",
            Self::NotAKey => "Export the key again as unencrypted PKCS#8 on the curve P-384.",
        }
    }
}
