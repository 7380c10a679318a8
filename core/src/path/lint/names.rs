use core::net::Ipv4Addr;

use crate::path::cert::Cert;
use crate::path::constraint::{Mailbox, is_host};
use crate::path::general::General;
use crate::path::{Check, Rule};

/// RFC 5280 section 4.2.1.6: each name in the form of its kind.
pub(super) fn alternative(cert: &Cert<'_>) -> Check {
    let Some(names) = &cert.known.alt_names else {
        return Check::not_applicable(Rule::SanForm);
    };
    let wrong = names
        .iter()
        .find_map(|name| flaw(name).map(|flaw| (name, flaw)));
    match wrong {
        None => Check::passed(Rule::SanForm).with("names", names.len()),
        Some((name, flaw)) => {
            let name = name.shown();
            Check::failed(
                Rule::SanForm,
                format!("The alternative name {name} {flaw}."),
            )
            .with("name", name)
        }
    }
}

fn flaw(name: &General<'_>) -> Option<&'static str> {
    match name {
        General::Dns(text) if text.parse::<Ipv4Addr>().is_ok() => {
            Some("is an address in the form of a DNS name")
        }
        General::Dns(text) => {
            // The preferred name syntax, which has no underscore, or a wildcard.
            let host = text.strip_prefix("*.").unwrap_or(text);
            (!is_host(host) || host.contains('_')).then_some("is no DNS name")
        }
        General::Email(text) => Mailbox::read(text)
            .is_none()
            .then_some("is no e-mail address"),
        General::Address(bytes) => (!matches!(bytes.len(), 4 | 16)).then_some("is no address"),
        General::Uri(text) => {
            let scheme = text.split_once(':').map(|(scheme, _)| scheme);
            let good = |scheme: &str| scheme.starts_with(|c: char| c.is_ascii_alphabetic());
            (!scheme.is_some_and(good)).then_some("is no absolute URI")
        }
        General::Directory(_) | General::Other(..) => None,
    }
}
