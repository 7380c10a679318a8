//! Devices that a TPM proves: the challenge, and what comes of the answer to it.

use std::sync::Arc;

use base64ct::{Base64, Encoding};
use signet_core::UnixTime;
use signet_core::dps::wire::{DeviceRegistration, TpmAttestation};

use super::body::read_body;
use super::{Answer, Ask, DeviceApi, Problem, broken};
use crate::admission::Admitted;
use crate::log;
use crate::route::{Route, What};
use crate::tpm::{Session, StorageKey};

impl DeviceApi {
    /// The answer to a registration without a token, if a TPM proves the device: a key that only
    /// this TPM can use, as a 401. Any other request is `None`.
    pub(super) fn challenge(
        &self,
        route: &Route,
        ask: &Ask,
        now: UnixTime,
    ) -> Result<Option<Answer>, Problem> {
        if route.what != What::Register || ask.presented.authorization.is_some() {
            return Ok(None);
        }
        let version = route.api_version.as_deref().unwrap_or_default();
        let (id, version) = self.addressed(&route.id_scope, &route.id, version)?;
        let Some(known) = self.gate.endorsement_key(&route.id) else {
            return Ok(None);
        };
        let registration = read_body(&ask.body, &id, version.csr)?;
        let unauthorized = || Problem::unauthorized("Unauthorized");
        let (ek, srk) = keys(registration.tpm.as_ref().ok_or_else(unauthorized)?)?;
        if ek != *known {
            return Err(unauthorized());
        }
        let blob = self
            .gate
            .challenges
            .open(id.as_str(), ek, srk, now)
            .map_err(|error| {
                log::line("challenge", &[("error", &format!("{error:#}"))]);
                Problem::new(429, 429_001, "Too many requests")
            })?;
        Ok(Some(Answer::challenge(&Base64::encode_string(&blob))))
    }

    /// The blob with the hub's key, for a device that a TPM has proved.
    pub(super) fn hub_key(&self, admitted: &Admitted) -> Result<Option<String>, Problem> {
        let blob = admitted.tpm.as_deref().map(Session::hub_blob);
        let blob = blob.transpose().map_err(broken)?;
        Ok(blob.map(|blob| Base64::encode_string(&blob)))
    }
}

/// Whether the keys in a body, if there are any, are those of the challenge that was answered.
pub(super) fn same_keys(
    registration: &DeviceRegistration,
    session: Option<&Arc<Session>>,
) -> Result<(), Problem> {
    let (Some(session), Some(shown)) = (session, &registration.tpm) else {
        return Ok(());
    };
    let (ek, srk) = keys(shown)?;
    if session.is_for(&ek, &srk) {
        Ok(())
    } else {
        Err(Problem::unauthorized("Unauthorized"))
    }
}

/// Both keys. The service's documents name no code for one that cannot be read or cannot serve.
fn keys(shown: &TpmAttestation) -> Result<(StorageKey, StorageKey), Problem> {
    let refused = |key: &'static str, message| {
        move |error| {
            log::line("tpm", &[("key", &key), ("error", &error)]);
            Problem::new(400, 400_004, message)
        }
    };
    let ek = StorageKey::decode(&shown.endorsement_key, StorageKey::endorsement)
        .map_err(refused("endorsementKey", "Invalid endorsement key"))?;
    let srk = shown.storage_root_key.as_deref().unwrap_or_default();
    let srk = StorageKey::decode(srk, StorageKey::storage_root)
        .map_err(refused("storageRootKey", "Invalid storage root key"))?;
    Ok((ek, srk))
}
