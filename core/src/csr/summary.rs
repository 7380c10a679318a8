use der::referenced::OwnedToRef;
use der::{Decode, Encode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_cert::request::CertReqInfo;

use super::draft::EXTENSION_REQUEST;
use super::{Error, VerifiedCsr};
use crate::Explain;
use crate::cert::name::rfc4514;
use crate::cert::signed::{Flaw, Signed, position};
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
    /// The extensions that are asked for.
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
        for attribute in info.attributes.iter() {
            if attribute.oid == EXTENSION_REQUEST {
                for value in attribute.values.iter() {
                    let list = value.decode_as::<Vec<x509_cert::ext::Extension>>();
                    let list = list.unwrap_or_default();
                    extensions.extend(list.iter().map(Extension::new));
                }
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

fn read(der: &[u8]) -> Result<(Signed<'_>, CertReqInfo), Error> {
    let signed = Signed::from_der(der).map_err(|flaw| match flaw {
        Flaw::NotDer(at) => Error::NotDer { at },
        Flaw::TrailingData(at) => Error::TrailingData { at },
    })?;
    let info = CertReqInfo::from_der(signed.body).map_err(|error| Error::NotARequest {
        at: position(&error),
    })?;
    Ok((signed, info))
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
