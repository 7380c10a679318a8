//! Shows one program simulated serial ports, by standing before libudev and libc (`LD_PRELOAD`).
//!
//! Made for Chromium, so that a page's real `navigator.serial` can be tested without a board; good
//! for native tools too (pyserial, esptool), which are the judges of the simulated ports. Needs no
//! kernel module, no device node and no rights. Serial ports only.
//!
//! - `udev`: the functions of libudev that Chromium imports. Only simulated devices exist.
//! - `terminal`: opening a simulated `/dev/tty…` gives one side of a pseudoterminal, whose other
//!   side the simulator holds. Bytes and most settings are the kernel's work. Modem lines and breaks,
//!   which a pseudoterminal does not have, become questions to the simulator.
//! - `files`: the functions of libc that open files. `/proc/tty/drivers` and
//!   `/etc/chromium/policies` are found in the run folder, so that nothing of the system changes.
//!
//! The simulator is `signet-sim-port`; its run folder is named by `SIGNET_SHIM_DIR`. Without that
//! variable, every function of libc does what it always does and no device exists.
//! `SIGNET_SHIM_LOG=1` tells on standard error what is opened, asked and plugged.
//!
//! Closing a file is not intercepted: Chromium has a `close` of its own. The simulator sees the hang-up
//! of the pseudoterminal instead, and a handle here ends when its connection does.

mod files;
mod next;
mod sim;
mod terminal;
mod udev;
