//! Certificates that strict reading refuses, those of x509-limbo and others of it with a date and a number
//! made wrong: what the sketch shows of them is what `openssl x509` shows.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use signet_core::asn1;
use signet_core::cert::{Field, Sketch, Summary};

/// How many are bent: OpenSSL is started for each.
const BENT: usize = 150;

#[test]
fn of_what_can_be_read_the_sketch_shows_what_the_summary_shows() {
    let Some(certificates) = common::certificates() else {
        return;
    };
    for der in &certificates {
        let Ok(summary) = Summary::from_der(der) else {
            continue;
        };
        let sketch = Sketch::read(der);
        assert!(Sketch::is_likely(der));
        let value = |field: Field| field.value.unwrap();
        assert_eq!(value(sketch.version), summary.version.to_string());
        assert_eq!(value(sketch.serial), summary.serial);
        assert_eq!(value(sketch.issuer), summary.issuer);
        assert_eq!(value(sketch.subject), summary.subject);
        assert_eq!(value(sketch.not_before), summary.not_before.to_string());
        assert_eq!(value(sketch.not_after), summary.not_after.to_string());
        assert!(value(sketch.key).starts_with(&summary.key.kind));
        assert_eq!(
            value(sketch.signature_algorithm),
            summary.signature_algorithm
        );
        assert_eq!(sketch.extensions, summary.extensions);
        assert_eq!(sketch.sha256, summary.sha256);
    }
}

#[test]
fn of_what_is_refused_the_sketch_shows_what_openssl_shows() {
    let Some(certificates) = common::certificates() else {
        return;
    };
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let every = (certificates.len() / BENT).max(1);
    let bent = certificates.iter().step_by(every).map(|der| bent(der));
    let all: Vec<Vec<u8>> = certificates.iter().cloned().chain(bent).collect();
    let refused = all.iter().filter(|der| Summary::from_der(der).is_err());
    let (mut refusals, mut compared) = (0, 0);
    for der in refused {
        refusals += 1;
        let sketch = Sketch::read(der);
        assert!(Sketch::is_likely(der), "{}", sketch.sha256);
        let Some((serial, subject)) = openssl(der) else {
            continue;
        };
        compared += 1;
        assert_eq!(signed(&sketch.serial), serial, "{}", sketch.sha256);
        assert_eq!(sketch.subject.value.unwrap(), subject, "{}", sketch.sha256);
    }
    println!("{refusals} refused, {compared} compared");
    assert!(refusals >= BENT && compared * 10 > refusals * 9);
}

/// The same with a negative number, and a first moment that does not end in `Z`.
fn bent(der: &[u8]) -> Vec<u8> {
    let tree = asn1::tree(der);
    let field = |name: &str| tree.nodes.iter().find(|node| node.field == Some(name));
    let (serial, time) = (field("serialNumber").unwrap(), field("notBefore").unwrap());
    let mut bent = der.to_vec();
    bent[serial.content] |= 0x80;
    bent[time.stop - 1] = b'+';
    bent
}

/// OpenSSL writes a negative number as its amount behind a sign.
fn signed(serial: &Field) -> String {
    let hex = serial.value.as_deref().unwrap();
    let trouble = serial.trouble.as_ref();
    if !trouble.is_some_and(|it| it.what.contains("negative")) {
        return hex.to_owned();
    }
    let digits = (0..hex.len()).step_by(2);
    let bytes = digits.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    let mut bytes: Vec<u8> = bytes.map(|byte| !byte).collect();
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("-{}", hex.strip_prefix("00").unwrap_or(&hex))
}

/// Serial number and subject, if it reads the certificate.
fn openssl(der: &[u8]) -> Option<(String, String)> {
    let words = "x509 -inform DER -noout -serial -subject -nameopt RFC2253,-esc_msb,utf8";
    let mut child = Command::new("openssl")
        .args(words.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may have gone before it read everything.
    let _ = child.stdin.take().unwrap().write_all(der);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |name: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(name));
        found.map(str::to_owned)
    };
    Some((line("serial=")?, line("subject=")?))
}
