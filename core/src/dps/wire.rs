//! The JSON of the device API, field for field.
//!
//! Source: `device/models.tsp` and `device.json` of azure-rest-api-specs, data plane of
//! deviceprovisioningservices. Unknown fields are ignored; absent ones are left out when written, as
//! the service's own clients do.

use core::convert::Infallible;
use core::str::FromStr;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Body of `PUT …/register` (`DeviceRegistration`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceRegistration {
    /// The same ID as in the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_id: Option<String>,
    /// Base64 of the DER of a PKCS#10 request, one line, without armour. From 2025-07-01-preview on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csr: Option<String>,
    /// What a TPM shows of itself, when it is what proves the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<TpmAttestation>,
    /// Data for a custom allocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Map<String, Value>>,
}

/// The public keys of a TPM (`TpmAttestation`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TpmAttestation {
    /// Base64 of the public area of the endorsement key.
    pub endorsement_key: String,
    /// Base64 of the public area of the storage root key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_root_key: Option<String>,
}

/// Answer to a registration and to an operation status lookup (`RegistrationOperationStatus`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationStatus {
    /// Names the operation to ask for; may be empty when `disabled`.
    #[serde(default)]
    pub operation_id: Option<String>,
    /// Where the registration stands.
    pub status: Status,
    /// Often absent while `assigning`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_state: Option<RegistrationState>,
}

/// What the service knows of a registration (`DeviceRegistrationResult`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistrationState {
    /// The registration ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_id: Option<String>,
    /// When it was created, with seven fractional digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date_time_utc: Option<String>,
    /// Host name of the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_hub: Option<String>,
    /// The device's name in the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The same as the outer status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How it was assigned, such as `initialAssignment`; see [`super::Substatus`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substatus: Option<String>,
    /// Six digits, of which the first three are an HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// The service's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// When it changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_date_time_utc: Option<String>,
    /// Version of this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Classic` or `MqttV5`, from 2026-11-02-preview on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_profile: Option<String>,
    /// Present, and often empty, when a symmetric key proved the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symmetric_key: Option<Map<String, Value>>,
    /// Present, and often empty, when a certificate proved the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x509: Option<Map<String, Value>>,
    /// Present when a TPM proved the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<TpmRegistrationResult>,
    /// The issued certificates; absent from lookups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_certificate_chain: Option<Vec<String>>,
    /// Field of the retired design of 2021-11-01-preview: recognised in order to be refused.
    #[serde(skip_serializing)]
    pub issued_client_certificate: Option<IgnoredAny>,
}

/// What a TPM gets when its device is assigned (`TpmRegistrationResult`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TpmRegistrationResult {
    /// Base64 of the hub's key, encrypted to this TPM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_key: Option<String>,
}

/// Body of an answer with HTTP status 400 or more (`ProvisioningServiceErrorDetails`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorDetails {
    /// Six digits, of which the first three are the HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// For the service's support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// The service's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp_utc: Option<String>,
    /// A nonce for a TPM, in a 401 that is a challenge.
    #[serde(skip_serializing)]
    pub authentication_key: Option<IgnoredAny>,
}

/// Where a registration stands. The set is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// Done.
    Assigned,
    /// The service is at work.
    Assigning,
    /// The enrollment is switched off. Older services call it `blacklisted`.
    Disabled,
    /// The service gave up.
    Failed,
    /// A word that is not in the contract.
    Other(String),
    /// Not begun; the service's own clients go on polling.
    Unassigned,
}

impl Status {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Assigned => "assigned",
            Self::Assigning => "assigning",
            Self::Disabled => "disabled",
            Self::Failed => "failed",
            Self::Other(text) => text,
            Self::Unassigned => "unassigned",
        }
    }
}

impl FromStr for Status {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = [
            Self::Assigned,
            Self::Assigning,
            Self::Disabled,
            Self::Failed,
            Self::Unassigned,
        ];
        if text.eq_ignore_ascii_case("blacklisted") {
            return Ok(Self::Disabled);
        }
        Ok(known
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

impl From<String> for Status {
    fn from(text: String) -> Self {
        match text.parse() {
            Ok(status) => status,
            Err(never) => match never {},
        }
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}
