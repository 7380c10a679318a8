//! What computing with a key leaves behind on the stack.
//!
//! A function that returns leaves its variables where they were, and libraries wipe few of theirs: after a
//! signature the nonce was still there, from which anybody who has the signature computes the key. Nothing
//! writes to that place for certain before the next call that goes as deep.

use zeroize::Zeroize;

/// Of its mebibyte the published page had never used more than 72 KiB when it had signed a request.
const DEPTH: usize = 80 * 1024;

/// Does `work`, and then overwrites the part of the stack that it has used.
pub(crate) fn cleanly<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    overwrite();
    done
}

/// Never inlined, like [`overwrite`]: called from one place, both begin at one address.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    let mut used = [0_u64; DEPTH / size_of::<u64>()];
    // Volatile: no compiler takes these writes for useless.
    used.zeroize();
    core::hint::black_box(&used);
}
