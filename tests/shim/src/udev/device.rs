use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::ptr;

use signet_sim_port::wire;

use super::list::{Entry, list};
use super::{Udev, borrow, c_string, lend};
use crate::{next, sim};

/// A device, with its strings as C wants them.
pub(super) struct Device {
    syspath: CString,
    sysname: CString,
    subsystem: CString,
    devnode: CString,
    /// Set on devices that a monitor gave.
    action: Option<CString>,
    properties: BTreeMap<String, CString>,
    property_names: Option<Box<Entry>>,
}

impl Device {
    pub(super) fn new(device: &wire::Device, action: Option<&str>) -> Box<Self> {
        let properties = device.properties.iter();
        Box::new(Self {
            syspath: c_string(&device.syspath),
            sysname: c_string(&device.sysname),
            subsystem: c_string(&device.subsystem),
            devnode: c_string(&device.devnode),
            action: action.map(c_string),
            properties: properties
                .clone()
                .map(|(k, v)| (k.clone(), c_string(v)))
                .collect(),
            property_names: list(properties.map(|(name, _)| name.as_str())),
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn udev_device_new_from_syspath(
    _udev: Option<&Udev>,
    syspath: *const c_char,
) -> Option<Box<Device>> {
    // SAFETY: the caller's promise.
    let syspath = unsafe { borrow(syspath) };
    let device = sim::devices()
        .into_iter()
        .find(|device| Some(&*device.syspath) == syspath);
    if device.is_none() {
        next::set_errno(libc::ENODEV);
    }
    device.map(|device| Device::new(&device, None))
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_new_from_devnum(
    _udev: Option<&Udev>,
    _kind: c_char,
    _number: libc::dev_t,
) -> Option<Box<Device>> {
    next::set_errno(libc::ENODEV);
    None
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_new_from_subsystem_sysname(
    _udev: Option<&Udev>,
    _subsystem: *const c_char,
    _sysname: *const c_char,
) -> Option<Box<Device>> {
    next::set_errno(libc::ENODEV);
    None
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_unref(device: Option<Box<Device>>) -> Option<Box<Device>> {
    drop(device);
    None
}

/// The USB device behind a port is not shown: the port's own properties say all that is asked.
#[unsafe(no_mangle)]
extern "C" fn udev_device_get_parent(_device: Option<&Device>) -> Option<&Device> {
    next::set_errno(libc::ENOENT);
    None
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_parent_with_subsystem_devtype(
    device: Option<&Device>,
    _subsystem: *const c_char,
    _devtype: *const c_char,
) -> Option<&Device> {
    udev_device_get_parent(device)
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_action(device: Option<&Device>) -> *const c_char {
    lend(device.and_then(|device| device.action.as_ref()))
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_devnode(device: Option<&Device>) -> *const c_char {
    lend(device.map(|device| &device.devnode))
}

/// Terminals have none.
#[unsafe(no_mangle)]
extern "C" fn udev_device_get_devtype(_device: Option<&Device>) -> *const c_char {
    ptr::null()
}

/// Terminals have none; the USB interface behind them has.
#[unsafe(no_mangle)]
extern "C" fn udev_device_get_driver(_device: Option<&Device>) -> *const c_char {
    ptr::null()
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_subsystem(device: Option<&Device>) -> *const c_char {
    lend(device.map(|device| &device.subsystem))
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_sysname(device: Option<&Device>) -> *const c_char {
    lend(device.map(|device| &device.sysname))
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_syspath(device: Option<&Device>) -> *const c_char {
    lend(device.map(|device| &device.syspath))
}

#[unsafe(no_mangle)]
extern "C" fn udev_device_get_properties_list_entry(device: Option<&Device>) -> Option<&Entry> {
    device.and_then(|device| device.property_names.as_deref())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn udev_device_get_property_value(
    device: Option<&Device>,
    key: *const c_char,
) -> *const c_char {
    // SAFETY: the caller's promise.
    let key = unsafe { borrow(key) };
    lend(
        device
            .zip(key)
            .and_then(|(device, key)| device.properties.get(key)),
    )
}

/// Attributes are files in sysfs, and a simulated device has none.
#[unsafe(no_mangle)]
extern "C" fn udev_device_get_sysattr_value(
    _device: Option<&Device>,
    _name: *const c_char,
) -> *const c_char {
    ptr::null()
}
