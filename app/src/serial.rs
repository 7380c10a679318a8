//! Web Serial: which boards there are, and one open port.

mod binding;
mod hub;
mod port;

pub use hub::{Change, Hub, PortId, Support, Usb};
pub use port::Port;
