//! A TLS connection to the DPS, directly or through a proxy.

use std::sync::Arc;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError, Error as TlsError, OtherError};
use signet_core::dps::RelayFault;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::credential::Credential;
use super::host::Host;
use super::settings::Settings;
use super::trouble::Trouble;
use crate::signer::Unsigned;

/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whatever carries TLS.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection over which a request can be sent.
pub(super) type Stream = TlsStream<Box<dyn Wire>>;

/// Connects to the first DPS of the list that can be reached. Nothing has been sent to those before it.
pub(super) async fn connect(settings: &Settings) -> Result<(&Host, Stream), Trouble> {
    let mut result = Err(Trouble::new(
        RelayFault::UpstreamUnreachable,
        "The relay's file names no upstream.",
    ));
    for host in &settings.upstreams {
        result = one(settings, host).await.map(|stream| (host, stream));
        match &result {
            Err(trouble) if trouble.fault == RelayFault::UpstreamUnreachable => {}
            _ => break,
        }
    }
    result
}

/// Connects to this DPS.
pub(super) async fn one(settings: &Settings, host: &Host) -> Result<Stream, Trouble> {
    match tokio::time::timeout(PATIENCE, open(settings, host)).await {
        Ok(result) => result,
        Err(_) => Err(unreachable(
            host,
            &format!("nothing answered within {} s", PATIENCE.as_secs()),
        )),
    }
}

async fn open(settings: &Settings, host: &Host) -> Result<Stream, Trouble> {
    let wire: Box<dyn Wire> = match &settings.proxy {
        Some(proxy) => Box::new(proxy.tunnel(host).await?),
        None => {
            let tcp = TcpStream::connect((host.name.as_str(), host.port))
                .await
                .map_err(|error| unreachable(host, &error.to_string()))?;
            // Requests are small, and nobody waits for a second one to fill a packet.
            let _ = tcp.set_nodelay(true);
            Box::new(tcp)
        }
    };
    let with_certificate = matches!(settings.credential, Credential::ClientCertificate);
    TlsConnector::from(Arc::clone(&settings.tls))
        .connect(host.server_name.clone(), wire)
        .await
        .map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
            match inner {
                Some(inner) => tls_trouble(host, inner, with_certificate),
                None => unreachable(
                    host,
                    &format!("the connection ended during the TLS handshake ({error})"),
                ),
            }
        })
}

fn unreachable(host: &Host, why: &str) -> Trouble {
    let message = format!("{host} cannot be reached: {why}.");
    Trouble::new(RelayFault::UpstreamUnreachable, message)
}

/// Why a handshake failed.
fn tls_trouble(host: &Host, error: &TlsError, with_certificate: bool) -> Trouble {
    match error {
        TlsError::InvalidCertificate(reason) => {
            let message = format!("The certificate of {host} {}.", wrong(reason));
            Trouble::new(RelayFault::UpstreamCertificate, message)
        }
        TlsError::AlertReceived(alert) if with_certificate && is_about_client(*alert) => {
            let message = format!("{host} refuses the relay's client certificate ({alert:?}).");
            Trouble::new(RelayFault::Credential, message)
        }
        TlsError::Other(OtherError(inner)) if inner.is::<Unsigned>() => {
            let message = format!("The relay cannot prove itself to {host}: {inner}.");
            Trouble::new(RelayFault::Token, message)
        }
        _ => {
            let message = format!("No TLS connection to {host} came about: {error}.");
            Trouble::new(RelayFault::UpstreamTls, message)
        }
    }
}

/// What is wrong with a certificate, as the end of a sentence.
fn wrong(reason: &CertificateError) -> String {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another host".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "comes from an authority that the relay does not trust".to_owned()
        }
        other => format!("is not accepted ({other})"),
    }
}

/// RFC 5246, section 7.2.2.
fn is_about_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::AccessDenied
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}
