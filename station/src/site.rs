//! Where the page is reached: on this computer in clear, or over TLS under names that were given.
//!
//! Browsers let a page at a plain address use neither Web Serial nor WebUSB, unless it is on the same
//! computer (W3C Secure Contexts, section 3.1), and a token must not travel in clear: so there is no
//! third way.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use signet_core::Explain;

use crate::config::Serve;

/// Under which names the page is reached, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// As in the header `Host`, without the port; addresses of IPv6 in brackets.
    names: Vec<String>,
    tls: bool,
}

/// Why the page cannot be served as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum SiteError {
    /// A certificate without a key, or a key without a certificate.
    HalfTls,
    /// No host name.
    Name { name: String },
    /// Names have a meaning with TLS only.
    NamesInClear,
    /// A request for a name that it does not have.
    OtherName,
    /// Other computers are to reach it, under which names was not said.
    NeedsNames { address: IpAddr },
    /// Other computers are to reach it, and there is no certificate.
    NeedsTls { address: IpAddr },
    /// Faults can be ordered, by other computers.
    TestFaults { address: IpAddr },
}

/// What this computer calls itself.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Site {
    /// In clear, on this computer.
    pub(crate) fn local() -> Self {
        Self {
            names: LOCAL.map(str::to_owned).into(),
            tls: false,
        }
    }

    /// As it was said, if that is safe.
    pub(crate) fn new(serve: &Serve) -> Result<Self, SiteError> {
        let address = serve.page_address;
        let tls = match (&serve.page_certificate, &serve.page_key) {
            (Some(_), Some(_)) => true,
            (None, None) => false,
            _ => return Err(SiteError::HalfTls),
        };
        let own = address.is_loopback();
        if !tls && !own {
            return Err(SiteError::NeedsTls { address });
        }
        if serve.test_faults && !own {
            return Err(SiteError::TestFaults { address });
        }
        if !tls {
            let mut site = Self::local();
            site.names.push(host_of(address));
            return match serve.page_names.is_empty() {
                true => Ok(site),
                false => Err(SiteError::NamesInClear),
            };
        }
        let mut names = Vec::new();
        for name in &serve.page_names {
            names.push(canonical(name).ok_or_else(|| SiteError::Name { name: name.clone() })?);
        }
        if names.is_empty() && !own {
            return Err(SiteError::NeedsNames { address });
        }
        if own || address.is_unspecified() {
            names.extend(LOCAL.map(str::to_owned));
        }
        Ok(Self { names, tls })
    }

    /// Whether everything but the page itself wants a token, also before there is an operator: with TLS
    /// others than who sits at this computer may be at the other end, whatever their address.
    pub(crate) fn wants_tokens(&self) -> bool {
        self.tls
    }

    /// The header `Host`, if it has one of the names. A page elsewhere can make a name of its own lead
    /// here (DNS rebinding): then `Host` has that name.
    pub(crate) fn host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let host = headers.get(HOST)?.to_str().ok()?;
        let name = without_port(host);
        let known = self.names.iter().any(|it| it.eq_ignore_ascii_case(name));
        known.then_some(host)
    }

    /// Whether a request to this `Host` comes from this very page. Browsers put `Origin` on every
    /// request that changes something; other programs leave it out.
    pub(crate) fn is_own(&self, headers: &HeaderMap, host: &str) -> bool {
        let scheme: &[u8] = if self.tls { b"https://" } else { b"http://" };
        let site = headers.get("sec-fetch-site").map(|it| it.as_bytes());
        let origin = headers.get(ORIGIN).map(|it| it.as_bytes());
        origin.is_none_or(|origin| origin.strip_prefix(scheme) == Some(host.as_bytes()))
            && matches!(site, None | Some(b"same-origin" | b"none"))
    }

    /// Whether a browser is to keep to TLS at this `Host` from now on (RFC 6797, section 7.1). It holds
    /// for all ports of a name, so not for this computer's own; for addresses it has no meaning.
    pub(crate) fn keeps_to_tls(&self, host: &str) -> bool {
        let name = without_port(host);
        let is_local = LOCAL.iter().any(|local| local.eq_ignore_ascii_case(name));
        self.tls && !is_local && !name.starts_with('[') && name.parse::<IpAddr>().is_err()
    }

    /// Where people find the page.
    pub(crate) fn url(&self, address: SocketAddr) -> String {
        let port = address.port();
        match self.names.first() {
            Some(name) if self.tls => format!("https://{name}:{port}/"),
            _ => format!("http://{address}/"),
        }
    }
}

/// A name as browsers write it, without the brackets of IPv6.
pub(crate) fn bare(name: &str) -> &str {
    let inner = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.unwrap_or(name)
}

/// A name as it stands in `Host`; `None` if it is none: a label has letters, digits and hyphens
/// (RFC 1123, section 2.1).
fn canonical(name: &str) -> Option<String> {
    if let Ok(address) = bare(name).parse() {
        return Some(host_of(address));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
    (name.len() <= 253 && name.split('.').all(label)).then(|| name.to_ascii_lowercase())
}

fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HalfTls => f.write_str("The page has only one half of what TLS needs."),
            Self::Name { name } => write!(f, "{name:?} is no name of a computer."),
            Self::NamesInClear => f.write_str("The page has names, but no certificate for them."),
            Self::NeedsNames { address } => {
                write!(
                    f,
                    "Nobody said under which names the page at {address} is reached."
                )
            }
            Self::OtherName => f.write_str("This station does not answer under that name."),
            Self::NeedsTls { address } => {
                write!(
                    f,
                    "At {address} the page would go to other computers in clear."
                )
            }
            Self::TestFaults { address } => {
                write!(f, "At {address} other computers could order faults.")
            }
        }
    }
}

impl Explain for SiteError {
    fn code(&self) -> &'static str {
        match self {
            Self::HalfTls => "site.half-tls",
            Self::Name { .. } => "site.name",
            Self::NamesInClear => "site.names-in-clear",
            Self::NeedsNames { .. } => "site.needs-names",
            Self::NeedsTls { .. } => "site.needs-tls",
            Self::OtherName => "site.other-name",
            Self::TestFaults { .. } => "site.test-faults",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::HalfTls => "Give both, --page-certificate FILE and --page-key FILE.",
            Self::Name { .. } => "Give a name such as station.factory.example, or an IP address.",
            Self::NamesInClear => {
                "Add --page-certificate FILE and --page-key FILE, or leave --page-name out."
            }
            Self::NeedsNames { .. } => "Add --page-name NAME for each that people type.",
            Self::NeedsTls { .. } => {
                "Add --page-certificate FILE, --page-key FILE and --page-name NAME, or leave \
                 --page-address out."
            }
            Self::OtherName => {
                "Open the address that it told at its start, or start it with --page-name for that \
                 name, too."
            }
            Self::TestFaults { .. } => "Leave --test-faults out, or --page-address.",
        }
    }
}

#[cfg(test)]
mod tests;
