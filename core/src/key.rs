//! P-384 keys: made, encoded for the board, used to sign, and wiped.

mod error;
mod public;

use core::fmt;

use der::Encode;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use p384::SecretKey;
use p384::ecdsa::{DerSignature, SigningKey};
use pem_rfc7468::LineEnding;
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};
use signature::Signer;
use zeroize::Zeroizing;

use crate::pem;
use crate::stack::cleanly;

pub use error::Error;
pub use public::{POINT_BYTES, PublicKey};

/// How many random bytes [`PrivateKey::from_entropy`] takes.
pub const ENTROPY_BYTES: usize = 48;

/// id-ecPublicKey, RFC 5480 section 2.1.1.
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp384r1, RFC 5480 section 2.1.1.1.
pub(crate) const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// ecdsa-with-SHA384, RFC 5758 section 3.2; its parameters are absent.
pub(crate) const ECDSA_SHA384: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// A P-384 private key. Wiped on drop, not `Clone`, and silent in `Debug`.
///
/// It lies on the heap, so that moving it leaves no copy behind.
pub struct PrivateKey(Box<SigningKey>);

impl PrivateKey {
    /// A key from 48 fresh random bytes, by testing the candidate (FIPS 186-5, A.2.2): the number,
    /// big endian, is taken as it is or refused, so every key is equally likely.
    ///
    /// `None` if the number is zero or not below the group order, which happens about once in 2^190.
    pub fn from_entropy(random: &[u8; ENTROPY_BYTES]) -> Option<Self> {
        cleanly(|| {
            let secret = SecretKey::from_bytes(random.into()).ok()?;
            Some(Self::new(&secret))
        })
    }

    /// Reads PKCS#8 (RFC 5958, not encrypted) or SEC1 (RFC 5915) DER.
    ///
    /// # Errors
    /// [`Error::NotAKey`] for anything else, another curve, or a public key inside that does not
    /// belong to the private one.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        cleanly(|| {
            let secret = SecretKey::from_der(der).map_err(|_| Error::NotAKey)?;
            Ok(Self::new(&secret))
        })
    }

    /// Reads the first private key of a PEM text, or DER. An `EC PARAMETERS` block before the key,
    /// as OpenSSL writes it, and certificates beside it do no harm.
    ///
    /// # Errors
    /// [`Error::Encrypted`], or as [`PrivateKey::from_der`].
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, Error> {
        if !pem::is_pem(bytes) {
            return Self::from_der(bytes);
        }
        let objects = pem::decode(bytes).map_err(|error| match error {
            pem::Error::Headers { .. } => Error::Encrypted,
            _ => Error::NotAKey,
        })?;
        for object in objects {
            match object.label.as_str() {
                "PRIVATE KEY" | "EC PRIVATE KEY" => return Self::from_der(&object.der),
                "ENCRYPTED PRIVATE KEY" => return Err(Error::Encrypted),
                _ => {}
            }
        }
        Err(Error::NotAKey)
    }

    fn new(secret: &SecretKey) -> Self {
        Self(Box::new(SigningKey::from(secret)))
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// The public key as an uncompressed SEC1 point: 0x04, X, Y; 97 bytes.
    pub fn public_point(&self) -> [u8; POINT_BYTES] {
        self.public_key().to_point()
    }

    /// An ecdsa-with-SHA384 signature over `message`, DER `SEQUENCE { r, s }`, at most 104 bytes.
    /// The nonce is deterministic (RFC 6979), so that no random source can betray the key.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        cleanly(|| {
            let signature: DerSignature = self.0.sign(message);
            signature.as_bytes().to_vec()
        })
    }

    /// PKCS#8 DER (RFC 5958) with the public key inside: 185 bytes.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        // Safari and Firefox cannot import a key without its public part.
        let inner = self.ec_private_key(None);
        let algorithm = AlgorithmIdentifierRef {
            oid: EC_PUBLIC_KEY,
            parameters: Some(AnyRef::from(&SECP384R1)),
        };
        cleanly(|| {
            let key = OctetStringRef::new(&inner);
            fixed_size(key.and_then(|key| PrivateKeyInfoRef::new(algorithm, key).to_der()))
        })
    }

    /// PKCS#8 PEM, label `PRIVATE KEY`, lines end in LF.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        armour("PRIVATE KEY", &self.to_pkcs8_der())
    }

    /// SEC1 DER (RFC 5915) with the curve and the public key inside: 167 bytes.
    pub fn to_sec1_der(&self) -> Zeroizing<Vec<u8>> {
        self.ec_private_key(Some(EcParameters::NamedCurve(SECP384R1)))
    }

    /// SEC1 PEM, label `EC PRIVATE KEY`, lines end in LF.
    pub fn to_sec1_pem(&self) -> Zeroizing<String> {
        armour("EC PRIVATE KEY", &self.to_sec1_der())
    }

    fn ec_private_key(&self, parameters: Option<EcParameters>) -> Zeroizing<Vec<u8>> {
        cleanly(|| {
            let scalar = Zeroizing::new(self.0.to_bytes());
            let key = EcPrivateKey {
                private_key: scalar.as_slice(),
                parameters,
                public_key: Some(&self.public_point()),
            };
            fixed_size(key.to_der())
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// Encoding fails only on lengths beyond 256 MiB, and every part of a P-384 key has a fixed size.
fn fixed_size(encoded: der::Result<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(encoded.expect("a P-384 key has a fixed size"))
}

fn armour(label: &str, der: &[u8]) -> Zeroizing<String> {
    let text = cleanly(|| pem_rfc7468::encode_string(label, LineEnding::LF, der));
    Zeroizing::new(text.expect("the label is ours and the key has a fixed size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The group order n, SP 800-186 section 3.2.1.4.
    const ORDER: [u8; 48] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37,
        0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc,
        0xc5, 0x29, 0x73,
    ];

    #[test]
    fn candidates_outside_the_group_are_refused() {
        let mut below = ORDER;
        below[47] -= 1;
        let mut one = [0; 48];
        one[47] = 1;
        assert!(PrivateKey::from_entropy(&[0; 48]).is_none());
        assert!(PrivateKey::from_entropy(&ORDER).is_none());
        assert!(PrivateKey::from_entropy(&[0xff; 48]).is_none());
        assert!(PrivateKey::from_entropy(&below).is_some());
        assert!(PrivateKey::from_entropy(&one).is_some());
    }

    #[test]
    fn the_scalar_is_the_entropy_itself() {
        let entropy: [u8; 48] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let der = PrivateKey::from_entropy(&entropy).unwrap().to_pkcs8_der();
        assert!(der.windows(48).any(|window| window == entropy));
    }

    #[test]
    fn debug_says_nothing() {
        let key = PrivateKey::from_entropy(&[0x42; 48]).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(..)");
    }
}
