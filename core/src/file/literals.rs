use zeroize::Zeroizing;

use crate::pem::MAX_LABEL;

/// PEM as programs and settings hold it: lines that are quoted one by one and end in an escape, as in `secrets.h`, or
/// one quoted line with an escape for each end of a line, as in `.env`. `None` if there is none.
///
/// White space takes the place of all that is not PEM, byte for byte, so that what is left stands where it stood.
pub(super) fn pem(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if !begins(text) {
        return None;
    }
    // It may be a key: room for all of it.
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = match (byte, behind) {
            (b'\\', [b'n' | b'r' | b't', behind @ ..]) => {
                plain.extend(b" \r");
                behind
            }
            (b'\\', _) => {
                plain.push(b' ');
                behind
            }
            (mark, _) if is_mark(mark) => {
                // A line ends here that is not one of the file, whose lines are counted by the other character.
                plain.push(b'\r');
                let glue = glue(behind);
                plain.extend(core::iter::repeat_n(b' ', glue));
                behind.get(glue..).unwrap_or_default()
            }
            _ => {
                plain.push(*byte);
                behind
            }
        };
    }
    Some(plain)
}

/// Whether a BEGIN line stands behind a quotation mark, and the text goes on behind it as no sentence about one does.
fn begins(text: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    text.windows(BEGIN.len() + 1)
        .enumerate()
        .any(|(at, window)| {
            let quoted = matches!(window, [mark, begin @ ..] if is_mark(mark) && begin == BEGIN);
            quoted && text.get(at + 1 + BEGIN.len()..).is_some_and(goes_on)
        })
}

/// Whether an end of a line, or the next literal, follows the label and its dashes.
fn goes_on(behind: &[u8]) -> bool {
    const DASHES: &[u8] = b"-----";
    let label = behind.windows(DASHES.len()).take(MAX_LABEL + 1);
    let end = label.enumerate().find(|(_, window)| *window == DASHES);
    let behind = end.and_then(|(at, _)| behind.get(at + DASHES.len()..));
    match behind.and_then(<[u8]>::split_first) {
        Some((b'\\' | b'\r' | b'\n', _)) => true,
        Some((mark, behind)) if is_mark(mark) => {
            let next = behind
                .iter()
                .find(|byte| !joins(byte) && !byte.is_ascii_whitespace());
            next.is_some_and(is_mark)
        }
        _ => false,
    }
}

fn is_mark(byte: &u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Whether it may stand between two literals.
fn joins(byte: &u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'+' | b',' | b'.' | b';' | b'&' | b')' | b'\\'
    )
}

/// How many bytes only join a literal to the next one: `+` is a character of base64 too.
fn glue(behind: &[u8]) -> usize {
    let end = behind.iter().position(|byte| !joins(byte));
    match end.and_then(|end| behind.get(end)) {
        Some(byte) if is_mark(byte) || matches!(byte, b'\r' | b'\n') => end.unwrap_or_default(),
        Some(_) => 0,
        None => behind.len(),
    }
}
