//! A board, a cloud and an authority inside the page, so that a whole run can be watched without any.
//!
//! The board is [`signet_boards::EspRom`]; the cloud answers as DPS does; the authority lives as long
//! as the tab, and the practice recipe trusts it alone. Nothing of this reaches the network or the
//! journal of real boards.

mod authority;
mod cloud;
mod room;
mod wire;

pub(crate) use room::{Playground, Room};
pub(crate) use wire::Wire;
