use core::net::IpAddr;

use serde::Serialize;

use super::cert::Cert;
use super::constraint::{Mailbox, is_host};
use super::general::General;
use super::{Check, Rule};
use crate::x509::text::shown;

/// Whom the certificate must be for. Only alternative names count, never the common name (RFC 9525
/// section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerName {
    /// An IP address.
    Address(IpAddr),
    /// A host name.
    Dns(String),
    /// An e-mail address.
    Email(String),
}

impl PeerName {
    fn is_met_by(&self, name: &General<'_>) -> bool {
        match (self, name) {
            (Self::Address(IpAddr::V4(address)), General::Address(bytes)) => {
                address.octets() == *bytes
            }
            (Self::Address(IpAddr::V6(address)), General::Address(bytes)) => {
                address.octets() == *bytes
            }
            (Self::Dns(wanted), General::Dns(name)) => dns(wanted, name),
            (Self::Email(wanted), General::Email(name)) => mailbox(wanted, name),
            // RFC 9598 sections 3 and 5: for what rfc822Name cannot hold, and for nothing else.
            (Self::Email(wanted), name) if !wanted.is_ascii() => {
                let international = name.smtp_utf8();
                international.is_some_and(|name| mailbox(wanted, name))
            }
            _ => false,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Dns(text) | Self::Email(text) => shown(text),
        }
    }
}

fn mailbox(wanted: &str, name: &str) -> bool {
    let pair = Mailbox::read(wanted).zip(Mailbox::read(name));
    pair.is_some_and(|(wanted, name)| wanted == name)
}

/// RFC 9525 section 6.3: equal without regard to case, or a wildcard that is the whole leftmost label
/// and stands for exactly one.
fn dns(wanted: &str, name: &str) -> bool {
    let wanted = wanted.strip_suffix('.').unwrap_or(wanted);
    if !is_host(wanted) {
        return false;
    }
    if let Some(parent) = name.strip_prefix("*.") {
        let rest = wanted.split_once('.').map(|(_, rest)| rest);
        return is_host(parent) && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(parent));
    }
    is_host(name) && name.eq_ignore_ascii_case(wanted)
}

/// Each wanted name must be there.
pub(super) fn judge(wanted: &[PeerName], cert: &Cert<'_>, checks: &mut Vec<Check>) {
    if wanted.is_empty() {
        checks.push(Check::not_applicable(Rule::PeerName));
        return;
    }
    let names = cert.known.alt_names.as_deref().unwrap_or_default();
    let listed: Vec<String> = names.iter().take(20).map(General::shown).collect();
    let listed = listed.join(", ");
    let check = |wanted: &PeerName| {
        let met = names.iter().any(|name| wanted.is_met_by(name));
        let check = Check::that(Rule::PeerName, met, || {
            let wanted = wanted.shown();
            if listed.is_empty() {
                format!("The certificate is not for {wanted}; it holds no alternative name at all.")
            } else {
                format!("The certificate is not for {wanted}, but for {listed}.")
            }
        });
        check
            .with(&"wanted", wanted.shown())
            .with(&"names", &listed)
    };
    checks.extend(wanted.iter().map(check));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_one_label() {
        for (wanted, name, met) in [
            ("a.example.com", "a.EXAMPLE.com", true),
            ("a.example.com.", "a.example.com", true),
            ("a.example.com", "*.example.com", true),
            ("example.com", "*.example.com", false),
            ("a.b.example.com", "*.example.com", false),
            ("abc.example.com", "a*.example.com", false),
            ("xn--bliss.example.com", "xn--*.example.com", false),
            ("a.example.com", "a.*.com", false),
            (".example.com", ".example.com", false),
            ("*.example.com", "*.example.com", false),
        ] {
            assert_eq!(dns(wanted, name), met, "{wanted} {name}");
        }
    }
}
