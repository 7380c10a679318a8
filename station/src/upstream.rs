//! The relay to a DPS elsewhere, such as Azure's: the page's requests with the credential that the page
//! must not know.
//!
//! `docs/station.md` describes it, `docs/relay.toml` its file. A request is read into a [`call`], sent
//! over a connection made by [`connect`], and what comes back is judged by [`answer`]. Whatever keeps
//! the relay from passing on an answer of the service is a [`trouble`] with a code of its own. With a ledger,
//! the [`books`] have an attempt before it goes out, and what was issued before the page hears of it.

mod answer;
mod books;
mod call;
mod client;
mod config;
mod connect;
mod credential;
mod exchange;
mod forward;
mod host;
mod issued;
mod proxy;
mod serve;
mod settings;
mod status;
mod tls;
mod trouble;

pub use config::Options;
pub(crate) use config::parse;
pub use serve::Relay;
