//! Open serial ports: which file descriptors they are, and what is asked of them.

use std::ffi::{c_int, c_ulong, c_void};
use std::io;
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{OFlags, fcntl_setfl, fstat};
use rustix::io::{FdFlags, fcntl_setfd};
use signet_sim_port::wire::{self, Answer, Call, Hello, Opened};

use crate::{next, sim};

/// A simulated port that this program has opened.
pub(crate) struct Terminal {
    /// The pseudoterminal's device number: what tells which file descriptors are this port.
    number: u64,
    calls: Mutex<UnixStream>,
}

/// Every port opened and not known to be closed.
static OPEN: Mutex<Vec<Arc<Terminal>>> = Mutex::new(Vec::new());

/// Whether a port was ever opened, so that all other programs pay one load per `ioctl`.
static USED: AtomicBool = AtomicBool::new(false);

/// Opens `path` if the simulator has it; `None` leaves it to the system.
pub(crate) fn open(path: &str, flags: c_int) -> Option<io::Result<c_int>> {
    if sim::run_dir().is_none() || !path.starts_with("/dev/tty") || path == "/dev/tty" {
        return None;
    }
    let mut calls = sim::greet(&Hello::Open(path.into())).ok()?;
    let opened = match wire::receive(&mut calls) {
        Ok(Opened::NotSimulated) => return None,
        Ok(Opened::Refused(errno)) => Err(io::Error::from_raw_os_error(errno)),
        Ok(Opened::Terminal) => wire::receive_fd(&calls).and_then(|fd| keep(fd, calls, flags)),
        // Pulled out in this very moment.
        Err(_) => Err(io::Error::from_raw_os_error(libc::ENODEV)),
    };
    sim::log(|| format!("open {path}: {opened:?}"));
    Some(opened)
}

/// The port that `fd` is, if it is one.
pub(crate) fn find(fd: c_int) -> Option<Arc<Terminal>> {
    if fd < 0 || !USED.load(Ordering::Acquire) {
        return None;
    }
    // SAFETY: the caller of ioctl lends us its descriptor; for one that is not open, fstat fails.
    let number = fstat(unsafe { BorrowedFd::borrow_raw(fd) }).ok()?.st_rdev;
    open_terminals()
        .iter()
        .find(|terminal| terminal.number == number)
        .cloned()
}

impl Terminal {
    /// `ioctl` on the port.
    ///
    /// # Safety
    /// As for `ioctl`: `argument` is what `request` takes.
    pub(crate) unsafe fn ioctl(&self, fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
        let mask = argument.cast::<u32>();
        let call = match request {
            libc::TIOCCBRK => Call::Break(false),
            libc::TIOCMGET => Call::Lines,
            libc::TIOCSBRK => Call::Break(true),
            // SAFETY: for these three, the argument points to an int (ioctl_tty(2)).
            libc::TIOCMBIC => Call::DropLines(unsafe { mask.read() }),
            // SAFETY: the same.
            libc::TIOCMBIS => Call::RaiseLines(unsafe { mask.read() }),
            // SAFETY: the same.
            libc::TIOCMSET => Call::SetLines(unsafe { mask.read() }),
            _ => {
                // SAFETY: the caller's promise.
                let result = unsafe { next::ioctl(fd, request, argument) };
                let sets = [libc::TCSETS2, libc::TCSETSW2, libc::TCSETSF2].contains(&request);
                if result == 0 && sets {
                    // SAFETY: for these three, the argument points to a termios2.
                    let flags = unsafe { (*argument.cast::<libc::termios2>()).c_cflag };
                    self.tell_settings(fd, flags);
                }
                return result;
            }
        };
        let answer = self.call(&call);
        sim::log(|| format!("fd {fd} {call:?}: {answer:?}"));
        match answer {
            Ok(Answer(lines)) => {
                if call == Call::Lines {
                    // SAFETY: for TIOCMGET, the argument points to an int to be written.
                    unsafe { mask.write(lines) };
                }
                0
            }
            // What a terminal answers once it is hung up (drivers/tty/tty_io.c, hung_up_tty_ioctl).
            Err(_) => next::fail(libc::EIO),
        }
    }

    /// Tells the simulator of settings the pseudoterminal has just taken. `flags` are those that were
    /// asked for, as a pseudoterminal forgets parity and character size; its speed it keeps.
    pub(crate) fn tell_settings(&self, fd: c_int, flags: u32) {
        // SAFETY: all zeroes is a valid termios2, which has integers only.
        let mut set: libc::termios2 = unsafe { std::mem::zeroed() };
        // SAFETY: TCGETS2 writes a termios2, and `set` is one.
        if unsafe { next::ioctl(fd, libc::TCGETS2, (&raw mut set).cast()) } == 0 {
            // An unplugged port is noticed by whoever reads, writes or asks next.
            let _ = self.call(&Call::Settings {
                flags,
                baud: set.c_ospeed,
            });
        }
    }

    fn call(&self, call: &Call) -> io::Result<Answer> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        wire::send(&mut *calls, call)?;
        wire::receive(&mut *calls)
    }
}

/// Remembers an opened port and gives its file descriptor the properties asked for in `flags`.
fn keep(fd: OwnedFd, calls: UnixStream, flags: c_int) -> io::Result<c_int> {
    let number = fstat(&fd)?.st_rdev;
    if flags & libc::O_NONBLOCK != 0 {
        fcntl_setfl(&fd, OFlags::NONBLOCK)?;
    }
    if flags & libc::O_CLOEXEC == 0 {
        fcntl_setfd(&fd, FdFlags::empty())?;
    }
    let mut open = open_terminals();
    // A pseudoterminal's number comes again only after its last close.
    open.retain(|terminal| terminal.number != number);
    open.push(Arc::new(Terminal {
        number,
        calls: Mutex::new(calls),
    }));
    USED.store(true, Ordering::Release);
    Ok(fd.into_raw_fd())
}

fn open_terminals() -> MutexGuard<'static, Vec<Arc<Terminal>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
