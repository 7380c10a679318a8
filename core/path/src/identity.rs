use core::ops::Range;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use crate::UnixTime;
use crate::cert::Cert;
use crate::x509::text::hex;

/// What a certificate says of itself, and its fingerprints. A report names it in many places, behind one pointer. What
/// has to be written out or hashed is when somebody first reads it: of most reports nobody does, and a hash costs more
/// than the rules.
#[derive(Debug)]
pub struct Identity {
    /// RFC 4514, safe to show.
    pub subject: Arc<str>,
    /// RFC 4514, safe to show.
    pub issuer: Arc<str>,
    /// First moment of validity.
    pub not_before: UnixTime,
    /// Last moment of validity.
    pub not_after: UnixTime,
    der: Box<[u8]>,
    serial: Shown,
    key: Shown,
    sha256: OnceLock<String>,
}

/// A part of the whole, and the text that is made of it.
#[derive(Debug)]
struct Shown {
    place: Range<usize>,
    text: OnceLock<String>,
}

impl Identity {
    pub(super) fn of(cert: &Cert<'_>) -> Self {
        Self {
            subject: cert.subject.shown.clone(),
            issuer: cert.issuer.shown.clone(),
            not_before: cert.not_before.at,
            not_after: cert.not_after.at,
            der: cert.der.into(),
            serial: Shown::part(cert.der, cert.serial),
            key: Shown::part(cert.der, cert.spki),
            sha256: OnceLock::new(),
        }
    }

    /// DER of the certificate.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The serial number in upper-case hexadecimal.
    pub fn serial(&self) -> &str {
        self.serial.text(&self.der, hex)
    }

    /// SHA-256 of the certificate, in upper-case hexadecimal.
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| sha256(&self.der))
    }

    /// SHA-256 of the SubjectPublicKeyInfo, in upper-case hexadecimal.
    pub fn key_sha256(&self) -> &str {
        self.key.text(&self.der, sha256)
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Identity {}

impl Shown {
    /// `part` is a slice of `whole`.
    fn part(whole: &[u8], part: &[u8]) -> Self {
        let begin = part.as_ptr().addr() - whole.as_ptr().addr();
        Self {
            place: begin..begin + part.len(),
            text: OnceLock::new(),
        }
    }

    fn text(&self, whole: &[u8], write: fn(&[u8]) -> String) -> &str {
        let part = || whole.get(self.place.clone()).unwrap_or_default();
        self.text.get_or_init(|| write(part()))
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_part() {
        let whole = b"xabcx";
        let part = Shown::part(whole, &whole[1..4]);
        // FIPS 180-2 appendix B.1.
        let abc = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        assert_eq!(part.text(whole, sha256), abc);
        assert_eq!(Shown::part(whole, whole).text(whole, hex), "7861626378");
    }
}
