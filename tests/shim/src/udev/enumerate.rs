use std::ffi::{c_char, c_int};

use super::list::{Entry, list};
use super::{Udev, borrow};
use crate::sim;

/// A search for devices, and what it found.
#[derive(Default)]
struct Enumerate {
    /// Of any of these; of any at all when empty.
    subsystems: Vec<String>,
    found: Option<Box<Entry>>,
}

#[unsafe(no_mangle)]
extern "C" fn udev_enumerate_new(_udev: Option<&Udev>) -> Option<Box<Enumerate>> {
    Some(Box::default())
}

#[unsafe(no_mangle)]
extern "C" fn udev_enumerate_unref(search: Option<Box<Enumerate>>) -> Option<Box<Enumerate>> {
    drop(search);
    None
}

#[unsafe(no_mangle)]
unsafe extern "C" fn udev_enumerate_add_match_subsystem(
    search: Option<&mut Enumerate>,
    subsystem: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise.
    let subsystem = unsafe { borrow(subsystem) };
    if let Some((search, subsystem)) = search.zip(subsystem) {
        search.subsystems.push(subsystem.into());
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn udev_enumerate_scan_devices(search: Option<&mut Enumerate>) -> c_int {
    if let Some(search) = search {
        let mut devices = sim::devices();
        let wanted = &search.subsystems;
        devices.retain(|device| wanted.is_empty() || wanted.contains(&device.subsystem));
        search.found = list(devices.iter().map(|device| device.syspath.as_str()));
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn udev_enumerate_get_list_entry(search: Option<&Enumerate>) -> Option<&Entry> {
    search.and_then(|search| search.found.as_deref())
}
