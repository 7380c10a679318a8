use const_oid::{AssociatedOid, ObjectIdentifier};
use sha2::{Digest, Sha256};
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::{
    BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, SubjectAltName,
};

use super::order::Path;
use super::parsed::Parsed;
use super::{Error, Expectations, Note};
use crate::UnixTime;
use crate::cert::name::common_names;
use crate::cert::text;

/// id-kp-clientAuth and anyExtendedKeyUsage, RFC 5280 section 4.2.1.12.
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// Critical extensions that a path may hold: the first three are judged here; a subjectAltName says
/// nothing against the common name, and policies restrict nothing where none is asked for.
const PROCESSED: [ObjectIdentifier; 5] = [
    BasicConstraints::OID,
    KeyUsage::OID,
    ExtendedKeyUsage::OID,
    SubjectAltName::OID,
    CertificatePolicies::OID,
];

const DAY: u64 = 86_400;

/// Every rule but those that made the path.
pub(super) fn path(
    path: &Path<'_, '_>,
    expected: &Expectations,
    at: UnixTime,
) -> Result<Vec<Note>, Error> {
    common_name(path.leaf, expected)?;
    root(path.root, expected)?;
    for parsed in path.chain() {
        validity(parsed, at)?;
        extensions(parsed)?;
    }
    leaf(path.leaf)?;
    leaf_days(path.leaf, expected.validity_days)?;
    issuers(path)?;
    Ok(notes(path))
}

fn common_name(leaf: &Parsed<'_>, expected: &Expectations) -> Result<(), Error> {
    let names = common_names(&leaf.subject);
    if let [Some(name)] = names.as_slice()
        && *name == expected.common_name
    {
        return Ok(());
    }
    Err(Error::WrongCommonName {
        which: leaf.which.clone(),
        expected: expected.common_name.clone(),
    })
}

fn root(root: &Parsed<'_>, expected: &Expectations) -> Result<(), Error> {
    let sha256: [u8; 32] = Sha256::digest(root.der).into();
    if expected.root_sha256.contains(&sha256) {
        return Ok(());
    }
    Err(Error::UnexpectedRoot {
        which: root.which.clone(),
        sha256,
    })
}

/// RFC 5280 section 4.1.2.5: both ends belong to the period.
fn validity(parsed: &Parsed<'_>, at: UnixTime) -> Result<(), Error> {
    let which = parsed.which.clone();
    let (not_before, not_after) = (parsed.not_before(), parsed.not_after());
    if at < not_before {
        return Err(Error::NotYetValid {
            which,
            not_before,
            at,
        });
    }
    if at > not_after {
        return Err(Error::Expired {
            which,
            not_after,
            at,
        });
    }
    Ok(())
}

/// RFC 5280 section 4.2: each extension once, and none that is critical and not understood; section
/// 4.1.2.1: version 3, the only one that has extensions, without which there is no CA.
fn extensions(parsed: &Parsed<'_>) -> Result<(), Error> {
    if parsed.body.version != Version::V3 {
        let which = parsed.which.clone();
        return Err(Error::WrongVersion { which });
    }
    let mut seen: Vec<ObjectIdentifier> = Vec::new();
    for extension in parsed.extensions() {
        let (which, oid) = (parsed.which.clone(), extension.oid);
        let name = || text::oid(&oid);
        if seen.contains(&oid) {
            let extension = name();
            return Err(Error::RepeatedExtension { which, extension });
        }
        if extension.critical && !PROCESSED.contains(&oid) {
            let extension = name();
            return Err(Error::UnknownCriticalExtension { which, extension });
        }
        seen.push(oid);
    }
    Ok(())
}

/// What the device certificate is for: signing the client's part of a TLS handshake.
fn leaf(leaf: &Parsed<'_>) -> Result<(), Error> {
    let which = leaf.which.clone();
    if leaf.basic_constraints()?.is_some_and(|basic| basic.ca) {
        return Err(Error::LeafIsCa { which });
    }
    let usage = leaf.key_usage()?;
    if usage.is_some_and(|usage| !usage.digital_signature()) {
        return Err(Error::LeafMayNotSign { which });
    }
    let is_client = |purpose: &ObjectIdentifier| [CLIENT_AUTH, ANY_PURPOSE].contains(purpose);
    match leaf.extended_key_usage()? {
        Some(purposes) if !purposes.0.iter().any(is_client) => {
            Err(Error::LeafMayNotAuthenticate { which })
        }
        _ => Ok(()),
    }
}

fn leaf_days(leaf: &Parsed<'_>, (min, max): (u32, u32)) -> Result<(), Error> {
    let seconds = leaf.not_after().0.saturating_sub(leaf.not_before().0);
    // To whole days: issuers backdate by minutes and count the last second or not.
    let days = seconds.saturating_add(DAY / 2) / DAY;
    if (u64::from(min)..=u64::from(max)).contains(&days) {
        return Ok(());
    }
    Err(Error::ValidityOutOfRange {
        which: leaf.which.clone(),
        days,
        allowed: (min, max),
    })
}

/// RFC 5280 section 6.1.4 (k) to (n), for each certificate that signed another.
fn issuers(path: &Path<'_, '_>) -> Result<(), Error> {
    let mut below: u8 = 0;
    for issuer in path.issuers() {
        let which = issuer.which.clone();
        let basic = issuer.basic_constraints()?;
        let Some(basic) = basic.filter(|basic| basic.ca) else {
            return Err(Error::IssuerIsNoCa { which });
        };
        let usage = issuer.key_usage()?;
        if usage.is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(Error::IssuerMayNotSign { which });
        }
        if let Some(allowed) = basic.path_len_constraint
            && below > allowed
        {
            let found = below;
            return Err(Error::PathTooLong {
                which,
                allowed,
                found,
            });
        }
        // Section 6.1.4 (l): a self-issued certificate does not count.
        below = below.saturating_add(u8::from(!issuer.is_self_issued()));
    }
    Ok(())
}

fn notes(path: &Path<'_, '_>) -> Vec<Note> {
    let leaf_not_after = path.leaf.not_after();
    let first = path.issuers().min_by_key(|issuer| issuer.not_after());
    let shorter = first.filter(|issuer| issuer.not_after() < leaf_not_after);
    let note = shorter.map(|issuer| Note::OutlivesIssuer {
        issuer: issuer.which.clone(),
        issuer_not_after: issuer.not_after(),
        leaf_not_after,
    });
    note.into_iter().collect()
}
