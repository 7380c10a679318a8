use der::Encode;
use der::referenced::OwnedToRef;
use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension as Raw;

use super::draft::EXTENSION_REQUEST;
use super::info::read;
use super::{Error, VerifiedCsr};
use crate::Explain;
use crate::cert::cursor::decode;
use crate::cert::name::rfc4514;
use crate::cert::{Extension, Key, text};
use crate::dps::RegistrationId;

/// What a request asks for, as text that is safe to show. Nothing was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestSummary {
    /// Subject, RFC 4514.
    pub subject: String,
    /// The key.
    pub key: Key,
    /// Name and object identifier.
    pub signature_algorithm: String,
    /// SHA-256 of the DER, upper-case hex.
    pub sha256: String,
    /// Size of the DER in bytes.
    pub size: usize,
    /// The extensions that are asked for. Where they cannot be read, one of them says so.
    pub extensions: Vec<Extension>,
    /// Names of the other attributes.
    pub attributes: Vec<String>,
    /// Why Azure's certificate service would refuse it: sentence and next step; `None` if it holds.
    pub azure: Option<(String, String)>,
}

/// A request's proof of possession, each part the DER as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// AlgorithmIdentifier of the signature.
    pub algorithm: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// What was signed.
    pub message: Vec<u8>,
    /// The signature, without the bit string's first byte.
    pub signature: Vec<u8>,
}

impl RequestSummary {
    /// Reads DER (RFC 2986 section 4), whatever the key.
    ///
    /// # Errors
    /// [`Error::NotDer`], [`Error::TrailingData`], [`Error::NotARequest`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let (signed, info) = read(der)?;
        let mut extensions = Vec::new();
        let mut attributes = Vec::new();
        for attribute in info.attributes.iter().flat_map(|all| all.iter()) {
            if attribute.oid == EXTENSION_REQUEST {
                extensions.extend(asked_for(attribute));
            } else {
                attributes.push(text::oid(&attribute.oid));
            }
        }
        Ok(Self {
            subject: rfc4514(&info.subject),
            key: Key::new(&info.public_key.owned_to_ref()),
            signature_algorithm: text::oid(&signed.algorithm.oid),
            sha256: text::hex(&Sha256::digest(der)),
            size: der.len(),
            extensions,
            attributes,
            azure: azure(der),
        })
    }
}

impl Proof {
    /// The parts of the check that the sender holds the key.
    ///
    /// # Errors
    /// As [`RequestSummary::from_der`].
    pub fn of(der: &[u8]) -> Result<Self, Error> {
        let (signed, info) = read(der)?;
        let damaged = |_| Error::NotARequest { at: 0 };
        Ok(Self {
            algorithm: signed.algorithm.to_der().map_err(damaged)?,
            spki: info.public_key.to_der().map_err(damaged)?,
            message: signed.body.to_vec(),
            signature: signed.signature.raw_bytes().to_vec(),
        })
    }
}

/// What an extensionRequest holds; of a value that is damaged, that it is.
fn asked_for(attribute: &Attribute) -> Vec<Extension> {
    let mut found = Vec::new();
    for value in attribute.values.iter() {
        let der = value.to_der().unwrap_or_default();
        match decode::<Vec<Raw>>(&der) {
            Ok(list) => found.extend(list.iter().map(Extension::new)),
            Err(error) => found.push(Extension::unread_request(&attribute.oid, &der, &error)),
        }
    }
    found
}

/// The rules of Azure Device Registry for a device's request.
fn azure(der: &[u8]) -> Option<(String, String)> {
    let name = match VerifiedCsr::from_der(der) {
        Ok(verified) => verified.common_name,
        Err(error) => return Some((error.to_string(), error.next_step().to_owned())),
    };
    let error = RegistrationId::new(&name).err()?;
    let next = "Make the request with the registration ID as its only common name.";
    Some((error.to_string(), next.to_owned()))
}

#[cfg(test)]
mod tests {
    use der::Length;

    use super::*;
    use crate::cert::signed::Signed;

    const GOOD: &[u8] = include_bytes!("../../tests/corpus/csr/good.der");
    const WITH_SAN: &[u8] = include_bytes!("../../tests/corpus/csr/good-with-san.der");

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut der = vec![0x30];
        Length::try_from(content.len())
            .unwrap()
            .encode_to_vec(&mut der)
            .unwrap();
        [der, content].concat()
    }

    #[test]
    fn without_a_field_for_attributes_it_is_read_and_remarked() {
        let signed = Signed::from_der(GOOD).unwrap();
        let rest = &GOOD[signed.offset + signed.body.len()..];
        let fields = signed.body[3..].strip_suffix(&[0xa0, 0]).unwrap();
        let without = sequence(&[&sequence(&[fields]), rest]);
        let summary = RequestSummary::from_der(&without).unwrap();
        assert_eq!(summary.subject, "CN=dev-0001");
        assert_eq!(
            (&*summary.extensions, &*summary.attributes),
            (&[][..], &[][..])
        );
        let (what, _) = summary.azure.unwrap();
        assert!(
            what.contains("leaves out the field for attributes"),
            "{what}"
        );
        let refused = VerifiedCsr::from_der(&without);
        assert_eq!(refused, Err(Error::NoAttributes));
        let proof = Proof::of(&without).unwrap();
        assert_eq!(proof.message, sequence(&[fields]));
        assert!(RequestSummary::from_der(GOOD).unwrap().azure.is_none());
    }

    #[test]
    fn a_long_object_identifier_is_the_reason() {
        let request = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
        let at = WITH_SAN.windows(request.len()).position(|it| it == request);
        let at = at.unwrap();
        let mut long = WITH_SAN.to_vec();
        long[at + 4..at + 10].fill(0xff);
        let refused = RequestSummary::from_der(&long);
        assert_eq!(refused, Err(Error::LongOid { at }));
    }

    #[test]
    fn a_damaged_request_for_extensions_is_told() {
        let summary = RequestSummary::from_der(WITH_SAN).unwrap();
        assert_eq!(summary.extensions[0].name, "Subject alternative name");
        let san = [0x30, 0x13, 6, 3, 0x55, 0x1d, 0x11];
        let at = WITH_SAN
            .windows(san.len())
            .position(|it| it == san)
            .unwrap();
        let mut damaged = WITH_SAN.to_vec();
        damaged[at + 2] = 4;
        let summary = RequestSummary::from_der(&damaged).unwrap();
        let [unread] = summary.extensions.as_slice() else {
            panic!("{:?}", summary.extensions);
        };
        assert_eq!(
            (unread.name.as_str(), unread.oid.as_str()),
            ("Extension request", "1.2.840.113549.1.9.14")
        );
        let meaning = "The list of extensions that are asked for cannot be read.";
        assert_eq!(unread.meaning, meaning);
        assert!(
            unread.value.contains("OCTET STRING: 551D11"),
            "{}",
            unread.value
        );
    }
}
