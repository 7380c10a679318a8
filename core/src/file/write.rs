//! Files for others: PEM bundles, PKCS #7, PKCS #12, encrypted PKCS #8.
//!
//! Nothing here is random: salts and initial vectors come in as arguments.

mod pkcs12;
mod pkcs7;

use der::Encode;
use der::asn1::OctetStringRef;
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::Parameters;

use super::Secret;
use crate::stack::cleanly;

pub use pkcs7::pkcs7;
pub use pkcs12::pkcs12;

/// Rounds of PBKDF2 with SHA-256, as OWASP advises.
pub const ROUNDS: u32 = 600_000;

/// What makes two files sealed with one password different: fresh random bytes, each time.
#[derive(Clone, Debug, Default)]
pub struct Salts {
    certificates: Salt,
    key: Salt,
    mac: [u8; 16],
}

/// Of one sealed part.
#[derive(Clone, Copy, Debug, Default)]
struct Salt {
    salt: [u8; 16],
    iv: [u8; 16],
}

impl Salts {
    /// Every part, to be filled with random bytes.
    pub fn parts_mut(&mut self) -> [&mut [u8; 16]; 5] {
        [
            &mut self.certificates.salt,
            &mut self.certificates.iv,
            &mut self.key.salt,
            &mut self.key.iv,
            &mut self.mac,
        ]
    }
}

/// PEM of certificates one after another, in the given order: the leaf first (RFC 8446 section 4.4.2).
pub fn pem_bundle(certificates: &[&[u8]]) -> String {
    let one = |der: &&[u8]| crate::pem::encode("CERTIFICATE", der);
    certificates.iter().map(one).collect()
}

/// PKCS #8 DER sealed with a password (RFC 5958 section 3): PBES2 with `rounds` of PBKDF2 and SHA-256,
/// and AES-256-CBC, which every program of the last fifteen years opens.
///
/// # Errors
/// Only for more than a hundred million rounds.
pub fn encrypted_pkcs8(
    key: &Secret,
    password: &str,
    rounds: u32,
    salts: &Salts,
) -> Result<Vec<u8>, der::Error> {
    let (algorithm, sealed) = seal(key.as_pkcs8(), password, rounds, &salts.key)?;
    tlv(
        0x30,
        &[&algorithm, &OctetStringRef::new(&sealed)?.to_der()?],
    )
}

/// AlgorithmIdentifier and ciphertext.
fn seal(
    plain: &[u8],
    password: &str,
    rounds: u32,
    salt: &Salt,
) -> Result<(Vec<u8>, Vec<u8>), der::Error> {
    let failed = |_| der::Error::from(der::ErrorKind::Failed);
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &salt.salt, salt.iv);
    let scheme = EncryptionScheme::from(parameters.map_err(failed)?);
    let sealed = cleanly(|| scheme.encrypt(password.as_bytes(), plain));
    Ok((scheme.to_der()?, sealed.map_err(failed)?))
}

/// A TLV whose content is the parts one after another.
fn tlv(tag: u8, parts: &[&[u8]]) -> Result<Vec<u8>, der::Error> {
    let content = parts.concat();
    let mut out = vec![tag];
    der::Length::try_from(content.len())?.encode_to_vec(&mut out)?;
    out.extend(content);
    Ok(out)
}
