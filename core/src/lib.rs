//! Everything Signet can know without touching the world.
//!
//! Formats, keys, certificate chains, and the protocols that talk to boards and to the Device
//! Provisioning Service, as state machines. Nothing here reads a clock, a random source, a socket, a
//! file or a port: time, randomness and bytes come in as arguments, so that the same code runs
//! natively, in WebAssembly, in the station and in a fuzzer.
//!
//! # The one shape for anything that talks
//!
//! - in: `handle(now, Input)`, where the input is bytes, a command, an answer or a passed deadline;
//! - out: `poll() -> Output`, called until it returns `WaitUntil`, which means drained.
//!
//! Bytes from outside are hostile until parsed: every loop over them has a budget, and every failure
//! is a value that [`Explain`]s itself.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

pub mod asn1;
pub mod cert;
pub mod chain;
pub mod csr;
pub mod csv;
pub mod dps;
mod explain;
pub mod file;
pub mod flash;
pub mod http;
pub mod image;
pub mod key;
pub mod pem;
pub mod recipe;
pub mod run;
mod stack;
mod time;
pub mod trust;

pub use explain::{Explain, Fault};
/// The certification path engine. What DPS issued is judged by [`chain`], which knows which key the leaf must hold.
pub use signet_path as path;
pub use signet_path::UnixTime;
pub use time::{Millis, Now};
