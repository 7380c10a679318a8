use der::Encode;
use der::asn1::{BmpString, ObjectIdentifier, OctetStringRef};
use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Salts, seal, tlv};
use crate::file::pkcs7::DATA;
use crate::file::{Secret, seal as open};

type Bytes = Result<Vec<u8>, der::Error>;

/// Rounds of the code's own derivation, as OpenSSL does: the code guards against damage, not theft.
const MAC_ROUNDS: u8 = 0x7f;

/// Certificates, leaf first, and the leaf's private key in one file (RFC 7292): both sealed like
/// [`super::encrypted_pkcs8`], with an HMAC-SHA256 over all. `name` is what programs show.
///
/// # Errors
/// A name or a password beyond the Basic Multilingual Plane, and more than a hundred million rounds.
pub fn pkcs12(
    key: Option<&Secret>,
    certificates: &[&[u8]],
    name: &str,
    password: &str,
    rounds: u32,
    salts: &Salts,
) -> Bytes {
    let id: [u8; 20] = Sha1::digest(certificates.first().copied().unwrap_or_default()).into();
    let mut bags = Vec::new();
    for (index, der) in certificates.iter().enumerate() {
        // Only the leaf belongs to the key.
        let attributes = match index {
            0 => attributes(name, &id)?,
            _ => Vec::new(),
        };
        bags.extend(certificate_bag(der, &attributes)?);
    }
    let contents = tlv(0x30, &[&bags])?;
    let (algorithm, sealed) = seal(&contents, password, rounds, &salts.certificates)?;
    let mut safes = encrypted_data(&algorithm, &sealed)?;
    if let Some(key) = key {
        let (algorithm, sealed) = seal(key.as_pkcs8(), password, rounds, &salts.key)?;
        let shrouded = tlv(0x30, &[&algorithm, &octets(&sealed)?])?;
        let kind = oid("1.2.840.113549.1.12.10.1.2")?;
        let value = tlv(0xa0, &[&shrouded])?;
        let bag = tlv(0x30, &[&kind, &value, &attributes(name, &id)?])?;
        safes.extend(data(&tlv(0x30, &[&bag])?)?);
    }
    let safe = tlv(0x30, &[&safes])?;
    let mac = mac(&safe, password, salts)?;
    tlv(0x30, &[&[2, 1, 3], &data(&safe)?, &mac])
}

fn certificate_bag(der: &[u8], attributes: &[u8]) -> Bytes {
    let inner = tlv(0xa0, &[&octets(der)?])?;
    let cert = tlv(0x30, &[&oid("1.2.840.113549.1.9.22.1")?, &inner])?;
    let kind = oid("1.2.840.113549.1.12.10.1.3")?;
    tlv(0x30, &[&kind, &tlv(0xa0, &[&cert])?, attributes])
}

/// localKeyID, which binds key and certificate, and friendlyName (RFC 2985 section 5.5).
fn attributes(name: &str, id: &[u8]) -> Bytes {
    let attribute = |kind: &str, value: &[u8]| tlv(0x30, &[&oid(kind)?, &tlv(0x31, &[value])?]);
    let name = BmpString::from_utf8(name)?.to_der()?;
    let mut both = [
        attribute("1.2.840.113549.1.9.20", &name)?,
        attribute("1.2.840.113549.1.9.21", &octets(id)?)?,
    ];
    both.sort_unstable();
    tlv(0x31, &[&both.concat()])
}

/// A ContentInfo of plain data.
fn data(content: &[u8]) -> Bytes {
    let inner = tlv(0xa0, &[&octets(content)?])?;
    tlv(0x30, &[&DATA.to_der()?, &inner])
}

/// A ContentInfo of EncryptedData (RFC 5652 section 8).
fn encrypted_data(algorithm: &[u8], sealed: &[u8]) -> Bytes {
    let sealed = tlv(0x80, &[sealed])?;
    let info = tlv(0x30, &[&DATA.to_der()?, algorithm, &sealed])?;
    let encrypted = tlv(0x30, &[&[2, 1, 0], &info])?;
    let kind = oid("1.2.840.113549.1.7.6")?;
    tlv(0x30, &[&kind, &tlv(0xa0, &[&encrypted])?])
}

/// MacData, section 4 and appendix B.
fn mac(safe: &[u8], password: &str, salts: &Salts) -> Bytes {
    let failed = || der::Error::from(der::ErrorKind::Failed);
    let password = open::bmp(password).map_err(|_| failed())?;
    let rounds = i32::from(MAC_ROUNDS);
    let key = derive_key::<Sha256>(&password, &salts.mac, Pkcs12KeyType::Mac, rounds, 32);
    let key = Zeroizing::new(key);
    let code = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| failed())?;
    let code = code.chain_update(safe).finalize().into_bytes();
    let algorithm = tlv(0x30, &[&oid("2.16.840.1.101.3.4.2.1")?, &[5, 0]])?;
    let digest = tlv(0x30, &[&algorithm, &octets(&code)?])?;
    tlv(0x30, &[&digest, &octets(&salts.mac)?, &[2, 1, MAC_ROUNDS]])
}

fn oid(text: &str) -> Bytes {
    ObjectIdentifier::new(text)?.to_der()
}

fn octets(bytes: &[u8]) -> Bytes {
    OctetStringRef::new(bytes)?.to_der()
}
