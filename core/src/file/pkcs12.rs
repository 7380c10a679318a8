//! PKCS #12 (RFC 7292): safes in safes, and bags in them.

use der::asn1::ObjectIdentifier;
use der::{Decode, Tag};
use zeroize::Zeroizing;

use super::ber::{self, octets, parts, sequence};
use super::pkcs7::{DATA, content_info};
use super::purse::Purse;
use super::reader::Reader;
use super::tlv::Part;
use super::{Content, Error, Secret, key, mac, seal};
use crate::cert::text;

const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// friendlyName, RFC 2985 section 5.5.1.
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
/// x509Certificate and x509Crl, section 4.2.
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const X509_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.23.1");

const KIND: &str = "PKCS #12 file";
pub(super) const DAMAGED: Error = Error::Container { kind: KIND };

/// Opens a PFX as far as the password goes: each safe, and each key, may have one of its own. Without a password the
/// empty one is tried, which many programs write.
///
/// Whatever the password, the same parts are found, each of which it opens or leaves sealed.
pub(super) fn read(reader: &mut Reader<'_>, der: &[u8], at: usize) {
    let origin = reader.origin().plus(at);
    let mut is_ber = ber::departs(der);
    match contents(der) {
        Ok((safe, code)) => {
            is_ber |= ber::departs(&safe);
            let mut opener = Opener::new(reader.password);
            reader.inside("PKCS #12", origin, |reader| {
                opener.open(reader, der, &safe, code.as_ref());
            });
            is_ber |= opener.is_ber;
        }
        Err(error) => {
            reader.flaw(Some(origin), error);
            reader.sealed(der, at);
        }
    }
    if is_ber {
        reader.flaw(Some(origin), Error::Ber { kind: KIND });
    }
}

type Contents<'d> = (Zeroizing<Vec<u8>>, Option<Part<'d>>);

/// The authenticated safe of a PFX, and the code that guards it.
fn contents(der: &[u8]) -> Result<Contents<'_>, Error> {
    let fields = sequence(der).ok_or(DAMAGED)?;
    let info = fields.get(1).ok_or(DAMAGED)?;
    let (kind, content) = content_info(info.whole).ok_or(DAMAGED)?;
    if kind != DATA {
        return Err(Error::Algorithm {
            name: text::oid(&kind),
        });
    }
    let safe = content.and_then(|content| octets(&content));
    Ok((safe.ok_or(DAMAGED)?, fields.get(2).copied()))
}

struct Opener {
    password: Zeroizing<String>,
    /// Whether somebody typed it.
    typed: bool,
    /// What a password of its own may seal.
    parts: Vec<Vec<u8>>,
    /// Whether the password has opened something.
    unsealed: bool,
    /// Whether something wants another one.
    refused: bool,
    /// What was told last.
    told: Option<Error>,
    /// Whether what lies in a safe is not DER.
    is_ber: bool,
}

impl Opener {
    fn new(password: Option<&str>) -> Self {
        Self {
            password: Zeroizing::new(password.unwrap_or_default().to_owned()),
            typed: password.is_some(),
            parts: Vec::new(),
            unsealed: false,
            refused: false,
            told: None,
            is_ber: false,
        }
    }

    fn open(&mut self, reader: &mut Reader<'_>, der: &[u8], safe: &[u8], code: Option<&Part<'_>>) {
        let holds = code.map_or(Ok(true), |code| {
            mac::holds(code.whole, safe, &self.password, &mut reader.purse)
        });
        let before = reader.mark();
        // Where nobody can say whether the password is right, the parts are only looked for.
        let mut empty = Purse::default();
        if holds.is_err() {
            core::mem::swap(&mut reader.purse, &mut empty);
        }
        self.safes(reader, safe);
        if holds.is_err() {
            core::mem::swap(&mut reader.purse, &mut empty);
        }
        let error = match holds {
            Ok(true) => return,
            // The code may have the password of the rest.
            Ok(false) if self.unsealed && self.refused => {
                return self.refuse(reader, der, Error::WrongPassword);
            }
            // The password is right, so it is the code, or what it guards, that is not.
            Ok(false) if self.unsealed => DAMAGED,
            Ok(false) => Error::WrongPassword,
            Err(error) => error,
        };
        reader.forget(before);
        self.told = None;
        self.tell(reader, error);
        reader.sealed(der, 0);
        for part in &self.parts {
            reader.sealed(part, 0);
        }
    }

    /// AuthenticatedSafe: each a ContentInfo with plain or encrypted contents.
    fn safes(&mut self, reader: &mut Reader<'_>, der: &[u8]) {
        let Some(infos) = sequence(der) else {
            return self.tell(reader, DAMAGED);
        };
        for info in infos {
            if let Err(error) = self.safe(reader, &info) {
                self.refuse(reader, info.whole, error);
            }
        }
    }

    fn safe(&mut self, reader: &mut Reader<'_>, info: &Part<'_>) -> Result<(), Error> {
        let (kind, content) = content_info(info.whole).ok_or(DAMAGED)?;
        let content = content.ok_or(DAMAGED)?;
        if kind == DATA {
            let bags = octets(&content).ok_or(DAMAGED)?;
            return self.bags(reader, &bags, false);
        }
        if kind != ENCRYPTED_DATA {
            let name = text::oid(&kind);
            return Err(Error::Algorithm { name });
        }
        self.parts.push(info.whole.to_vec());
        let bags = self.encrypted(reader, &content)?;
        sequence(&bags).ok_or(Error::WrongPassword)?;
        self.unsealed = true;
        self.bags(reader, &bags, true)
    }

    /// EncryptedData, RFC 5652 section 8: version, and type, algorithm and bytes.
    fn encrypted(
        &self,
        reader: &mut Reader<'_>,
        data: &Part<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fields = sequence(data.whole).ok_or(DAMAGED)?;
        let inner = fields.get(1).and_then(|part| sequence(part.whole));
        let inner = inner.ok_or(DAMAGED)?;
        let [_, algorithm, sealed, ..] = inner.as_slice() else {
            return Err(DAMAGED);
        };
        let sealed = octets(sealed).ok_or(DAMAGED)?;
        let purse = &mut reader.purse;
        seal::open(algorithm.whole, &self.password, &sealed, purse)
    }

    /// SafeContents, section 4.2, in a safe that is sealed or not. What is wrong with one bag hides no other.
    fn bags(&mut self, reader: &mut Reader<'_>, der: &[u8], sealed: bool) -> Result<(), Error> {
        let bags = sequence(der).ok_or(DAMAGED)?;
        self.is_ber |= ber::departs(der);
        let mut all = Ok(());
        for bag in &bags {
            let opens = self.bag(reader, bag, sealed);
            all = all.and(opens);
        }
        all
    }

    fn bag(&mut self, reader: &mut Reader<'_>, bag: &Part<'_>, sealed: bool) -> Result<(), Error> {
        let fields = sequence(bag.whole).ok_or(DAMAGED)?;
        let [kind, value, rest @ ..] = fields.as_slice() else {
            return Err(DAMAGED);
        };
        let kind: ObjectIdentifier = ObjectIdentifier::from_der(kind.whole).map_err(|_| DAMAGED)?;
        let value = parts(value.content).ok_or(DAMAGED)?;
        let value = value.first().ok_or(DAMAGED)?;
        let name = rest.first().and_then(friendly_name);
        match kind.to_string().as_str() {
            "1.2.840.113549.1.12.10.1.1" => {
                self.key(reader, Zeroizing::new(value.whole.to_vec()), name);
            }
            "1.2.840.113549.1.12.10.1.2" => {
                if !sealed {
                    self.parts.push(value.whole.to_vec());
                }
                match seal::open_key(value.whole, &self.password, &mut reader.purse) {
                    Ok(opened) => {
                        self.unsealed = true;
                        self.key(reader, opened, name);
                    }
                    // Whoever can open the safe only, cannot see what part of it is left.
                    Err(error) if sealed => return Err(error),
                    Err(error) => self.refuse(reader, value.whole, error),
                }
            }
            "1.2.840.113549.1.12.10.1.3" | "1.2.840.113549.1.12.10.1.4" => {
                let fields = sequence(value.whole).ok_or(DAMAGED)?;
                let [kind, inner] = fields.as_slice() else {
                    return Err(DAMAGED);
                };
                let kind = ObjectIdentifier::from_der(kind.whole).map_err(|_| DAMAGED)?;
                let inner = parts(inner.content).ok_or(DAMAGED)?;
                let der = inner.first().and_then(octets).ok_or(DAMAGED)?.to_vec();
                let content = match kind {
                    X509_CERTIFICATE => Content::Certificate(der),
                    X509_CRL => Content::Crl(der),
                    _ => Content::Other(value.whole.to_vec()),
                };
                reader.named(content, 0, name);
            }
            // secretBag: a password or a key of a symmetric cipher.
            "1.2.840.113549.1.12.10.1.5" => self.tell(reader, Error::UnknownSecret),
            "1.2.840.113549.1.12.10.1.6" => {
                let origin = reader.origin();
                let inner = reader.inside("nested safe", origin, |reader| {
                    self.bags(reader, value.whole, sealed)
                });
                inner.unwrap_or(Ok(()))?;
            }
            _ => reader.named(Content::Other(value.whole.to_vec()), 0, name),
        }
        Ok(())
    }

    fn key(&mut self, reader: &mut Reader<'_>, pkcs8: Zeroizing<Vec<u8>>, name: Option<String>) {
        if key::is_sound(&pkcs8) {
            let content = Content::PrivateKey(Secret(pkcs8));
            reader.named(content, 0, name);
        } else {
            self.tell(reader, Error::Key);
        }
    }

    /// Tells why a part does not open, which another password, or more time, may do.
    fn refuse(&mut self, reader: &mut Reader<'_>, der: &[u8], error: Error) {
        self.refused |= error == Error::WrongPassword;
        if matches!(error, Error::Cost | Error::WrongPassword) {
            reader.sealed(der, 0);
        }
        self.tell(reader, error);
    }

    /// Says it, unless it was said of the part before. Nobody has typed a wrong password if none was typed.
    fn tell(&mut self, reader: &mut Reader<'_>, error: Error) {
        let silent = error == Error::WrongPassword && !self.typed;
        if !silent && self.told.as_ref() != Some(&error) {
            reader.flaw(Some(reader.origin()), error.clone());
            self.told = Some(error);
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
