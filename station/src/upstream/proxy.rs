//! A way through an HTTP proxy (RFC 9110, section 9.3.6).

use std::fmt;

use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::header::{HOST, PROXY_AUTHORIZATION};
use axum::http::{HeaderValue, Method, Request, Uri};
use base64ct::{Base64, Encoding};
use hyper::client::conn::http1;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use signet_core::dps::RelayFault;
use tokio::net::TcpStream;

use super::host::Host;
use super::trouble::Trouble;

/// An HTTP proxy. `Debug` and `Display` show no password.
pub(super) struct Proxy {
    name: String,
    port: u16,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads `http://name:port` or `http://user:password@name:port`. What is wrong with it is said
    /// without quoting it.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let uri: Uri = text.parse().ok().context("proxy is no URL")?;
        ensure!(
            uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none(),
            "proxy has to be http://name:port, perhaps with user:password@ before the name"
        );
        let authority = uri.authority().context("proxy has no name")?;
        let authorization = match authority.as_str().rsplit_once('@') {
            None => None,
            Some((user, _)) => Some(basic(user)?),
        };
        Ok(Self {
            name: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().context("proxy has no port")?,
            authorization,
        })
    }

    /// A connection to `host` through the proxy.
    pub(super) async fn tunnel(&self, host: &Host) -> Result<TokioIo<Upgraded>, Trouble> {
        let unreachable = |error: &dyn fmt::Display| {
            let message = format!("The proxy {self} cannot be reached: {error}.");
            Trouble::new(RelayFault::ProxyUnreachable, message)
        };
        let tcp = TcpStream::connect((self.name.as_str(), self.port))
            .await
            .map_err(|error| unreachable(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(tcp))
            .await
            .map_err(|error| unreachable(&error))?;
        // Ends with the tunnel, or with the connection if there is none.
        tokio::spawn(connection.with_upgrades());
        let response = sender
            .send_request(self.request(host))
            .await
            .map_err(|error| unreachable(&error))?;
        let status = response.status();
        if status.is_server_error() {
            let message = format!("The proxy {self} cannot reach {host} (HTTP {status}).");
            return Err(Trouble::new(RelayFault::UpstreamUnreachable, message));
        }
        if !status.is_success() {
            let message =
                format!("The proxy {self} refuses a connection to {host} (HTTP {status}).");
            return Err(Trouble::new(RelayFault::ProxyRefused, message));
        }
        let upgraded = hyper::upgrade::on(response)
            .await
            .map_err(|error| unreachable(&error))?;
        Ok(TokioIo::new(upgraded))
    }

    fn request(&self, host: &Host) -> Request<Body> {
        let target = match host.name.contains(':') {
            true => format!("[{}]:{}", host.name, host.port),
            false => format!("{}:{}", host.name, host.port),
        };
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::CONNECT;
        // Both were read from a URL and fit there again.
        *request.uri_mut() = Uri::try_from(target.as_str()).unwrap_or_default();
        let headers = request.headers_mut();
        if let Ok(target) = HeaderValue::try_from(target) {
            headers.insert(HOST, target);
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        request
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// RFC 7617: user and password, which are percent-encoded in a URL.
fn basic(user: &str) -> Result<HeaderValue> {
    ensure!(
        user.contains(':'),
        "proxy has a user but no password, which stands behind a colon"
    );
    let plain: Vec<u8> = percent_decode_str(user).collect();
    let mut value = HeaderValue::try_from(format!("Basic {}", Base64::encode_string(&plain)))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_sent_and_not_shown() {
        let proxy = Proxy::parse("http://us%40er:pass%3Aword@proxy.example:3128").unwrap();
        assert_eq!((proxy.name.as_str(), proxy.port), ("proxy.example", 3128));
        let host = Host::parse("https://dps.example").unwrap();
        let request = proxy.request(&host);
        assert_eq!(request.uri(), "dps.example:443");
        // `us@er:pass:word`, by base64.
        let sent = request.headers().get(PROXY_AUTHORIZATION).unwrap();
        assert_eq!(sent.to_str().unwrap(), "Basic dXNAZXI6cGFzczp3b3Jk");
        for shown in [format!("{proxy:?} {proxy}"), format!("{request:?}")] {
            assert!(
                !shown.contains("pass") && !shown.contains("dXNA"),
                "{shown}"
            );
        }
    }

    #[test]
    fn refuses_without_quoting() {
        for text in [
            "https://u:secret@p:1",
            "http://u:secret@p",
            "http://secret@p:1",
            "http://u:secret@p:1/x",
            "socks5://u:secret@p:1",
            "u:secret@p p",
        ] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error:#}").contains("secret"), "{error:#}");
        }
    }
}
