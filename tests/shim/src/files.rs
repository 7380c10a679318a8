//! The functions of libc that name files or talk to open ones.
//!
//! `open`, `openat` and `ioctl` are variadic in C, which stable Rust cannot define. Here they take their
//! last argument as a fixed one: on x86-64 and aarch64 an integer or pointer is passed in the same
//! register either way. Where the caller left it out, the register holds anything, and it goes no
//! further than to the kernel, which reads it in the same cases as it would have.

use std::ffi::{CStr, CString, c_char, c_int, c_ulong, c_void};
use std::os::unix::ffi::OsStrExt;

use libc::{DIR, FILE, mode_t};
use signet_sim_port::wire;

use crate::next::{self, Next};
use crate::{sim, terminal};

const DRIVERS: &[u8] = b"/proc/tty/drivers";
const POLICIES: &[u8] = b"/etc/chromium/policies";

#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { openat(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { openat(libc::AT_FDCWD, path, flags | libc::O_LARGEFILE, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { openat(dir, path, flags | libc::O_LARGEFILE, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise: a C string or null.
    let place = unsafe { Place::of(path) };
    if let Some(opened) = place.text().and_then(|path| terminal::open(path, flags)) {
        return opened.unwrap_or_else(|e| next::fail(e.raw_os_error().unwrap_or(libc::EIO)));
    }
    // SAFETY: the path is the caller's, or one of ours that outlives the call.
    unsafe { next::openat(dir, place.pointer(), flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    match terminal::find(fd) {
        // SAFETY: the caller's promise.
        Some(terminal) => unsafe { terminal.ioctl(fd, request, argument) },
        // SAFETY: the caller's promise.
        None => unsafe { next::ioctl(fd, request, argument) },
    }
}

/// For native tools, as libc's own goes to the kernel directly. Chromium uses `TCSETS2`.
///
/// glibc's sets, reads back, and fails with `EINVAL` where the parity or character size is not what was
/// asked for, which on a pseudoterminal it never is (sysdeps/unix/sysv/linux/tcsetattr.c).
#[unsafe(no_mangle)]
unsafe extern "C" fn tcsetattr(fd: c_int, when: c_int, settings: *const libc::termios) -> c_int {
    type F = unsafe extern "C" fn(c_int, c_int, *const libc::termios) -> c_int;
    // SAFETY: F is the type of that function.
    static NEXT: Next<F> = unsafe { Next::new(c"tcsetattr") };
    let Some(function) = NEXT.get() else {
        return next::fail(libc::ENOSYS);
    };
    // SAFETY: the caller's promise.
    let result = unsafe { function(fd, when, settings) };
    if result != 0 && next::errno() != libc::EINVAL {
        return result;
    }
    let Some(terminal) = terminal::find(fd) else {
        return result;
    };
    // SAFETY: the function above has read it too.
    terminal.tell_settings(fd, unsafe { (*settings).c_cflag });
    0
}

/// Defines functions that take a path first and fail with a null pointer or -1, so that they find
/// what belongs to this run in the run folder.
macro_rules! redirect {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty, or $failure:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(path: *const c_char $(, $argument: $type)*) -> $result {
            type F = unsafe extern "C" fn(*const c_char $(, $type)*) -> $result;
            const NAME: &str = concat!(stringify!($name), "\0");
            const C_NAME: &CStr = match CStr::from_bytes_with_nul(NAME.as_bytes()) {
                Ok(name) => name,
                Err(_) => panic!("an identifier holds no zero"),
            };
            // SAFETY: F is the type of that function.
            static NEXT: Next<F> = unsafe { Next::new(C_NAME) };
            let Some(function) = NEXT.get() else {
                next::set_errno(libc::ENOSYS);
                return $failure;
            };
            // SAFETY: the caller's promise: a C string or null.
            let place = unsafe { Place::of(path) };
            // SAFETY: the path is the caller's, or one of ours that outlives the call.
            unsafe { function(place.pointer() $(, $argument)*) }
        }
    )*};
}

redirect! {
    access(mode: c_int) -> c_int, or -1;
    fopen(mode: *const c_char) -> *mut FILE, or std::ptr::null_mut();
    fopen64(mode: *const c_char) -> *mut FILE, or std::ptr::null_mut();
    lstat64(into: *mut libc::stat64) -> c_int, or -1;
    opendir() -> *mut DIR, or std::ptr::null_mut();
    stat(into: *mut libc::stat) -> c_int, or -1;
    stat64(into: *mut libc::stat64) -> c_int, or -1;
}

/// Where a named file really is.
enum Place<'a> {
    Named(Option<&'a CStr>),
    InRunDir(CString),
}

impl<'a> Place<'a> {
    /// # Safety
    /// `path` is null, or a C string that stays for `'a`.
    unsafe fn of(path: *const c_char) -> Self {
        if path.is_null() {
            return Self::Named(None);
        }
        // SAFETY: the caller's promise.
        let path = unsafe { CStr::from_ptr(path) };
        in_run_dir(path.to_bytes()).map_or(Self::Named(Some(path)), Self::InRunDir)
    }

    fn pointer(&self) -> *const c_char {
        match self {
            Self::Named(path) => path.map_or(std::ptr::null(), CStr::as_ptr),
            Self::InRunDir(path) => path.as_ptr(),
        }
    }

    /// The path as it was named, if it is text.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Named(path) => path.and_then(|path| path.to_str().ok()),
            Self::InRunDir(_) => None,
        }
    }
}

/// Most paths are none of ours and cost two comparisons.
fn in_run_dir(path: &[u8]) -> Option<CString> {
    let (name, rest) = if path == DRIVERS {
        (wire::TTY_DRIVERS, &[][..])
    } else {
        (wire::POLICIES, path.strip_prefix(POLICIES)?)
    };
    let dir = sim::run_dir()?.as_os_str().as_bytes();
    CString::new([dir, b"/", name.as_bytes(), rest].concat()).ok()
}
