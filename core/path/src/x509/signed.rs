use der::asn1::BitStringRef;
use der::{Length, Reader};
use spki::AlgorithmIdentifierRef;

use super::cursor::Cursor;

/// What certificates, requests and revocation lists share: `SEQUENCE { body, algorithm, signature }`
/// (RFC 5280 section 4.1.1). The body stays as received, because that is what was signed.
#[derive(Debug)]
pub struct Signed<'a> {
    /// What was signed: DER.
    pub body: &'a [u8],
    /// Where the body begins.
    pub offset: usize,
    /// How.
    pub algorithm: AlgorithmIdentifierRef<'a>,
    /// What came out.
    pub signature: BitStringRef<'a>,
}

/// Why bytes are not one signed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Not DER of this shape; the offset where that became certain.
    NotDer(usize),
    /// A well-formed object ends at this offset, and more follows.
    TrailingData(usize),
}

impl<'a> Signed<'a> {
    /// Exactly one such object.
    ///
    /// # Errors
    /// [`Flaw`], with the byte.
    pub fn from_der(der: &'a [u8]) -> Result<Self, Flaw> {
        let mut reader = Cursor::new(der).map_err(Flaw::from)?;
        let object = reader.tlv_bytes().map_err(Flaw::from)?;
        if object.len() < der.len() {
            return Err(Flaw::TrailingData(object.len()));
        }
        Cursor::new(der)
            .and_then(|mut reader| reader.sequence(Self::read))
            .map_err(Flaw::from)
    }

    fn read(reader: &mut Cursor<'a>) -> der::Result<Self> {
        let offset = usize::try_from(reader.position()).unwrap_or(0);
        Ok(Self {
            offset,
            body: reader.tlv_bytes()?,
            algorithm: reader.decode()?,
            signature: reader.decode()?,
        })
    }
}

impl From<der::Error> for Flaw {
    fn from(error: der::Error) -> Self {
        Self::NotDer(position(&error))
    }
}

/// The byte offset of an error, zero if unknown.
pub fn position(error: &der::Error) -> usize {
    let offset = error.position().unwrap_or(Length::ZERO);
    usize::try_from(offset).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: [u8; 10] = [0x30, 8, 0x30, 0, 0x30, 2, 6, 0, 3, 0];

    #[test]
    fn flaws_know_where() {
        let object = [0x30, 11, 0x30, 0, 0x30, 3, 6, 1, 42, 3, 2, 0, 7];
        let signed = Signed::from_der(&object).unwrap();
        assert_eq!(
            (signed.body, signed.signature.raw_bytes()),
            (&[0x30, 0][..], &[7][..])
        );

        let longer = [&object[..], &[0]].concat();
        assert_eq!(
            Signed::from_der(&longer).unwrap_err(),
            Flaw::TrailingData(13)
        );
        assert_eq!(Signed::from_der(&[]).unwrap_err(), Flaw::NotDer(0));
        assert!(matches!(Signed::from_der(&SMALL), Err(Flaw::NotDer(_))));
    }
}
