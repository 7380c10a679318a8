use const_oid::ObjectIdentifier;
use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use serde::{Deserialize, Serialize};
use spki::SubjectPublicKeyInfoRef;

use super::text;

/// Type and size of a public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Such as `EC P-384`, `RSA` or `Ed25519`; name and object identifier of what is less common.
    pub kind: String,
    /// Size in bits, if it is known here.
    pub bits: Option<u32>,
    /// Bits of security against today's computers (NIST SP 800-57 part 1 table 2), if known here.
    #[serde(default)]
    pub strength: Option<u32>,
}

/// What NIST SP 800-131A asks for: keys of less security must not sign any more.
pub const LEAST_STRENGTH: u32 = 112;

/// Named curves of RFC 5480 section 2.1.1.1, RFC 5639 and SEC 2: number, name, bits of the field, bits of
/// the group's order.
const CURVES: &[(&str, &str, u32, u32)] = &[
    ("1.2.840.10045.3.1.7", "P-256", 256, 256),
    ("1.3.132.0.34", "P-384", 384, 384),
    ("1.3.132.0.35", "P-521", 521, 521),
    ("1.3.132.0.33", "P-224", 224, 224),
    ("1.2.840.10045.3.1.1", "P-192", 192, 192),
    ("1.3.132.0.1", "sect163k1", 163, 163),
    ("1.3.132.0.15", "sect163r2", 163, 163),
    ("1.3.132.0.26", "sect233k1", 233, 232),
    ("1.3.132.0.27", "sect233r1", 233, 233),
    ("1.3.132.0.16", "sect283k1", 283, 281),
    ("1.3.132.0.17", "sect283r1", 283, 282),
    ("1.3.132.0.36", "sect409k1", 409, 407),
    ("1.3.132.0.37", "sect409r1", 409, 409),
    ("1.3.132.0.38", "sect571k1", 571, 570),
    ("1.3.132.0.39", "sect571r1", 571, 570),
    ("1.3.132.0.10", "secp256k1", 256, 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256, 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384, 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512, 512),
];

impl Key {
    /// What the DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) holds.
    pub fn from_spki_der(der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        Some(Self::new(&info))
    }

    pub(crate) fn new(info: &SubjectPublicKeyInfoRef<'_>) -> Self {
        match info.algorithm.oid.to_string().as_str() {
            "1.2.840.113549.1.1.1" => Self::rsa("RSA", info),
            "1.2.840.113549.1.1.10" => Self::rsa("RSA for PSS only", info),
            "1.2.840.10045.2.1" => Self::ec(info),
            // RFC 8032 section 1.
            "1.3.101.112" => Self::known("Ed25519", 256, 128),
            "1.3.101.113" => Self::known("Ed448", 456, 224),
            _ => Self::unknown(text::oid(&info.algorithm.oid)),
        }
    }

    fn known(kind: impl Into<String>, bits: u32, strength: u32) -> Self {
        Self {
            kind: kind.into(),
            bits: Some(bits),
            strength: Some(strength),
        }
    }

    fn unknown(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            bits: None,
            strength: None,
        }
    }

    fn rsa(kind: &str, info: &SubjectPublicKeyInfoRef<'_>) -> Self {
        match rsa_bits(info) {
            Some(bits) => Self::known(kind, bits, rsa_strength(bits)),
            None => Self::unknown(kind),
        }
    }

    fn ec(info: &SubjectPublicKeyInfoRef<'_>) -> Self {
        let parameters = info.algorithm.parameters;
        let Some(oid) = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok()) else {
            return Self::unknown("EC on an unnamed curve");
        };
        let number = oid.to_string();
        match CURVES.iter().find(|(known, ..)| *known == number) {
            Some((_, name, bits, order)) => {
                Self::known(format!("EC {name}"), *bits, (order / 2).min(256))
            }
            None => Self::unknown(format!("EC {}", text::oid(&oid))),
        }
    }

    /// Whether its security is known, and less than [`LEAST_STRENGTH`].
    pub fn is_weak(&self) -> bool {
        self.strength.is_some_and(|bits| bits < LEAST_STRENGTH)
    }
}

/// NIST SP 800-57 part 1 table 2: sizes in between count as the one below.
fn rsa_strength(bits: u32) -> u32 {
    match bits {
        15_360.. => 256,
        7_680.. => 192,
        3_072.. => 128,
        2_048.. => 112,
        1_024.. => 80,
        _ => 0,
    }
}

/// The size of the modulus (RFC 8017 appendix A.1.1).
fn rsa_bits(info: &SubjectPublicKeyInfoRef<'_>) -> Option<u32> {
    let bytes = info.subject_public_key.as_bytes()?;
    let mut reader = SliceReader::new(bytes).ok()?;
    let modulus = reader.sequence(|reader| {
        let modulus: UintRef<'_> = reader.decode()?;
        reader.decode::<UintRef<'_>>()?;
        der::Result::Ok(modulus)
    });
    let modulus = modulus.ok()?.as_bytes();
    let bytes = u32::try_from(modulus.len()).ok()?;
    Some(bytes.checked_mul(8)? - modulus.first()?.leading_zeros())
}

#[cfg(test)]
mod tests {
    use der::Encode;
    use der::asn1::BitStringRef;
    use spki::AlgorithmIdentifierRef;

    use super::*;

    /// What is said of a key of that algorithm, perhaps on a curve.
    fn of(algorithm: &str, curve: Option<&str>) -> Key {
        let curve = curve.map(|curve| ObjectIdentifier::new_unwrap(curve).to_der().unwrap());
        let parameters = curve.as_ref().map(|der| der.as_slice().try_into().unwrap());
        Key::new(&SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef {
                oid: ObjectIdentifier::new_unwrap(algorithm),
                parameters,
            },
            subject_public_key: BitStringRef::from_bytes(&[4]).unwrap(),
        })
    }

    #[test]
    fn strength_is_half_of_the_order() {
        for (curve, name, bits, strength, weak) in [
            ("1.2.840.10045.3.1.1", "EC P-192", 192, 96, true),
            ("1.3.132.0.1", "EC sect163k1", 163, 81, true),
            ("1.3.132.0.33", "EC P-224", 224, 112, false),
            ("1.3.132.0.26", "EC sect233k1", 233, 116, false),
            ("1.3.132.0.36", "EC sect409k1", 409, 203, false),
            ("1.3.132.0.39", "EC sect571r1", 571, 256, false),
            ("1.3.132.0.35", "EC P-521", 521, 256, false),
        ] {
            let key = of("1.2.840.10045.2.1", Some(curve));
            assert_eq!(key, Key::known(name, bits, strength));
            assert_eq!(key.is_weak(), weak, "{name}");
        }
        assert_eq!(of("1.3.101.112", None).strength, Some(128));
        assert_eq!(of("1.3.101.113", None).strength, Some(224));
        assert_eq!(of("1.2.840.10045.2.1", Some("1.2.3.4")).strength, None);
        assert_eq!(of("1.2.840.113549.1.1.1", None).bits, None);
    }
}
