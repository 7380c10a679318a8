use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::{Errno, ioctl_fionbio};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use signet_sim_port::wire::{self, Answer, Call, Opened};

/// One opening of a port: a fresh pseudoterminal, whose other side the program holds.
///
/// Dropping it is what pulling a plug is to the program: reads and writes fail, calls end.
#[derive(Debug)]
pub(crate) struct Session {
    terminal: OwnedFd,
    calls: UnixStream,
    to_host: Vec<u8>,
    /// The outputs as the program has set them, a mask of [`crate::modem::OUTPUTS`].
    pub(crate) lines: u32,
}

impl Session {
    /// A session, and the side of the terminal that is the program's.
    pub(crate) fn new(calls: UnixStream) -> io::Result<(Self, OwnedFd)> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = openpt(flags)?;
        unlockpt(&terminal)?;
        let theirs = ioctl_tiocgptpeer(&terminal, flags)?;
        let mut settings = tcgetattr(&theirs)?;
        settings.make_raw();
        tcsetattr(&theirs, OptionalActions::Now, &settings)?;
        ioctl_fionbio(&terminal, true)?;
        Ok((
            Self {
                terminal,
                calls,
                to_host: Vec::new(),
                lines: 0,
            },
            theirs,
        ))
    }

    /// Gives the program its side. Ours of it is closed, so that its last close is seen here.
    pub(crate) fn hand_over(&mut self, theirs: OwnedFd) -> io::Result<()> {
        wire::send(&mut self.calls, &Opened::Terminal)?;
        wire::send_fd(&self.calls, theirs)
    }

    /// What the program wrote: the number of bytes, 0 when it has closed the port, `None` for not yet.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::io::read(&self.terminal, into) {
            Ok(n) => Ok(Some(n)),
            Err(Errno::IO) => Ok(Some(0)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Queues bytes for the program.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.to_host.extend_from_slice(bytes);
    }

    /// Writes as much of the queue as the terminal takes, and says how much.
    pub(crate) fn write(&mut self) -> io::Result<u64> {
        if self.to_host.is_empty() {
            return Ok(0);
        }
        match rustix::io::write(&self.terminal, &self.to_host) {
            Ok(n) => {
                self.to_host.drain(..n);
                Ok(n as u64)
            }
            // EIO: the program closed the port a moment ago; reading will tell.
            Err(Errno::AGAIN | Errno::INTR | Errno::IO) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the next call.
    pub(crate) fn call(&mut self) -> io::Result<Call> {
        wire::receive(&mut self.calls)
    }

    /// Answers the last call.
    pub(crate) fn answer(&mut self, value: u32) -> io::Result<()> {
        wire::send(&mut self.calls, &Answer(value))
    }

    /// Bytes queued for the program.
    pub(crate) fn pending(&self) -> usize {
        self.to_host.len()
    }

    pub(crate) fn terminal(&self) -> BorrowedFd<'_> {
        self.terminal.as_fd()
    }

    pub(crate) fn calls(&self) -> BorrowedFd<'_> {
        self.calls.as_fd()
    }
}
