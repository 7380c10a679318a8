//! The HTTPS port for devices, tools and pages hosted elsewhere.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::device_api::DeviceApi;
use crate::mqtt::{self, Upgrade};
use crate::{exchange, port};

/// The device port.
pub(crate) struct DevicePort {
    pub(crate) api: Arc<DeviceApi>,
    pub(crate) acceptor: TlsAcceptor,
    /// The one origin that may read answers from elsewhere.
    pub(crate) allow_origin: Option<HeaderValue>,
}

impl DevicePort {
    /// Serves until this future is dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let this = Arc::new(self);
        port::accept(listener, |stream, peer| {
            Arc::clone(&this).connection(stream, peer)
        })
        .await;
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Some((tls, certificates)) = port::handshake(&self.acceptor, stream, peer).await else {
            return;
        };
        let upgraded = Mutex::new(None);
        port::speak(tls, |request| {
            self.request(request, certificates.clone(), &upgraded)
        })
        .await;
        let upgraded = upgraded
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(upgrade) = upgraded
            && let Some(socket) = upgrade.open().await
        {
            mqtt::speak(socket, Arc::clone(&self.api), certificates).await;
        }
    }

    async fn request(
        &self,
        mut request: Request<Body>,
        certificates: Vec<Vec<u8>>,
        upgraded: &Mutex<Option<Upgrade>>,
    ) -> Response<Body> {
        if let Some((response, upgrade)) = mqtt::upgrade(&mut request) {
            *upgraded.lock().unwrap_or_else(PoisonError::into_inner) = upgrade;
            return response;
        }
        let origin = self.allowed(request.headers());
        if request.method() == Method::OPTIONS {
            return origin.map_or_else(|| exchange::plain(StatusCode::FORBIDDEN), preflight);
        }
        let mut response = match exchange::read(request, certificates).await {
            Ok(ask) => exchange::answer(Arc::clone(&self.api), ask).await,
            Err(response) => response,
        };
        if self.allow_origin.is_some() {
            response
                .headers_mut()
                .insert(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = origin {
            response
                .headers_mut()
                .insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response
                .headers_mut()
                .insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        response
    }

    /// The request's origin, if it is the one that is allowed.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        (Some(origin) == self.allow_origin.as_ref()).then(|| origin.clone())
    }
}

const EXPOSED: HeaderValue =
    HeaderValue::from_static("Retry-After, Date, x-ms-request-id, x-ms-error-code, Location");

fn preflight(origin: HeaderValue) -> Response<Body> {
    let mut response = exchange::plain(StatusCode::NO_CONTENT);
    let fixed = HeaderValue::from_static;
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (ACCESS_CONTROL_ALLOW_METHODS, fixed("PUT, GET, POST")),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            fixed("authorization, content-type, accept"),
        ),
        (ACCESS_CONTROL_MAX_AGE, fixed("600")),
        // A page from the public network calls an address in the local one.
        (
            HeaderName::from_static("access-control-allow-private-network"),
            fixed("true"),
        ),
        (VARY, fixed("Origin")),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
}
