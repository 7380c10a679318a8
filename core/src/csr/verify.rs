use der::Encode;
use der::asn1::ObjectIdentifier;
use spki::SubjectPublicKeyInfoOwned;

use super::Error;
use super::info::{Info, read};
use crate::cert::name::common_names;
use crate::cert::text;
use crate::key::{EC_PUBLIC_KEY, ECDSA_SHA384, PublicKey, SECP384R1};

/// The largest request that is read: 8 KiB, what IoT Hub takes.
pub const MAX_BYTES: usize = 8 * 1024;

/// rsaEncryption, RFC 8017 appendix A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A request that came from outside, whose self-signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCsr {
    /// The only common name of the subject.
    pub common_name: String,
    /// Uncompressed SEC1 point, 97 bytes.
    pub public_point: Vec<u8>,
    /// The SubjectPublicKeyInfo as received.
    pub spki_der: Vec<u8>,
}

impl VerifiedCsr {
    /// Parses DER and verifies the proof of possession. Refuses any key but P-384, and any signature
    /// but ecdsa-with-SHA384.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order size, form, key, signature, name.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::from_der_with(der, |key, message, signature| {
            key.verify(message, signature).is_ok()
        })
    }

    /// As [`VerifiedCsr::from_der`], but asks `verify` whether this key made this signature (DER) over
    /// this message, for callers that have a faster implementation.
    ///
    /// # Errors
    /// As [`VerifiedCsr::from_der`].
    pub fn from_der_with(
        der: &[u8],
        verify: impl FnOnce(&PublicKey, &[u8], &[u8]) -> bool,
    ) -> Result<Self, Error> {
        if der.len() > MAX_BYTES {
            return Err(Error::TooLarge { bytes: der.len() });
        }
        let (signed, info) = read(der)?;
        if info.attributes.is_none() {
            return Err(Error::NoAttributes);
        }
        let (key, spki_der) = public_key(&info.public_key)?;
        if signed.algorithm.oid != ECDSA_SHA384 || signed.algorithm.parameters.is_some() {
            let found = text::oid(&signed.algorithm.oid);
            return Err(Error::WrongSignatureAlgorithm { found });
        }
        let signature = signed.signature.as_bytes().ok_or(Error::BadSignature)?;
        if !verify(&key, signed.body, signature) {
            return Err(Error::BadSignature);
        }
        Ok(Self {
            common_name: common_name(&info)?,
            public_point: key.to_point().to_vec(),
            spki_der,
        })
    }
}

fn public_key(info: &SubjectPublicKeyInfoOwned) -> Result<(PublicKey, Vec<u8>), Error> {
    let algorithm = info.algorithm.oid;
    if algorithm == RSA {
        return Err(Error::RsaKey);
    }
    if algorithm != EC_PUBLIC_KEY {
        let found = text::oid(&algorithm);
        return Err(Error::WrongKeyAlgorithm { found });
    }
    // RFC 5480 section 2.1.1 allows nothing but a named curve.
    let parameters = info.algorithm.parameters.as_ref();
    let curve = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    match curve {
        Some(SECP384R1) => {}
        Some(other) => {
            let found = text::oid(&other);
            return Err(Error::WrongCurve { found });
        }
        None => return Err(Error::BadPoint),
    }
    // DER has one encoding, so this is the key as received.
    let spki_der = info.to_der().map_err(|_| Error::BadPoint)?;
    let key = PublicKey::from_spki_der(&spki_der).map_err(|_| Error::BadPoint)?;
    Ok((key, spki_der))
}

fn common_name(info: &Info) -> Result<String, Error> {
    let names = common_names(&info.subject);
    match <[_; 1]>::try_from(names) {
        Ok([Some(name)]) if !name.is_empty() => Ok(name),
        Ok(_) => Err(Error::NoCommonName),
        Err(names) if names.is_empty() => Err(Error::NoCommonName),
        Err(names) => Err(Error::SeveralCommonNames { count: names.len() }),
    }
}
