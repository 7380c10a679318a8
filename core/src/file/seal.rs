//! What a password opens: PBES2 (RFC 8018 section 6.2) and the schemes of PKCS #12 (RFC 7292 appendix C).

use cbc::cipher::{BlockModeDecrypt, InnerIvInit, KeyIvInit, block_padding::Pkcs7};
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::{self, Kdf, Parameters, Pbkdf2Prf};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::Error;
use super::classify::{Shape, shape};
use super::purse::Purse;
use super::tlv::sequence;
use crate::cert::text;

/// pbeWithSHAAnd3-KeyTripleDES-CBC.
const TRIPLE_DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
/// pbeWithSHAAnd40BitRC2-CBC, which older programs use for certificates.
const RC2_40: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");

/// The ciphers of PBES2 that are known here, and the bytes of the initial value of each: RFC 8018 appendix B.2, RFC
/// 3565 section 2.3.1, RFC 5084 section 3.2.
const CIPHERS: [(ObjectIdentifier, usize); 6] = [
    (pbes2::AES_128_CBC_OID, 16),
    (pbes2::AES_192_CBC_OID, 16),
    (pbes2::AES_256_CBC_OID, 16),
    (pbes2::AES_128_GCM_OID, 12),
    (pbes2::AES_256_GCM_OID, 12),
    (pbes2::DES_EDE3_CBC_OID, 8),
];

/// Opens an EncryptedPrivateKeyInfo (RFC 5958 section 3).
pub(super) fn open_key(
    der: &[u8],
    password: &str,
    purse: &mut Purse,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    const DAMAGED: Error = Error::Container {
        kind: "encrypted PKCS #8 key",
    };
    let fields = sequence(der).ok_or(DAMAGED)?;
    let [algorithm, sealed] = fields.as_slice() else {
        return Err(DAMAGED);
    };
    let opened = open(algorithm.whole, password, sealed.content, purse)?;
    // The padding is all that CBC checks, and one wrong password in 256 leaves it whole.
    let looks_like_a_key = shape(&opened) == Shape::Pkcs8Key;
    looks_like_a_key
        .then_some(opened)
        .ok_or(Error::WrongPassword)
}

/// Opens what is sealed with that AlgorithmIdentifier.
pub(super) fn open(
    algorithm: &[u8],
    password: &str,
    sealed: &[u8],
    purse: &mut Purse,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let parsed = AlgorithmIdentifierRef::from_der(algorithm).map_err(|_| unknown(None))?;
    if parsed.oid == TRIPLE_DES || parsed.oid == RC2_40 {
        return old(&parsed, password, sealed, purse);
    }
    check_cipher(&parsed)?;
    let scheme = EncryptionScheme::try_from(parsed).map_err(|_| unknown(Some(parsed.oid)))?;
    let Some(parameters) = scheme.pbes2() else {
        return Err(unknown(Some(parsed.oid)));
    };
    check_kdf(parameters)?;
    pay(parameters, purse)?;
    in_place(sealed, |buffer| {
        let opened = scheme.decrypt_in_place(password.as_bytes(), buffer);
        opened.map_err(|error| match error {
            pkcs5::Error::UnsupportedAlgorithm { oid } => unknown(Some(oid)),
            _ => Error::WrongPassword,
        })
    })
}

/// Opens a copy of what is sealed, in its place: where the padding is damaged, a key may stand before it.
fn in_place(
    sealed: &[u8],
    open: impl FnOnce(&mut [u8]) -> Result<&[u8], Error>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = open(&mut buffer)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

fn unknown(oid: Option<ObjectIdentifier>) -> Error {
    let name = oid.map_or_else(|| "an unknown algorithm".to_owned(), |oid| text::oid(&oid));
    Error::Algorithm { name }
}

/// A known algorithm with a parameter that it cannot have.
fn odd(oid: ObjectIdentifier, parameter: &str) -> Error {
    let name = format!("{} with {parameter}", text::oid(&oid));
    Error::Algorithm { name }
}

/// Asks for PBES2-params (RFC 8018 appendix A.4) with a known cipher and an initial value as long as it takes: the
/// crate cuts that of Triple DES out of whatever is there, and panics if there is less.
fn check_cipher(scheme: &AlgorithmIdentifierRef<'_>) -> Result<(), Error> {
    let refused = || unknown(Some(scheme.oid));
    let parameters = scheme.parameters.filter(|_| scheme.oid == pbes2::PBES2_OID);
    let parameters = parameters.and_then(|any| any.to_der().ok());
    let fields = parameters.as_deref().and_then(sequence);
    let fields = fields.ok_or_else(refused)?;
    let [_, cipher] = fields.as_slice() else {
        return Err(refused());
    };
    let cipher = AlgorithmIdentifierRef::from_der(cipher.whole).map_err(|_| refused())?;
    let known = CIPHERS.iter().find(|(oid, _)| *oid == cipher.oid);
    let (oid, length) = known.ok_or_else(|| unknown(Some(cipher.oid)))?;
    match cipher.parameters.map_or(0, |any| any.value().len()) {
        found if found == *length => Ok(()),
        found => Err(odd(*oid, &format!("an initial value of {found} bytes"))),
    }
}

/// Asks for what the derivation of the key may be told: RFC 8018 appendix A.2, RFC 7914 sections 2 and 7. The crate
/// takes the logarithm of the cost of scrypt, and panics if that is zero.
fn check_kdf(parameters: &Parameters) -> Result<(), Error> {
    let kdf = &parameters.kdf;
    if let Some(length) = kdf.key_length()
        && usize::from(length) != parameters.encryption.key_size()
    {
        return Err(odd(kdf.oid(), &format!("a key of {length} bytes")));
    }
    match kdf {
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count == 0 => Err(odd(kdf.oid(), "no round")),
        Kdf::Scrypt(scrypt) => {
            let (n, r, p) = (
                scrypt.cost_parameter,
                scrypt.block_size,
                scrypt.parallelization,
            );
            let sound = n > 1 && n.is_power_of_two() && r > 0 && p > 0;
            let numbers = || odd(kdf.oid(), &format!("N = {n}, r = {r} and p = {p}"));
            sound.then_some(()).ok_or_else(numbers)
        }
        _ => Ok(()),
    }
}

/// Takes out of the purse what the derivation of the key costs.
fn pay(parameters: &Parameters, purse: &mut Purse) -> Result<(), Error> {
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => {
            // RFC 8018 section 5.2: the key is made in pieces as long as the hash.
            let hash = match pbkdf2.prf {
                Pbkdf2Prf::HmacWithSha1 => 20,
                Pbkdf2Prf::HmacWithSha224 => 28,
                _ => 32,
            };
            let pieces = parameters.encryption.key_size().div_ceil(hash);
            purse.rounds(pbkdf2.iteration_count, pieces).map(|_| ())
        }
        Kdf::Scrypt(scrypt) => purse.scrypt(scrypt),
        _ => Err(Error::Cost),
    }
}

/// The schemes of PKCS #12: SHA-1 and a cipher of the nineties.
fn old(
    algorithm: &AlgorithmIdentifierRef<'_>,
    password: &str,
    sealed: &[u8],
    purse: &mut Purse,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (salt, rounds) = salt_and_rounds(algorithm).ok_or(unknown(Some(algorithm.oid)))?;
    // One hash makes the initial value, one the key of RC2, and two that of Triple DES.
    let pieces = if algorithm.oid == TRIPLE_DES { 3 } else { 2 };
    let rounds = purse.rounds(rounds, pieces)?;
    let password = bmp(password)?;
    let derive =
        |kind, length| Zeroizing::new(derive_key::<Sha1>(&password, &salt, kind, rounds, length));
    let iv = derive(Pkcs12KeyType::Iv, 8);
    let wrong = |_| Error::WrongPassword;
    if algorithm.oid == TRIPLE_DES {
        let key = derive(Pkcs12KeyType::EncryptionKey, 24);
        let cipher = cbc::Decryptor::<des::TdesEde3>::new_from_slices(&key, &iv);
        let cipher = cipher.map_err(|_| Error::WrongPassword)?;
        in_place(sealed, |it| {
            cipher.decrypt_padded::<Pkcs7>(it).map_err(wrong)
        })
    } else {
        let key = derive(Pkcs12KeyType::EncryptionKey, 5);
        let cipher = rc2::Rc2::new_with_eff_key_len(&key, 40);
        let cipher = cbc::Decryptor::<rc2::Rc2>::inner_iv_slice_init(cipher, &iv);
        let cipher = cipher.map_err(|_| Error::WrongPassword)?;
        in_place(sealed, |it| {
            cipher.decrypt_padded::<Pkcs7>(it).map_err(wrong)
        })
    }
}

/// Pkcs12PbeParams: salt and rounds.
fn salt_and_rounds(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<(Vec<u8>, u32)> {
    let parameters = algorithm.parameters?.to_der().ok()?;
    let fields = sequence(&parameters)?;
    let salt = fields.first()?.content.to_vec();
    let rounds = u32::from_der(fields.get(1)?.whole).ok()?;
    Some((salt, rounds))
}

/// The password as PKCS #12 hashes it: UTF-16, big endian, ended by a zero (RFC 7292 appendix B.1).
pub(super) fn bmp(password: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Room for all of it: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
    for character in password.chars() {
        let unit = u16::try_from(u32::from(character)).map_err(|_| Error::WrongPassword)?;
        bytes.extend(unit.to_be_bytes());
    }
    bytes.extend([0, 0]);
    Ok(bytes)
}
