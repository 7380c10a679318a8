use core::fmt;

use const_oid::{AssociatedOid, ObjectIdentifier};
use der::{Decode, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::{Error, MAX_CERTIFICATE_BYTES};
use crate::UnixTime;
use crate::cert::body::Body;
use crate::cert::cursor;
use crate::cert::ext::Decoded;
use crate::cert::name::rfc4514;
use crate::cert::signed::{Flaw, Signed, position};
use crate::cert::text;
use crate::key::PublicKey;

/// Which certificate of those received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// Its place in what was received, from zero.
    pub index: usize,
    /// Its subject, RFC 4514, cut to a length that fits into a sentence.
    pub subject: String,
}

impl fmt::Display for Which {
    /// Counts from one, as people do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, subject } = self;
        write!(f, "certificate {} ({subject})", index + 1)
    }
}

/// A certificate whose form is right, with what the rules ask about.
pub(super) struct Parsed<'a> {
    pub(super) der: &'a [u8],
    pub(super) signed: Signed<'a>,
    pub(super) body: Body<'a>,
    pub(super) issuer: Name,
    pub(super) subject: Name,
    /// `None` for a key that is not P-384.
    pub(super) key: Option<PublicKey>,
    pub(super) which: Which,
}

impl<'a> Parsed<'a> {
    pub(super) fn from_der(index: usize, der: &'a [u8]) -> Result<Self, Error> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            let bytes = der.len();
            return Err(Error::TooLarge { index, bytes });
        }
        let not_a_certificate = |at| Error::NotACertificate { index, at };
        let signed = Signed::from_der(der).map_err(|flaw| match flaw {
            Flaw::NotDer(at) | Flaw::TrailingData(at) => not_a_certificate(at),
        })?;
        // The offset is inside the body, which begins a few bytes into the certificate.
        let start = signed.offset;
        let body = Body::from_der(signed.body)
            .map_err(|error| not_a_certificate(start + position(&error)))?;
        let name = |der| Name::from_der(der).map_err(|_| not_a_certificate(start));
        let (issuer, subject) = (name(body.issuer)?, name(body.subject)?);
        let spki = body.key.to_der();
        let key = spki
            .ok()
            .and_then(|spki| PublicKey::from_spki_der(&spki).ok());
        let which = Which {
            index,
            subject: brief(&rfc4514(&subject)),
        };
        Ok(Self {
            der,
            signed,
            body,
            issuer,
            subject,
            key,
            which,
        })
    }

    /// Whether subject and issuer are the same (RFC 5280 section 3.2).
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `self` was signed with the key of `issuer`. `false` also for a signature of another
    /// algorithm than the policy allows; [`super::judge`] tells the difference.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let Some((key, signature)) = issuer.key.zip(self.signed.signature.as_bytes()) else {
            return false;
        };
        key.verify(self.signed.body, signature).is_ok()
    }

    pub(super) fn not_before(&self) -> UnixTime {
        unix(self.body.validity.not_before)
    }

    pub(super) fn not_after(&self) -> UnixTime {
        unix(self.body.validity.not_after)
    }

    pub(super) fn extensions(&self) -> &[Decoded<'a>] {
        &self.body.extensions
    }

    pub(super) fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Error> {
        self.extension()
    }

    pub(super) fn key_usage(&self) -> Result<Option<KeyUsage>, Error> {
        self.extension()
    }

    pub(super) fn extended_key_usage(&self) -> Result<Option<ExtendedKeyUsage>, Error> {
        self.extension()
    }

    fn extension<T>(&self) -> Result<Option<T>, Error>
    where
        T: AssociatedOid + for<'d> Decode<'d>,
    {
        let mut extensions = self.extensions().iter();
        let Some(found) = extensions.find(|extension| extension.oid == T::OID) else {
            return Ok(None);
        };
        let decoded = cursor::decode(found.value);
        decoded.map(Some).map_err(|_| self.broken(&T::OID))
    }

    fn broken(&self, oid: &ObjectIdentifier) -> Error {
        Error::BrokenExtension {
            which: self.which.clone(),
            extension: text::oid(oid),
        }
    }
}

fn unix(time: Time) -> UnixTime {
    UnixTime(time.to_unix_duration().as_secs())
}

/// A subject may have kilobytes; a sentence may not.
fn brief(subject: &str) -> String {
    const LIMIT: usize = 120;
    let mut text: String = subject.chars().take(LIMIT).collect();
    if text.len() < subject.len() {
        text.push('…');
    }
    text
}
