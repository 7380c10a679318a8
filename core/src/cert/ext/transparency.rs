//! Certificate Transparency, RFC 6962. What `x509-cert` offers for it needs a second codec in the page.

use der::asn1::OctetStringRef;
use der::{Decode, Tag};

use super::Explained;
use crate::UnixTime;
use crate::cert::text;

/// Section 3.1.
pub(super) fn poison(_: &[u8]) -> Explained {
    let meaning =
        "A draft for the public logs; as a certificate it is void, and every reader refuses it.";
    Ok((meaning.into(), String::new()))
}

/// Section 3.3: SignedCertificateTimestampList.
pub(super) fn timestamps(der: &[u8]) -> Explained {
    let list = <&OctetStringRef>::from_der(der)?.as_bytes();
    let lines = read(list).ok_or_else(|| Tag::OctetString.value_error())?;
    let meaning = match lines.len() {
        1 => "A public log promised to keep the certificate for everybody to see.".to_owned(),
        count => {
            format!("{count} public logs promised to keep the certificate for everybody to see.")
        }
    };
    Ok((meaning, lines.join("\n")))
}

/// A line for each, `None` if the lengths do not agree.
fn read(list: &[u8]) -> Option<Vec<String>> {
    let (mut list, rest) = vector(list)?;
    let mut lines = Vec::new();
    while !list.is_empty() {
        let (sct, more) = vector(list)?;
        lines.push(line(sct)?);
        list = more;
    }
    rest.is_empty().then_some(lines)
}

/// Bytes behind their length, which has two bytes, and the rest.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// Section 3.2: version, log, milliseconds, extensions, algorithms, signature.
fn line(sct: &[u8]) -> Option<String> {
    let (version, rest) = sct.split_first()?;
    if *version != 0 {
        return Some(format!("of version {}: {}", version + 1, text::hex(rest)));
    }
    let (log, rest) = rest.split_first_chunk::<32>()?;
    let (millis, rest) = rest.split_first_chunk::<8>()?;
    let (_extensions, rest) = vector(rest)?;
    let ([hash, signature], rest) = rest.split_first_chunk::<2>()?;
    vector(rest).filter(|(_, rest)| rest.is_empty())?;
    let at = UnixTime(u64::from_be_bytes(*millis) / 1_000);
    let algorithm = match (hash, signature) {
        (4, 3) => "ECDSA with SHA-256".to_owned(),
        (4, 1) => "RSA with SHA-256".to_owned(),
        _ => format!("algorithm {hash}.{signature}"),
    };
    Some(format!("{at}, {algorithm}, log {}", text::hex(log)))
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
        let lines = read(&list(&[sct(), sct()])).unwrap();
        let log = "01".repeat(32);
        let line = format!("2026-01-01T00:00:00Z, ECDSA with SHA-256, log {log}");
        assert_eq!(lines, [line.clone(), line]);
        assert_eq!(read(&list(&[])).unwrap(), [""; 0]);
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
