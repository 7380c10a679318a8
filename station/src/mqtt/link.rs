//! Between a socket and a session: the loop that carries bytes, and asks the side that answers.

use std::sync::Arc;
use std::time::Duration;

use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::dps::Dps;
use super::hub::Hub;
use super::seats::Seat;
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
    let mut side: Option<Side> = None;
    let mut seat: Option<Seat<'_>> = None;
    while !session.closed() {
        let until = match side {
            None => begun + patience,
            Some(_) => Instant::now() + session.patience().unwrap_or(SILENCE),
        };
        let lost = async {
            match &seat {
                Some(seat) => seat.lost().await,
                None => std::future::pending().await,
            }
        };
        let received = tokio::select! {
            biased;
            client = lost => {
                log::line("mqtt-replaced", &[("client", &client)]);
                return;
            }
            received = tokio::time::timeout_at(until, wire.receive()) => received,
        };
        let Ok(Some(bytes)) = received else { return };
        let mut all = session.receive(&bytes);
        while !all.is_empty() {
            for heard in all {
                match heard {
                    Heard::Login(login) => {
                        side = enter(&mut session, &api, login, &certificates).await;
                        seat = side.as_ref().map(|side| api.seats.take(side.client()));
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

    /// By which the client is told from others.
    fn client(&self) -> String {
        match self {
            Self::Dps(dps) => dps.client(),
            Self::Hub(hub) => hub.client(),
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

    use signet_core::UnixTime;
    use signet_core::dps::{device_key, sas_token};

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

    /// A fresh station, and the folder that it lies in.
    fn api() -> (tempfile::TempDir, Arc<DeviceApi>) {
        let folder = tempfile::tempdir().unwrap();
        let config = Serve::new(folder.path(), folder.path().join("data"));
        let (alive, _working) = tokio::sync::mpsc::channel(1);
        let api = station::open(&config, clock::now(), alive, None).unwrap();
        (folder, Arc::new(api))
    }

    /// CONNECT of a device in the group of the line (MQTT 3.1.1, section 3.1).
    fn connect(api: &DeviceApi, id: &str) -> Vec<u8> {
        let scope = &api.namespace.id_scope;
        let key = device_key(api.gate.group_key("line").unwrap(), id);
        let token = sas_token(scope, id, &key, UnixTime(clock::now().0 + 60));
        let user = format!("{scope}/registrations/{id}/api-version=2021-06-01");
        let mut body = b"\0\x04MQTT\x04\xc2\0\x3c".to_vec();
        for text in [id, &user, &token] {
            body.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            body.extend(text.as_bytes());
        }
        let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[0x10, low | 0x80, high << 1 | low >> 7], body.as_slice()].concat()
    }

    /// Opens a connection, and waits for the answer to its login.
    async fn enter(api: &Arc<DeviceApi>, id: &str) -> tokio::io::DuplexStream {
        let (mut client, server) = tokio::io::duplex(4096);
        tokio::spawn(run(Stream::new(server), Arc::clone(api), Vec::new()));
        client.write_all(&connect(api, id)).await.unwrap();
        let mut answer = [0; 4];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [0x20, 2, 0, 0]);
        client
    }

    #[tokio::test]
    async fn who_comes_under_the_same_name_takes_the_place() {
        let (_folder, api) = api();
        let mut first = enter(&api, "sn-1").await;
        let mut other = enter(&api, "sn-2").await;
        let mut second = enter(&api, "sn-1").await;
        // It may have been closed already.
        let _ = first.write_all(&[0xc0, 0]).await;
        assert_eq!(first.read(&mut [0; 9]).await.unwrap(), 0, "it is cut off");
        for client in [&mut second, &mut other] {
            client.write_all(&[0xc0, 0]).await.unwrap();
            let mut answer = [0; 2];
            client.read_exact(&mut answer).await.unwrap();
            assert_eq!(answer, [0xd0, 0]);
        }
    }

    #[tokio::test]
    async fn a_login_in_small_pieces_is_not_waited_for() {
        let (_folder, api) = api();
        let sent = AtomicUsize::new(0);
        serve(Slow(&sent), api, Vec::new(), Duration::from_millis(100)).await;
        assert!(sent.into_inner() < 255, "it was heard to its end");
    }
}
