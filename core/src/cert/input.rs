use base64ct::{Base64, Encoding};
use der::{Reader, SliceReader};

use super::Error;
use super::signed::position;
use crate::pem;

/// The largest file that is read: 32 MiB.
pub const MAX_BYTES: usize = pem::MAX_BYTES;

/// The most certificates of one file.
pub const MAX_CERTIFICATES: usize = pem::MAX_OBJECTS;

/// The first byte of the DER of a certificate: SEQUENCE.
const SEQUENCE: u8 = 0x30;

/// The DER of each certificate in a file.
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    if bytes.len() > MAX_BYTES {
        let bytes = bytes.len();
        return Err(Error::TooLarge { bytes });
    }
    if let Some(found) = pem_or_der(bytes)? {
        return Ok(found);
    }
    let digits: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    let decoded = core::str::from_utf8(&digits).ok();
    let decoded = decoded.and_then(|text| Base64::decode_vec(text).ok());
    match decoded {
        Some(decoded) => pem_or_der(&decoded)?.ok_or(Error::NoCertificate),
        None => Err(Error::NoCertificate),
    }
}

/// `None` if the bytes are neither.
fn pem_or_der(bytes: &[u8]) -> Result<Option<Vec<Vec<u8>>>, Error> {
    if pem::is_pem(bytes) {
        return from_pem(bytes).map(Some);
    }
    if bytes.first() == Some(&SEQUENCE) {
        return from_der(bytes).map(Some);
    }
    Ok(None)
}

fn from_pem(text: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let objects = pem::decode(text).map_err(Error::Pem)?.into_iter();
    let found = objects.filter(pem::Object::is_certificate);
    let found: Vec<Vec<u8>> = found.map(|object| object.der.to_vec()).collect();
    if found.is_empty() {
        return Err(Error::NoCertificate);
    }
    Ok(found)
}

/// DER objects one after another.
fn from_der(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let index = found.len();
        if index == MAX_CERTIFICATES {
            return Err(Error::TooMany);
        }
        let object = SliceReader::new(rest).and_then(|mut reader| reader.tlv_bytes());
        let object = object.map_err(|error| Error::NotACertificate {
            index,
            at: position(&error),
        })?;
        rest = rest.get(object.len()..).unwrap_or_default();
        found.push(object.to_vec());
    }
    Ok(found)
}
