use std::ffi::{CString, c_char};

use super::{c_string, lend};

/// One entry of a list, and those after it.
pub(super) struct Entry {
    name: CString,
    next: Option<Box<Self>>,
}

/// A list of names, in order.
pub(super) fn list<'a>(
    names: impl IntoIterator<Item = &'a str, IntoIter: DoubleEndedIterator>,
) -> Option<Box<Entry>> {
    let link = |next, name| {
        Some(Box::new(Entry {
            name: c_string(name),
            next,
        }))
    };
    names.into_iter().rev().fold(None, link)
}

#[unsafe(no_mangle)]
extern "C" fn udev_list_entry_get_name(entry: Option<&Entry>) -> *const c_char {
    lend(entry.map(|entry| &entry.name))
}

#[unsafe(no_mangle)]
extern "C" fn udev_list_entry_get_next(entry: Option<&Entry>) -> Option<&Entry> {
    entry.and_then(|entry| entry.next.as_deref())
}
