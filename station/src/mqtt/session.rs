//! One MQTT connection without its socket: bytes in, bytes out, and what was heard between.

use std::collections::HashMap;
use std::time::Duration;

use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{ConnectionOptions, Event, TimerKind};
use mqtt_protocol_core::mqtt::packet::v3_1_1::{Connack, Publish, Suback, Subscribe, Unsuback};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos};
use mqtt_protocol_core::mqtt::result_code::{ConnectReturnCode, MqttError, SubackReturnCode};
use mqtt_protocol_core::mqtt::{Connection, Version, role::Server};
use zeroize::Zeroizing;

/// Largest packet in bytes: the service's limit for a message, and its topic.
const PACKET_LIMIT: u32 = 100 * 1024;

/// Topics that one client may have open at a time (the service allows five).
const SUBSCRIPTIONS: usize = 16;

/// Bytes of messages that a client may leave without acknowledgement: they are kept until then.
const UNACKNOWLEDGED: usize = 512 * 1024;

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It wants in. Answer with [`Session::accept`] or [`Session::refuse`].
    Login(Login),
    /// It published.
    Message(Message),
}

/// The facts of a CONNECT packet that count here.
#[derive(PartialEq, Eq)]
pub(super) struct Login {
    pub(super) client_id: String,
    pub(super) user_name: String,
    /// A shared access signature, or nothing.
    pub(super) password: Zeroizing<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}

/// A message to or from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}

/// One connection.
pub(super) struct Session {
    connection: Connection<Server>,
    /// Filters that the peer may subscribe to.
    allowed: Vec<String>,
    granted: Vec<(String, Qos)>,
    /// What came behind a login that has no answer yet.
    waiting: Vec<u8>,
    /// Whether the client has been let in.
    entered: bool,
    /// Sizes of messages that were not acknowledged yet, by their numbers.
    unacknowledged: HashMap<u16, usize>,
    out: Vec<u8>,
    patience: Option<Duration>,
    closed: bool,
}

impl Session {
    pub(super) fn new() -> Self {
        let options = ConnectionOptions::new()
            .maximum_packet_size_recv(PACKET_LIMIT)
            .receive_maximum(16);
        let mut connection = Connection::with_options(Version::V3_1_1, options);
        connection.set_auto_pub_response(true);
        connection.set_auto_ping_response(true);
        Self {
            connection,
            allowed: Vec::new(),
            granted: Vec::new(),
            waiting: Vec::new(),
            entered: false,
            unacknowledged: HashMap::new(),
            out: Vec::new(),
            patience: None,
            closed: false,
        }
    }

    /// Takes bytes from the client. What comes behind a login is kept until that has its answer, and
    /// comes out when this is called again (MQTT 3.1.1, section 3.1.4).
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut all = std::mem::take(&mut self.waiting);
        all.extend_from_slice(bytes);
        let mut heard = Vec::new();
        let mut cursor = Cursor::new(all.as_slice());
        let end = u64::try_from(all.len()).unwrap_or(u64::MAX);
        while !self.closed && cursor.position() < end {
            let events = self.connection.recv(&mut cursor);
            self.take(events, &mut heard);
            if matches!(heard.last(), Some(Heard::Login(_))) {
                let read = usize::try_from(cursor.position()).unwrap_or(all.len());
                self.waiting = all.split_off(read);
                break;
            }
        }
        heard
    }

    /// Lets the client in, and to these topic filters.
    pub(super) fn accept(&mut self, allowed: Vec<String>) {
        self.allowed = allowed;
        self.entered = true;
        self.answer_login(ConnectReturnCode::Accepted);
    }

    /// Turns the client away.
    pub(super) fn refuse(&mut self, code: ConnectReturnCode) {
        self.answer_login(code);
        self.closed = true;
    }

    /// Sends a message, if the client has asked for its topic.
    pub(super) fn publish(&mut self, message: Message) {
        let Some(qos) = self.subscribed(&message.topic) else {
            return;
        };
        let size = message.topic.len() + message.payload.len();
        let packet = Publish::builder().topic_name(message.topic).map(|builder| {
            let builder = builder.payload(message.payload).qos(qos);
            match qos {
                Qos::AtMostOnce => builder.build(),
                // Out of numbers: the client acknowledges nothing any more.
                _ => (self.connection.acquire_packet_id())
                    .and_then(|id| builder.packet_id(id).build()),
            }
        });
        match packet {
            Ok(Ok(packet)) if self.has_room(packet.packet_id(), size) => self.send(packet.into()),
            _ => self.closed = true,
        }
    }

    /// Counts a message that waits for its acknowledgement. `false`: too much waits already.
    fn has_room(&mut self, number: Option<u16>, size: usize) -> bool {
        self.unacknowledged
            .extend(number.map(|number| (number, size)));
        self.unacknowledged.values().sum::<usize>() <= UNACKNOWLEDGED
    }

    /// Bytes for the client.
    pub(super) fn take_out(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// How long the client may be silent.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Whether the connection is to be closed, once what is left has been sent.
    pub(super) fn closed(&self) -> bool {
        self.closed
    }

    fn subscribed(&self, topic: &str) -> Option<Qos> {
        let fits = |filter: &str| match filter.strip_suffix('#') {
            Some(start) => topic.starts_with(start),
            None => topic == filter,
        };
        let mut granted = self.granted.iter();
        granted
            .find(|(filter, _)| fits(filter))
            .map(|(_, qos)| *qos)
    }

    fn answer_login(&mut self, code: ConnectReturnCode) {
        let packet = Connack::builder()
            .session_present(false)
            .return_code(code)
            .build();
        match packet {
            Ok(packet) => self.send(packet.into()),
            Err(_) => self.closed = true,
        }
    }

    fn send(&mut self, packet: Packet) {
        let events = self.connection.send(packet);
        // What is sent is not heard.
        self.take(events, &mut Vec::new());
    }

    fn take(&mut self, events: Vec<Event>, heard: &mut Vec<Heard>) {
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) => self.packet(packet, heard),
                Event::RequestSendPacket { packet, .. } => {
                    self.out.extend(packet.to_continuous_buffer());
                }
                Event::RequestTimerReset {
                    kind: TimerKind::PingreqRecv,
                    duration_ms,
                } => self.patience = Some(Duration::from_millis(duration_ms)),
                Event::NotifyPacketIdReleased(number) => {
                    self.unacknowledged.remove(&number);
                }
                // The library asks for that after some of these errors only (section 4.8).
                Event::NotifyError(
                    MqttError::MalformedPacket
                    | MqttError::PacketTooLarge
                    | MqttError::ProtocolError,
                )
                | Event::RequestClose => self.closed = true,
                // The library has said what is to be done about it.
                Event::NotifyError(_)
                | Event::RequestTimerReset { .. }
                | Event::RequestTimerCancel(_) => {}
            }
        }
    }

    fn packet(&mut self, packet: Packet, heard: &mut Vec<Heard>) {
        match packet {
            Packet::V3_1_1Connect(connect) => heard.push(Heard::Login(Login {
                client_id: connect.client_id().to_owned(),
                user_name: connect.user_name().unwrap_or_default().to_owned(),
                password: Zeroizing::new(
                    String::from_utf8_lossy(connect.password().unwrap_or_default()).into_owned(),
                ),
            })),
            // The first packet has to be that one (section 3.1).
            _ if !self.entered => self.closed = true,
            // The service closes the connection of a client that asks for exactly once.
            Packet::V3_1_1Publish(publish) if publish.qos() == Qos::ExactlyOnce => {
                self.closed = true;
            }
            Packet::V3_1_1Publish(publish) => heard.push(Heard::Message(Message {
                topic: publish.topic_name().to_owned(),
                payload: publish.payload().as_slice().to_vec(),
            })),
            Packet::V3_1_1Subscribe(subscribe) => self.subscribe(&subscribe),
            Packet::V3_1_1Unsubscribe(unsubscribe) => {
                let gone = unsubscribe.entries();
                self.granted
                    .retain(|(filter, _)| !gone.iter().any(|entry| entry.as_str() == filter));
                let packet = Unsuback::builder()
                    .packet_id(unsubscribe.packet_id())
                    .build();
                if let Ok(packet) = packet {
                    self.send(packet.into());
                }
            }
            Packet::V3_1_1Disconnect(_) => self.closed = true,
            _ => {}
        }
    }

    fn subscribe(&mut self, subscribe: &Subscribe) {
        let mut codes = Vec::new();
        for entry in subscribe.entries() {
            let filter = entry.topic_filter();
            self.granted.retain(|(other, _)| other != filter);
            if self.granted.len() >= SUBSCRIPTIONS || !self.allowed.iter().any(|a| a == filter) {
                codes.push(SubackReturnCode::Failure);
                continue;
            }
            let (qos, code) = match entry.sub_opts().qos() {
                Qos::AtMostOnce => (Qos::AtMostOnce, SubackReturnCode::SuccessMaximumQos0),
                _ => (Qos::AtLeastOnce, SubackReturnCode::SuccessMaximumQos1),
            };
            self.granted.push((filter.to_owned(), qos));
            codes.push(code);
        }
        let packet = Suback::builder()
            .packet_id(subscribe.packet_id())
            .return_codes(codes)
            .build();
        match packet {
            Ok(packet) => self.send(packet.into()),
            Err(_) => self.closed = true,
        }
    }
}

#[cfg(test)]
mod tests;
