//! Credentials of the sizes that boards receive.
#![allow(dead_code, unreachable_pub, reason = "shared by several programs")]

use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use signet_boards::{Noise, Rates};
use signet_core::image::preset::{self, Credentials, Encoding, Extent, Preset};
use signet_core::image::tlv::{Builder, kind};
use signet_core::key::PrivateKey;
use signet_core::trust;

/// An issuer, a certificate and its key, as PEM in one line of hexadecimal digits each.
const MAKE: &str = r#"
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as s
from cryptography.hazmat.primitives.asymmetric import ec
def key(): return ec.generate_private_key(ec.SECP384R1())
def name(text): return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
def make(subject, public, *extensions):
    day = datetime.datetime(2026, 1, 1)
    cert = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name('Issuing CA'))
        .public_key(public).serial_number(x509.random_serial_number()).not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(30)))
    for extension in extensions:
        cert = cert.add_extension(extension, False)
    print(cert.sign(issuer, hashes.SHA384()).public_bytes(s.Encoding.PEM).hex())
issuer, device = key(), key()
own = issuer.public_key()
make('Issuing CA', own, x509.BasicConstraints(True, 0),
    x509.SubjectKeyIdentifier.from_public_key(own),
    x509.AuthorityKeyIdentifier.from_issuer_public_key(own))
make('device-0001', device.public_key())
print(device.private_bytes(
    s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption()).hex())
"#;

/// A P-384 key, its certificate and the issuer in the form of `esp-secure-cert-tool`: about as small as
/// credentials can be.
pub fn smallest() -> Result<Vec<u8>> {
    let output = Command::new(signet_interop::python())
        .args(["-c", MAKE])
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut image = Builder::new(0x2000)?;
    let kinds = [kind::CA_CERT, kind::DEVICE_CERT, kind::PRIVATE_KEY];
    for (kind, line) in kinds.into_iter().zip(output.stdout.split(|&c| c == b'\n')) {
        let mut pem = Vec::new();
        for digits in line.chunks(2) {
            pem.push(u8::from_str_radix(core::str::from_utf8(digits)?, 16)?);
        }
        pem.push(0);
        image.add(kind, 0, 0, &pem)?;
    }
    image.add_integrity()?;
    Ok(image.finish().to_vec())
}

/// What the page writes: a chain of the sizes that are issued today, and the recommended roots. The
/// issued certificates are noise: keys and signatures do not compress, and names hardly count.
pub fn usual() -> Result<Vec<u8>> {
    // A real one, so that it is left out as the root of the chain.
    let root = trust::ROOTS.last().context("no roots")?.der;
    let roots = trust::RECOMMENDED.iter().filter_map(trust::find);
    let credentials = Credentials {
        private_key: &PrivateKey::from_entropy(&[7; 48]).context("no key")?,
        chain: &[noise(1521), noise(1190), root.to_vec()],
        roots: &roots.map(<[u8]>::to_vec).collect::<Vec<_>>(),
    };
    let preset = Preset::EspSecureCert {
        encoding: Encoding::default(),
        chain: Extent::default(),
    };
    let image = preset::build(&preset, &credentials, 0x2000).map_err(|error| anyhow!("{error}"))?;
    Ok(image.to_vec())
}

/// Bytes up to the blank ones at the end.
pub fn used(image: &[u8]) -> usize {
    let last = image.iter().rposition(|&byte| byte != 0xFF);
    last.map_or(0, |last| last + 1)
}

fn noise(length: usize) -> Vec<u8> {
    let mut dice = Noise::new(length as u64, Rates::default());
    (0..length)
        .map(|_| dice.below(256).to_le_bytes()[0])
        .collect()
}
