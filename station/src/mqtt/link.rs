//! Between a socket and a session: the loop that carries bytes, and asks the side that answers.

use std::sync::Arc;
use std::time::Duration;

use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

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
pub(super) async fn run(wire: impl Wire, api: Arc<DeviceApi>, certificates: Vec<Vec<u8>>) {
    serve(wire, api, certificates, PATIENCE).await;
}

/// The same for a client that has to log in within `patience`, however slowly its bytes come.
async fn serve(
    mut wire: impl Wire,
    api: Arc<DeviceApi>,
    certificates: Vec<Vec<u8>>,
    patience: Duration,
) {
    let begun = Instant::now();
    let mut session = Session::new();
    let mut side = None;
    while !session.closed() {
        let until = match side {
            None => begun + patience,
            Some(_) => Instant::now() + session.patience().unwrap_or(SILENCE),
        };
        let Ok(Some(bytes)) = tokio::time::timeout_at(until, wire.receive()).await else {
            return;
        };
        let mut all = session.receive(&bytes);
        while !all.is_empty() {
            for heard in all {
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
                // One answer at a time: a client can ask for many in few bytes.
                if !send(&mut session, &mut wire).await {
                    return;
                }
            }
            // What came behind a login.
            all = session.receive(&[]);
        }
        if !send(&mut session, &mut wire).await {
            return;
        }
    }
}

/// Sends what there is. `false` when the other side has ended or does not take it.
async fn send(session: &mut Session, wire: &mut impl Wire) -> bool {
    let out = session.take_out();
    out.is_empty()
        || tokio::time::timeout(PATIENCE, wire.send(out))
            .await
            .unwrap_or(false)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::config::Serve;
    use crate::{clock, station};

    /// A CONNECT of 255 bytes, of which one comes every now and then.
    struct Slow<'a>(&'a AtomicUsize);

    impl Wire for Slow<'_> {
        async fn receive(&mut self) -> Option<Vec<u8>> {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let sent = self.0.fetch_add(1, Ordering::SeqCst);
            let bytes = [0x10, 0xff, 0x01];
            (sent < 255).then(|| vec![bytes.get(sent).copied().unwrap_or(0)])
        }

        async fn send(&mut self, _bytes: Vec<u8>) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn a_login_in_small_pieces_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let config = Serve::new(folder.path(), folder.path().join("data"));
        let (alive, _working) = tokio::sync::mpsc::channel(1);
        let api = Arc::new(station::open(&config, clock::now(), alive, None).unwrap());
        let sent = AtomicUsize::new(0);
        serve(Slow(&sent), api, Vec::new(), Duration::from_millis(100)).await;
        assert!(sent.into_inner() < 255, "it was heard to its end");
    }
}
