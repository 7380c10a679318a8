//! Compression that leaves no trace of what it compressed.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};
use zeroize::Zeroizing;

/// The best: it takes less time than the erasing of one sector.
const LEVEL: i32 = 9;
/// A positive window asks for a zlib stream, whose Adler-32 the ROM checks.
const ZLIB: i32 = 15;
/// Plain bytes in one deflate block. They take at most 9/8 of it in the compressor's code buffer, so
/// that the scrubbing, which fills 31 KiB of it at a time, goes over all that was used.
const CHUNK: usize = 24 << 10;
/// With that much room the compressor writes straight to us, and not through a buffer of its own.
const ROOM: usize = 96 << 10;
/// More than twice what the compressor remembers (32 KiB of text, 64 KiB of codes).
const SCRUB: usize = 192 << 10;
/// An empty last block with fixed codes (RFC 1951, 3.2.3 and 3.2.6), from a byte boundary on.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];

/// A zlib stream (RFC 1950) of `plain`, which is not empty.
///
/// The compressor remembers what it compressed and does not wipe it, and here that is a private key.
/// So the stream is not ended by the compressor: that swallows noise until it has forgotten, and the
/// end is put here.
pub(super) fn pack(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let flags = create_comp_flags_from_zip_params(LEVEL, ZLIB, 0);
    let mut compressor = CompressorOxide::new(flags);
    let mut buffer = Zeroizing::new(vec![0; 2 * plain.len() + ROOM]);
    let mut used = 0;
    for chunk in plain.chunks(CHUNK) {
        let room = buffer.get_mut(used..).unwrap_or_default();
        let (status, _, written) = compress(&mut compressor, chunk, room, TDEFLFlush::Sync);
        debug_assert_eq!(status, TDEFLStatus::Okay);
        used += written;
    }
    let adler = compressor.adler32();
    forget(&mut compressor);

    let mut packed = Zeroizing::new(Vec::with_capacity(used + LAST_BLOCK.len() + 4));
    packed.extend(buffer.get(..used).unwrap_or_default());
    packed.extend(LAST_BLOCK);
    packed.extend(adler.to_be_bytes());
    packed
}

/// Overwrites what `compressor` remembers.
fn forget(compressor: &mut CompressorOxide) {
    // Multiples of a large odd number repeat nowhere, so that each byte passes every buffer as it is.
    let mut state = 0_u32;
    let noise: Vec<u8> = (0..SCRUB)
        .map(|_| {
            state = state.wrapping_add(0x9E37_79B1).rotate_left(7);
            state.to_be_bytes()[0]
        })
        .collect();
    let mut rest = noise.as_slice();
    let mut nowhere = vec![0; ROOM];
    // Bounded: each turn swallows something, or the compressor is beyond use.
    while !rest.is_empty() {
        let (status, taken, _) = compress(compressor, rest, &mut nowhere, TDEFLFlush::Full);
        rest = rest.get(taken..).unwrap_or_default();
        if status != TDEFLStatus::Okay || taken == 0 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::*;

    #[test]
    fn unpacks_to_the_same() {
        for length in [1, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            let plain: Vec<u8> = (0..=250).cycle().step_by(7).take(length).collect();
            assert_eq!(
                decompress_to_vec_zlib(&pack(&plain)).unwrap(),
                plain,
                "{length}"
            );
        }
    }

    #[test]
    fn erased_flash_costs_next_to_nothing() {
        assert!(pack(&[0xFF; 0x2000]).len() < 40);
    }
}
