//! HTTP as far as a protocol machine cares: one request out, one answer in.

use core::fmt;

use crate::UnixTime;

/// Longest body that a machine of this crate reads, in bytes. The service limits a message to 96 KB.
///
/// A driver reads one byte more than this and then stops, so that the machine sees the excess.
pub const BODY_LIMIT: usize = 128 * 1024;

/// How long a driver waits for the answer to one request, in milliseconds, before it reports the
/// other side as unreachable.
pub const ANSWER_TIMEOUT_MS: u64 = 30_000;

/// What stands behind `https://` in an address; `None` for another scheme.
///
/// The scheme in two pieces: in a compiled module texts lie end to end, and behind the whole of it the next
/// text would look like a host that the page names.
pub fn behind_https(url: &str) -> Option<&str> {
    url.strip_prefix("https:")?.strip_prefix("//")
}

/// The methods that the DPS device API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Device registration status lookup.
    Post,
    /// Register.
    Put,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        })
    }
}

/// A request that the driver shall send. It has no host: the driver adds the endpoint's base URL.
///
/// `Debug` leaves out headers and body, because `Authorization` is among them.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded, beginning with `/`.
    pub path: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for `GET`.
    pub body: Vec<u8>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} B)", self.method, self.path, self.body.len())
    }
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// `Retry-After` in seconds, if the server sent a number.
    pub retry_after: Option<u32>,
    /// `Date`, if readable: a wrong clock is the commonest cause of a refused token.
    pub date: Option<UnixTime>,
    /// The body as received, cut at the driver's limit.
    pub body: Vec<u8>,
}

impl Response {
    /// Reads the headers that matter, each asked for by its lower-case name.
    ///
    /// `Retry-After` may be a number of seconds or a date (RFC 9110, section 10.2.3); a date counts
    /// from the answer's own `Date`.
    pub fn new(status: u16, header: impl Fn(&str) -> Option<String>, body: Vec<u8>) -> Self {
        let date = header("date").and_then(|text| parse_date(&text));
        let retry_after = header("retry-after").and_then(|text| match text.trim().parse() {
            Ok(seconds) => Some(seconds),
            Err(_) => {
                let wait = parse_date(&text)?.0.saturating_sub(date?.0);
                u32::try_from(wait).ok()
            }
        });
        Self {
            status,
            retry_after,
            date,
            body,
        }
    }
}

/// Reads an IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
///
/// The two obsolete forms of HTTP dates are not read: no DPS front end sends them.
pub fn parse_date(text: &str) -> Option<UnixTime> {
    let mut words = text.trim().split(' ');
    let weekday = words.next()?.strip_suffix(',')?;
    if !WEEKDAYS.contains(&weekday) {
        return None;
    }
    let day: u64 = number(words.next()?, 2)?;
    let name = words.next()?;
    let month = u64::try_from(MONTHS.iter().position(|m| *m == name)?)
        .ok()?
        .checked_add(1)?;
    let year: u64 = number(words.next()?, 4)?;
    let mut clock = words.next()?.split(':');
    let (hour, minute, second) = (
        number(clock.next()?, 2)?,
        number(clock.next()?, 2)?,
        number(clock.next()?, 2)?,
    );
    if words.next()? != "GMT" || words.next().is_some() || clock.next().is_some() {
        return None;
    }
    // A leap second is 60.
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(UnixTime(
        days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second,
    ))
}

/// Writes an IMF-fixdate.
pub fn format_date(time: UnixTime) -> String {
    let iso = time.to_string();
    let part = |from: usize, to: usize| iso.get(from..to).unwrap_or("00");
    let weekday = usize::try_from((time.0 / 86_400 + 4) % 7).unwrap_or(0);
    let month = part(5, 7).parse::<usize>().unwrap_or(1).saturating_sub(1);
    format!(
        "{}, {} {} {} {} GMT",
        WEEKDAYS.get(weekday).unwrap_or(&"Thu"),
        part(8, 10),
        MONTHS.get(month).unwrap_or(&"Jan"),
        part(0, 4),
        part(11, 19),
    )
}

/// A number of exactly `digits` decimal digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Days since 1970-01-01, by counting from 0000-03-01 so that the leap day is the last of its year.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (year / 400, year % 400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// From the weekday of day zero, a Thursday, counted from Sunday.
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), // the example of RFC 9110
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Fri, 15 Jan 2027 08:00:00 GMT", 1_800_000_000),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] {
            assert_eq!(parse_date(text), Some(UnixTime(seconds)), "{text}");
            assert_eq!(format_date(UnixTime(seconds)), text);
        }
    }

    #[test]
    fn refuses_other_dates() {
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let answer = |retry: &str| {
            let retry = retry.to_owned();
            Response::new(
                503,
                move |name| match name {
                    "date" => Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
                    "retry-after" => Some(retry.clone()),
                    _ => None,
                },
                Vec::new(),
            )
            .retry_after
        };
        assert_eq!(answer("3"), Some(3));
        assert_eq!(answer("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(answer("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(answer("soon"), None);
        assert_eq!(answer("-1"), None);
    }
}
