//! The functions that this library stands before, and `errno`.

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::sync::OnceLock;

/// Leaves `errno` behind and returns -1, as functions of libc fail.
pub(crate) fn fail(errno: c_int) -> c_int {
    set_errno(errno);
    -1
}

pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the location is this thread's own and always valid.
    unsafe { *libc::__errno_location() = errno };
}

pub(crate) fn errno() -> c_int {
    // SAFETY: the location is this thread's own and always valid.
    unsafe { *libc::__errno_location() }
}

/// `openat` as the kernel has it.
///
/// # Safety
/// As for `openat`: `path` is a C string.
pub(crate) unsafe fn openat(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mode: libc::mode_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let fd = unsafe { libc::syscall(libc::SYS_openat, dir, path, flags, mode) };
    small(fd)
}

/// `ioctl` as the kernel has it.
///
/// # Safety
/// As for `ioctl`: `argument` is what `request` takes.
pub(crate) unsafe fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::syscall(libc::SYS_ioctl, fd, request, argument) };
    small(result)
}

/// A function of the next library that has it, found once; `F` is the type of function pointer.
pub(crate) struct Next<F> {
    name: &'static CStr,
    found: OnceLock<Option<F>>,
}

impl<F: Copy> Next<F> {
    /// # Safety
    /// `F` is the type `unsafe extern "C" fn(…) -> …` of the C function `name`.
    pub(crate) const unsafe fn new(name: &'static CStr) -> Self {
        Self {
            name,
            found: OnceLock::new(),
        }
    }

    /// The function; every C library this runs with has it, and `None` is for one that has not.
    pub(crate) fn get(&self) -> Option<F> {
        *self.found.get_or_init(|| {
            // SAFETY: the name is a C string.
            let address = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
            // SAFETY: by the promise to `new`, F is a pointer to a function of this very type.
            (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
        })
    }
}

/// The kernel's results for these calls are file descriptors, small values, or -1.
fn small(result: libc::c_long) -> c_int {
    c_int::try_from(result).unwrap_or(-1)
}
