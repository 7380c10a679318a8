//! An allocator that looks into every block at the moment it is freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

/// Asks of each block that is freed whether a secret stands in it.
pub(crate) struct Watchman(pub(crate) fn(&[u8]) -> bool);

// SAFETY: everything is done by the system's allocator; blocks are only read before they go to it.
unsafe impl GlobalAlloc for Watchman {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised. Zeroed, so that nothing is read that was never written.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHED.get() {
            // SAFETY: the block is the caller's until it is given back, and was zeroed when it was made.
            let bytes = unsafe { core::slice::from_raw_parts(block, layout.size()) };
            if (self.0)(bytes) {
                FOUND.set(FOUND.get() + 1);
            }
        }
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Does `work` and watches what this thread frees meanwhile.
pub(crate) fn watched<T>(work: impl FnOnce() -> T) -> T {
    WATCHED.set(true);
    let done = work();
    WATCHED.set(false);
    done
}

/// How many blocks with a secret in them were freed since the last question.
pub(crate) fn found() -> usize {
    FOUND.take()
}
