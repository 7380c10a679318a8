//! PEM text (RFC 7468) in and out.
//!
//! In: many objects out of one text, with explanations before, between and after them, any line
//! ending and any line width, as the lax grammar of RFC 7468 section 3 allows. Out: the strict
//! grammar, 64 columns, LF.

mod error;

use core::fmt;

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

pub use error::Error;

/// The largest text that is read: 32 MiB, room for the certificates of a fleet.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The most objects that one text may hold.
pub const MAX_OBJECTS: usize = 20_000;

/// The longest label, in bytes; the longest registered one has 20.
pub const MAX_LABEL: usize = 64;

/// One object of a PEM text. `Debug` shows no content, since it may be a private key.
#[derive(Clone, PartialEq, Eq)]
pub struct Object {
    /// The label, such as `CERTIFICATE`: printable ASCII.
    pub label: String,
    /// The decoded bytes, wiped on drop.
    pub der: Zeroizing<Vec<u8>>,
    /// Byte offset of `-----BEGIN`.
    pub at: usize,
}

impl Object {
    /// Whether the label is `CERTIFICATE` or one of its two old names (RFC 7468 section 5.1).
    pub fn is_certificate(&self) -> bool {
        ["CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE"].contains(&self.label.as_str())
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, der, at } = self;
        write!(f, "Object {{ {label}, {} bytes, at {at} }}", der.len())
    }
}

/// Every object of a text, in order. Text outside of objects is skipped, whatever its encoding.
///
/// # Errors
/// The first thing that is wrong, with its byte offset; [`Error::NoObject`] if there is none at all.
pub fn decode(text: &[u8]) -> Result<Vec<Object>, Error> {
    let objects: Vec<Object> = objects(text).collect::<Result<_, _>>()?;
    if objects.is_empty() {
        return Err(Error::NoObject);
    }
    Ok(objects)
}

/// The same one by one: damage in one object does not hide the others.
pub fn objects(text: &[u8]) -> impl Iterator<Item = Result<Object, Error>> {
    let mut at = Some(0);
    let mut count = 0;
    core::iter::from_fn(move || {
        let from = at.take()?;
        if text.len() > MAX_BYTES {
            return Some(Err(Error::TooLarge { bytes: text.len() }));
        }
        let begin = find_begin(text, from)?;
        if count == MAX_OBJECTS {
            return Some(Err(Error::TooMany { at: begin }));
        }
        count += 1;
        let found = object(text, begin);
        at = Some(match &found {
            Ok((_, end)) => *end,
            Err(_) => begin + BEGIN.len(),
        });
        Some(found.map(|(object, _)| object))
    })
}

/// Whether there is a `-----BEGIN` line, so that [`decode`] has something to say about the bytes.
pub fn is_pem(bytes: &[u8]) -> bool {
    find_begin(bytes, 0).is_some()
}

/// PEM of one object: lines of 64 characters that end in LF. Not for secrets.
pub fn encode(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest: &str = &Base64::encode_string(der);
    while !rest.is_empty() {
        // Base64 is ASCII, so every offset is a character boundary.
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.extend([line, "\n"]);
        rest = after;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Offset of the next `-----BEGIN ` that has only white space before it on its line, so that a
/// sentence which mentions one is no object.
fn find_begin(text: &[u8], from: usize) -> Option<usize> {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut from = from;
    loop {
        let at = find(text, BEGIN, from)?;
        let line = text.get(from..at)?.rsplit(is_break).next()?;
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return Some(at);
        }
        // Nothing else on this line can be at its start. Going on behind it keeps this linear.
        from = at + text.get(at..)?.iter().position(is_break)?;
    }
}

/// The object whose `-----BEGIN ` stands at `begin`, and the offset after it.
fn object(text: &[u8], begin: usize) -> Result<(Object, usize), Error> {
    let (label, body) = label(text, begin + BEGIN.len()).ok_or(Error::BadBoundary { at: begin })?;
    let stop = find(text, DASHES, body).ok_or(Error::NoEnd { at: begin })?;
    let closing = text.get(stop..).unwrap_or_default();
    if closing.starts_with(BEGIN) {
        return Err(Error::NoEnd { at: begin });
    }
    if !closing.starts_with(END) {
        return Err(Error::BadBoundary { at: stop });
    }
    let (end_label, end) =
        self::label(text, stop + END.len()).ok_or(Error::BadBoundary { at: stop })?;
    if end_label != label {
        return Err(Error::LabelMismatch { at: stop });
    }
    let der = body_bytes(text.get(body..stop).unwrap_or_default(), body)?;
    let object = Object {
        label: label.to_owned(),
        der,
        at: begin,
    };
    Ok((object, end))
}

/// The label from `from` up to the dashes, and the offset after them.
fn label(text: &[u8], from: usize) -> Option<(&str, usize)> {
    let window = text.get(from..text.len().min(from + MAX_LABEL + DASHES.len()))?;
    let length = find(window, DASHES, 0)?;
    let label = window.get(..length)?;
    let printable = label.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let label = core::str::from_utf8(label).ok().filter(|_| printable)?;
    Some((label, from + length + DASHES.len()))
}

/// Base64 with white space anywhere.
fn body_bytes(body: &[u8], at: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    // RFC 1421 headers, in practice of an encrypted key or of PGP.
    if body.contains(&b':') {
        return Err(Error::Headers { at });
    }
    let mut digits = Zeroizing::new(String::with_capacity(body.len()));
    for (index, byte) in body.iter().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => {
                digits.push(char::from(*byte));
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => return Err(Error::BadCharacter { at: at + index }),
        }
    }
    decoded::<Base64>(&digits).ok_or_else(|| Error::BadBase64 {
        at: at + misplaced(body, |byte| !byte.is_ascii_whitespace()),
    })
}

/// What the digits stand for. Of a key in damaged digits, too, nothing is left behind.
pub(crate) fn decoded<E: Encoding>(digits: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; digits.len().div_ceil(4) * 3]);
    let length = E::decode(digits, &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// Where base64 text of the right characters, of which `counts` tells the others, goes wrong (RFC 4648 sections 3.5
/// and 4): at padding that is not the end of four, at what follows padding, else at its last character, whose spare
/// bits are set; or behind it, if it is too short.
pub(crate) fn misplaced(text: &[u8], counts: impl Fn(&u8) -> bool) -> usize {
    let (mut count, mut padded, mut last) = (0_usize, false, 0);
    for (index, byte) in text.iter().enumerate().filter(|(_, byte)| counts(byte)) {
        let place = count % 4;
        let padding = *byte == b'=';
        if (padded && (!padding || place == 0)) || (padding && place < 2) {
            return index;
        }
        padded |= padding;
        count += 1;
        last = index;
    }
    if count.is_multiple_of(4) {
        let body = text.get(..=last).unwrap_or_default();
        let digit = |(_, byte): &(usize, &u8)| counts(byte) && **byte != b'=';
        return body.iter().enumerate().rfind(digit).map_or(0, |it| it.0);
    }
    last + 1
}

fn find(text: &[u8], pattern: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let offset = rest
        .windows(pattern.len())
        .position(|window| window == pattern)?;
    Some(from + offset)
}
