//! OpenSSL as maker of chains with each kind of key.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use conformance::{RustCrypto, objects, time};
use signet_core::path::{PeerName, Profile, Question, judge};

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {text}");
}

fn is_missing() -> bool {
    let missing = Command::new("openssl").arg("version").output().is_err();
    if missing {
        eprintln!("skipped: openssl is not installed");
    }
    missing
}

const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
const LEAF: &str = "keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n\
                    authorityKeyIdentifier=keyid\nsubjectAltName=DNS:a.example.com\n";

/// A chain of three whose keys are made by `genkey` and whose signatures take `options`.
fn verdict(genkey: &str, options: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("ca.ext"), AUTHORITY).unwrap();
    std::fs::write(path.join("leaf.ext"), LEAF).unwrap();
    for name in ["root", "ca", "leaf"] {
        openssl(path, &format!("{genkey} -out {name}.key"));
    }
    let usage = "-addext keyUsage=critical,keyCertSign,cRLSign";
    openssl(
        path,
        &format!(
            "req -x509 -new -key root.key -subj /CN=R -days 30 {usage} {options} -out root.pem"
        ),
    );
    for (name, issuer) in [("ca", "root"), ("leaf", "ca")] {
        openssl(
            path,
            &format!("req -new -key {name}.key -subj /CN={name} {options} -out {name}.csr"),
        );
        let signer = format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 20");
        openssl(
            path,
            &format!(
                "x509 -req -in {name}.csr {signer} -extfile {name}.ext {options} -out {name}.pem"
            ),
        );
    }
    openssl(path, "verify -CAfile root.pem -untrusted ca.pem leaf.pem");
    let read = |name: &str| {
        objects(&std::fs::read(path.join(name)).unwrap())
            .unwrap()
            .remove(0)
    };
    let (root, ca, mut leaf) = (read("root.pem"), read("ca.pem"), read("leaf.pem"));
    let peers = [PeerName::Dns("a.example.com".to_owned())];
    let profile = Profile::rfc5280();
    let anchors = [root.as_slice()];
    let bag = [ca.as_slice()];
    let mut answers = Vec::new();
    // Once as it is, and once with the signature's last byte changed.
    for _ in 0..2 {
        let at = time(&now(path)).unwrap();
        let plain = Question::new(&leaf, &anchors, at, &profile);
        let report = judge(
            &Question {
                bag: &bag,
                peers: &peers,
                ..plain
            },
            &RustCrypto,
        );
        let first = report
            .failures()
            .first()
            .map_or("ok", |check| check.rule.code());
        answers.push(if report.is_accepted() { "ok" } else { first }.to_owned());
        let last = leaf.len() - 1;
        leaf[last] ^= 1;
    }
    answers.join(" ")
}

/// A moment at which the chain is valid, by its own leaf.
fn now(folder: &Path) -> String {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args([
            "x509",
            "-in",
            "leaf.pem",
            "-noout",
            "-startdate",
            "-dateopt",
            "iso_8601",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim()
        .trim_start_matches("notBefore=")
        .replace(' ', "T")
}

#[test]
fn chains_of_each_kind_of_key() {
    if is_missing() {
        return;
    }
    for (genkey, options) in [
        ("ecparam -genkey -name prime256v1 -noout", "-sha256"),
        ("ecparam -genkey -name prime256v1 -noout", "-sha384"),
        ("ecparam -genkey -name secp384r1 -noout", "-sha384"),
        ("ecparam -genkey -name secp521r1 -noout", "-sha512"),
        ("ecparam -genkey -name secp521r1 -noout", "-sha256"),
        ("genpkey -algorithm ed25519", ""),
        (
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            "-sha256",
        ),
        (
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32",
        ),
        (
            "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "-sha256",
        ),
    ] {
        assert_eq!(
            verdict(genkey, options),
            "ok path.signature",
            "{genkey} {options}"
        );
    }
}
