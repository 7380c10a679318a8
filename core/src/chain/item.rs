use base64ct::{Base64, Encoding};

use super::{Error, MAX_CERTIFICATES};
use crate::pem;

/// The longest text of one item: 256 KiB, more than eight of the largest certificates in base64 PEM.
pub const MAX_ITEM_BYTES: usize = 256 * 1024;

/// What a service put into one element of `issuedCertificateChain`, as the DER of each certificate:
/// base64 of DER (what the interface says), PEM text (what some documents show), or base64 of PEM
/// text (what was seen). White space is ignored.
///
/// The result is DER by its first byte only; [`super::VerifiedChain::verify`] judges the rest.
///
/// # Errors
/// [`Error::Pem`], [`Error::BadItem`], [`Error::WrongLabel`], [`Error::TooMany`] or
/// [`Error::ItemTooLarge`].
pub fn decode_item(text: &str) -> Result<Vec<Vec<u8>>, Error> {
    if text.len() > MAX_ITEM_BYTES {
        let bytes = text.len();
        return Err(Error::ItemTooLarge { bytes });
    }
    if pem::is_pem(text.as_bytes()) {
        return certificates(text.as_bytes());
    }
    let digits: String = text.split_ascii_whitespace().collect();
    let bytes = Base64::decode_vec(&digits).map_err(|_| Error::BadItem)?;
    if pem::is_pem(&bytes) {
        return certificates(&bytes);
    }
    // Any DER of a certificate begins with a SEQUENCE.
    if bytes.first() != Some(&0x30) {
        return Err(Error::BadItem);
    }
    Ok(vec![bytes])
}

fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let objects = pem::decode(text).map_err(Error::Pem)?;
    if objects.len() > MAX_CERTIFICATES {
        let count = objects.len();
        return Err(Error::TooMany { count });
    }
    let mut certificates = Vec::new();
    for object in objects {
        if !object.is_certificate() {
            let found = object.label;
            return Err(Error::WrongLabel { found });
        }
        certificates.push(object.der.to_vec());
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: [u8; 2] = [0x30, 0];

    #[test]
    fn every_encoding_that_was_seen() {
        let pem = pem::encode("CERTIFICATE", &DER);
        let two = format!("explained\n{pem}\r\n{pem}");
        assert_eq!(decode_item("MAA="), Ok(vec![DER.to_vec()]));
        assert_eq!(decode_item(" MA\nA=\r\n"), Ok(vec![DER.to_vec()]));
        assert_eq!(decode_item(&pem), Ok(vec![DER.to_vec()]));
        assert_eq!(decode_item(&two), Ok(vec![DER.to_vec(); 2]));
        let wrapped = Base64::encode_string(two.as_bytes());
        assert_eq!(decode_item(&wrapped), Ok(vec![DER.to_vec(); 2]));
    }

    #[test]
    fn what_is_none_of_them() {
        for text in ["", "MAA", "hello world", "AAAA", "ü"] {
            assert_eq!(decode_item(text), Err(Error::BadItem), "{text}");
        }
        let found = "PRIVATE KEY".to_owned();
        let key = pem::encode(&found, &DER);
        assert_eq!(decode_item(&key), Err(Error::WrongLabel { found }));
        let cut = decode_item("-----BEGIN CERTIFICATE-----\nMAA=");
        assert_eq!(cut, Err(Error::Pem(pem::Error::NoEnd { at: 0 })));
        let many = pem::encode("CERTIFICATE", &DER).repeat(9);
        assert_eq!(decode_item(&many), Err(Error::TooMany { count: 9 }));
        let bytes = MAX_ITEM_BYTES + 1;
        let large = decode_item(&" ".repeat(bytes));
        assert_eq!(large, Err(Error::ItemTooLarge { bytes }));
    }
}
