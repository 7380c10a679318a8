use const_oid::ObjectIdentifier;

use super::ext::some;
use super::name::DirName;
use super::tlv::{Parse, Tag, Tlv, WRONG_SHAPE, one, sequence};
use crate::x509::text::{hex, shown};

/// GeneralName, RFC 5280 section 4.2.1.6, as received.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum General<'a> {
    Address(&'a [u8]),
    Directory(DirName),
    Dns(&'a str),
    Email(&'a str),
    /// A kind that cannot be compared here: its tag, and all of it.
    Other(u8, &'a [u8]),
    Uri(&'a str),
}

/// id-on-SmtpUTF8Mailbox.
const SMTP_UTF8: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.8.9");

impl<'a> General<'a> {
    pub(super) fn read(tlv: &Tlv<'a>) -> Parse<Self> {
        Ok(match tlv.context().ok_or(WRONG_SHAPE)? {
            1 => Self::Email(tlv.ascii()?),
            2 => Self::Dns(tlv.ascii()?),
            4 => Self::Directory(DirName::read(tlv.value)?),
            6 => Self::Uri(tlv.ascii()?),
            7 => Self::Address(tlv.value),
            kind @ (0 | 3 | 5 | 8) => Self::Other(kind, tlv.whole),
            _ => return Err(WRONG_SHAPE),
        })
    }

    /// GeneralNames, SIZE (1..MAX), from the content of the sequence.
    pub(super) fn list(tlv: &Tlv<'a>) -> Parse<Vec<Self>> {
        some(tlv.read(Self::read)?, "holds no name")
    }

    /// The extension's value.
    pub(super) fn extension(bytes: &'a [u8]) -> Parse<Vec<Self>> {
        Self::list(&sequence(bytes)?)
    }

    /// Whether a constraint on the one is about the other. Of otherName each type is a form of its own (RFC
    /// 5280 section 4.2.1.10); one without a type may be of any.
    pub(super) fn is_kind_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(0, left), Self::Other(0, right)) => {
                let types = type_id(left).zip(type_id(right));
                types.is_none_or(|(left, right)| left == right)
            }
            (Self::Other(left, _), Self::Other(right, _)) => left == right,
            _ => core::mem::discriminant(self) == core::mem::discriminant(other),
        }
    }

    /// SmtpUTF8Mailbox: an e-mail address with a local part beyond ASCII (RFC 9598 section 3); empty if it cannot be
    /// read, and so no address.
    pub(super) fn smtp_utf8(&self) -> Option<&'a str> {
        let Self::Other(0, whole) = self else {
            return None;
        };
        let mut parts = one(whole).ok()?.elements().ok()?;
        parts.next().filter(|kind| kind.oid() == Ok(SMTP_UTF8))?;
        let value = parts.next().and_then(|value| one(value.value).ok());
        let text = value.filter(|value| value.tag == Tag::UTF8_STRING);
        let text = text.and_then(|text| core::str::from_utf8(text.value).ok());
        Some(text.unwrap_or_default())
    }

    /// In OpenSSL's notation, safe to show.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Address(bytes) => format!("IP:{}", address(bytes)),
            Self::Directory(name) => format!("DirName:{}", name.shown),
            Self::Dns(text) => format!("DNS:{}", shown(text)),
            Self::Email(text) => format!("email:{}", shown(text)),
            Self::Other(8, bytes) => format!("registeredID:{}", hex(bytes)),
            Self::Other(0, bytes) => format!("otherName:{}", hex(bytes)),
            Self::Other(kind, bytes) => format!("name of kind {kind}:{}", hex(bytes)),
            Self::Uri(text) => format!("URI:{}", shown(text)),
        }
    }
}

/// The type of an otherName, as received.
fn type_id(whole: &[u8]) -> Option<&[u8]> {
    let first = one(whole).ok()?.elements().ok()?.next()?;
    (first.tag == Tag::OBJECT_IDENTIFIER).then_some(first.value)
}

/// An address, or one with a mask; hexadecimal if it is neither.
pub(super) fn address(bytes: &[u8]) -> String {
    let plain = |bytes: &[u8]| {
        let v4 =
            <[u8; 4]>::try_from(bytes).map(|octets| core::net::Ipv4Addr::from(octets).to_string());
        let v6 =
            <[u8; 16]>::try_from(bytes).map(|octets| core::net::Ipv6Addr::from(octets).to_string());
        v4.or(v6).ok()
    };
    let (base, mask) = bytes.split_at(bytes.len() / 2);
    match (plain(bytes), plain(base).zip(plain(mask))) {
        (Some(address), _) => address,
        (None, Some((base, mask))) => format!("{base}/{mask}"),
        (None, None) => hex(bytes),
    }
}
