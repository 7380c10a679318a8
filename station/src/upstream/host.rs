//! A DPS elsewhere, by name and port.

use std::fmt;

use anyhow::{Context, Result, ensure};
use axum::http::Uri;
use rustls::pki_types::ServerName;

/// Where HTTPS is, unless said otherwise.
const HTTPS: u16 = 443;

/// A DPS elsewhere. `Display` is the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// A DNS name or an address, without brackets.
    pub(super) name: String,
    pub(super) port: u16,
    /// What the certificate has to be for.
    pub(super) server_name: ServerName<'static>,
    /// As in a URL and in `Host`.
    pub(super) authority: String,
}

impl Host {
    /// Reads `https://name` or `https://name:port`: nothing else may stand there.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let uri: Uri = text
            .parse()
            .with_context(|| format!("{text:?} is no URL such as https://name"))?;
        ensure!(
            uri.scheme_str() == Some("https") && uri.path() == "/" && uri.query().is_none(),
            "{text:?} has to be https:// and a name, perhaps with a port, and nothing behind it"
        );
        let authority = uri.authority().context("a URL without a name")?;
        ensure!(
            !authority.as_str().contains('@'),
            "an upstream has no user and no password in its URL"
        );
        let name = authority.host().trim_matches(['[', ']']).to_owned();
        let server_name = ServerName::try_from(name.clone())
            .with_context(|| format!("{name:?} is no name of a host"))?;
        Ok(Self {
            name,
            port: authority.port_u16().unwrap_or(HTTPS),
            server_name,
            authority: authority.as_str().to_owned(),
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_name_and_port() {
        for (text, name, port) in [
            ("https://a.example", "a.example", 443),
            ("https://a.example/", "a.example", 443),
            ("https://a.example:8443", "a.example", 8443),
            ("https://[::1]:8443", "::1", 8443),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((host.name.as_str(), host.port), (name, port), "{text}");
            assert_eq!(host.to_string(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "a.example",
            "http://a.example",
            "https://",
            "https://a.example/path",
            "https://a.example?q",
            "https://user:password@a.example",
            "https://a_b.ex ample",
        ] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }
}
