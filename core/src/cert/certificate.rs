use der::Decode;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use signet_path::shown_name;
use x509_cert::certificate::Version;
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::body::Body;
use super::signed::{Flaw, Signed, position};
use super::{Error, Extension, Key, Summary, ext, serial, text};
use crate::UnixTime;

/// One certificate, strictly decoded, every extension that is known here with it.
///
/// It borrows the bytes it was read from, and what it says is put into words when somebody asks. Nothing
/// was verified: it says what the certificate claims, not whether it is true.
#[derive(Debug)]
pub struct Certificate<'a> {
    der: &'a [u8],
    signed: Signed<'a>,
    body: Body<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads the DER of one certificate (RFC 5280 section 4.1).
    ///
    /// An extension whose content is damaged does not refuse the certificate; its words say so.
    ///
    /// # Errors
    /// [`Error::NotACertificate`], [`Error::EarlyTime`] and [`Error::LongOid`].
    pub fn from_der(der: &'a [u8]) -> Result<Self, Error> {
        let wrong = |at| Error::refused(der, at, |at| Error::NotACertificate { at });
        let signed = Signed::from_der(der).map_err(|flaw| match flaw {
            Flaw::NotDer(at) | Flaw::TrailingData(at) => wrong(at),
        })?;
        let body =
            Body::from_der(signed.body).map_err(|error| wrong(signed.offset + position(&error)))?;
        Ok(Self { der, signed, body })
    }

    /// 1, 2 or 3.
    pub fn version(&self) -> u8 {
        match self.body.version {
            Version::V1 => 1,
            Version::V2 => 2,
            Version::V3 => 3,
        }
    }

    /// Subject, RFC 4514, safe to show.
    pub fn subject(&self) -> String {
        shown(self.body.subject)
    }

    /// Issuer, RFC 4514, safe to show.
    pub fn issuer(&self) -> String {
        shown(self.body.issuer)
    }

    /// First moment of validity.
    pub fn not_before(&self) -> UnixTime {
        unix(self.body.validity.not_before)
    }

    /// Last moment of validity.
    pub fn not_after(&self) -> UnixTime {
        unix(self.body.validity.not_after)
    }

    /// Whether the certificate says that it belongs to an authority.
    pub fn is_ca(&self) -> bool {
        ext::is_ca(&self.body.extensions)
    }

    /// Whether subject and issuer are the same name, as with every root.
    pub fn is_self_issued(&self) -> bool {
        let (subject, issuer) = (self.body.subject, self.body.issuer);
        // The attributes of one RDN are a set, which not everybody writes in DER's order.
        let set = |der| Name::from_der(der).ok();
        subject == issuer || set(subject).is_some_and(|subject| set(issuer) == Some(subject))
    }

    /// Whom it is for: the subject, and the content of the subject alternative name, as received.
    pub fn named(&self) -> (&'a [u8], Option<&'a [u8]>) {
        (
            self.body.subject,
            ext::alternative_name(&self.body.extensions),
        )
    }

    /// Each extension, in the order of the certificate; in words as the iterator comes to it.
    pub fn extensions(&self) -> impl ExactSizeIterator<Item = Extension> {
        let extensions = self.body.extensions.iter();
        extensions.map(ext::Decoded::explained)
    }

    /// Everything in words.
    pub fn summary(&self) -> Summary {
        Summary {
            version: self.version(),
            subject: self.subject(),
            issuer: self.issuer(),
            serial: text::hex(serial(self.body.serial)),
            not_before: self.not_before(),
            not_after: self.not_after(),
            key: Key::new(&self.body.key),
            signature_algorithm: text::oid(&self.signed.algorithm.oid),
            sha1: text::hex(&Sha1::digest(self.der)),
            sha256: text::hex(&Sha256::digest(self.der)),
            is_ca: self.is_ca(),
            is_self_issued: self.is_self_issued(),
            size: self.der.len(),
            extensions: self.extensions().collect(),
        }
    }
}

/// A name that was read before.
fn shown(name: &[u8]) -> String {
    shown_name(name).unwrap_or_default()
}

fn unix(time: Time) -> UnixTime {
    UnixTime(time.to_unix_duration().as_secs())
}
