//! Credentials as `esp_secure_cert` TLV, in the order of Espressif's tool.

use zeroize::Zeroizing;

use super::{
    Contents, Credentials, Encoding, Error, Part, SECTOR_BYTES, bundle, private_key, unbundle,
};
use crate::image::tlv::{self, Builder, Tlv, kind};
use crate::pem;

pub(super) fn build(
    encoding: Encoding,
    credentials: &Credentials<'_>,
    size: u32,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut tlv = Builder::new(size)?;
    match fill(&mut tlv, encoding, credentials) {
        Ok(()) => Ok(tlv.finish()),
        Err(tlv::Error::TooLarge { .. }) => Err(too_large(encoding, credentials, size)),
        Err(error) => Err(error.into()),
    }
}

fn fill(
    tlv: &mut Builder,
    encoding: Encoding,
    credentials: &Credentials<'_>,
) -> Result<(), tlv::Error> {
    match encoding {
        Encoding::Pem => {
            if !credentials.roots.is_empty() {
                tlv.add(kind::CA_CERT, 0, 0, &c_string(&bundle(credentials.roots)))?;
            }
            tlv.add(
                kind::DEVICE_CERT,
                0,
                0,
                &c_string(&bundle(credentials.chain)),
            )?;
            let key = c_string(&credentials.private_key.to_sec1_pem());
            tlv.add(kind::PRIVATE_KEY, 0, 0, &key)?;
        }
        Encoding::Der => {
            // A subtype is one byte; far fewer certificates fit.
            for (subtype, root) in (0..u8::MAX).zip(credentials.roots) {
                tlv.add(kind::CA_CERT, subtype, 0, root)?;
            }
            for (subtype, certificate) in (0..u8::MAX).zip(credentials.chain) {
                tlv.add(kind::DEVICE_CERT, subtype, 0, certificate)?;
            }
            let key = credentials.private_key.to_sec1_der();
            tlv.add(kind::PRIVATE_KEY, 0, 0, &key)?;
        }
    }
    tlv.add_integrity()
}

/// How much room it would take, by trying larger partitions.
fn too_large(encoding: Encoding, credentials: &Credentials<'_>, size: u32) -> Error {
    let fits = |size: &u32| {
        Builder::new(*size).is_ok_and(|mut tlv| fill(&mut tlv, encoding, credentials).is_ok())
    };
    let limit = u32::try_from(tlv::MAX_BYTES).unwrap_or(u32::MAX);
    let larger = (1..=limit / SECTOR_BYTES).map(|sectors| sectors * SECTOR_BYTES);
    Error::TooLarge {
        needed: larger
            .filter(|&larger| larger > size)
            .find(fits)
            .unwrap_or(u32::MAX),
        available: size,
    }
}

pub(super) fn read(image: &[u8]) -> Result<Contents, Error> {
    let tlv = tlv::parse(image)?;
    if let Some(finding) = tlv.findings.first() {
        return Err(Error::Damaged {
            finding: finding.to_string(),
        });
    }
    Ok(Contents {
        private_key: tlv.get(kind::PRIVATE_KEY, 0).map(private_key).transpose()?,
        chain: certificates(&tlv, kind::DEVICE_CERT, Part::Chain)?,
        roots: certificates(&tlv, kind::CA_CERT, Part::Roots)?,
    })
}

/// PEM in subtype 0, or DER in subtypes from 0 on.
fn certificates(tlv: &Tlv<'_>, kind: u8, part: Part) -> Result<Vec<Vec<u8>>, Error> {
    match tlv.get(kind, 0) {
        Some(text) if pem::is_pem(text) => unbundle(text, part),
        _ => Ok((0..u8::MAX)
            .map_while(|subtype| tlv.get(kind, subtype))
            .map(<[u8]>::to_vec)
            .collect()),
    }
}

/// A text with its NUL, by which mbedTLS tells PEM from DER.
fn c_string(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    bytes
}
