//! Flashing protocols as sans-IO clients.
//!
//! [`esp`] speaks the serial protocol of the ESP32 family's mask ROM.

pub mod esp;
