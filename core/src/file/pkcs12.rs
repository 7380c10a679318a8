//! PKCS #12 (RFC 7292): safes in safes, and bags in them.

use der::asn1::ObjectIdentifier;
use der::{Decode, Tag};
use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::pkcs7::{DATA, content_info};
use super::reader::Reader;
use super::tlv::{Part, parts, sequence};
use super::{Content, Error, Secret, key, seal};
use crate::cert::text;

const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// friendlyName, RFC 2985 section 5.5.1.
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
/// x509Certificate and x509Crl, section 4.2.
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const X509_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.23.1");
/// PBMAC1, RFC 9579.
const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");

const DAMAGED: Error = Error::Container {
    kind: "PKCS #12 file",
};

/// Opens a PFX. Without a password the empty one is tried, which many programs write.
pub(super) fn read(reader: &mut Reader<'_>, der: &[u8], at: usize) {
    let origin = reader.origin() + at;
    let password = reader.password.unwrap_or_default().to_owned();
    let password = Zeroizing::new(password);
    match checked(der, &password) {
        Ok(safe) => {
            reader.inside("PKCS #12", origin, |reader| {
                let mut opener = Opener { reader, password };
                if let Err(error) = opener.safes(safe) {
                    opener.refuse(origin, error, der);
                }
            });
        }
        Err(error) => {
            // Nobody has typed a wrong password yet.
            if reader.password.is_some() || error != Error::WrongPassword {
                reader.flaw(Some(origin), error);
            }
            reader.sealed(der, at);
        }
    }
}

/// The authenticated safe of a PFX, if its code says that the password is right.
fn checked<'d>(der: &'d [u8], password: &str) -> Result<&'d [u8], Error> {
    let fields = sequence(der).ok_or(DAMAGED)?;
    let info = fields.get(1).ok_or(DAMAGED)?;
    let (kind, content) = content_info(info.whole).ok_or(DAMAGED)?;
    if kind != DATA {
        return Err(Error::Algorithm {
            name: text::oid(&kind),
        });
    }
    let safe = content.ok_or(DAMAGED)?.content;
    if let Some(mac) = fields.get(2) {
        check_mac(mac.whole, safe, password)?;
    }
    Ok(safe)
}

/// MacData, section 4.
fn check_mac(der: &[u8], safe: &[u8], password: &str) -> Result<(), Error> {
    let fields = sequence(der).ok_or(DAMAGED)?;
    let digest = fields.first().and_then(|part| sequence(part.whole));
    let digest = digest.ok_or(DAMAGED)?;
    let algorithm = digest.first().and_then(|part| sequence(part.whole));
    let algorithm = algorithm.ok_or(DAMAGED)?;
    let oid = algorithm.first().ok_or(DAMAGED)?.whole;
    let oid = ObjectIdentifier::from_der(oid).map_err(|_| DAMAGED)?;
    let wanted = digest.get(1).ok_or(DAMAGED)?.content;
    let salt = fields.get(1).ok_or(DAMAGED)?.content;
    let rounds = match fields.get(2) {
        Some(part) => u32::from_der(part.whole).map_err(|_| DAMAGED)?,
        None => 1,
    };
    let rounds = seal::affordable(rounds)?;
    if oid == PBMAC1 {
        // Its own derivation; opening the safes tells a wrong password as well.
        return Ok(());
    }
    let password = seal::bmp(password)?;
    macro_rules! mac {
        ($hash:ty, $bytes:literal) => {{
            let kind = Pkcs12KeyType::Mac;
            let key = derive_key::<$hash>(&password, salt, kind, rounds, $bytes);
            let key = Zeroizing::new(key);
            let mac = Hmac::<$hash>::new_from_slice(&key).map_err(|_| DAMAGED)?;
            mac.chain_update(safe).verify_slice(wanted).is_ok()
        }};
    }
    let holds = match oid.to_string().as_str() {
        "1.3.14.3.2.26" => mac!(Sha1, 20),
        "2.16.840.1.101.3.4.2.4" => mac!(Sha224, 28),
        "2.16.840.1.101.3.4.2.1" => mac!(Sha256, 32),
        "2.16.840.1.101.3.4.2.2" => mac!(Sha384, 48),
        "2.16.840.1.101.3.4.2.3" => mac!(Sha512, 64),
        _ => {
            return Err(Error::Algorithm {
                name: text::oid(&oid),
            });
        }
    };
    if holds {
        Ok(())
    } else {
        Err(Error::WrongPassword)
    }
}

struct Opener<'r, 'p> {
    reader: &'r mut Reader<'p>,
    password: Zeroizing<String>,
}

impl Opener<'_, '_> {
    /// AuthenticatedSafe: each a ContentInfo with plain or encrypted contents.
    fn safes(&mut self, der: &[u8]) -> Result<(), Error> {
        for info in sequence(der).ok_or(DAMAGED)? {
            let (kind, content) = content_info(info.whole).ok_or(DAMAGED)?;
            let content = content.ok_or(DAMAGED)?;
            if kind == DATA {
                self.bags(content.content)?;
            } else if kind == ENCRYPTED_DATA {
                let opened = self.encrypted(&content)?;
                self.bags(&opened)?;
            } else {
                let name = text::oid(&kind);
                self.flaw(Error::Algorithm { name });
            }
        }
        Ok(())
    }

    /// EncryptedData, RFC 5652 section 8: version, and type, algorithm and bytes.
    fn encrypted(&self, data: &Part<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fields = sequence(data.whole).ok_or(DAMAGED)?;
        let inner = fields.get(1).and_then(|part| sequence(part.whole));
        let inner = inner.ok_or(DAMAGED)?;
        let [_, algorithm, sealed, ..] = inner.as_slice() else {
            return Err(DAMAGED);
        };
        seal::open(algorithm.whole, &self.password, sealed.content)
    }

    /// SafeContents, section 4.2.
    fn bags(&mut self, der: &[u8]) -> Result<(), Error> {
        for bag in sequence(der).ok_or(Error::WrongPassword)? {
            let fields = sequence(bag.whole).ok_or(DAMAGED)?;
            let [kind, value, rest @ ..] = fields.as_slice() else {
                return Err(DAMAGED);
            };
            let kind = ObjectIdentifier::from_der(kind.whole).map_err(|_| DAMAGED)?;
            let value = parts(value.content).ok_or(DAMAGED)?;
            let value = value.first().ok_or(DAMAGED)?;
            let name = rest.first().and_then(friendly_name);
            self.bag(&kind, value, name)?;
        }
        Ok(())
    }

    fn bag(
        &mut self,
        kind: &ObjectIdentifier,
        value: &Part<'_>,
        name: Option<String>,
    ) -> Result<(), Error> {
        match kind.to_string().as_str() {
            "1.2.840.113549.1.12.10.1.1" => self.key(Zeroizing::new(value.whole.to_vec()), name),
            "1.2.840.113549.1.12.10.1.2" => {
                let opened = seal::open_key(value.whole, &self.password)?;
                self.key(opened, name);
            }
            "1.2.840.113549.1.12.10.1.3" | "1.2.840.113549.1.12.10.1.4" => {
                let fields = sequence(value.whole).ok_or(DAMAGED)?;
                let [kind, inner] = fields.as_slice() else {
                    return Err(DAMAGED);
                };
                let kind = ObjectIdentifier::from_der(kind.whole).map_err(|_| DAMAGED)?;
                let inner = parts(inner.content).ok_or(DAMAGED)?;
                let der = inner.first().ok_or(DAMAGED)?.content.to_vec();
                let content = match kind {
                    X509_CERTIFICATE => Content::Certificate(der),
                    X509_CRL => Content::Crl(der),
                    _ => Content::Other(value.whole.to_vec()),
                };
                self.reader.named(content, 0, name);
            }
            "1.2.840.113549.1.12.10.1.6" => {
                let whole = value.whole.to_vec();
                let origin = self.reader.origin();
                let password = self.password.clone();
                let inner = self.reader.inside("nested safe", origin, |reader| {
                    Opener { reader, password }.bags(&whole)
                });
                inner.unwrap_or(Ok(()))?;
            }
            _ => self
                .reader
                .named(Content::Other(value.whole.to_vec()), 0, name),
        }
        Ok(())
    }

    fn key(&mut self, pkcs8: Zeroizing<Vec<u8>>, name: Option<String>) {
        if key::is_sound(&pkcs8) {
            let content = Content::PrivateKey(Secret(pkcs8));
            self.reader.named(content, 0, name);
        } else {
            self.flaw(Error::Key);
        }
    }

    fn flaw(&mut self, error: Error) {
        let origin = self.reader.origin();
        self.reader.flaw(Some(origin), error);
    }

    /// The code fitted or there is none, and yet a safe does not open.
    fn refuse(&mut self, origin: usize, error: Error, der: &[u8]) {
        let typed = self.reader.password.is_some();
        let wrong = error == Error::WrongPassword;
        if typed || !wrong {
            self.reader.flaw(Some(origin), error);
        }
        if wrong {
            self.reader.sealed(der, 0);
        }
    }
}

/// friendlyName among PKCS12Attributes: a SET of types with SETs of values.
fn friendly_name(attributes: &Part<'_>) -> Option<String> {
    for attribute in parts(attributes.content)? {
        let fields = sequence(attribute.whole)?;
        let kind = ObjectIdentifier::from_der(fields.first()?.whole).ok()?;
        if kind == FRIENDLY_NAME {
            let values = parts(fields.get(1)?.content)?;
            let value = values.first().filter(|value| value.tag == Tag::BmpString)?;
            let units = value.content.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            let decoded = char::decode_utf16(units);
            let name: String = decoded
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .take(200)
                .collect();
            return Some(text::shown(&name));
        }
    }
    None
}
