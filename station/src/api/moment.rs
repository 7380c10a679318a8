//! Moments as people write them: RFC 3339, section 5.6, with any offset and fraction.

use der::DateTime;
use serde::{Deserialize, Deserializer, de};
use signet_core::UnixTime;

/// A moment in a query. Before 1970 it is 1970; fractions are cut.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<UnixTime>, D::Error> {
    let text = String::deserialize(from)?;
    let time = parse(&text);
    time.map(Some)
        .ok_or_else(|| de::Error::custom(format!("{text:?} is no moment of RFC 3339")))
}

fn parse(text: &str) -> Option<UnixTime> {
    let (moment, rest) = text.split_at_checked(19)?;
    let bytes = moment.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let marked = marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark));
    if !marked || !bytes.get(10)?.eq_ignore_ascii_case(&b'T') {
        return None;
    }
    let year = u16::try_from(digits(moment.get(..4)?)?).ok()?;
    let part = |at: usize| u8::try_from(digits(moment.get(at..at + 2)?)?).ok();
    let (month, day) = (part(5)?, part(8)?);
    let (hour, minute, second) = (part(11)?, part(14)?, part(17)?);
    // A leap second is the one before it.
    let second = if second == 60 { 59 } else { second };
    let offset = offset(fraction(rest)?)?;
    // Years outside of this calendar have the same days as one in it, eight centuries away.
    let within = if year < 1970 { 2000 + year % 400 } else { year };
    let local = DateTime::new(within, month, day, hour, minute, second).ok()?;
    if year < 1970 {
        return Some(UnixTime(0));
    }
    let local = i64::try_from(local.unix_duration().as_secs()).ok()?;
    Some(UnixTime(u64::try_from(local - offset).unwrap_or(0)))
}

/// What follows a fraction of a second, if there is one.
fn fraction(rest: &str) -> Option<&str> {
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some(rest);
    };
    let end = fraction.find(|c: char| !c.is_ascii_digit())?;
    (end > 0).then(|| fraction.get(end..)).flatten()
}

/// Seconds east of Greenwich.
fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

fn digits(text: &str) -> Option<u32> {
    let all = text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_rfc_3339_shows() {
        for (text, seconds) in [
            ("1985-04-12T23:20:50.52Z", 482_196_050),
            ("1996-12-19T16:39:57-08:00", 851_042_397),
            ("1990-12-31T23:59:60Z", 662_687_999),
            ("1937-01-01T12:00:27.87+00:20", 0),
            ("0000-02-29T00:00:00z", 0),
            ("1970-01-01t00:00:00+23:59", 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(UnixTime(seconds)), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "1985-04-12",
            "1985-04-12T23:20:50",
            "1985-04-12 23:20:50Z",
            "1985-04-12T23:20:50.Z",
            "1985-04-12T23:20:50+1:00",
            "1985-04-12T23:20:50+24:00",
            "1985-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "1985-13-01T00:00:00Z",
            "1985-04-12T24:00:00Z",
            "+985-04-12T23:20:50Z",
            "1985-04-12T23:20:50Zé",
            "1985-04-1é23:20:50Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
