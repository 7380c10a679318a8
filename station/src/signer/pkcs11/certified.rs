//! The public key of a client certificate, to which a token's private key has to belong.

use anyhow::{Context, Result, anyhow, bail, ensure};
use cryptoki::object::KeyType;
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Encode, Sequence};
use rsa::pkcs1::RsaPublicKeyRef;
use rustls::SignatureScheme;
use rustls::pki_types::{CertificateDer, alg_id};
use rustls::server::ParsedCertificate;
use spki::SubjectPublicKeyInfoRef;

/// Bits of an RSA key.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// A public key, and what it can check.
pub(super) struct Certified {
    /// What stands in the AlgorithmIdentifier.
    algorithm: Vec<u8>,
    key: Vec<u8>,
    pub(super) kind: KeyType,
    /// The better first, in the order of rustls.
    pub(super) schemes: &'static [SignatureScheme],
}

impl Certified {
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<Self> {
        let parsed = ParsedCertificate::try_from(certificate);
        let parsed = parsed.context("the certificate cannot be used in TLS")?;
        Self::read(&parsed.subject_public_key_info())
    }

    /// From a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    fn read(spki: &[u8]) -> Result<Self> {
        let unreadable = |_| anyhow!("the certificate's public key cannot be read");
        let spki = SubjectPublicKeyInfoRef::from_der(spki).map_err(unreadable)?;
        let algorithm = spki.algorithm.to_der().map_err(unreadable)?;
        let algorithm = AnyRef::from_der(&algorithm).map_err(unreadable)?;
        let algorithm = algorithm.value().to_vec();
        let key = spki.subject_public_key.raw_bytes().to_vec();
        let is = |known: rustls::pki_types::AlgorithmIdentifier| known.as_ref() == algorithm;
        let (kind, schemes) = if is(alg_id::ECDSA_P256) {
            (KeyType::EC, &P256[..])
        } else if is(alg_id::ECDSA_P384) {
            (KeyType::EC, &P384[..])
        } else if is(alg_id::RSA_ENCRYPTION) {
            let modulus = RsaPublicKeyRef::from_der(&key).map_err(unreadable)?.modulus;
            let bits = 8 * modulus.as_bytes().len();
            ensure!(
                RSA_BITS.contains(&bits),
                "the certificate's RSA key has {bits} bits: it may have {} to {}",
                RSA_BITS.start(),
                RSA_BITS.end()
            );
            (KeyType::RSA, &RSA[..])
        } else {
            bail!(
                "the certificate's key is neither RSA nor on P-256 or P-384: no other one is used \
                 from a token"
            )
        };
        Ok(Self {
            algorithm,
            key,
            kind,
            schemes,
        })
    }

    /// The signature as TLS has it, if this key checks it.
    pub(super) fn checked(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        raw: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let signature = match self.kind {
            KeyType::EC => ecdsa_value(&raw)?,
            _ => raw,
        };
        let known = crate::tls::provider().signature_verification_algorithms;
        let of_scheme = known.mapping.iter().filter(|(name, _)| *name == scheme);
        let is_valid = of_scheme
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == self.algorithm)
            .any(|algorithm| {
                let result = algorithm.verify_signature(&self.key, message, &signature);
                result.is_ok()
            });
        ensure!(
            is_valid,
            "the certificate and the private key do not belong together"
        );
        Ok(signature)
    }
}

const P256: [SignatureScheme; 1] = [SignatureScheme::ECDSA_NISTP256_SHA256];
const P384: [SignatureScheme; 1] = [SignatureScheme::ECDSA_NISTP384_SHA384];
const RSA: [SignatureScheme; 4] = [
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// ECDSA-Sig-Value (RFC 3279, section 2.2.3) of r and s side by side, as PKCS #11 has them.
fn ecdsa_value(raw: &[u8]) -> Result<Vec<u8>> {
    #[derive(Sequence)]
    struct Value<'a> {
        r: UintRef<'a>,
        s: UintRef<'a>,
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let value = UintRef::new(r).and_then(|r| {
        Value {
            r,
            s: UintRef::new(s)?,
        }
        .to_der()
    });
    value.map_err(|_| anyhow!("the token's signature is none: it has {} bytes", raw.len()))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256,
        RSA_PSS_SHA384, RsaEncoding, RsaKeyPair,
    };

    use super::*;

    fn spki(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Certified {
        Certified::read(key.as_der().unwrap().as_ref()).unwrap()
    }

    /// Often enough that r or s begins with zeros, and with a bit that DER has to guard.
    #[test]
    fn elliptic_signatures_are_written_as_tls_has_them() {
        let random = SystemRandom::new();
        let cases: [(&EcdsaSigningAlgorithm, _); 2] = [
            (
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                SignatureScheme::ECDSA_NISTP256_SHA256,
            ),
            (
                &ECDSA_P384_SHA384_FIXED_SIGNING,
                SignatureScheme::ECDSA_NISTP384_SHA384,
            ),
        ];
        for (algorithm, scheme) in cases {
            let key = EcdsaKeyPair::generate(algorithm).unwrap();
            let certified = spki(key.public_key());
            assert_eq!(
                (certified.kind, certified.schemes),
                (KeyType::EC, &[scheme][..])
            );
            for _ in 0..600 {
                let raw = key.sign(&random, b"hello").unwrap().as_ref().to_vec();
                certified.checked(scheme, b"hello", raw).unwrap();
            }
            let raw = key.sign(&random, b"hello").unwrap().as_ref().to_vec();
            assert!(certified.checked(scheme, b"hullo", raw.clone()).is_err());
            let other = spki(EcdsaKeyPair::generate(algorithm).unwrap().public_key());
            let error = other.checked(scheme, b"hello", raw).unwrap_err();
            assert!(error.to_string().contains("do not belong together"));
            for nothing in [vec![], vec![1], vec![0; 64]] {
                assert!(certified.checked(scheme, b"hello", nothing).is_err());
            }
        }
    }

    #[test]
    fn rsa_signatures_are_checked_by_their_scheme() {
        let random = SystemRandom::new();
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let certified = spki(key.public_key());
        assert_eq!(certified.kind, KeyType::RSA);
        let encodings: [&dyn RsaEncoding; 4] = [
            &RSA_PSS_SHA384,
            &RSA_PSS_SHA256,
            &RSA_PKCS1_SHA384,
            &RSA_PKCS1_SHA256,
        ];
        for (encoding, scheme) in encodings.into_iter().zip(certified.schemes) {
            let mut raw = vec![0; key.public_modulus_len()];
            key.sign(encoding, &random, b"hello", &mut raw).unwrap();
            for other in certified.schemes {
                let checked = certified.checked(*other, b"hello", raw.clone());
                assert_eq!(checked.is_ok(), other == scheme, "{scheme:?} {other:?}");
            }
        }
    }

    #[test]
    fn other_keys_are_refused_by_name() {
        let said = |spki: &[u8]| Certified::read(spki).err().unwrap().to_string();
        let small = b"\x30\x1e\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\
            \x03\x0d\x00\x30\x0a\x02\x03\x01\x00\x01\x02\x03\x01\x00\x01";
        assert!(said(small).contains("has 24 bits"));
        let ed25519 = [
            &b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..],
            &[9; 32],
        ];
        assert!(said(&ed25519.concat()).contains("neither RSA nor"));
        assert!(said(b"\x30\x00").contains("cannot be read"));
    }
}
