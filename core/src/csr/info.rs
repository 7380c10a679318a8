use der::{Decode, Sequence};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::attr::Attributes;
use x509_cert::name::Name;
use x509_cert::request::Version;

use super::Error;
use crate::cert::limit::Limit;
use crate::cert::signed::{Flaw, Signed, position};

/// CertificationRequestInfo (RFC 2986 section 4.1). That of x509-cert wants the attributes, which the
/// standard does too, and which other programs do without.
#[derive(Sequence)]
pub(super) struct Info {
    /// Only the first is defined.
    pub(super) version: Version,
    pub(super) subject: Name,
    pub(super) public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) attributes: Option<Attributes>,
}

/// One signed request, read strictly but for the attributes.
pub(super) fn read(der: &[u8]) -> Result<(Signed<'_>, Info), Error> {
    let long = |at| match Limit::at(der, at) {
        Some((Limit::LongOid, at)) => Some(Error::LongOid { at }),
        _ => None,
    };
    let signed = Signed::from_der(der).map_err(|flaw| match flaw {
        Flaw::NotDer(at) => long(at).unwrap_or(Error::NotDer { at }),
        Flaw::TrailingData(at) => Error::TrailingData { at },
    })?;
    let info = Info::from_der(signed.body).map_err(|error| {
        let at = position(&error);
        long(signed.offset + at).unwrap_or(Error::NotARequest { at })
    })?;
    Ok((signed, info))
}
