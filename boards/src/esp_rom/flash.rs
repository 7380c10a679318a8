//! NOR flash: erasing sets bits, programming clears them.

use core::ops::Range;

use md5::{Digest, Md5};

/// Smallest unit that can be erased, in bytes.
pub const SECTOR: usize = 0x1000;

/// A flash chip.
#[derive(Clone)]
pub struct Flash {
    cells: Vec<u8>,
    touched: Option<Range<usize>>,
}

impl Flash {
    pub(super) fn erased(size: usize) -> Self {
        Self {
            cells: vec![0xFF; size],
            touched: None,
        }
    }

    pub(super) fn resize(&mut self, size: usize) {
        self.cells.resize(size, 0xFF);
    }

    /// Every byte.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.cells
    }

    /// From the first to behind the last byte that was erased or programmed since the board was
    /// made; `None` if none was.
    #[must_use]
    pub fn touched(&self) -> Option<Range<usize>> {
        self.touched.clone()
    }

    /// Puts content there as the factory does: without erasing, without a trace.
    pub fn preset(&mut self, offset: usize, content: &[u8]) {
        if let Some(cells) = self.cells.get_mut(offset..offset + content.len()) {
            cells.copy_from_slice(content);
        }
    }

    pub(super) fn get(&self, offset: u32, length: u32) -> Option<&[u8]> {
        let offset = usize::try_from(offset).ok()?;
        self.cells
            .get(offset..offset.checked_add(usize::try_from(length).ok()?)?)
    }

    pub(super) fn md5(&self, offset: u32, length: u32) -> Option<[u8; 16]> {
        Some(Md5::digest(self.get(offset, length)?).into())
    }

    /// Erases every sector that the range meets, and returns how many those were.
    pub(super) fn erase(&mut self, offset: usize, length: usize) -> usize {
        let start = offset / SECTOR * SECTOR;
        let end = (offset + length)
            .next_multiple_of(SECTOR)
            .min(self.cells.len());
        if let Some(cells) = self.cells.get_mut(start..end) {
            cells.fill(0xFF);
            self.touch(start..end);
        }
        end.saturating_sub(start) / SECTOR
    }

    /// Programs, and returns whether the cells hold `data` now: they do not if a bit was not erased.
    pub(super) fn program(&mut self, offset: usize, data: &[u8]) -> bool {
        let Some(cells) = self.cells.get_mut(offset..offset + data.len()) else {
            return false;
        };
        for (cell, byte) in cells.iter_mut().zip(data) {
            *cell &= byte;
        }
        let holds = *cells == *data;
        self.touch(offset..offset + data.len());
        holds
    }

    fn touch(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            let touched = self.touched.get_or_insert(range.clone());
            *touched = touched.start.min(range.start)..touched.end.max(range.end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programming_only_clears() {
        let mut flash = Flash::erased(2 * SECTOR);
        assert!(flash.program(10, &[0xF0]));
        assert!(!flash.program(10, &[0x0F]));
        assert_eq!(flash.bytes()[10], 0);
        assert_eq!(flash.touched(), Some(10..11));
        assert_eq!(flash.erase(10, 1), 1);
        assert_eq!(flash.bytes()[10], 0xFF);
        assert_eq!(flash.touched(), Some(0..SECTOR));
    }
}
