//! A certificate authority for tests that issues whatever it is told, right or wrong. It writes DER
//! by hand, so that it shares no code with what it tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use signet_core::UnixTime;
use signet_core::key::PrivateKey;

/// The moment at which the certificates of [`chain`] are judged: 2027-01-15T08:00:00Z.
pub const NOW: UnixTime = UnixTime(1_800_000_000);

/// 1.2.840.10045.4.3.3, without parameters.
pub const ECDSA_SHA384: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";

/// A tag, a length and the parts.
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = value.len();
    let bytes = u32::try_from(length).unwrap().to_be_bytes();
    let digits = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut out = vec![tag];
    match digits {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(*short),
        _ => {
            out.push(0x80 + u8::try_from(digits.len()).unwrap());
            out.extend(digits);
        }
    }
    out.extend(value);
    out
}

/// A key of its own for each seed.
pub fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_entropy(&[seed; 48]).unwrap()
}

/// `CN=…` for each of the names, one RDN each.
pub fn name(common_names: &[&str]) -> Vec<u8> {
    let rdn = |text: &&str| {
        let value = tlv(0x0c, &[text.as_bytes()]);
        tlv(0x31, &[&tlv(0x30, &[b"\x06\x03\x55\x04\x03", &value])])
    };
    tlv(
        0x30,
        &[&common_names.iter().map(rdn).collect::<Vec<_>>().concat()],
    )
}

/// An extension of the arc 2.5.29.
pub fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
    tlv(
        0x30,
        &[&[6, 3, 0x55, 0x1d, arc], critical, &tlv(4, &[value])],
    )
}

/// basicConstraints: CA, with or without a limit.
pub fn ca(limit: Option<u8>) -> Vec<u8> {
    let limit = limit.map(|limit| vec![2, 1, limit]).unwrap_or_default();
    extension(19, true, &tlv(0x30, &[b"\x01\x01\xff", &limit]))
}

/// keyUsage with these bits, most significant first.
pub fn key_usage(bits: u8) -> Vec<u8> {
    let unused = u8::try_from(bits.trailing_zeros()).unwrap();
    extension(15, true, &[3, 2, unused, bits])
}

/// extendedKeyUsage with one purpose of id-kp, such as 2 for clientAuth.
pub fn purpose(arc: u8) -> Vec<u8> {
    let oid = [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, arc];
    extension(37, false, &tlv(0x30, &[&oid]))
}

/// A certificate before it is signed. Every part is DER, free to be wrong.
#[derive(Clone)]
pub struct Draft {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub inner_algorithm: Vec<u8>,
    pub outer_algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub not_before: &'static str,
    pub not_after: &'static str,
    pub subject: Vec<u8>,
    pub spki: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
}

impl Draft {
    /// A version 3 certificate without extensions, valid from 2026 to 2035.
    pub fn new(subject: &str, issuer: &str, key: &PrivateKey) -> Self {
        Self {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: vec![2, 3, 0, 0xab, 0xcd],
            inner_algorithm: ECDSA_SHA384.to_vec(),
            outer_algorithm: ECDSA_SHA384.to_vec(),
            issuer: name(&[issuer]),
            not_before: "260101000000Z",
            not_after: "351231235959Z",
            subject: name(&[subject]),
            spki: key.public_key().to_spki_der(),
            extensions: Vec::new(),
        }
    }

    pub fn sign(&self, key: &PrivateKey) -> Vec<u8> {
        self.seal(|body| key.sign(body))
    }

    /// Signed by whatever makes a signature out of the body.
    pub fn seal(&self, signature: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let time = |text: &str| tlv(0x17, &[text.as_bytes()]);
        let extensions = match self.extensions.concat() {
            all if all.is_empty() => all,
            all => tlv(0xa3, &[&tlv(0x30, &[&all])]),
        };
        let body = tlv(
            0x30,
            &[
                &self.version,
                &self.serial,
                &self.inner_algorithm,
                &self.issuer,
                &tlv(0x30, &[&time(self.not_before), &time(self.not_after)]),
                &self.subject,
                &self.spki,
                &extensions,
            ],
        );
        let signature = tlv(3, &[&[0], &signature(&body)]);
        tlv(0x30, &[&body, &self.outer_algorithm, &signature])
    }
}

/// Drafts of a good chain: device, issuing CA, root. Their keys are `key(1)`, `key(2)`, `key(3)`.
pub fn chain() -> [Draft; 3] {
    let mut root = Draft::new("Root", "Root", &key(3));
    root.extensions = vec![ca(Some(1)), key_usage(0x06)];
    let mut issuing = Draft::new("Issuing", "Root", &key(2));
    issuing.extensions = vec![ca(Some(0)), key_usage(0x06)];
    let mut leaf = Draft::new("dev-0001", "Issuing", &key(1));
    leaf.extensions = vec![key_usage(0x80), purpose(2)];
    leaf.not_before = "270101000000Z";
    leaf.not_after = "270131000000Z";
    [leaf, issuing, root]
}

/// The three, signed as they should be.
pub fn sign([leaf, issuing, root]: &[Draft; 3]) -> Vec<Vec<u8>> {
    vec![
        leaf.sign(&key(2)),
        issuing.sign(&key(3)),
        root.sign(&key(3)),
    ]
}
