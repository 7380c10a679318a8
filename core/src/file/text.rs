use core::cell::Cell;
use std::borrow::Cow;

use zeroize::Zeroize;

/// A text as UTF-8, whichever of the byte order marks of Windows it begins with, and which byte of the
/// input each byte of it stands for.
pub(super) struct Text<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// A byte of the text, and the one of the input: what comes behind is counted from there.
    known: Cell<(usize, usize)>,
    /// Bytes before the text.
    start: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [0xff, 0xfe, rest @ ..] => Self::utf16(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => Self::utf16(rest, u16::from_be_bytes),
            [0xef, 0xbb, 0xbf, rest @ ..] => Self::after(3, rest.into()),
            _ => Self::after(0, bytes.into()),
        }
    }

    fn after(start: usize, bytes: Cow<'a, [u8]>) -> Self {
        Self {
            bytes,
            known: Cell::new((0, start)),
            start,
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
        Self::after(2, text.into_bytes().into())
    }

    /// The byte of the input that the byte `at` of the text comes from.
    pub(super) fn origin(&self, at: usize) -> usize {
        let Cow::Owned(text) = &self.bytes else {
            return self.start + at;
        };
        let at = at.min(text.len());
        let (from, input) = match self.known.get() {
            known if known.0 <= at => known,
            _ => (0, self.start),
        };
        let between = text.get(from..at).unwrap_or_default();
        let input = input + between.iter().map(units).sum::<usize>();
        self.known.set((at, input));
        input
    }
}

/// Bytes of UTF-16 that a character takes, by its first byte in UTF-8; none for the others.
fn units(byte: &u8) -> usize {
    match byte {
        0x80..=0xbf => 0,
        0xf0.. => 4,
        _ => 2,
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(bytes) = &mut self.bytes {
            bytes.zeroize();
        }
    }
}
