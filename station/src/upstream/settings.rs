//! All that the relay works with, read and found usable.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::credential::Credential;
use super::host::Host;
use super::proxy::Proxy;

/// All that the relay works with.
#[derive(Debug)]
pub(super) struct Settings {
    /// Names of the same DPS, in the order in which they are tried; at least one.
    pub(super) upstreams: Vec<Host>,
    /// The ID scopes that are forwarded.
    pub(super) scopes: Vec<String>,
    pub(super) proxy: Option<Proxy>,
    pub(super) tls: Arc<ClientConfig>,
    /// For one request, from connection to answer.
    pub(super) patience: Duration,
    pub(super) credential: Credential,
    /// What `/recipe.json` is.
    pub(super) recipe: Option<Vec<u8>>,
}
