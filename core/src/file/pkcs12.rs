//! PKCS #12 (RFC 7292): safes in safes, and bags in them.

use der::asn1::ObjectIdentifier;
use der::{Decode, Tag};
use zeroize::Zeroizing;

use super::ber::{self, octets, parts, sequence};
use super::pkcs7::{DATA, content_info};
use super::purse::Purse;
use super::reader::{Place, Reader};
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

/// Opens a PFX. Without a password the empty one is tried, which many programs write.
pub(super) fn read(reader: &mut Reader<'_>, der: &[u8], at: usize) {
    let origin = reader.origin().plus(at);
    let password = reader.password.unwrap_or_default().to_owned();
    let password = Zeroizing::new(password);
    let mut is_ber = ber::departs(der);
    match checked(reader, der, &password) {
        Ok(safe) => {
            is_ber |= ber::departs(&safe);
            reader.inside("PKCS #12", origin, |reader| {
                let mut opener = Opener::new(reader, password);
                if let Err(error) = opener.safes(&safe) {
                    opener.refuse(origin, error, der);
                }
                is_ber |= opener.is_ber;
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
    if is_ber {
        reader.flaw(Some(origin), Error::Ber { kind: KIND });
    }
}

/// The authenticated safe of a PFX, if its code says that the password is right.
fn checked(
    reader: &mut Reader<'_>,
    der: &[u8],
    password: &Zeroizing<String>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let fields = sequence(der).ok_or(DAMAGED)?;
    let info = fields.get(1).ok_or(DAMAGED)?;
    let (kind, content) = content_info(info.whole).ok_or(DAMAGED)?;
    if kind != DATA {
        return Err(Error::Algorithm {
            name: text::oid(&kind),
        });
    }
    let safe = content.and_then(|content| octets(&content));
    let safe = safe.ok_or(DAMAGED)?;
    let holds = match fields.get(2) {
        Some(code) => mac::holds(code.whole, &safe, password, &mut reader.purse)?,
        None => true,
    };
    if holds {
        Ok(safe)
    } else if opens(&safe, password, &mut reader.purse) {
        // The password is right, so it is the code, or what it guards, that is not.
        Err(DAMAGED)
    } else {
        Err(Error::WrongPassword)
    }
}

/// Whether the password opens what is sealed in an authenticated safe, and something is.
fn opens(safe: &[u8], password: &Zeroizing<String>, purse: &mut Purse) -> bool {
    let mut reader = Reader::new(None);
    // What this costs is paid like the rest.
    core::mem::swap(&mut reader.purse, purse);
    let mut opener = Opener::new(&mut reader, password.clone());
    let opens = opener.safes(safe).is_ok() && opener.unsealed;
    core::mem::swap(&mut reader.purse, purse);
    opens
}

struct Opener<'r, 'p> {
    reader: &'r mut Reader<'p>,
    password: Zeroizing<String>,
    /// Whether the password has opened something.
    unsealed: bool,
    /// Whether what lies in a safe is not DER.
    is_ber: bool,
}

impl<'r, 'p> Opener<'r, 'p> {
    fn new(reader: &'r mut Reader<'p>, password: Zeroizing<String>) -> Self {
        Self {
            reader,
            password,
            unsealed: false,
            is_ber: false,
        }
    }

    /// AuthenticatedSafe: each a ContentInfo with plain or encrypted contents.
    fn safes(&mut self, der: &[u8]) -> Result<(), Error> {
        for info in sequence(der).ok_or(DAMAGED)? {
            let (kind, content) = content_info(info.whole).ok_or(DAMAGED)?;
            let content = content.ok_or(DAMAGED)?;
            if kind == DATA {
                self.bags(&octets(&content).ok_or(DAMAGED)?)?;
            } else if kind == ENCRYPTED_DATA {
                let opened = self.encrypted(&content)?;
                self.bags(&opened)?;
                self.unsealed = true;
            } else {
                let name = text::oid(&kind);
                self.flaw(Error::Algorithm { name });
            }
        }
        Ok(())
    }

    /// EncryptedData, RFC 5652 section 8: version, and type, algorithm and bytes.
    fn encrypted(&mut self, data: &Part<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fields = sequence(data.whole).ok_or(DAMAGED)?;
        let inner = fields.get(1).and_then(|part| sequence(part.whole));
        let inner = inner.ok_or(DAMAGED)?;
        let [_, algorithm, sealed, ..] = inner.as_slice() else {
            return Err(DAMAGED);
        };
        let sealed = octets(sealed).ok_or(DAMAGED)?;
        seal::open(
            algorithm.whole,
            &self.password,
            &sealed,
            &mut self.reader.purse,
        )
    }

    /// SafeContents, section 4.2.
    fn bags(&mut self, der: &[u8]) -> Result<(), Error> {
        let bags = sequence(der).ok_or(Error::WrongPassword)?;
        self.is_ber |= ber::departs(der);
        for bag in bags {
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
                let opened = seal::open_key(value.whole, &self.password, &mut self.reader.purse)?;
                self.unsealed = true;
                self.key(opened, name);
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
                self.reader.named(content, 0, name);
            }
            // secretBag: a password or a key of a symmetric cipher.
            "1.2.840.113549.1.12.10.1.5" => self.flaw(Error::UnknownSecret),
            "1.2.840.113549.1.12.10.1.6" => {
                let origin = self.reader.origin();
                let password = self.password.clone();
                let inner = self.reader.inside("nested safe", origin, |reader| {
                    Opener::new(reader, password).bags(value.whole)
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
    fn refuse(&mut self, origin: Place, error: Error, der: &[u8]) {
        let typed = self.reader.password.is_some();
        let stays = matches!(error, Error::Cost | Error::WrongPassword);
        if typed || error != Error::WrongPassword {
            self.reader.flaw(Some(origin), error);
        }
        if stays {
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
