//! Messages over the unix socket `RUN/sim.sock`: JSON in frames of a little-endian `u32` length and
//! that many bytes of text.
//!
//! The preload library connects once per question. The first frame is a [`Hello`]; what follows
//! depends on it. After an answered [`Hello::Open`] the connection carries [`Call`]s and
//! [`Answer`]s for as long as the port is open, and its end means that the port is gone.

use std::collections::BTreeMap;
use std::io::{self, Error, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Names the run folder in the environment of a program under the preload library.
pub const RUN_DIR: &str = "SIGNET_SHIM_DIR";

/// The simulator's socket, inside the run folder.
pub const SOCKET: &str = "sim.sock";

/// Inside the run folder: what the program is shown instead of `/proc/tty/drivers`.
pub const TTY_DRIVERS: &str = "tty-drivers";

/// Inside the run folder: what the program is shown instead of `/etc/chromium/policies`.
pub const POLICIES: &str = "policies";

/// The longest frame either side accepts, in bytes (1 MiB): a list of some thousand devices.
const MAX_FRAME: u32 = 1 << 20;

/// The first message on a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hello {
    /// Which devices there are; answered by a `Vec<Device>`.
    List,
    /// Open a device node; answered by [`Opened`].
    Open(String),
    /// Tell of devices that come and go; answered by [`Watching`], then [`Uevent`] upon [`Uevent`].
    Watch,
}

/// The answer to [`Hello::Watch`]: from now on nothing is missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watching;

/// A device came or went, as udev tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uevent {
    /// `add` or `remove`.
    pub action: String,
    /// The device meant.
    pub device: Device,
}

/// A device as libudev describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Absolute path of its folder in sysfs: the device's identity.
    pub syspath: String,
    /// The last part of `syspath`.
    pub sysname: String,
    /// `tty`.
    pub subsystem: String,
    /// Path under `/dev`.
    pub devnode: String,
    /// The udev properties, such as `ID_VENDOR_ID`.
    pub properties: BTreeMap<String, String>,
}

/// The answer to [`Hello::Open`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opened {
    /// No such device is simulated: the system's own may be opened.
    NotSimulated,
    /// The device refuses, with an `errno`.
    Refused(i32),
    /// The terminal follows as a file descriptor (see [`receive_fd`]).
    Terminal,
}

/// What a program asks of an open port, beyond reading and writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// Start or end a break.
    Break(bool),
    /// Drop the modem lines of this mask (`TIOCMBIC`).
    DropLines(u32),
    /// All modem lines, inputs and outputs (`TIOCMGET`).
    Lines,
    /// Raise the modem lines of this mask (`TIOCMBIS`).
    RaiseLines(u32),
    /// Set the modem lines to this mask (`TIOCMSET`).
    SetLines(u32),
    /// The line settings changed (`TCSETS2`).
    Settings {
        /// `c_cflag` of the termios structure.
        flags: u32,
        /// Bits per second.
        baud: u32,
    },
}

/// The answer to a [`Call`]: the value asked for (zero where there is none).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer(pub u32);

/// Sends one message.
///
/// # Errors
/// What writing to the connection says.
pub fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).map_err(Error::other)?;
    let frame = [length.to_le_bytes().as_slice(), &text].concat();
    to.write_all(&frame)
}

/// Receives one message.
///
/// # Errors
/// `UnexpectedEof` when the other side has closed; `InvalidData` for anything but a message of this
/// type of at most 1 MiB; what reading from the connection says.
pub fn receive<M: DeserializeOwned>(from: &mut impl Read) -> io::Result<M> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME {
        return Err(Error::new(ErrorKind::InvalidData, "frame too long"));
    }
    let mut text = Vec::new();
    from.take(length.into()).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Hands a file descriptor to the other side, with one byte to carry it.
///
/// # Errors
/// What `sendmsg` says.
pub fn send_fd(to: impl AsFd, fd: impl AsFd) -> io::Result<()> {
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&fds));
    sendmsg(to, &[IoSlice::new(b"!")], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes the file descriptor that [`send_fd`] sent. It is closed on `exec`.
///
/// # Errors
/// `UnexpectedEof` when none came; what `recvmsg` says.
pub fn receive_fd(from: impl AsFd) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        from,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let fd = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    fd.ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn messages_arrive_one_by_one() {
        let mut wire = Vec::new();
        send(&mut wire, &Hello::Open("/dev/ttyUSB0".into())).unwrap();
        send(
            &mut wire,
            &Call::Settings {
                flags: 0o10002,
                baud: 115_200,
            },
        )
        .unwrap();
        let mut wire = wire.as_slice();
        assert_eq!(
            receive::<Hello>(&mut wire).unwrap(),
            Hello::Open("/dev/ttyUSB0".into())
        );
        let settings = Call::Settings {
            flags: 0o10002,
            baud: 115_200,
        };
        assert_eq!(receive::<Call>(&mut wire).unwrap(), settings);
        let end = receive::<Call>(&mut wire).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn refuses_what_is_too_long_or_torn() {
        let long = (MAX_FRAME + 1).to_le_bytes();
        let kind = receive::<Hello>(&mut long.as_slice()).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::InvalidData);
        let torn = [8, 0, 0, 0, b'"', b'L'];
        assert!(receive::<Hello>(&mut torn.as_slice()).is_err());
    }

    #[test]
    fn a_file_descriptor_crosses() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        send_fd(&here, &far).unwrap();
        drop(far);
        let mut got = UnixStream::from(receive_fd(&there).unwrap());
        got.write_all(b"x").unwrap();
        let mut byte = [0];
        near.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");
        drop(here);
        let kind = receive_fd(&there).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::UnexpectedEof);
    }
}
