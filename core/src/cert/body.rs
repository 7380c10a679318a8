use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitStringRef, IntRef, OctetStringRef};
use der::{Decode, DecodeValue, FixedTag, Header, Length, Reader, Tag, TagMode, TagNumber};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::certificate::Version;
use x509_cert::time::Validity;

use super::cursor::Cursor;
use super::ext::Decoded;

/// TBSCertificate (RFC 5280 section 4.1). That of x509-cert accepts the same and copies every part of
/// it; this one borrows.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    pub(crate) version: Version,
    pub(crate) serial: &'a [u8],
    /// The algorithm as it stands inside of what is signed.
    pub(crate) signature: AlgorithmIdentifierRef<'a>,
    /// The DER of the name.
    pub(crate) issuer: &'a [u8],
    pub(crate) validity: Validity,
    /// The DER of the name.
    pub(crate) subject: &'a [u8],
    pub(crate) key: SubjectPublicKeyInfoRef<'a>,
    pub(crate) extensions: Vec<Decoded<'a>>,
}

/// As long as x509-cert lets a serial number be: RFC 5280 section 4.1.2.2 says twenty, and some take
/// the sign for one more.
const MAX_SERIAL: Length = Length::new(21);

impl<'a> Body<'a> {
    pub(crate) fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = Cursor::new(der)?;
        let body = reader.sequence(Self::read)?;
        reader.finish()?;
        Ok(body)
    }

    fn read(reader: &mut Cursor<'a>) -> der::Result<Self> {
        let version = reader.context_specific(TagNumber(0), TagMode::Explicit)?;
        let serial: IntRef<'_> = reader.decode()?;
        if serial.len() > MAX_SERIAL {
            return Err(Tag::Integer.value_error().into());
        }
        let signature = algorithm(reader)?;
        let issuer = name(reader)?;
        let validity = reader.decode()?;
        let subject = name(reader)?;
        let key = reader.sequence(|reader| {
            der::Result::Ok(SubjectPublicKeyInfoRef {
                algorithm: algorithm(reader)?,
                subject_public_key: reader.decode()?,
            })
        })?;
        for number in [1, 2] {
            let number = TagNumber(number);
            reader.context_specific::<BitStringRef<'_>>(number, TagMode::Implicit)?;
        }
        let extensions = reader.context_specific(TagNumber(3), TagMode::Explicit)?;
        Ok(Self {
            version: version.unwrap_or_default(),
            serial: serial.as_bytes(),
            signature,
            issuer,
            validity,
            subject,
            key,
            extensions: extensions.unwrap_or_default(),
        })
    }
}

/// Extension (section 4.2).
impl<'a> DecodeValue<'a> for Decoded<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> der::Result<Self> {
        let oid = reader.decode()?;
        let critical: Option<bool> = reader.decode()?;
        let value: &OctetStringRef = reader.decode()?;
        Ok(Self::new(
            oid,
            critical.unwrap_or_default(),
            value.as_bytes(),
        ))
    }
}

impl FixedTag for Decoded<'_> {
    const TAG: Tag = Tag::Sequence;
}

/// AlgorithmIdentifier (section 4.1.1.2).
fn algorithm<'a>(reader: &mut Cursor<'a>) -> der::Result<AlgorithmIdentifierRef<'a>> {
    reader.sequence(|reader| {
        let oid = reader.decode()?;
        let more = !reader.is_finished();
        let parameters = more.then(|| any(reader)).transpose()?;
        Ok(AlgorithmIdentifierRef { oid, parameters })
    })
}

/// The identifier octet of what a DirectoryString may be, and neither `der` nor x509-cert reads (X.680 section 8.4).
const UNIVERSAL_STRING: u8 = 0x1c;

/// A Name (section 4.1.2.4): every attribute is read, and the whole is kept.
fn name<'a>(reader: &mut Cursor<'a>) -> der::Result<&'a [u8]> {
    let mut start = reader.clone();
    reader.sequence(|rdns| {
        while !rdns.is_finished() {
            let header = Header::decode(rdns)?;
            header.tag().assert_eq(Tag::Set)?;
            rdns.read_nested(header.length(), attributes)?;
        }
        der::Result::Ok(())
    })?;
    start.read_slice((reader.position() - start.position())?)
}

fn attributes(reader: &mut Cursor<'_>) -> der::Result<()> {
    while !reader.is_finished() {
        reader.sequence(|attribute| {
            attribute.decode::<ObjectIdentifier>()?;
            if attribute.peek_byte() == Some(UNIVERSAL_STRING) {
                attribute.read_byte()?;
                let length = Length::decode(attribute)?;
                attribute.read_slice(length)?;
            } else {
                any(attribute)?;
            }
            der::Result::Ok(())
        })?;
    }
    Ok(())
}

/// Any value. [`AnyRef`] by itself says of one that is too long that it is wrong at another byte than
/// x509-cert says.
fn any<'a>(reader: &mut Cursor<'a>) -> der::Result<AnyRef<'a>> {
    let header = Header::decode(reader)?;
    reader.read_nested(header.length(), |reader| {
        AnyRef::decode_value(reader, header)
    })
}

#[cfg(test)]
mod tests {
    use der::referenced::OwnedToRef;
    use x509_cert::TbsCertificate;
    use x509_cert::name::Name;

    use super::super::Extension;
    use super::super::signed::Signed;
    use super::*;

    const CERTIFICATES: [&[u8]; 4] = [
        include_bytes!("../../tests/corpus/cert/rich.der"),
        include_bytes!("../../tests/corpus/cert/key-ed25519.der"),
        include_bytes!("../../tests/corpus/cert/key-explicit.der"),
        include_bytes!("../../tests/corpus/cert/key-rsa.der"),
    ];

    /// Holds what is said here against what x509-cert says, which copies; whether it was accepted.
    fn is_accepted(bytes: &[u8]) -> bool {
        let (ours, theirs) = match (Body::from_der(bytes), TbsCertificate::from_der(bytes)) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (ours, theirs) => {
                assert_eq!(ours.err(), theirs.err(), "{bytes:02x?}");
                return false;
            }
        };
        assert_eq!(ours.version, theirs.version());
        assert_eq!(ours.serial, theirs.serial_number().as_bytes());
        assert_eq!(Name::from_der(ours.issuer).as_ref(), Ok(theirs.issuer()));
        assert_eq!(ours.signature, theirs.signature().owned_to_ref());
        assert_eq!(ours.validity, *theirs.validity());
        assert_eq!(Name::from_der(ours.subject).as_ref(), Ok(theirs.subject()));
        assert_eq!(ours.key, theirs.subject_public_key_info().owned_to_ref());
        let said: Vec<_> = ours.extensions.iter().map(Decoded::explained).collect();
        let known = theirs.extensions().into_iter().flatten();
        assert_eq!(said, known.map(Extension::new).collect::<Vec<_>>());
        true
    }

    #[test]
    fn accepts_and_refuses_what_x509_cert_does() {
        for der in CERTIFICATES {
            let body = Signed::from_der(der).unwrap().body;
            assert!(is_accepted(body));
            for length in 0..body.len() {
                assert!(!is_accepted(&body[..length]));
            }
            for at in 0..body.len() {
                for change in [1, 2, 4, 0x10, 0x20, 0x40, 0x80, 0xff] {
                    let mut other = body.to_vec();
                    other[at] ^= change;
                    if other[at] != UNIVERSAL_STRING {
                        is_accepted(&other);
                    }
                }
            }
        }
    }

    #[test]
    fn accepts_and_refuses_as_long_serial_numbers() {
        for length in 0..30 {
            let mut body = vec![0x30, 2 + length, 2, length];
            body.extend([1].repeat(length.into()));
            assert!(!is_accepted(&body));
        }
    }
}
