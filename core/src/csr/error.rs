use core::fmt;

use super::{MAX_BYTES, MAX_COMMON_NAME};
use crate::Explain;
use crate::cert::limit::Limit;

/// Why a request could not be made or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A subject alternative name that is no address, host, e-mail address or URI.
    BadAlternativeName {
        /// Its beginning, safe to show.
        name: String,
    },
    /// A registration ID that does not fit into a common name.
    BadCommonName {
        /// How many characters it has.
        characters: usize,
    },
    /// The public key is not an uncompressed point of P-384.
    BadPoint,
    /// The self-signature does not match: no proof that the sender holds the key.
    BadSignature,
    /// An object identifier of larger numbers, or more of them, than are read here.
    LongOid {
        /// Byte offset.
        at: usize,
    },
    /// The field for attributes is left out, and RFC 2986 section 4.1 has it even if it is empty.
    NoAttributes,
    /// The subject has no common name, or an empty one, or one that is not text.
    NoCommonName,
    /// Signed DER, but its content is not a CertificationRequestInfo (RFC 2986 section 4.1).
    NotARequest {
        /// Offset inside the CertificationRequestInfo.
        at: usize,
    },
    /// Not DER, or not of the shape of a signed object.
    NotDer {
        /// Byte offset.
        at: usize,
    },
    /// An RSA key, which the certificate service refuses.
    RsaKey,
    /// More than one common name, so that nobody can say whose request this is.
    SeveralCommonNames {
        /// How many.
        count: usize,
    },
    /// More than 8 KiB.
    TooLarge {
        /// Size in bytes.
        bytes: usize,
    },
    /// Bytes after the request.
    TrailingData {
        /// Offset of the first of them.
        at: usize,
    },
    /// An elliptic curve other than P-384.
    WrongCurve {
        /// Its name and object identifier.
        found: String,
    },
    /// A key that is neither EC nor RSA.
    WrongKeyAlgorithm {
        /// Its name and object identifier.
        found: String,
    },
    /// A signature other than ecdsa-with-SHA384 without parameters (RFC 5758 section 3.2).
    WrongSignatureAlgorithm {
        /// Its name and object identifier.
        found: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAlternativeName { name } => write!(
                f,
                "“{name}” is no host name, address, e-mail address or URI."
            ),
            Self::BadCommonName { characters } => write!(
                f,
                "The registration ID has {characters} characters; a certificate takes 1 to \
                 {MAX_COMMON_NAME}."
            ),
            Self::BadPoint => f.write_str("The public key in the request is not a P-384 point."),
            Self::BadSignature => {
                f.write_str("The request was not signed by the key that it names.")
            }
            Self::LongOid { at } => write!(f, "This has {} (at byte {at}).", Limit::LongOid),
            Self::NoAttributes => f.write_str(
                "The request leaves out the field for attributes, which RFC 2986 wants even if empty.",
            ),
            Self::NoCommonName => f.write_str("The request's subject has no common name."),
            Self::NotARequest { at } => write!(
                f,
                "This is signed data, but not a certificate request (at byte {at} of its body)."
            ),
            Self::NotDer { at } => write!(f, "This is not DER of a request (at byte {at})."),
            Self::RsaKey => f.write_str("The request is for an RSA key; only P-384 is accepted."),
            Self::SeveralCommonNames { count } => {
                write!(
                    f,
                    "The request's subject has {count} common names instead of one."
                )
            }
            Self::TooLarge { bytes } => write!(
                f,
                "The request has {bytes} bytes; at most {MAX_BYTES} are accepted."
            ),
            Self::TrailingData { at } => {
                write!(f, "The request ends at byte {at}, but more bytes follow.")
            }
            Self::WrongCurve { found } => {
                write!(
                    f,
                    "The request is for a key on {found}; only P-384 is accepted."
                )
            }
            Self::WrongKeyAlgorithm { found } => {
                write!(
                    f,
                    "The request is for a key of type {found}; only P-384 is accepted."
                )
            }
            Self::WrongSignatureAlgorithm { found } => write!(
                f,
                "The request is signed with {found}; only ecdsa-with-SHA384 is accepted."
            ),
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BadAlternativeName { .. } => "csr.bad-alternative-name",
            Self::BadCommonName { .. } => "csr.bad-common-name",
            Self::BadPoint => "csr.bad-point",
            Self::BadSignature => "csr.bad-signature",
            Self::LongOid { .. } => "csr.long-oid",
            Self::NoAttributes => "csr.no-attributes",
            Self::NoCommonName => "csr.no-common-name",
            Self::NotARequest { .. } => "csr.not-a-request",
            Self::NotDer { .. } => "csr.not-der",
            Self::RsaKey => "csr.rsa-key",
            Self::SeveralCommonNames { .. } => "csr.several-common-names",
            Self::TooLarge { .. } => "csr.too-large",
            Self::TrailingData { .. } => "csr.trailing-data",
            Self::WrongCurve { .. } => "csr.wrong-curve",
            Self::WrongKeyAlgorithm { .. } => "csr.wrong-key-algorithm",
            Self::WrongSignatureAlgorithm { .. } => "csr.wrong-signature-algorithm",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::BadAlternativeName { .. } => {
                "Write one name per line, such as pump-1.example or 192.0.2.7."
            }
            Self::BadCommonName { .. } => "Shorten the registration ID rule of the recipe.",
            Self::BadSignature => "Make a new key and request; do not edit a finished request.",
            Self::LongOid { .. } => "Make the request without it.",
            Self::NoAttributes => {
                "Make the request with a program that writes the field, such as OpenSSL."
            }
            Self::NoCommonName | Self::SeveralCommonNames { .. } => {
                "Make the request with the registration ID as its only common name."
            }
            Self::NotARequest { .. } | Self::NotDer { .. } => {
                "Send the DER of a PKCS#10 request, without PEM armour."
            }
            Self::TooLarge { .. } => "Make the request without extensions and attributes.",
            Self::TrailingData { .. } => "Send one request only, and cut off what follows it.",
            Self::BadPoint
            | Self::RsaKey
            | Self::WrongCurve { .. }
            | Self::WrongKeyAlgorithm { .. } => "Make a new key on the curve P-384.",
            Self::WrongSignatureAlgorithm { .. } => "Sign the request with ecdsa-with-SHA384.",
        }
    }
}
