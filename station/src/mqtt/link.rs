//! Between a socket and a session: the loop that carries bytes, and asks the side that answers.

use std::sync::Arc;
use std::time::Duration;

use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::dps::Dps;
use super::hub::Hub;
use super::session::{Heard, Login, Message, Session};
use crate::device_api::DeviceApi;
use crate::log;
use crate::port::PATIENCE;

/// What carries bytes.
pub(crate) trait Wire: Send {
    /// The next bytes; `None` when the other side has ended.
    fn receive(&mut self) -> impl Future<Output = Option<Vec<u8>>> + Send;

    /// Sends bytes; `false` when the other side has ended.
    fn send(&mut self, bytes: Vec<u8>) -> impl Future<Output = bool> + Send;
}

/// A socket that carries MQTT as it is.
pub(super) struct Stream<S> {
    stream: S,
    buffer: Box<[u8; 4096]>,
}

impl<S> Stream<S> {
    pub(super) fn new(stream: S) -> Self {
        let buffer = Box::new([0; 4096]);
        Self { stream, buffer }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Wire for Stream<S> {
    async fn receive(&mut self) -> Option<Vec<u8>> {
        match self.stream.read(&mut self.buffer[..]).await {
            Ok(0) | Err(_) => None,
            Ok(count) => self.buffer.get(..count).map(<[u8]>::to_vec),
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) -> bool {
        self.stream.write_all(&bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }
}

/// Who answers a client.
#[derive(Clone)]
enum Side {
    Dps(Arc<Dps>),
    Hub(Arc<Hub>),
}

/// Longest silence of a client that asked for no keep-alive.
const SILENCE: Duration = Duration::from_secs(30 * 60);

/// Serves one connection until either side ends it.
pub(super) async fn run(mut wire: impl Wire, api: Arc<DeviceApi>, certificates: Vec<Vec<u8>>) {
    let mut session = Session::new();
    let mut side = None;
    while !session.closed() {
        let patience = match side {
            None => PATIENCE,
            Some(_) => session.patience().unwrap_or(SILENCE),
        };
        let Ok(Some(bytes)) = tokio::time::timeout(patience, wire.receive()).await else {
            return;
        };
        for heard in session.receive(&bytes) {
            match heard {
                Heard::Login(login) => {
                    side = enter(&mut session, &api, login, &certificates).await;
                }
                Heard::Message(message) => {
                    let Some(side) = side.clone() else { return };
                    let answers = tokio::task::spawn_blocking(move || side.answer(&message));
                    for answer in answers.await.unwrap_or_default() {
                        session.publish(answer);
                    }
                }
            }
        }
        let out = session.take_out();
        let sent = out.is_empty()
            || tokio::time::timeout(PATIENCE, wire.send(out))
                .await
                .unwrap_or(false);
        if !sent {
            return;
        }
    }
}

/// Asks whether a client may come in, and tells it.
async fn enter(
    session: &mut Session,
    api: &Arc<DeviceApi>,
    login: Login,
    certificates: &[Vec<u8>],
) -> Option<Side> {
    let (client, api) = (login.client_id.clone(), Arc::clone(api));
    let certificates = certificates.to_vec();
    let judged = tokio::task::spawn_blocking(move || Side::of(api, &login, certificates)).await;
    let code = match judged {
        Ok(Ok((side, allowed))) => {
            session.accept(allowed);
            return Some(side);
        }
        Ok(Err(code)) => code,
        Err(_) => ConnectReturnCode::ServerUnavailable,
    };
    let number = code as u8;
    log::line("mqtt-refused", &[("client", &client), ("code", &number)]);
    session.refuse(code);
    None
}

impl Side {
    /// Who answers this client, and which filters it may subscribe to.
    fn of(
        api: Arc<DeviceApi>,
        login: &Login,
        certificates: Vec<Vec<u8>>,
    ) -> Result<(Self, Vec<String>), ConnectReturnCode> {
        if Dps::speaks(login) {
            let (dps, allowed) = Dps::enter(api, login, certificates)?;
            Ok((Self::Dps(Arc::new(dps)), allowed))
        } else {
            let (hub, allowed) = Hub::enter(api, login, &certificates)?;
            Ok((Self::Hub(Arc::new(hub)), allowed))
        }
    }

    /// Blocks for as long as the disk takes.
    fn answer(&self, message: &Message) -> Vec<Message> {
        match self {
            Self::Dps(dps) => dps.answer(message).into_iter().collect(),
            Self::Hub(hub) => hub.answer(message),
        }
    }
}
