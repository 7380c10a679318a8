//! Simulated boards: the other end of the wire, for tests and for practice mode.
//!
//! They have the shape of everything here that talks: [`EspRom::handle`] in, [`EspRom::poll`] out, and
//! no clock, no randomness and no transport of their own. What they do when something goes wrong was
//! measured on the real thing, which runs beside them in the tests; where they differ from it, it
//! says so.
//!
//! - [`EspRom`]: an ESP32-C3 in its serial loader, with its reset circuit and its flash.
//! - [`Noise`]: what a bad line does to bytes, from a seed.
#![forbid(unsafe_code)]

mod esp_rom;
mod noise;

pub use esp_rom::{Builder, EspRom, Flash, Mode, Output, PARTITIONS, Row, SECTOR, partition_table};
pub use noise::{Noise, Rates};
