//! `esp_secure_cert` images against Espressif's tool, both ways, and against images from Espressif's
//! own tests.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "image/corpora.rs"]
mod corpora;

use std::fs;
use std::path::Path;
use std::process::Command;

use signet_core::image::preset::{self, Credentials, Encoding, Extent, Preset};
use signet_core::image::tlv::{self, kind};
use signet_core::key::PrivateKey;
use signet_core::{pem, trust};
use signet_interop::{has_python, python};
use tempfile::TempDir;

const MODULES: &[&str] = &["esp_secure_cert.tlv_format_construct", "cryptography"];

/// Makes a root, an issuing CA and a device certificate, all P-384, in the current folder.
const MAKE_CHAIN: &str = r#"
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as s
from cryptography.hazmat.primitives.asymmetric import ec
def name(text): return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
def make(file, subject, issuer, key, signer):
    day = datetime.datetime(2026, 1, 1)
    cert = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        .public_key(key.public_key()).serial_number(7).not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(30)).sign(signer, hashes.SHA384()))
    open(file + '.pem', 'wb').write(cert.public_bytes(s.Encoding.PEM))
    open(file + '.der', 'wb').write(cert.public_bytes(s.Encoding.DER))
root, ca, device = (ec.generate_private_key(ec.SECP384R1()) for _ in range(3))
make('root', 'Root', 'Root', root, root)
make('ca', 'Issuing CA', 'Root', ca, root)
make('device', 'dev-0001', 'Issuing CA', device, ca)
for end, encoding in (('pem', s.Encoding.PEM), ('der', s.Encoding.DER)):
    open('key.' + end, 'wb').write(device.private_bytes(
        encoding, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption()))
"#;

/// The tool's command line, without a port.
const TOOL: &str = "
import runpy, shutil, sys
sys.argv[0] = shutil.which('configure_esp_secure_cert.py', path=sys.exec_prefix + '/bin')
runpy.run_path(sys.argv[0], run_name='__main__')";

struct Line {
    folder: TempDir,
    key: PrivateKey,
    chain: Vec<Vec<u8>>,
    roots: Vec<Vec<u8>>,
}

impl Line {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), MAKE_CHAIN, &[]);
        let der = |name: &str| fs::read(folder.path().join(name)).unwrap();
        let roots = trust::RECOMMENDED.iter().filter_map(trust::find);
        Self {
            key: PrivateKey::from_der(&der("key.der")).unwrap(),
            chain: vec![der("device.der"), der("ca.der"), der("root.der")],
            roots: roots.map(<[u8]>::to_vec).collect(),
            folder,
        }
    }

    fn build(&self, encoding: Encoding, chain: &[Vec<u8>], roots: &[Vec<u8>]) -> Vec<u8> {
        let credentials = Credentials {
            private_key: &self.key,
            chain,
            roots,
        };
        let preset = Preset::EspSecureCert {
            encoding,
            chain: Extent::Full,
        };
        let image = preset::build(&preset, &credentials, 0x4000).unwrap();
        image.to_vec()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(python())
        .current_dir(folder)
        .args(["-c", program])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    said
}

/// The tool takes one certificate for the device and one root.
fn generated(line: &Line, end: &str) -> Vec<u8> {
    let (key, device, root) = (
        format!("key.{end}"),
        format!("device.{end}"),
        format!("root.{end}"),
    );
    #[rustfmt::skip]
    let arguments = [
        "--skip_flash", "--target_chip", "esp32c3", "--secure_cert_type", "cust_flash_tlv",
        "--priv_key_algo", "ECDSA", "384",
        "--private-key", &key, "--device-cert", &device, "--ca-cert", &root,
    ];
    run(line.folder.path(), TOOL, &arguments);
    line.read("esp_secure_cert_data/esp_secure_cert.bin")
}

#[test]
fn images_equal_those_of_espressifs_tool() {
    if !has_python(MODULES) {
        return;
    }
    let line = Line::new();
    for (encoding, end) in [(Encoding::Pem, "pem"), (Encoding::Der, "der")] {
        let theirs = generated(&line, end);
        let ours = line.build(encoding, &line.chain[..1], &line.chain[2..]);
        let (used, rest) = ours.split_at(theirs.len());
        assert!(used == theirs, "{end}");
        assert!(rest.iter().all(|&byte| byte == 0xff));
    }
}

#[test]
fn images_of_espressifs_tool_are_read() {
    if !has_python(MODULES) {
        return;
    }
    let line = Line::new();
    for end in ["pem", "der"] {
        let image = generated(&line, end);
        assert_eq!(tlv::parse(&image).unwrap().findings, []);
        let credentials = Credentials {
            private_key: &line.key,
            chain: &line.chain[..1],
            roots: &line.chain[2..],
        };
        let preset = serde_json::from_str(r#"{"format":"esp-secure-cert"}"#).unwrap();
        preset::verify(&preset, &credentials, &image).unwrap();
    }
}

/// The whole chain and both roots: more than the tool can write, but not than it can read.
#[test]
fn espressifs_tool_reads_our_images() {
    if !has_python(MODULES) {
        return;
    }
    let line = Line::new();
    for encoding in [Encoding::Pem, Encoding::Der] {
        let image = line.build(encoding, &line.chain, &line.roots);
        fs::write(line.folder.path().join("ours.bin"), image).unwrap();
        run(line.folder.path(), TOOL, &["--parse_bin", "ours.bin"]);
        let report = line.read("esp_secure_cert_parsed_data/tlv_entries_raw.txt");
        let report = String::from_utf8(report).unwrap();
        let entries = if encoding == Encoding::Pem { 4 } else { 7 };
        assert!(!report.contains("INVALID"), "{report}");
        assert_eq!(report.matches("VALID)").count(), entries, "{report}");
        let part = |name: &str| line.read(&format!("esp_secure_cert_parsed_data/contents/{name}"));
        match encoding {
            Encoding::Pem => {
                let certificates = |text: &[u8]| -> Vec<Vec<u8>> {
                    let objects = pem::decode(text).unwrap();
                    objects.iter().map(|object| object.der.to_vec()).collect()
                };
                assert_eq!(certificates(&part("devcert_1_0.pem")), line.chain);
                assert_eq!(certificates(&part("cacert_0_0.pem")), line.roots);
                let key = pem::decode(&part("privkey_2_0.pem")).unwrap();
                let key = PrivateKey::from_der(&key[0].der).unwrap();
                assert_eq!(key.public_point(), line.key.public_point());
            }
            Encoding::Der => {
                for (subtype, der) in line.chain.iter().enumerate() {
                    assert_eq!(&part(&format!("devcert_1_{subtype}.der")), der);
                }
                for (subtype, der) in line.roots.iter().enumerate() {
                    assert_eq!(&part(&format!("cacert_0_{subtype}.der")), der);
                }
                assert_eq!(part("privkey_2_0.der"), line.read("key.der"));
            }
        }
    }
}

/// The tool finds the end of our image, hashes what we hashed, and marks the end in its own way.
#[test]
fn espressifs_tool_goes_on_where_we_ended() {
    if !has_python(MODULES) {
        return;
    }
    let line = Line::new();
    let image = line.build(Encoding::Pem, &line.chain[..2], &line.roots);
    let path = line.folder.path().join("ours.bin");
    fs::write(&path, &image).unwrap();
    run(
        line.folder.path(),
        TOOL,
        &["--append-integrity", "ours.bin"],
    );
    let longer = fs::read(&path).unwrap();
    let read = tlv::parse(&longer).unwrap();
    assert_eq!(read.findings, []);
    let used = tlv::parse(&image).unwrap().used;
    assert_eq!(read.used, used + 48);
    assert!(read.get(kind::INTEGRITY, 1).is_some());
    assert_eq!(longer[..used], image[..used]);
}

#[test]
fn images_from_espressifs_tests_are_read() {
    for (file, kinds) in [
        ("cust_flash_tlv-cust_flash_tlv.bin", &[1, 0, 2][..]),
        ("secure_verification-secure_verification.bin", &[0, 1, 2]),
    ] {
        let Some(image) = corpora::read(&format!("esp_secure_cert_golden/{file}")) else {
            return;
        };
        let read = tlv::parse(&image).unwrap();
        assert_eq!(read.findings, [], "{file}");
        let found: Vec<_> = read.entries.iter().map(|entry| entry.kind).collect();
        assert!(found.starts_with(kinds), "{file}: {found:?}");
        let device = read.get(kind::DEVICE_CERT, 0).unwrap();
        assert_eq!(device.last(), Some(&0));
        assert_eq!(pem::decode(device).unwrap()[0].label, "CERTIFICATE");
    }
}

/// The legacy forms are something else, and are said to be.
#[test]
fn legacy_images_are_not_taken_for_tlv() {
    for file in ["cust_flash-cust_flash.bin", "nvs-nvs.bin"] {
        let Some(image) = corpora::read(&format!("esp_secure_cert_golden/{file}")) else {
            return;
        };
        assert_eq!(tlv::parse(&image), Err(tlv::Error::NotTlv), "{file}");
    }
}
