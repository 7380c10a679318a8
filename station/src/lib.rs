//! One program that serves the page, relays to DPS, and can be a DPS.
//!
//! `docs/station.md` says what it is for, which ports and files it uses, and what it does not do.
#![forbid(unsafe_code)]

mod admission;
mod api;
mod clock;
pub mod config;
mod device_api;
mod device_port;
mod enrollment;
mod exchange;
mod faults;
mod files;
mod ledger;
mod log;
mod mqtt;
mod namespace;
mod operators;
mod page;
mod pki;
mod port;
mod protect;
mod random;
mod recipe;
mod relay;
mod report;
mod route;
mod secret;
mod signer;
mod site;
mod station;
mod tend;
mod threads;
mod tls;
mod tpm;
mod upstream;
mod welcome;

pub use ledger::{LedgerPlace, LedgerUrl, Verdict};
pub use operators::{Role, add_operator, list_operators, remove_operator};
pub use protect::protect;
pub use report::verify_report;
pub use secret::{KeyAccess, SecretFrom};
pub use signer::{Signer, TokenPlace};
pub use station::{Station, enroll, init, init_with};
pub use tend::{export_ledger, revoke, verify_ledger};
pub use threads::runtime;
pub use upstream::Relay;
pub use welcome::introduce;
