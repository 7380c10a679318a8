//! A practice hub: it requires a certificate that this station has issued, as an IoT Hub does whose
//! namespace has certificate management, and knows just enough of the rest for a device's client to
//! be content: telemetry is taken and dropped, the twin remembers what was reported on this
//! connection, and certificates are renewed
//! (`$iothub/credentials/POST/issueCertificate/?$rid=…`, api-version 2025-08-01-preview).

use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64, Encoding};
use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::session::{Login, Message};
use super::topic::Topic;
use crate::clock;
use crate::device_api::{DeviceApi, Problem};
use crate::ledger::Certificate;

/// A device that has logged in.
pub(super) struct Hub {
    api: Arc<DeviceApi>,
    device_id: String,
    certificate: Certificate,
    reported: Mutex<Reported>,
}

#[derive(Default)]
struct Reported {
    version: u64,
    properties: Map<String, Value>,
}

/// Largest reported properties, in bytes of JSON text: the service's limit.
const REPORTED_LIMIT: usize = 32 * 1024;

impl Reported {
    /// Takes a patch. `false`: it is none, or there would be too much; then nothing changes.
    fn take(&mut self, patch: &[u8]) -> bool {
        let Ok(patch) = serde_json::from_slice::<Map<String, Value>>(patch) else {
            return false;
        };
        let mut properties = self.properties.clone();
        for (name, value) in patch {
            match value {
                Value::Null => properties.remove(&name),
                value => properties.insert(name, value),
            };
        }
        let fits = serde_json::to_vec(&properties).is_ok_and(|text| text.len() <= REPORTED_LIMIT);
        if fits {
            self.version += 1;
            self.properties = properties;
        }
        fits
    }
}

/// Longest request to sign in a renewal, in bytes of JSON text.
const CSR_LIMIT: usize = 8 * 1024;

/// How long a renewal may take, in seconds, as the service says it.
const PATIENCE: u64 = 12 * 60 * 60;

impl Hub {
    /// Lets a device in: user name `{hub}/{deviceId}/…`, and a certificate of this station.
    pub(super) fn enter(
        api: Arc<DeviceApi>,
        login: &Login,
        certificates: &[Vec<u8>],
    ) -> Result<(Self, Vec<String>), ConnectReturnCode> {
        let mut parts = login.user_name.splitn(3, '/');
        let (Some(hub), Some(device_id)) = (parts.next(), parts.next()) else {
            return Err(ConnectReturnCode::BadUserNameOrPassword);
        };
        if login.client_id != device_id {
            return Err(ConnectReturnCode::IdentifierRejected);
        }
        let certificate = api
            .enter_hub(hub, device_id, certificates, clock::now())
            .map_err(|_| ConnectReturnCode::NotAuthorized)?;
        let topics = [
            "$iothub/credentials/res/#".to_owned(),
            "$iothub/methods/POST/#".to_owned(),
            "$iothub/twin/PATCH/properties/desired/#".to_owned(),
            "$iothub/twin/res/#".to_owned(),
            format!("devices/{device_id}/messages/devicebound/#"),
        ];
        let this = Self {
            device_id: device_id.to_owned(),
            certificate,
            reported: Mutex::default(),
            api,
        };
        Ok((this, topics.to_vec()))
    }

    /// By which the device is told from others.
    pub(super) fn client(&self) -> String {
        format!("devices/{}", self.device_id)
    }

    /// Has a message answered. Blocks for as long as the disk takes.
    pub(super) fn answer(&self, message: &Message) -> Vec<Message> {
        let topic = Topic::parse(&message.topic);
        let Some(rid) = topic.request_id() else {
            return Vec::new();
        };
        match topic.path {
            "$iothub/credentials/POST/issueCertificate" => self.renew(&rid, &message.payload),
            "$iothub/twin/GET" => vec![self.twin(&rid)],
            "$iothub/twin/PATCH/properties/reported" => vec![self.report(&rid, &message.payload)],
            _ => Vec::new(),
        }
    }

    fn renew(&self, rid: &str, payload: &[u8]) -> Vec<Message> {
        let now = clock::now();
        let answer = |status: u16, body: Value| Message {
            topic: format!("$iothub/credentials/res/{status}/?$rid={rid}"),
            payload: body.to_string().into_bytes(),
        };
        let result = self.api.correlation().and_then(|correlation| {
            let renewal = Renewal::read(payload, &self.device_id)?;
            let chain = self.api.renew(&self.certificate, &renewal.csr, now)?;
            Ok((correlation, chain))
        });
        match result {
            Ok((correlation, chain)) => {
                let chain: Vec<_> = chain.iter().map(|der| Base64::encode_string(der)).collect();
                let until = signet_core::UnixTime(now.0 + PATIENCE);
                vec![
                    answer(
                        202,
                        json!({ "correlationId": correlation, "operationExpires": until.to_string() }),
                    ),
                    answer(
                        200,
                        json!({ "correlationId": correlation, "certificates": chain }),
                    ),
                ]
            }
            Err(problem) => {
                let mut body = json!({
                    "errorCode": problem.code,
                    "message": problem.message,
                    "trackingId": self.api.correlation().unwrap_or_default(),
                    "timestampUtc": clock::timestamp(now),
                });
                if problem.code == 400_040 {
                    body["info"] = json!({
                        "credentialError": "FailedToDecodeCsr",
                        "credentialMessage": problem.message,
                    });
                }
                vec![answer(problem.status, body)]
            }
        }
    }

    fn twin(&self, rid: &str) -> Message {
        let reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let mut properties = reported.properties.clone();
        properties.insert("$version".to_owned(), reported.version.into());
        Message {
            topic: format!("$iothub/twin/res/200/?$rid={rid}"),
            payload: json!({ "desired": { "$version": 1 }, "reported": properties })
                .to_string()
                .into_bytes(),
        }
    }

    fn report(&self, rid: &str, payload: &[u8]) -> Message {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let topic = match reported.take(payload) {
            true => format!(
                "$iothub/twin/res/204/?$rid={rid}&$version={}",
                reported.version
            ),
            false => format!("$iothub/twin/res/400/?$rid={rid}"),
        };
        Message {
            topic,
            payload: Vec::new(),
        }
    }
}

/// A request for another certificate. The service refuses fields that it does not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewal {
    id: String,
    csr: String,
    /// `*` or the mark of a request that this one replaces. Requests are answered at once here, so
    /// there is none to replace.
    #[serde(default)]
    replace: Option<String>,
}

impl Renewal {
    fn read(payload: &[u8], device_id: &str) -> Result<Self, Problem> {
        let unreadable = |code, message| Problem::new(400, code, message);
        let renewal: Self = serde_json::from_slice(payload)
            .map_err(|_| unreadable(400_006, "The payload is not as expected"))?;
        if renewal.id != device_id || renewal.csr.len() > CSR_LIMIT {
            return Err(unreadable(400_004, "A field of the payload is invalid"));
        }
        match renewal.replace.as_deref() {
            None | Some("*") => Ok(renewal),
            Some(_) => Err(Problem::new(412, 412_001, "There is nothing to replace")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_does_not_grow_without_end() {
        let mut reported = Reported::default();
        let one = |number: usize| json!({ format!("n{number}"): "x".repeat(1000) }).to_string();
        let taken = (0..100).filter(|number| reported.take(one(*number).as_bytes()));
        assert_eq!(taken.count(), 32);
        assert_eq!(reported.version, 32);
        // What makes room, and what changes nothing, is still taken.
        assert!(reported.take(br#"{"n0":null,"n1":1}"#));
        assert!(reported.take(one(100).as_bytes()));
        assert!(!reported.take(b"[]"));
    }
}
