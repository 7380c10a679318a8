//! What was registered and issued: one file per registration ID, one per issued certificate.

use std::path::{Path, PathBuf};

use anyhow::Result;
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use crate::files::{self, Privacy};
use crate::pki;

/// A registration, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) registration_id: RegistrationId,
    pub(crate) device_id: String,
    /// The enrollment that admitted it last.
    pub(crate) enrollment: String,
    /// `symmetricKey` or `x509`.
    pub(crate) attestation: String,
    pub(crate) created: UnixTime,
    pub(crate) updated: UnixTime,
    /// Changes with each update.
    pub(crate) etag: String,
    pub(crate) operation: Operation,
}

/// The last registration operation of a device.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// Base64 of the request's DER, if one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) csr: Option<String>,
    /// The issuing policy at the time of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    /// How many more times it is answered with `assigning`.
    pub(crate) polls_left: u32,
    /// Whether the device is assigned.
    pub(crate) done: bool,
    /// Base64 of the DER of each issued certificate, leaf first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) chain: Vec<String>,
}

/// An issued certificate, as it is kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued<'a> {
    serial: &'a str,
    registration_id: &'a RegistrationId,
    operation_id: &'a str,
    policy: &'a str,
    at: UnixTime,
    certificate: String,
}

/// The folders of records.
pub(crate) struct Store {
    registrations: PathBuf,
    issued: PathBuf,
}

impl Store {
    pub(crate) fn open(data: &Path) -> Result<Self> {
        let this = Self {
            registrations: data.join("registrations"),
            issued: data.join("issued"),
        };
        files::private_folder(&this.registrations)?;
        files::private_folder(&this.issued)?;
        Ok(this)
    }

    /// The record of a device.
    pub(crate) fn load(&self, id: &RegistrationId) -> Result<Option<Record>> {
        files::read_json(&self.path(id))
    }

    /// Keeps a record; it is durable when this returns.
    pub(crate) fn save(&self, record: &Record) -> Result<()> {
        files::replace_json(&self.path(&record.registration_id), record, Privacy::Public)
    }

    /// Keeps an issued certificate; it is durable when this returns. Gives its serial number.
    pub(crate) fn issued(
        &self,
        certificate: &[u8],
        policy: &str,
        record: &Record,
        at: UnixTime,
    ) -> Result<String> {
        let serial = pki::serial(certificate)?;
        let entry = Issued {
            serial: &serial,
            registration_id: &record.registration_id,
            operation_id: &record.operation.id,
            policy,
            at,
            certificate: Base64::encode_string(certificate),
        };
        let path = self.issued.join(format!("{serial}.json"));
        files::replace_json(&path, &entry, Privacy::Public)?;
        Ok(serial)
    }

    fn path(&self, id: &RegistrationId) -> PathBuf {
        self.registrations.join(files::name_of(id.as_str(), "json"))
    }
}
