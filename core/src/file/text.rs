use std::borrow::Cow;

use zeroize::Zeroize;

/// A text as UTF-8, whichever of the byte order marks of Windows it begins with, and how many bytes of
/// the input each byte of it stands for.
pub(super) struct Text<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Bytes before the text.
    start: usize,
    /// Bytes of the input per byte of the text; exact for ASCII.
    scale: usize,
    /// Bytes of the input.
    whole: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [0xff, 0xfe, rest @ ..] => Self::utf16(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => Self::utf16(rest, u16::from_be_bytes),
            [0xef, 0xbb, 0xbf, rest @ ..] => Self {
                bytes: rest.into(),
                start: 3,
                scale: 1,
                whole: bytes.len(),
            },
            _ => Self {
                bytes: bytes.into(),
                start: 0,
                scale: 1,
                whole: bytes.len(),
            },
        }
    }

    fn utf16(rest: &[u8], unit: fn([u8; 2]) -> u16) -> Self {
        let units = rest.chunks_exact(2).map(|pair| match pair {
            [one, two] => unit([*one, *two]),
            _ => 0,
        });
        // Room for all of it: a text that grows leaves copies behind, and a key may stand in it.
        let mut text = String::with_capacity(3 * rest.len().div_ceil(2));
        text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Self {
            bytes: text.into_bytes().into(),
            start: 2,
            scale: 2,
            whole: 2 + rest.len(),
        }
    }

    /// The byte of the input that the byte `at` of the text comes from.
    pub(super) fn origin(&self, at: usize) -> usize {
        self.whole.min(self.start + at * self.scale)
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(bytes) = &mut self.bytes {
            bytes.zeroize();
        }
    }
}
