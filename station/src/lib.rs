//! One program that serves the page, relays to DPS, and can be a DPS.
//!
//! `docs/station.md` says what it is for, which ports and files it uses, and what it does not do.
#![forbid(unsafe_code)]

mod admission;
mod clock;
pub mod config;
mod device_api;
mod device_port;
mod enrollment;
mod exchange;
mod faults;
mod files;
mod log;
mod namespace;
mod page;
mod pki;
mod port;
mod random;
mod recipe;
mod relay;
mod route;
mod signer;
mod station;
mod store;
mod tls;
mod upstream;

pub use signer::Signer;
pub use station::{Station, enroll, init};
pub use upstream::Relay;
