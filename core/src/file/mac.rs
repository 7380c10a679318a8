//! The code that guards a PKCS #12 file: HMAC with a key derived as in RFC 7292 appendix B, or PBMAC1 as in RFC 9579.

use der::asn1::ObjectIdentifier;
use der::{Decode, Tag};
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::ber::{octets, sequence};
use super::pkcs12::DAMAGED;
use super::purse::Purse;
use super::tlv::Part;
use super::{Error, seal};
use crate::cert::text;

/// RFC 8018 appendix A.5.
const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");
/// RFC 8018 appendix A.2.
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");

/// The lengths of a key of PBMAC1 that are taken, in bytes: RFC 9579 wants it named, and advises 20 at least; more
/// than HMAC-SHA-512 gives has no use, and costs.
const KEY_BYTES: core::ops::RangeInclusive<usize> = 20..=64;

/// Whether MacData (RFC 7292 section 4) fits the authenticated safe and the password.
pub(super) fn holds(
    der: &[u8],
    safe: &[u8],
    password: &str,
    purse: &mut Purse,
) -> Result<bool, Error> {
    let fields = sequence(der).ok_or(DAMAGED)?;
    let digest = fields.first().and_then(|part| sequence(part.whole));
    let digest = digest.ok_or(DAMAGED)?;
    let [kind, wanted] = digest.as_slice() else {
        return Err(DAMAGED);
    };
    let (kind, parameters) = algorithm(kind)?;
    let wanted = octets(wanted).ok_or(DAMAGED)?;
    if kind == PBMAC1 {
        // RFC 9579 section 4: salt and rounds stand elsewhere, and those of MacData mean nothing.
        let parameters = parameters.ok_or(DAMAGED)?;
        return pbmac1(&parameters, safe, password, &wanted, purse);
    }
    let salt = fields.get(1).and_then(octets).ok_or(DAMAGED)?;
    let rounds = match fields.get(2) {
        Some(part) => u32::from_der(part.whole).map_err(|_| DAMAGED)?,
        None => 1,
    };
    let rounds = purse.rounds(rounds, 1)?;
    let password = seal::bmp(password)?;
    macro_rules! mac {
        ($hash:ty, $bytes:literal) => {{
            let of = Pkcs12KeyType::Mac;
            let key = Zeroizing::new(derive_key::<$hash>(&password, &salt, of, rounds, $bytes));
            let mac = Hmac::<$hash>::new_from_slice(&key).map_err(|_| DAMAGED)?;
            Ok(mac.chain_update(safe).verify_slice(&wanted).is_ok())
        }};
    }
    match kind.to_string().as_str() {
        "1.3.14.3.2.26" => mac!(Sha1, 20),
        "2.16.840.1.101.3.4.2.4" => mac!(Sha224, 28),
        "2.16.840.1.101.3.4.2.1" => mac!(Sha256, 32),
        "2.16.840.1.101.3.4.2.2" => mac!(Sha384, 48),
        "2.16.840.1.101.3.4.2.3" => mac!(Sha512, 64),
        _ => Err(refused(text::oid(&kind))),
    }
}

/// PBMAC1-params (RFC 8018 appendix A.5): how the key is derived, and what is done with it.
fn pbmac1(
    parameters: &Part<'_>,
    safe: &[u8],
    password: &str,
    wanted: &[u8],
    purse: &mut Purse,
) -> Result<bool, Error> {
    let fields = sequence(parameters.whole).ok_or(DAMAGED)?;
    let [derivation, scheme] = fields.as_slice() else {
        return Err(DAMAGED);
    };
    let (kind, parameters) = algorithm(derivation)?;
    if kind != PBKDF2 {
        return Err(refused(text::oid(&kind)));
    }
    let (scheme, _) = algorithm(scheme)?;
    let scheme = Hash::of_hmac(&scheme)?;
    let derivation = Derivation::read(&parameters.ok_or(DAMAGED)?)?;
    purse.rounds(derivation.rounds, derivation.pieces())?;
    let key = derivation.key(password);
    macro_rules! mac {
        ($hash:ty) => {{
            let mac = Hmac::<$hash>::new_from_slice(&key).map_err(|_| DAMAGED)?;
            Ok(mac.chain_update(safe).verify_slice(wanted).is_ok())
        }};
    }
    match scheme {
        Hash::Sha256 => mac!(Sha256),
        Hash::Sha384 => mac!(Sha384),
        Hash::Sha512 => mac!(Sha512),
    }
}

/// What HMAC is built on.
#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// RFC 8018 appendices B.1.2 and B.3.1.
    fn of_hmac(kind: &ObjectIdentifier) -> Result<Self, Error> {
        match kind.to_string().as_str() {
            "1.2.840.113549.2.9" => Ok(Self::Sha256),
            "1.2.840.113549.2.10" => Ok(Self::Sha384),
            "1.2.840.113549.2.11" => Ok(Self::Sha512),
            _ => Err(refused(text::oid(kind))),
        }
    }
}

/// PBKDF2-params (RFC 8018 appendix A.2).
struct Derivation {
    salt: Zeroizing<Vec<u8>>,
    rounds: u32,
    length: usize,
    hash: Hash,
}

impl Derivation {
    fn read(parameters: &Part<'_>) -> Result<Self, Error> {
        let fields = sequence(parameters.whole).ok_or(DAMAGED)?;
        let [salt, rounds, rest @ ..] = fields.as_slice() else {
            return Err(DAMAGED);
        };
        if salt.tag != Tag::OctetString {
            return Err(refused("PBKDF2 with a salt from elsewhere".to_owned()));
        }
        let salt = octets(salt).ok_or(DAMAGED)?;
        let rounds = u32::from_der(rounds.whole).map_err(|_| DAMAGED)?;
        if rounds == 0 {
            return Err(DAMAGED);
        }
        let (length, rest) = match rest {
            [length, rest @ ..] if length.tag == Tag::Integer => (length, rest),
            _ => return Err(refused("PBMAC1 without a length of its key".to_owned())),
        };
        let length = u16::from_der(length.whole).map_err(|_| DAMAGED)?;
        let length = usize::from(length);
        if !KEY_BYTES.contains(&length) {
            return Err(refused(format!("PBMAC1 with a key of {length} bytes")));
        }
        let hash = match rest {
            [hash] => Hash::of_hmac(&algorithm(hash)?.0)?,
            // What is not named is HMAC with SHA-1.
            [] => return Err(refused("PBKDF2 with HMAC-SHA-1".to_owned())),
            _ => return Err(DAMAGED),
        };
        Ok(Self {
            salt,
            rounds,
            length,
            hash,
        })
    }

    /// How often the rounds are done: for each piece of the key, as long as the hash.
    fn pieces(&self) -> usize {
        let hash = match self.hash {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        };
        self.length.div_ceil(hash)
    }

    /// The password is UTF-8 here, as RFC 9579 says, and not as in the rest of PKCS #12.
    fn key(&self, password: &str) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(vec![0; self.length]);
        let password = password.as_bytes();
        match self.hash {
            Hash::Sha256 => pbkdf2_hmac::<Sha256>(password, &self.salt, self.rounds, &mut key),
            Hash::Sha384 => pbkdf2_hmac::<Sha384>(password, &self.salt, self.rounds, &mut key),
            Hash::Sha512 => pbkdf2_hmac::<Sha512>(password, &self.salt, self.rounds, &mut key),
        }
        key
    }
}

/// AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
fn algorithm<'a>(part: &Part<'a>) -> Result<(ObjectIdentifier, Option<Part<'a>>), Error> {
    let fields = sequence(part.whole).ok_or(DAMAGED)?;
    let kind = fields.first().ok_or(DAMAGED)?;
    let kind = ObjectIdentifier::from_der(kind.whole).map_err(|_| DAMAGED)?;
    Ok((kind, fields.get(1).copied()))
}

fn refused(name: String) -> Error {
    Error::Algorithm { name }
}
