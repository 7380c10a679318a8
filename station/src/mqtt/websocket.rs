//! MQTT over WebSocket, at the path where the service has it (RFC 6455; OASIS MQTT 3.1.1, section 6).

use axum::body::Body;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::link::Wire;
use crate::exchange::plain;

/// Where devices open the WebSocket.
const PATH: &str = "/$iothub/websocket";

/// Largest message and frame in bytes.
const MESSAGE_LIMIT: usize = 128 * 1024;

/// A connection that becomes a WebSocket when the answer has been sent.
pub(crate) struct Upgrade(OnUpgrade);

impl Upgrade {
    /// Waits for the connection.
    pub(crate) async fn open(self) -> Option<Socket> {
        let upgraded = TokioIo::new(self.0.await.ok()?);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        Some(Socket(
            WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(config)).await,
        ))
    }
}

/// Answers a request to open a WebSocket; `None` if the request is for something else.
pub(crate) fn upgrade(request: &mut Request<Body>) -> Option<(Response<Body>, Option<Upgrade>)> {
    if request.uri().path() != PATH {
        return None;
    }
    let Some(key) = key(request.headers()) else {
        return Some((plain(StatusCode::BAD_REQUEST), None));
    };
    let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) else {
        return Some((plain(StatusCode::BAD_REQUEST), None));
    };
    let mut response = plain(StatusCode::SWITCHING_PROTOCOLS);
    for (name, value) in [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
        (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("mqtt")),
    ] {
        response.headers_mut().insert(name, value);
    }
    Some((response, Some(Upgrade(hyper::upgrade::on(request)))))
}

/// The client's key, if it asks for MQTT over a WebSocket of version 13.
fn key(headers: &HeaderMap) -> Option<HeaderValue> {
    let lists = |name, word: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let mut words = value.unwrap_or_default().split(',').map(str::trim);
        words.any(|other| other.eq_ignore_ascii_case(word))
    };
    let asks = lists(UPGRADE, "websocket")
        && lists(CONNECTION, "upgrade")
        && lists(SEC_WEBSOCKET_PROTOCOL, "mqtt")
        && lists(SEC_WEBSOCKET_VERSION, "13");
    headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks).cloned()
}

/// An open WebSocket.
pub(crate) struct Socket(WebSocketStream<TokioIo<Upgraded>>);

impl Wire for Socket {
    async fn receive(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.0.next().await? {
                Ok(Message::Binary(bytes)) => return Some(bytes.to_vec()),
                // The library answers pings by itself.
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                _ => return None,
            }
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) -> bool {
        self.0.send(Message::Binary(bytes.into())).await.is_ok()
    }
}
