//! The Device Provisioning Service's device API (REST), as a client without input or output.
//!
//! A [`Registration`] puts a CSR to the service, asks until the service has decided, and ends with an
//! [`Assignment`] or an [`Error`]. Drain [`Registration::poll`] after each
//! [`Registration::handle`]; both are described in the crate's documentation.
//!
//! Sources: azure-rest-api-specs, data plane of deviceprovisioningservices, `device/models.tsp` and
//! `device/routes.tsp`; behaviour of the service's own clients where the contract is silent.

mod answer;
mod code;
mod error;
mod id;
mod registration;
mod relay;
mod sas;
mod substatus;
pub mod wire;

pub use code::ServiceCode;
pub use error::{Attestation, Error, Hint};
pub use id::{IdError, REGISTRATION_ID_MAX, RegistrationId};
pub use registration::{Input, Limits, Output, Registration};
pub use relay::RelayFault;
pub use sas::{device_key, sas_resource, sas_signature, sas_token};
pub use substatus::Substatus;

use core::fmt;

use zeroize::Zeroizing;

/// The `api-version` that most clients with CSR support use.
pub const API_VERSION: &str = "2025-07-01-preview";

/// The versions whose contract has a `csr`, oldest first.
pub const API_VERSIONS: [&str; 3] = [API_VERSION, "2026-11-01", "2026-11-02-preview"];

/// Longest chain that is taken. The service issues three certificates; an external root adds some.
pub const CHAIN_LIMIT: usize = crate::chain::MAX_CERTIFICATES;

/// Where and as whom to register. `Debug` does not show the credential.
#[derive(Debug)]
pub struct Settings {
    /// `0ne…`, as the service shows it.
    pub id_scope: String,
    /// The registration ID, also the CSR's common name.
    pub registration_id: RegistrationId,
    /// `api-version`, such as [`API_VERSION`].
    pub api_version: String,
    /// How the device proves who it is.
    pub credential: Credential,
}

impl Settings {
    /// With [`API_VERSION`].
    pub fn new(id_scope: &str, registration_id: RegistrationId, credential: Credential) -> Self {
        let (id_scope, api_version) = (id_scope.to_owned(), API_VERSION.to_owned());
        Self {
            id_scope,
            registration_id,
            api_version,
            credential,
        }
    }
}

/// How a device proves who it is.
pub enum Credential {
    /// The relay in between adds the credential.
    Relay,
    /// Symmetric key of this device, decoded.
    DeviceKey(Zeroizing<Vec<u8>>),
    /// Symmetric key of an enrollment group, decoded; the device key is derived from it.
    GroupKey(Zeroizing<Vec<u8>>),
}

impl Credential {
    /// What it is, without the secret.
    pub fn attestation(&self) -> Attestation {
        match self {
            Self::Relay => Attestation::Relay,
            Self::DeviceKey(_) => Attestation::DeviceKey,
            Self::GroupKey(_) => Attestation::GroupKey,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(..)", self.attestation())
    }
}

/// What DPS gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Host name of the hub.
    pub assigned_hub: String,
    /// The device's name there.
    pub device_id: String,
    /// The registration operation that issued it.
    pub operation_id: String,
    /// DER of each issued certificate, in the order and number received.
    pub chain: Vec<Vec<u8>>,
    /// How the device came to the hub, if the service said so.
    pub substatus: Option<Substatus>,
    /// `createdDateTimeUtc` as sent.
    pub created: Option<String>,
}
