use core::fmt;

use super::{MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, MAX_ITEM_BYTES, Which};
use crate::cert::text::hex;
use crate::{Explain, UnixTime, pem};

/// Why an issued chain was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An element of the answer is neither base64 of DER, nor PEM, nor base64 of PEM.
    BadItem,
    /// The signature does not match the key of the issuer that the certificate names.
    BadSignature {
        /// The certificate with the signature.
        which: Which,
        /// The certificate with the key.
        issuer: Which,
    },
    /// The content of an extension cannot be read.
    BrokenExtension {
        /// The certificate.
        which: Which,
        /// Name and object identifier.
        extension: String,
    },
    /// `notAfter` has passed.
    Expired {
        /// The certificate.
        which: Which,
        /// Its last moment of validity.
        not_after: UnixTime,
        /// The moment of judgement.
        at: UnixTime,
    },
    /// A certificate that is not part of the path from the device to the root.
    ExtraCertificate {
        /// The certificate.
        which: Which,
    },
    /// A certificate signed another, but is no CA (RFC 5280 section 4.2.1.9).
    IssuerIsNoCa {
        /// The signing certificate.
        which: Which,
    },
    /// A CA whose key usage lacks keyCertSign (RFC 5280 section 4.2.1.3).
    IssuerMayNotSign {
        /// The CA.
        which: Which,
    },
    /// More than 256 KiB in one element of the answer.
    ItemTooLarge {
        /// Size in bytes.
        bytes: usize,
    },
    /// No certificate holds the device's public key.
    KeyNotFound {
        /// How many certificates there are.
        count: usize,
    },
    /// The device certificate is one of a CA.
    LeafIsCa {
        /// The device certificate.
        which: Which,
    },
    /// The device certificate's extended key usage lacks clientAuth.
    LeafMayNotAuthenticate {
        /// The device certificate.
        which: Which,
    },
    /// The device certificate's key usage lacks digitalSignature.
    LeafMayNotSign {
        /// The device certificate.
        which: Which,
    },
    /// The chain stops below a root.
    MissingIssuer {
        /// The certificate whose issuer is missing.
        which: Which,
        /// The missing issuer's name, RFC 4514.
        issuer: String,
    },
    /// There are no certificates at all.
    NoCertificates,
    /// Bytes that are not exactly one certificate.
    NotACertificate {
        /// Place in what was received, from zero.
        index: usize,
        /// Byte offset.
        at: usize,
    },
    /// `notBefore` has not come.
    NotYetValid {
        /// The certificate.
        which: Which,
        /// Its first moment of validity.
        not_before: UnixTime,
        /// The moment of judgement.
        at: UnixTime,
    },
    /// More CAs below a CA than it allows.
    PathTooLong {
        /// The CA with the limit.
        which: Which,
        /// Its pathLenConstraint.
        allowed: u8,
        /// How many CAs, self-issued ones not counted, are below it.
        found: u8,
    },
    /// An element of the answer is damaged PEM.
    Pem(pem::Error),
    /// The same extension twice (RFC 5280 section 4.2).
    RepeatedExtension {
        /// The certificate.
        which: Which,
        /// Name and object identifier.
        extension: String,
    },
    /// The device certificate is signed by itself.
    SelfSignedLeaf {
        /// The device certificate.
        which: Which,
    },
    /// Two certificates hold the device's public key.
    SeveralLeaves {
        /// One of them.
        first: Which,
        /// Another.
        second: Which,
    },
    /// More than 16 KiB.
    TooLarge {
        /// Place in what was received, from zero.
        index: usize,
        /// Size in bytes.
        bytes: usize,
    },
    /// More than eight certificates.
    TooMany {
        /// How many.
        count: usize,
    },
    /// The root is none of those that the recipe names.
    UnexpectedRoot {
        /// The root.
        which: Which,
        /// SHA-256 of its DER.
        sha256: [u8; 32],
    },
    /// A critical extension that is not understood here (RFC 5280 section 4.2).
    UnknownCriticalExtension {
        /// The certificate.
        which: Which,
        /// Name and object identifier.
        extension: String,
    },
    /// The device certificate is valid for too short or too long.
    ValidityOutOfRange {
        /// The device certificate.
        which: Which,
        /// Its validity, rounded to whole days.
        days: u64,
        /// Shortest and longest allowed, in days.
        allowed: (u32, u32),
    },
    /// The device certificate's common name is not the registration ID, or there is not one.
    WrongCommonName {
        /// The device certificate.
        which: Which,
        /// The registration ID.
        expected: String,
    },
    /// A CA whose key is not P-384.
    WrongKey {
        /// The CA.
        which: Which,
        /// Its key's algorithm.
        found: String,
    },
    /// A PEM object that is not a certificate.
    WrongLabel {
        /// Its label.
        found: String,
    },
    /// A signature other than ecdsa-with-SHA384 without parameters (RFC 5758 section 3.2).
    WrongSignatureAlgorithm {
        /// The certificate.
        which: Which,
        /// Name and object identifier.
        found: String,
    },
    /// A certificate of version 1 or 2.
    WrongVersion {
        /// The certificate.
        which: Which,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadItem
            | Self::ItemTooLarge { .. }
            | Self::KeyNotFound { .. }
            | Self::NoCertificates
            | Self::NotACertificate { .. }
            | Self::Pem(_)
            | Self::TooLarge { .. }
            | Self::TooMany { .. }
            | Self::WrongLabel { .. } => self.say_form(f),
            _ => self.say_rule(f),
        }
    }
}

impl Error {
    /// Sentences about what was received as a whole.
    fn say_form(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadItem => f.write_str(
                "A part of the issued chain is neither base64 of a certificate nor PEM.",
            ),
            Self::ItemTooLarge { bytes } => write!(
                f,
                "A part of the issued chain has {bytes} bytes; at most {MAX_ITEM_BYTES} are read."
            ),
            Self::KeyNotFound { count } => write!(
                f,
                "None of the {count} issued certificates is for the key of this device."
            ),
            Self::NotACertificate { index, at } => write!(
                f,
                "Part {} of the issued chain is not one certificate (at byte {at}).",
                index + 1
            ),
            Self::Pem(error) => write!(f, "A part of the issued chain is damaged PEM. {error}"),
            Self::TooLarge { index, bytes } => write!(
                f,
                "Certificate {} has {bytes} bytes; at most {MAX_CERTIFICATE_BYTES} are accepted.",
                index + 1
            ),
            Self::TooMany { count } => write!(
                f,
                "The chain has {count} certificates; at most {MAX_CERTIFICATES} are accepted."
            ),
            Self::WrongLabel { found } => {
                write!(
                    f,
                    "The issued chain holds a PEM object of the kind {found}."
                )
            }
            _ => f.write_str("No certificate was issued."),
        }
    }

    /// Sentences about one certificate.
    fn say_rule(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadSignature { which, issuer } => {
                write!(
                    f,
                    "The signature of {which} was not made with the key of {issuer}."
                )
            }
            Self::BrokenExtension { which, extension } => {
                write!(f, "The extension {extension} of {which} cannot be read.")
            }
            Self::Expired {
                which,
                not_after,
                at,
            } => {
                write!(f, "It is {at}, and {which} expired at {not_after}.")
            }
            Self::ExtraCertificate { which } => {
                write!(
                    f,
                    "The way from the device to the root does not need {which}."
                )
            }
            Self::IssuerIsNoCa { which } => {
                write!(
                    f,
                    "Another certificate was signed by {which}, which is no CA."
                )
            }
            Self::IssuerMayNotSign { which } => {
                write!(
                    f,
                    "The key usage of {which} does not allow signing certificates."
                )
            }
            Self::LeafIsCa { which } => {
                write!(
                    f,
                    "The device would get {which}, which is a certificate of a CA."
                )
            }
            Self::LeafMayNotAuthenticate { which } => {
                write!(
                    f,
                    "The extended key usage of {which} does not allow TLS clients."
                )
            }
            Self::LeafMayNotSign { which } => {
                write!(
                    f,
                    "The key usage of {which} does not allow digital signatures."
                )
            }
            Self::MissingIssuer { which, issuer } => {
                write!(
                    f,
                    "The chain stops at {which}: its issuer {issuer} is missing."
                )
            }
            Self::NotYetValid {
                which,
                not_before,
                at,
            } => {
                write!(
                    f,
                    "It is {at}, and {which} is valid only from {not_before}."
                )
            }
            Self::PathTooLong {
                which,
                allowed,
                found,
            } => {
                write!(
                    f,
                    "There are {found} CAs below {which}, which allows {allowed}."
                )
            }
            Self::RepeatedExtension { which, extension } => {
                write!(f, "The extension {extension} occurs twice in {which}.")
            }
            Self::SelfSignedLeaf { which } => {
                write!(
                    f,
                    "The device would get {which}, which is signed by itself."
                )
            }
            Self::SeveralLeaves { first, second } => {
                write!(
                    f,
                    "Both {first} and {second} are for the key of this device."
                )
            }
            _ => self.say_policy(f),
        }
    }

    /// Sentences about what this house or the recipe asks for.
    fn say_policy(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedRoot { which, sha256 } => write!(
                f,
                "The recipe does not name the root of the chain, {which} with SHA-256 {}.",
                hex(sha256)
            ),
            Self::UnknownCriticalExtension { which, extension } => write!(
                f,
                "The extension {extension} of {which} is critical and not understood here."
            ),
            Self::ValidityOutOfRange {
                which,
                days,
                allowed: (min, max),
            } => write!(
                f,
                "The validity of {which} is {days} days; the recipe allows {min} to {max}."
            ),
            Self::WrongCommonName { which, expected } => write!(
                f,
                "The subject of {which} does not have the registration ID {expected} as its one \
                 common name."
            ),
            Self::WrongKey { which, found } => {
                write!(f, "The key of {which} is {found}; only P-384 is accepted.")
            }
            Self::WrongSignatureAlgorithm { which, found } => write!(
                f,
                "The signature of {which} is {found}; only ecdsa-with-SHA384 is accepted."
            ),
            Self::WrongVersion { which } => write!(f, "The version of {which} is not 3."),
            _ => Ok(()),
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BadItem => "chain.bad-item",
            Self::BadSignature { .. } => "chain.bad-signature",
            Self::BrokenExtension { .. } => "chain.broken-extension",
            Self::Expired { .. } => "chain.expired",
            Self::ExtraCertificate { .. } => "chain.extra-certificate",
            Self::IssuerIsNoCa { .. } => "chain.issuer-is-no-ca",
            Self::IssuerMayNotSign { .. } => "chain.issuer-may-not-sign",
            Self::ItemTooLarge { .. } => "chain.item-too-large",
            Self::KeyNotFound { .. } => "chain.key-not-found",
            Self::LeafIsCa { .. } => "chain.leaf-is-ca",
            Self::LeafMayNotAuthenticate { .. } => "chain.leaf-may-not-authenticate",
            Self::LeafMayNotSign { .. } => "chain.leaf-may-not-sign",
            Self::MissingIssuer { .. } => "chain.missing-issuer",
            Self::NoCertificates => "chain.no-certificates",
            Self::NotACertificate { .. } => "chain.not-a-certificate",
            Self::NotYetValid { .. } => "chain.not-yet-valid",
            Self::PathTooLong { .. } => "chain.path-too-long",
            Self::Pem(error) => error.code(),
            Self::RepeatedExtension { .. } => "chain.repeated-extension",
            Self::SelfSignedLeaf { .. } => "chain.self-signed-leaf",
            Self::SeveralLeaves { .. } => "chain.several-leaves",
            Self::TooLarge { .. } => "chain.too-large",
            Self::TooMany { .. } => "chain.too-many",
            Self::UnexpectedRoot { .. } => "chain.unexpected-root",
            Self::UnknownCriticalExtension { .. } => "chain.unknown-critical-extension",
            Self::ValidityOutOfRange { .. } => "chain.validity-out-of-range",
            Self::WrongCommonName { .. } => "chain.wrong-common-name",
            Self::WrongKey { .. } => "chain.wrong-key",
            Self::WrongLabel { .. } => "chain.wrong-label",
            Self::WrongSignatureAlgorithm { .. } => "chain.wrong-signature-algorithm",
            Self::WrongVersion { .. } => "chain.wrong-version",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Expired { .. } | Self::NotYetValid { .. } => {
                "Check the clock of this computer; if it is right, renew the certificate."
            }
            Self::KeyNotFound { .. } | Self::SeveralLeaves { .. } => {
                "Register again; if it happens again, show the record to an engineer."
            }
            Self::NoCertificates => "Link the enrollment to a certificate policy.",
            Self::UnexpectedRoot { .. } => {
                "Stop and ask an engineer: either the recipe is for another service, or somebody \
                 stands in between."
            }
            Self::ValidityOutOfRange { .. } => {
                "Compare the validity of the certificate policy with the recipe."
            }
            Self::WrongCommonName { .. } => {
                "Stop and ask an engineer: the certificate belongs to another device."
            }
            _ => "Show the record to the engineer who runs the certificate service.",
        }
    }
}
