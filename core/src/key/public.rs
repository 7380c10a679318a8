use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode};
use p384::ecdsa::{DerSignature, VerifyingKey};
use signature::Verifier;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{EC_PUBLIC_KEY, Error, SECP384R1};

/// The size of an uncompressed SEC1 point of P-384.
pub const POINT_BYTES: usize = 97;

/// SEC1 section 2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;

/// A P-384 public key: a point that was found on the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub(super) VerifyingKey);

impl PublicKey {
    /// From an uncompressed SEC1 point: 0x04, X, Y; 97 bytes.
    ///
    /// # Errors
    /// [`Error::BadPoint`] for another form or length, or a point beside the curve.
    pub fn from_point(point: &[u8]) -> Result<Self, Error> {
        if point.len() != POINT_BYTES || point.first() != Some(&UNCOMPRESSED) {
            return Err(Error::BadPoint);
        }
        let key = VerifyingKey::from_sec1_bytes(point).map_err(|_| Error::BadPoint)?;
        Ok(Self(key))
    }

    /// From the DER of a SubjectPublicKeyInfo (RFC 5480): id-ecPublicKey with the named curve
    /// secp384r1 and an uncompressed point.
    ///
    /// # Errors
    /// [`Error::BadPoint`] for anything else.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| Error::BadPoint)?;
        let oids = info.algorithm.oids().map_err(|_| Error::BadPoint)?;
        if oids != (EC_PUBLIC_KEY, Some(SECP384R1)) {
            return Err(Error::BadPoint);
        }
        let point = info.subject_public_key.as_bytes();
        Self::from_point(point.ok_or(Error::BadPoint)?)
    }

    /// The uncompressed SEC1 point: 0x04, X, Y.
    pub fn to_point(self) -> [u8; POINT_BYTES] {
        let mut point = [0; POINT_BYTES];
        let encoded = self.0.to_sec1_point(false);
        // Equal lengths: a P-384 point without compression has 1 + 48 + 48 bytes.
        point.copy_from_slice(encoded.as_bytes());
        point
    }

    /// The DER of the SubjectPublicKeyInfo (RFC 5480): 120 bytes.
    ///
    /// # Panics
    /// Never: a P-384 point has a fixed size.
    pub fn to_spki_der(self) -> Vec<u8> {
        let encoded = spki(&self.to_point());
        encoded.expect("encoding fails only on lengths beyond 256 MiB")
    }

    /// Checks an ecdsa-with-SHA384 `signature` (DER `SEQUENCE { r, s }`) over `message`.
    ///
    /// # Errors
    /// [`Error::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let signature = DerSignature::try_from(signature).map_err(|_| Error::BadSignature)?;
        let verdict = self.0.verify(message, &signature);
        verdict.map_err(|_| Error::BadSignature)
    }
}

fn spki(point: &[u8]) -> der::Result<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: EC_PUBLIC_KEY,
            parameters: Some(AnyRef::from(&SECP384R1)),
        },
        subject_public_key: BitStringRef::from_bytes(point)?,
    };
    info.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;

    #[test]
    fn only_uncompressed_points_of_the_curve() {
        let good = PrivateKey::from_entropy(&[7; 48]).unwrap().public_key();
        let point = good.to_point();
        assert_eq!(PublicKey::from_point(&point), Ok(good));
        for bit in 0..97 * 8 {
            let mut bad = point;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                PublicKey::from_point(&bad),
                Err(Error::BadPoint),
                "bit {bit}"
            );
        }
        let mut compressed = point[..49].to_vec();
        compressed[0] = 2 | (point[96] & 1);
        assert_eq!(PublicKey::from_point(&compressed), Err(Error::BadPoint));
        assert_eq!(PublicKey::from_point(&[0]), Err(Error::BadPoint));
        assert_eq!(PublicKey::from_point(&[]), Err(Error::BadPoint));
    }

    #[test]
    fn spki_there_and_back() {
        let key = PrivateKey::from_entropy(&[7; 48]).unwrap().public_key();
        let der = key.to_spki_der();
        assert_eq!(der.len(), 120);
        assert_eq!(PublicKey::from_spki_der(&der), Ok(key));
    }
}
