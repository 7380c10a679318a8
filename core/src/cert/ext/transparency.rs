//! Certificate Transparency, RFC 6962. What `x509-cert` offers for it needs a second codec in the page.

use der::Tag;
use der::asn1::OctetStringRef;

use super::{Content, content};
use crate::UnixTime;
use crate::cert::cursor::decode;
use crate::cert::text;

/// Section 3.1.
pub(super) fn poison(_: &[u8]) -> Content<'_> {
    let meaning =
        "A draft for the public logs; as a certificate it is void, and every reader refuses it.";
    content(meaning, String::new)
}

/// Section 3.3: SignedCertificateTimestampList.
pub(super) fn timestamps(der: &[u8]) -> Content<'_> {
    let list = decode::<&OctetStringRef>(der)?.as_bytes();
    let stamps = read(list).ok_or_else(|| Tag::OctetString.value_error())?;
    Ok(Box::new(move || {
        let meaning = match stamps.len() {
            1 => "A public log promised to keep the certificate for everybody to see.".to_owned(),
            count => {
                format!(
                    "{count} public logs promised to keep the certificate for everybody to see."
                )
            }
        };
        let lines: Vec<String> = stamps.iter().map(Stamp::line).collect();
        (meaning, lines.join("\n"))
    }))
}

/// Section 3.2: SignedCertificateTimestamp.
#[derive(Debug, PartialEq, Eq)]
enum Stamp<'a> {
    V1 {
        log: &'a [u8],
        at: UnixTime,
        hash: u8,
        signature: u8,
    },
    Later {
        /// One less than people call it.
        version: u8,
        content: &'a [u8],
    },
}

/// Each of them, `None` if the lengths do not agree.
fn read(list: &[u8]) -> Option<Vec<Stamp<'_>>> {
    let (mut list, rest) = vector(list)?;
    let mut stamps = Vec::new();
    while !list.is_empty() {
        let (sct, more) = vector(list)?;
        stamps.push(Stamp::read(sct)?);
        list = more;
    }
    rest.is_empty().then_some(stamps)
}

/// Bytes behind their length, which has two bytes, and the rest.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

impl<'a> Stamp<'a> {
    /// Version, log, milliseconds, extensions, algorithms, signature.
    fn read(sct: &'a [u8]) -> Option<Self> {
        let (version, rest) = sct.split_first()?;
        if *version != 0 {
            let (version, content) = (*version, rest);
            return Some(Self::Later { version, content });
        }
        let (log, rest) = rest.split_first_chunk::<32>()?;
        let (millis, rest) = rest.split_first_chunk::<8>()?;
        let (_extensions, rest) = vector(rest)?;
        let (&[hash, signature], rest) = rest.split_first_chunk::<2>()?;
        vector(rest).filter(|(_, rest)| rest.is_empty())?;
        Some(Self::V1 {
            log,
            at: UnixTime(u64::from_be_bytes(*millis) / 1_000),
            hash,
            signature,
        })
    }

    fn line(&self) -> String {
        match self {
            Self::V1 {
                log,
                at,
                hash,
                signature,
            } => {
                let algorithm = match (hash, signature) {
                    (4, 3) => "ECDSA with SHA-256".to_owned(),
                    (4, 1) => "RSA with SHA-256".to_owned(),
                    _ => format!("algorithm {hash}.{signature}"),
                };
                format!("{at}, {algorithm}, log {}", text::hex(log))
            }
            Self::Later { version, content } => {
                let version = u16::from(*version) + 1;
                format!("of version {version}: {}", text::hex(content))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One timestamp of version 1: log 0101…, 2026-01-01T00:00:00.123Z.
    fn sct() -> Vec<u8> {
        let mut sct = vec![0];
        sct.extend([1; 32]);
        sct.extend(1_767_225_600_123_u64.to_be_bytes());
        sct.extend([0, 0, 4, 3, 0, 2, 0xaa, 0xbb]);
        sct
    }

    fn list(scts: &[Vec<u8>]) -> Vec<u8> {
        let with_length = |bytes: &[u8]| {
            let length = u16::try_from(bytes.len()).unwrap();
            [&length.to_be_bytes(), bytes].concat()
        };
        let all: Vec<u8> = scts.iter().flat_map(|sct| with_length(sct)).collect();
        with_length(&all)
    }

    #[test]
    fn each_log_has_a_line() {
        let whole = list(&[sct(), sct()]);
        let lines: Vec<String> = read(&whole).unwrap().iter().map(Stamp::line).collect();
        let log = "01".repeat(32);
        let line = format!("2026-01-01T00:00:00Z, ECDSA with SHA-256, log {log}");
        assert_eq!(lines, [line.clone(), line]);
        assert_eq!(read(&list(&[])).unwrap(), []);
    }

    #[test]
    fn every_cut_is_refused() {
        let whole = list(&[sct()]);
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None);
        }
        for end in 0..sct().len() {
            assert_eq!(read(&list(&[sct()[..end].to_vec()])), None);
        }
        assert_eq!(read(&[whole, vec![0]].concat()), None);
    }
}
