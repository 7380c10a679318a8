use zeroize::Zeroizing;

/// Less than this, in bytes, is a number, not an object.
const LEAST: usize = 24;

/// DER in hex, as `xxd -p` writes it, with white space and colons between. `None` for
/// anything else.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if !text.starts_with(b"30") {
        return None;
    }
    let mut found = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    let mut first = None;
    for byte in text {
        let digit = match byte {
            b':' | b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => u8::try_from(char::from(*byte).to_digit(16)?).ok()?,
        };
        match first.take() {
            None => first = Some(digit),
            Some(high) => found.push(high << 4 | digit),
        }
    }
    let whole = first.is_none() && found.len() >= LEAST;
    whole.then_some(found)
}
