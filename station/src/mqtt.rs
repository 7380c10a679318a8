//! MQTT 3.1.1, as devices speak it to the service: on a port of its own, and over WebSocket on the
//! device port.
//!
//! Who logs in with the user name of a provisioning client gets the device API ([`dps`]), who logs
//! in as a device of a hub gets the practice hub ([`hub`]). The packets and the rules of their
//! exchange are those of the crate `mqtt-protocol-core`.

mod dps;
mod hub;
mod link;
mod seats;
mod session;
mod topic;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::device_api::DeviceApi;
use crate::port;

pub(crate) use seats::Seats;
pub(crate) use websocket::{Socket, Upgrade, upgrade};

/// The MQTT port.
pub(crate) struct MqttPort {
    pub(crate) api: Arc<DeviceApi>,
    pub(crate) acceptor: TlsAcceptor,
}

impl MqttPort {
    /// Serves until this future is dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let this = Arc::new(self);
        port::accept(listener, |stream, peer| {
            Arc::clone(&this).connection(stream, peer)
        })
        .await;
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        if let Some((tls, certificates)) = port::handshake(&self.acceptor, stream, peer).await {
            link::run(link::Stream::new(tls), Arc::clone(&self.api), certificates).await;
        }
    }
}

/// Speaks MQTT in an opened WebSocket, until either side ends it.
pub(crate) async fn speak(socket: Socket, api: Arc<DeviceApi>, certificates: Vec<Vec<u8>>) {
    link::run(socket, api, certificates).await;
}
