use anyhow::{Context, Result, bail};
use der::{Reader, SliceReader};
use signet_core::{UnixTime, pem};

/// The DER of every object in a file: PEM of any kind, or DER objects one after another.
///
/// # Errors
/// If it is neither.
pub fn objects(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    if pem::is_pem(bytes) {
        let found = pem::decode(bytes).map_err(|error| anyhow::anyhow!("{error}"))?;
        return Ok(found
            .into_iter()
            .map(|object| object.der.to_vec())
            .collect());
    }
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let object = SliceReader::new(rest).and_then(|mut reader| reader.tlv_bytes());
        let object = object.context("neither PEM nor DER")?;
        rest = &rest[object.len()..];
        found.push(object.to_vec());
    }
    Ok(found)
}

/// RFC 3339, as `2026-11-25T03:25:00Z` or with an offset or a fraction, which is cut.
///
/// # Errors
/// If it is not.
pub fn time(text: &str) -> Result<UnixTime> {
    let wrong = || format!("{text} is no RFC 3339 time");
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !text.is_ascii() {
        bail!(wrong());
    }
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().with_context(wrong);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match rest {
        "Z" | "z" => 0,
        _ if rest.len() == 6 => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let part = |from: usize| rest[from..from + 2].parse::<i64>().with_context(wrong);
            sign * (part(1)? * 60 + part(4)?)
        }
        _ => bail!(wrong()),
    };
    let (y, m) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
            - 1
            - 719_468;
    let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
    let seconds = u64::try_from(seconds).with_context(wrong)?;
    Ok(UnixTime(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, shown) in [
            ("2026-11-25T03:25:00Z", "2026-11-25T03:25:00Z"),
            ("2024-02-29T23:59:59.5+00:00", "2024-02-29T23:59:59Z"),
            ("1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(time(text).unwrap().to_string(), shown);
        }
        assert!(time("2026-11-25").is_err() && time("2026-11-25T03:25:00").is_err());
    }
}
