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

/// Named curves of RFC 5480, RFC 5639 and SEC 2.
const CURVES: &[(&str, &str, u32)] = &[
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.3.132.0.33", "P-224", 224),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];

impl Key {
    /// What the DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) holds.
    pub fn from_spki_der(der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        Some(Self::new(&info))
    }

    pub(crate) fn new(info: &SubjectPublicKeyInfoRef<'_>) -> Self {
        let (kind, bits) = match info.algorithm.oid.to_string().as_str() {
            "1.2.840.113549.1.1.1" => ("RSA".to_owned(), rsa_bits(info)),
            "1.2.840.113549.1.1.10" => ("RSA for PSS only".to_owned(), rsa_bits(info)),
            "1.2.840.10045.2.1" => curve(info),
            "1.3.101.112" => ("Ed25519".to_owned(), Some(256)),
            "1.3.101.113" => ("Ed448".to_owned(), Some(456)),
            _ => (text::oid(&info.algorithm.oid), None),
        };
        let strength = bits.map(|bits| match info.algorithm.oid.to_string() {
            rsa if rsa.starts_with("1.2.840.113549.") => rsa_strength(bits),
            // Half the size of the group's order.
            _ => (bits / 2).min(256),
        });
        Self {
            kind,
            bits,
            strength,
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

fn curve(info: &SubjectPublicKeyInfoRef<'_>) -> (String, Option<u32>) {
    let parameters = info.algorithm.parameters;
    let Some(oid) = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok()) else {
        return ("EC on an unnamed curve".to_owned(), None);
    };
    let number = oid.to_string();
    match CURVES.iter().find(|(known, ..)| *known == number) {
        Some((_, name, bits)) => (format!("EC {name}"), Some(*bits)),
        None => (format!("EC {}", text::oid(&oid)), None),
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
