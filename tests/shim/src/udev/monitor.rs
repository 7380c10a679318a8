use std::ffi::{c_char, c_int};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signet_sim_port::wire::{self, Hello, Uevent, Watching};

use super::device::Device;
use super::{Udev, borrow};
use crate::{next, sim};

/// A watch over devices that come and go.
struct Monitor {
    events: UnixStream,
    /// Keeps `events` open and silent when there is no simulator.
    _silence: Option<UnixStream>,
    /// Subsystem, and whether a device type was asked for, which terminals do not have.
    filters: Vec<(String, bool)>,
}

impl Monitor {
    fn new() -> io::Result<Self> {
        let watch = sim::greet(&Hello::Watch).and_then(|mut events| {
            wire::receive::<Watching>(&mut events)?;
            Ok((events, None))
        });
        let (events, silence) = match watch {
            Ok(pair) => pair,
            Err(_) => UnixStream::pair().map(|(events, other)| (events, Some(other)))?,
        };
        Ok(Self {
            events,
            _silence: silence,
            filters: Vec::new(),
        })
    }

    /// The next event, if one is there and passes the filters.
    fn receive(&mut self) -> Option<Box<Device>> {
        let mut ready = [PollFd::new(&self.events, PollFlags::IN)];
        if poll(
            &mut ready,
            Some(&Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            }),
        )
        .ok()?
            == 0
        {
            return None;
        }
        let Ok(Uevent { action, device }) = wire::receive(&mut self.events) else {
            // The simulator has ended, and a stream's end is readable for ever: slow the caller down.
            thread::sleep(Duration::from_millis(20));
            return None;
        };
        sim::log(|| format!("{action} {}", device.devnode));
        let passes = self.filters.is_empty()
            || self
                .filters
                .iter()
                .any(|(subsystem, typed)| *subsystem == device.subsystem && !typed);
        passes.then(|| Device::new(&device, Some(&action)))
    }
}

#[unsafe(no_mangle)]
extern "C" fn udev_monitor_new_from_netlink(
    _udev: Option<&Udev>,
    _name: *const c_char,
) -> Option<Box<Monitor>> {
    Monitor::new().ok().map(Box::new)
}

#[unsafe(no_mangle)]
extern "C" fn udev_monitor_unref(monitor: Option<Box<Monitor>>) -> Option<Box<Monitor>> {
    drop(monitor);
    None
}

#[unsafe(no_mangle)]
unsafe extern "C" fn udev_monitor_filter_add_match_subsystem_devtype(
    monitor: Option<&mut Monitor>,
    subsystem: *const c_char,
    devtype: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise.
    let subsystem = unsafe { borrow(subsystem) };
    if let Some((monitor, subsystem)) = monitor.zip(subsystem) {
        monitor.filters.push((subsystem.into(), !devtype.is_null()));
    }
    0
}

/// Events come from the start.
#[unsafe(no_mangle)]
extern "C" fn udev_monitor_enable_receiving(_monitor: Option<&Monitor>) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn udev_monitor_get_fd(monitor: Option<&Monitor>) -> c_int {
    monitor.map_or(-libc::EINVAL, |monitor| monitor.events.as_raw_fd())
}

#[unsafe(no_mangle)]
extern "C" fn udev_monitor_receive_device(monitor: Option<&mut Monitor>) -> Option<Box<Device>> {
    let device = monitor.and_then(Monitor::receive);
    if device.is_none() {
        next::set_errno(libc::EAGAIN);
    }
    device
}
