//! How a stream is cut into blocks, so that a lost byte cannot go unnoticed.
//!
//! A block's checksum is the XOR of its bytes, and the ROM does not check how many bytes arrived. If
//! one is lost, the rest moves up and what stood behind the block moves in. With one chance in 256
//! that is the byte that was lost; then the checksum is right, the stream is another, and what comes
//! out of it may run over the end of the partition. So a *guard* goes behind each block: a byte that
//! does not occur in it.

use core::ops::Range;

use super::command::BLOCK;

/// One block of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its place in the stream.
    pub(super) range: Range<usize>,
    /// A byte that does not occur in it.
    pub(super) guard: u8,
}

/// Cuts `stream` into blocks as long as can be: at most [`BLOCK`] bytes, not all values among them.
pub(super) fn cut(stream: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut start = 0;
    while let Some(rest) = stream.get(start..).filter(|rest| !rest.is_empty()) {
        let mut occurs = [false; 256];
        let mut missing = 256;
        let mut length = 0;
        for &byte in rest.iter().take(BLOCK) {
            if let Some(occurs) = occurs.get_mut(usize::from(byte))
                && !core::mem::replace(occurs, true)
            {
                if missing == 1 {
                    *occurs = false; // the one that ends the block
                    break;
                }
                missing -= 1;
            }
            length += 1;
        }
        let guard = (0..=u8::MAX).find(|&byte| occurs.get(usize::from(byte)) == Some(&false));
        blocks.push(Block {
            range: start..start + length,
            guard: guard.unwrap_or_default(),
        });
        start += length;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_block_holds_its_guard() {
        let mut stream: Vec<u8> = (0..=255).cycle().take(3000).collect();
        stream.extend([7; 3000]);
        let blocks = cut(&stream);
        let mut end = 0;
        for Block { range, guard } in &blocks {
            assert_eq!(range.start, end);
            assert!((1..=BLOCK).contains(&range.len()));
            assert!(!stream[range.clone()].contains(guard));
            end = range.end;
        }
        assert_eq!(end, stream.len());
        assert_eq!(blocks[0].range, 0..255);
        assert!(cut(&[]).is_empty());
    }

    #[test]
    fn a_lost_byte_never_keeps_the_checksum() {
        let stream: Vec<u8> = (0..2000_u32)
            .map(|i| (i * i % 253).to_le_bytes()[0])
            .collect();
        let sum = |bytes: &[u8]| bytes.iter().fold(0xEF, |sum, byte| sum ^ byte);
        for Block { range, guard } in cut(&stream) {
            let block = &stream[range];
            for lost in 0..block.len() {
                let mut arrived = block.to_vec();
                arrived.remove(lost);
                arrived.push(guard);
                assert_ne!(sum(&arrived), sum(block));
            }
        }
    }
}
