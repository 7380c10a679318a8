//! What both ports share: taking connections, and speaking HTTP/1.1 on each.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::log;

/// Connections at a time; more wait.
const CONNECTIONS: usize = 256;

/// How long a client may take for a handshake, and for the headers of a request.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a port, which `option` of the command line has chosen.
pub(crate) async fn bind(address: SocketAddr, option: &str) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}: stop what does (another station?), or choose another port \
             with --{option} N"
        )
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Takes connections until this future is dropped, and with it every connection.
pub(crate) async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream, SocketAddr) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connection = serve(stream, peer);
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file handles, most likely: let some connections end.
                log::line("accept-failed", &[("error", &error)]);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Opens TLS on a connection. Gives the client's certificates too, leaf first, whose key it has proved
/// to hold.
pub(crate) async fn handshake(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
) -> Option<(TlsStream<TcpStream>, Vec<Vec<u8>>)> {
    match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(tls)) => {
            let certificates = tls.get_ref().1.peer_certificates().unwrap_or_default();
            let certificates = certificates.iter().map(|der| der.to_vec()).collect();
            Some((tls, certificates))
        }
        Ok(Err(error)) => {
            let facts: [(_, &dyn Display); 2] = [("peer", &peer.ip()), ("error", &error)];
            log::line("handshake-failed", &facts);
            None
        }
        Err(_) => None,
    }
}

/// Answers the requests of one connection.
pub(crate) async fn speak<F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: impl Fn(Request<Body>) -> F,
) where
    F: Future<Output = Response<Body>> + Send,
{
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(request.map(Body::new));
        async move { Ok::<_, Infallible>(response.await) }
    });
    // How a client leaves is its own affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}
