use super::tlv::{Malformed, Parse, Tag, Tlv};
use crate::UnixTime;

/// A date of a certificate or a list, and whether its encoding is the one that RFC 5280 section
/// 4.1.2.5 asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Before 1970 counts as its first second: nobody asks about a moment that far back.
    pub(super) at: UnixTime,
    pub(super) well_encoded: bool,
}

const BAD: Malformed = Malformed("holds a date that is none");

impl Moment {
    pub(super) fn read(tlv: &Tlv<'_>) -> Parse<Self> {
        let digits = tlv.value.strip_suffix(b"Z").ok_or(BAD)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(BAD);
        }
        let utc = tlv.tag == Tag::UTC_TIME;
        let (year, rest) = match (tlv.tag, digits.len()) {
            (Tag::UTC_TIME, 12) => {
                let (year, rest) = digits.split_at(2);
                let year = number(year);
                // RFC 5280 section 4.1.2.5.1.
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            (Tag::GENERALIZED_TIME, 14) => {
                let (year, rest) = digits.split_at(4);
                (number(year), rest)
            }
            _ => return Err(BAD),
        };
        let (pairs, _) = rest.as_chunks();
        let [month, day, hour, minute, second] = pairs else {
            return Err(BAD);
        };
        let [month, day, hour, minute, second] = [month, day, hour, minute, second].map(two);
        let valid = (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !valid {
            return Err(BAD);
        }
        let at = days_from_civil(year, month, day).map_or(0, |days| {
            days * 86_400 + hour * 3_600 + minute * 60 + second
        });
        Ok(Self {
            at: UnixTime(at),
            well_encoded: utc == (1950..2050).contains(&year),
        })
    }
}

fn number(digits: &[u8]) -> u64 {
    let (pairs, _) = digits.as_chunks();
    pairs.iter().fold(0, |sum, pair| sum * 100 + two(pair))
}

/// Two digits.
fn two([tens, ones]: &[u8; 2]) -> u64 {
    u64::from(tens & 0xf) * 10 + u64::from(ones & 0xf)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the beginning of a year without a leap day to that of each month.
const DAYS_BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Days since 1970-01-01, `None` before it.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let before = year.checked_sub(1970)?;
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let years = before * 365 + leaps(year - 1) - leaps(1969);
    let month = usize::try_from(month).ok()?;
    let months = DAYS_BEFORE.get(month.checked_sub(1)?)?;
    let leap_day = u64::from(month > 2 && is_leap(year));
    Some(years + months + leap_day + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: Tag, text: &str) -> Parse<String> {
        let (value, whole) = (text.as_bytes(), text.as_bytes());
        let moment = Moment::read(&Tlv { tag, value, whole })?;
        let mark = if moment.well_encoded { "" } else { "!" };
        Ok(format!("{}{mark}", moment.at))
    }

    #[test]
    fn dates() {
        for (tag, text, shown) in [
            (Tag::UTC_TIME, "260228235959Z", "2026-02-28T23:59:59Z"),
            (Tag::UTC_TIME, "000229000000Z", "2000-02-29T00:00:00Z"),
            (Tag::UTC_TIME, "500101000000Z", "1970-01-01T00:00:00Z"),
            (Tag::UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"),
            (
                Tag::GENERALIZED_TIME,
                "20500101000000Z",
                "2050-01-01T00:00:00Z",
            ),
            (
                Tag::GENERALIZED_TIME,
                "20491231235959Z",
                "2049-12-31T23:59:59Z!",
            ),
            (
                Tag::GENERALIZED_TIME,
                "99991231235959Z",
                "9999-12-31T23:59:59Z",
            ),
            (
                Tag::GENERALIZED_TIME,
                "21000228000000Z",
                "2100-02-28T00:00:00Z",
            ),
        ] {
            assert_eq!(read(tag, text).unwrap(), shown);
        }
        for (tag, text) in [
            (Tag::UTC_TIME, "260229000000Z"),
            (Tag::UTC_TIME, "2602280000Z"),
            (Tag::UTC_TIME, "260228000000+0000"),
            (Tag::UTC_TIME, "261328000000Z"),
            (Tag::UTC_TIME, "260100000000Z"),
            (Tag::UTC_TIME, "260101240000Z"),
            (Tag::UTC_TIME, "260101000060Z"),
            (Tag::GENERALIZED_TIME, "21000229000000Z"),
            (Tag::GENERALIZED_TIME, "20500101000000.5Z"),
            (Tag::UTF8_STRING, "260101000000Z"),
            (Tag::UTC_TIME, ""),
        ] {
            assert_eq!(read(tag, text), Err(BAD), "{text}");
        }
    }
}
