use const_oid::ObjectIdentifier;

use super::oid::{Number, of_algorithm};
use super::tlv::sequence;

/// Whose rules a path is judged by, as data.
#[derive(Clone, Debug)]
pub struct Profile {
    /// A stable name, such as `web`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What the leaf must be good for, if it says what it is good for at all.
    pub purposes: &'static [ObjectIdentifier],
    /// Key usage bits the leaf must have, if it has any.
    pub key_usage: &'static [usize],
    /// Signature algorithms that are not accepted, though they could be checked.
    pub refused_algorithms: &'static [ObjectIdentifier],
    /// Which lists of rules beyond the path are looked at.
    pub lint: Lint,
}

/// Rules that say whether certificates are well made, not whether the path holds.
#[derive(Clone, Debug, Default)]
pub struct Lint {
    /// RFC 5280 sections 4 and 5: what conforming authorities must do.
    pub rfc5280: bool,
    /// CA/Browser Forum Baseline Requirements for TLS servers.
    pub web: bool,
    /// Azure Device Registry, operational certificates.
    pub azure: bool,
    /// The registration ID that Azure's common name must be, if it is known.
    pub registration_id: Option<String>,
    /// Whether strangers register names below this one: the ICANN section of the public suffix list, which is too large
    /// and too changeable for this crate. Without it, the best known of its entries are known.
    pub public_suffix: Option<fn(&str) -> bool>,
}

/// id-kp-serverAuth, RFC 5280 section 4.2.1.12.
pub const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
/// id-kp-clientAuth.
pub const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
/// id-kp-codeSigning.
pub(super) const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// id-kp-emailProtection.
pub(super) const EMAIL_PROTECTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
/// id-kp-timeStamping.
pub(super) const TIME_STAMPING: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// id-kp-OCSPSigning.
pub(super) const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
/// anyExtendedKeyUsage.
pub const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// Signatures with MD2, MD5 and SHA-1 (RFC 8017 appendix A.2.4, RFC 3279 section 2.2.3): whoever can
/// make collisions can forge them (RFC 6151, RFC 6194). DSA stays, because it has no other hash in
/// RFC 5280's profile; who has moved on from SHA-1 has moved on from DSA.
const BROKEN_HASHES: &[ObjectIdentifier] = &[
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
];

/// sha1WithRSAEncryption, which stands for every RSA signature over SHA-1.
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
/// id-RSASSA-PSS and id-sha1, RFC 4055 section 2.1.
const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

const DIGITAL_SIGNATURE: &[usize] = &[0];

impl Profile {
    /// Whether a signature under this AlgorithmIdentifier, which names `oid`, is not accepted, though it
    /// could be checked.
    pub(super) fn refuses(&self, oid: Number<'_>, algorithm: &[u8]) -> bool {
        let refused = |oid| self.refused_algorithms.iter().any(|known| oid == *known);
        if oid == PSS {
            return refused(Number::of(&RSA_SHA1)) && pss_hash(algorithm) == Some(SHA1);
        }
        refused(oid)
    }

    /// RFC 5280 for any purpose.
    pub fn rfc5280() -> Self {
        Self {
            name: "rfc5280",
            title: "RFC 5280",
            purposes: &[],
            key_usage: &[],
            refused_algorithms: BROKEN_HASHES,
            lint: Lint {
                rfc5280: true,
                ..Lint::default()
            },
        }
    }

    /// A TLS server of the Web PKI.
    pub fn web() -> Self {
        Self {
            name: "web",
            title: "Web PKI server",
            purposes: &[SERVER_AUTH],
            lint: Lint {
                rfc5280: true,
                web: true,
                ..Lint::default()
            },
            ..Self::rfc5280()
        }
    }

    /// A device that proves who it is in a TLS handshake.
    pub fn device() -> Self {
        Self {
            name: "device",
            title: "Device client certificate",
            purposes: &[CLIENT_AUTH],
            key_usage: DIGITAL_SIGNATURE,
            ..Self::rfc5280()
        }
    }

    /// An operational certificate of Azure Device Registry.
    pub fn azure(registration_id: Option<String>) -> Self {
        Self {
            name: "azure",
            title: "Azure ADR operational certificate",
            lint: Lint {
                rfc5280: true,
                azure: true,
                registration_id,
                ..Lint::default()
            },
            ..Self::device()
        }
    }
}

/// hashAlgorithm of RSASSA-PSS-params, RFC 4055 section 3.1: SHA-1 unless another is named.
fn pss_hash(algorithm: &[u8]) -> Option<ObjectIdentifier> {
    let parameters = sequence(algorithm).ok()?.elements().ok()?.nth(1)?;
    let mut parts = parameters.elements().ok()?;
    match parts.next().filter(|part| part.context() == Some(0)) {
        Some(hash) => of_algorithm(hash.value),
        None => Some(SHA1),
    }
}
