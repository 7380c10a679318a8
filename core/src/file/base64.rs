use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded};
use zeroize::Zeroizing;

use crate::pem::{decoded, misplaced};

/// Less than this is a word, not an object.
const LEAST: usize = 24;

/// Bare base64, in either alphabet, with or without padding, with white space and quotation marks
/// around and between.
///
/// For anything else, the byte of the text where it ceases to be that.
pub(super) fn decode(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, usize> {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for (index, byte) in text.iter().enumerate() {
        match byte {
            _ if is_digit(byte) => digits.push(char::from(*byte)),
            b'"' | b'\'' | b',' => {}
            _ if byte.is_ascii_whitespace() => {}
            _ => return Err(index),
        }
    }
    if digits.len() < LEAST {
        return Err(text.len());
    }
    let bare = digits.trim_end_matches('=');
    decoded::<Base64>(&digits)
        .or_else(|| decoded::<Base64Unpadded>(bare))
        .or_else(|| decoded::<Base64UrlUnpadded>(bare))
        .ok_or_else(|| two_alphabets(text).unwrap_or_else(|| misplaced(text, is_digit)))
}

/// The first character of the second alphabet, in a text of both (RFC 4648 sections 4 and 5).
fn two_alphabets(text: &[u8]) -> Option<usize> {
    let first = |of: [u8; 2]| text.iter().position(|byte| of.contains(byte));
    Some(first(*b"+/")?.max(first(*b"-_")?))
}

fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Whether a text means to be base64 of DER: it begins as a SEQUENCE of more than 127 bytes does, and goes on so.
pub(super) fn claims(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let head = text.get(..LEAST).unwrap_or_default();
    head.starts_with(b"MI") && head.iter().all(is_digit)
}

/// base64url without padding, as JWK has it (RFC 7515 section 2).
pub(super) fn url(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    decoded::<Base64UrlUnpadded>(text)
}
