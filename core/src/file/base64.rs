use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// Bare base64, in either alphabet, with or without padding, with white space and quotation marks
/// around and between; `None` for anything else.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    /// Less than this is a word, not an object.
    const LEAST: usize = 24;
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' | b'=' => {
                digits.push(char::from(*byte));
            }
            b'"' | b'\'' | b',' => {}
            _ if byte.is_ascii_whitespace() => {}
            _ => return None,
        }
    }
    if digits.len() < LEAST {
        return None;
    }
    let bare = digits.trim_end_matches('=');
    let decoded = Base64::decode_vec(&digits)
        .or_else(|_| Base64Unpadded::decode_vec(bare))
        .or_else(|_| Base64UrlUnpadded::decode_vec(bare));
    decoded.ok().map(Zeroizing::new)
}

/// base64url without padding, as JWK has it (RFC 7515 section 2).
pub(super) fn url(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    Base64UrlUnpadded::decode_vec(text).ok().map(Zeroizing::new)
}
