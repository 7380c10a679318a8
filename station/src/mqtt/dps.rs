//! The device API over MQTT.
//!
//! User name `{idScope}/registrations/{registrationId}/api-version={v}&ClientVersion={…}`, client
//! ID the registration ID, password a shared access signature or nothing with a client certificate.
//! Requests are published to `$dps/registrations/PUT/iotdps-register/?$rid=…` and
//! `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=…&operationId=…`, answers come under
//! `$dps/registrations/res/{status}/?$rid=…&retry-after=…`.

use std::sync::Arc;

use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::session::{Login, Message};
use super::topic::{Topic, property};
use crate::admission::Presented;
use crate::device_api::{Ask, DeviceApi};

/// A provisioning client that has logged in.
pub(super) struct Dps {
    api: Arc<DeviceApi>,
    id_scope: String,
    id: String,
    api_version: String,
    presented: Presented,
}

/// What is encoded in a segment of a path (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const ANSWERS: &str = "$dps/registrations/res/#";

impl Dps {
    /// Whether a user name is one of a provisioning client.
    pub(super) fn speaks(login: &Login) -> bool {
        login.user_name.split('/').nth(1) == Some("registrations")
    }

    /// Lets a client in, if its credentials admit it, and to the one topic of answers.
    pub(super) fn enter(
        api: Arc<DeviceApi>,
        login: &Login,
        certificates: Vec<Vec<u8>>,
    ) -> Result<(Self, Vec<String>), ConnectReturnCode> {
        let mut parts = login.user_name.splitn(4, '/');
        let (id_scope, _, id, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(id_scope), Some(id), Some(rest)) = (id_scope, id, rest) else {
            return Err(ConnectReturnCode::BadUserNameOrPassword);
        };
        let api_version = property(rest.trim_start_matches('?'), "api-version")
            .ok_or(ConnectReturnCode::BadUserNameOrPassword)?;
        if !login.client_id.eq_ignore_ascii_case(id) {
            return Err(ConnectReturnCode::IdentifierRejected);
        }
        let password = Zeroizing::clone(&login.password);
        let presented = Presented {
            authorization: Some(password)
                .filter(|text| !text.is_empty())
                .map(|t| t.to_string()),
            certificates,
        };
        api.greet(id_scope, id, &api_version, &presented)
            .map_err(|_| ConnectReturnCode::NotAuthorized)?;
        let this = Self {
            api,
            id_scope: id_scope.to_owned(),
            id: id.to_owned(),
            api_version,
            presented,
        };
        Ok((this, vec![ANSWERS.to_owned()]))
    }

    /// By which the client is told from others: the service ignores case.
    pub(super) fn client(&self) -> String {
        format!("registrations/{}", self.id.to_ascii_lowercase())
    }

    /// Has a request answered. Blocks for as long as the disk takes.
    pub(super) fn answer(&self, message: &Message) -> Option<Message> {
        let topic = Topic::parse(&message.topic);
        // Without its mark nobody could tell what an answer belongs to.
        let rid = topic.request_id()?;
        let encoded = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
        let registration = format!("/{}/registrations/{}", self.id_scope, encoded(&self.id));
        let (method, path) = match topic.path {
            "$dps/registrations/PUT/iotdps-register" => ("PUT", format!("{registration}/register")),
            "$dps/registrations/GET/iotdps-get-operationstatus" => {
                let operation = encoded(&topic.property("operationId").unwrap_or_default());
                ("GET", format!("{registration}/operations/{operation}"))
            }
            _ => return None,
        };
        let answer = self.api.handle(&Ask {
            method: method.to_owned(),
            path,
            query: format!("api-version={}", self.api_version),
            presented: self.presented.clone(),
            // Clients send a space where they have nothing to say.
            body: message.payload.clone(),
        });
        let mut topic = format!("$dps/registrations/res/{}/?$rid={rid}", answer.status);
        if let Some((_, seconds)) = answer.headers.iter().find(|(n, _)| *n == "Retry-After") {
            topic = format!("{topic}&retry-after={seconds}");
        }
        Some(Message {
            topic,
            payload: answer.body,
        })
    }
}
