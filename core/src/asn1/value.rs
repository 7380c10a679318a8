use der::asn1::ObjectIdentifier;

use super::header::Header;
use super::oid;
use crate::cert::text;

/// The longest text that is shown in full, in characters.
const MAX_CHARS: usize = 200;

/// The longest content that is shown as hex, in bytes.
const MAX_HEX: usize = 64;

/// The value of a primitive in one line, and what is wrong with it.
pub(super) fn of(header: &Header, body: &[u8]) -> (String, Option<String>) {
    if header.class != 0 {
        return (printable(body).unwrap_or_else(|| hex(body)), None);
    }
    universal(header.number, body)
}

/// The same, of the type that a universal tag names (X.680 section 8.4).
pub(super) fn universal(number: u32, body: &[u8]) -> (String, Option<String>) {
    let plain = |value: String| (value, None);
    match number {
        1 => boolean(body),
        2 | 10 => integer(body),
        3 => bits(body),
        5 if body.is_empty() => plain(String::new()),
        6 => oid(body),
        12 | 18..=22 | 25..=27 => string(body),
        23 | 24 => time(number, body),
        30 => plain(wide(body)),
        _ => plain(hex(body)),
    }
}

fn hex(body: &[u8]) -> String {
    match body.split_at_checked(MAX_HEX) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{}… ({} bytes)", text::hex(first), body.len())
        }
        _ => text::hex(body),
    }
}

/// Text that is safe to show: its beginning, and if that is not all how long it is.
fn shown(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(MAX_CHARS) else {
        return text::shown(text);
    };
    let first = text.split_at_checked(end).map_or("", |(first, _)| first);
    let count = text.chars().count();
    format!("{}… ({count} characters)", text::shown(first))
}

fn printable(body: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(body).ok()?;
    let visible = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    visible.then(|| shown(text))
}

fn boolean(body: &[u8]) -> (String, Option<String>) {
    match body {
        [0] => ("FALSE".to_owned(), None),
        [0xff] => ("TRUE".to_owned(), None),
        _ => (hex(body), Some("A BOOLEAN in DER is 00 or FF.".to_owned())),
    }
}

fn integer(body: &[u8]) -> (String, Option<String>) {
    let long = matches!(body, [0, next, ..] if *next < 0x80)
        || matches!(body, [0xff, next, ..] if *next >= 0x80);
    let flaw = if body.is_empty() {
        Some("An INTEGER has at least one byte.".to_owned())
    } else {
        long.then(|| "The INTEGER has more bytes than it needs.".to_owned())
    };
    let negative = body.first().is_some_and(|first| *first >= 0x80);
    let start = if negative { -1_i64 } else { 0 };
    let value = if body.len() <= 8 && !body.is_empty() {
        let fold = |number: i64, byte: &u8| number << 8 | i64::from(*byte);
        body.iter().fold(start, fold).to_string()
    } else {
        hex(body)
    };
    (value, flaw)
}

fn bits(body: &[u8]) -> (String, Option<String>) {
    match body {
        [unused @ 0..=7, bytes @ ..] if *unused == 0 || !bytes.is_empty() => {
            let note = match unused {
                0 => String::new(),
                _ => format!(", {unused} bits unused"),
            };
            (format!("{}{note}", hex(bytes)), None)
        }
        _ => (
            hex(body),
            Some("The number of unused bits is wrong.".to_owned()),
        ),
    }
}

fn oid(body: &[u8]) -> (String, Option<String>) {
    if let Ok(oid) = ObjectIdentifier::from_bytes(body) {
        return (text::oid(&oid), None);
    }
    let flaw = (!oid::is_beyond(body)).then(|| "The object identifier is damaged.".to_owned());
    (oid::dotted(body).unwrap_or_else(|| hex(body)), flaw)
}

fn string(body: &[u8]) -> (String, Option<String>) {
    match core::str::from_utf8(body) {
        Ok(text) => (shown(text), None),
        // TeletexString in practice is Latin-1.
        Err(_) => {
            let latin: String = body.iter().map(|byte| char::from(*byte)).collect();
            (shown(&latin), Some("The text is not UTF-8.".to_owned()))
        }
    }
}

fn wide(body: &[u8]) -> String {
    let units = body.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let decoded = char::decode_utf16(units);
    let text: String = decoded
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    shown(&text)
}

/// RFC 5280 section 4.1.2.5: `YYMMDDHHMMSSZ` and `YYYYMMDDHHMMSSZ`.
fn time(number: u32, body: &[u8]) -> (String, Option<String>) {
    let digits = if number == 23 { 12 } else { 14 };
    let (value, flaw) = string(body);
    let number = body.strip_suffix(b"Z").filter(|rest| rest.len() == digits);
    let good = number.is_some_and(|rest| rest.iter().all(u8::is_ascii_digit));
    let wrong = (!good).then(|| "The time is not written as RFC 5280 wants it.".to_owned());
    (value, flaw.or(wrong))
}
