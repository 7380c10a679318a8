//! The catalogue of public roots that a board needs to trust the cloud.
//!
//! Azure IoT Hub and DPS present RSA certificates under DigiCert Global Root G2; Microsoft advises
//! devices to trust that root and Microsoft RSA Root Certificate Authority 2017, and to pin nothing
//! below a root. The others are what Azure may move to.
//!
//! Source of the certificates: Mozilla's list, as the crate `webpki-root-certs` carries it; of the dead
//! ones: Microsoft, "Azure Certificate Authority details", and its list of changes.

mod dead;
mod roots;

use crate::UnixTime;

pub use dead::{DEAD, Dead, dead, is_dead};
pub use roots::ROOTS;

/// One root of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Common name.
    pub name: &'static str,
    /// SHA-256 of the certificate.
    pub sha256: [u8; 32],
    /// SHA-1 of the certificate, as Microsoft publishes it.
    pub sha1: [u8; 20],
    /// Its key, such as `RSA 2048`.
    pub key: &'static str,
    /// Valid from.
    pub not_before: UnixTime,
    /// Valid until, inclusive.
    pub not_after: UnixTime,
    /// Whether Microsoft advises every device to trust it.
    pub recommended: bool,
    /// What it is good for on a board.
    pub why: &'static str,
    /// The certificate.
    pub der: &'static [u8],
}

/// The roots that every board should have, by SHA-256: DigiCert Global Root G2 and Microsoft RSA Root
/// Certificate Authority 2017.
#[allow(clippy::indexing_slicing, reason = "a constant")]
pub const RECOMMENDED: [[u8; 32]; 2] = [ROOTS[0].sha256, ROOTS[1].sha256];

/// The root with that SHA-256, DER.
pub fn find(sha256: &[u8; 32]) -> Option<&'static [u8]> {
    root(sha256).map(|root| root.der)
}

/// The root with that SHA-256.
pub fn root(sha256: &[u8; 32]) -> Option<&'static Root> {
    ROOTS.iter().find(|root| root.sha256 == *sha256)
}

/// Bytes from hex digits in a constant; anything else does not compile.
#[allow(clippy::indexing_slicing, reason = "only called in constants")]
const fn hex<const N: usize>(text: &str) -> [u8; N] {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => panic!("not a lower-case hex digit"),
        }
    }
    let text = text.as_bytes();
    assert!(text.len() == 2 * N);
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        bytes[at] = digit(text[2 * at]) << 4 | digit(text[2 * at + 1]);
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use sha1::Sha1;
    use sha2::{Digest, Sha256};
    use x509_cert::Certificate;

    use super::*;

    include!("trust/pins.rs");

    #[test]
    fn every_entry_says_the_truth_about_its_certificate() {
        for root in ROOTS {
            assert_eq!(root.sha256, *Sha256::digest(root.der), "{}", root.name);
            assert_eq!(root.sha1, *Sha1::digest(root.der), "{}", root.name);
            let cert = Certificate::from_der(root.der).unwrap();
            let tbs = cert.tbs_certificate();
            assert_eq!(tbs.subject(), tbs.issuer());
            assert!(
                tbs.subject().to_string().contains(root.name),
                "{}",
                root.name
            );
            let unix = |time: x509_cert::time::Time| UnixTime(time.to_unix_duration().as_secs());
            assert_eq!(root.not_before, unix(tbs.validity().not_before));
            assert_eq!(root.not_after, unix(tbs.validity().not_after));
            let bits = tbs
                .subject_public_key_info()
                .subject_public_key
                .raw_bytes()
                .len();
            let key = match bits {
                97 => "EC P-384",
                270 => "RSA 2048",
                526 => "RSA 4096",
                _ => "?",
            };
            assert_eq!(root.key, key, "{}", root.name);
            assert_eq!(find(&root.sha256), Some(root.der));
        }
    }

    #[test]
    fn all_that_was_picked_is_in_the_catalogue() {
        assert_eq!(PINS.len(), ROOTS.len());
        for (file, pin) in PINS {
            assert!(root(&hex(pin)).is_some(), "{file}");
        }
    }

    #[test]
    fn the_recommended_are_marked() {
        let marked: Vec<_> = ROOTS.iter().filter(|root| root.recommended).collect();
        let names: Vec<_> = marked.iter().map(|root| root.name).collect();
        assert_eq!(
            names,
            [
                "DigiCert Global Root G2",
                "Microsoft RSA Root Certificate Authority 2017"
            ]
        );
        assert!(marked.iter().all(|root| RECOMMENDED.contains(&root.sha256)));
    }

    #[test]
    fn the_dead_are_not_offered() {
        for gone in DEAD {
            assert!(ROOTS.iter().all(|root| root.sha1 != gone.sha1));
            assert_eq!(dead(&gone.sha1).map(|found| found.name), Some(gone.name));
        }
        assert_eq!(dead(&ROOTS[0].sha1), None);
        assert_eq!(find(&[0; 32]), None);
    }
}
