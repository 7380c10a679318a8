//! The 31 functions of libudev that Chromium imports (`nm -D chromium | grep udev_`).
//!
//! Objects cross the border as `Option<Box<T>>` where C takes or gives ownership and as `Option<&T>`
//! where it lends; both are plain pointers there, and `None` is null. Nothing in Chromium counts
//! references upwards, so `unref` frees.

mod device;
mod enumerate;
mod list;
mod monitor;

use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// libudev's context, which has nothing to hold here.
struct Udev;

#[unsafe(no_mangle)]
extern "C" fn udev_new() -> Option<Box<Udev>> {
    // The box of nothing is an address that is not null, which is all that C looks at.
    Some(Box::new(Udev))
}

#[unsafe(no_mangle)]
extern "C" fn udev_unref(udev: Option<Box<Udev>>) -> Option<Box<Udev>> {
    drop(udev);
    None
}

/// A string lent to C, or null.
fn lend(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// A string lent by C; `None` for null and for what is not UTF-8.
///
/// # Safety
/// `text` is null, or a C string that stays for `'a`.
unsafe fn borrow<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

/// A string without the zeroes that C could not hold.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}
