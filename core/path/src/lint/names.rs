use core::net::{Ipv4Addr, Ipv6Addr};

use crate::cert::Cert;
use crate::constraint::{Mailbox, is_host};
use crate::ext::ISSUER_ALT_NAME;
use crate::general::General;
use crate::{Check, Rule};

/// RFC 5280 section 4.1.2.4, for the subject; the issuer's is the subject of the certificate above.
pub(super) fn subject(cert: &Cert<'_>) -> Check {
    let flaw = cert.subject.flaw.as_ref();
    Check::that(Rule::NameAttributes, flaw.is_none(), || match flaw {
        Some((Some(name), flaw)) => format!("The subject's {name} {flaw}."),
        Some((None, flaw)) => format!("The subject {flaw}."),
        None => String::new(),
    })
}

/// RFC 5280 sections 4.2.1.6 and 4.2.1.7: each name in the form of its kind, the subject's and the issuer's.
pub(super) fn alternative(cert: &Cert<'_>, checks: &mut Vec<Check>) {
    checks.push(match &cert.known.alt_names {
        None => Check::not_applicable(Rule::SanForm),
        Some(names) => form(Rule::SanForm, names),
    });
    let issuer = cert.extension(ISSUER_ALT_NAME);
    checks.extend(
        issuer.map(|extension| match General::extension(extension.value) {
            Ok(names) => form(Rule::IanForm, &names),
            Err(why) => {
                let what = format!(
                    "The issuer's alternative name cannot be read: it {}.",
                    why.0
                );
                Check::failed(Rule::IanForm, what)
            }
        }),
    );
}

fn form(rule: Rule, names: &[General<'_>]) -> Check {
    let wrong = names
        .iter()
        .find_map(|name| flaw(name).map(|flaw| (name, flaw)));
    match wrong {
        None => Check::passed(rule).with(&"names", names.len()),
        Some((name, flaw)) => {
            let name = name.shown();
            Check::failed(rule, format!("The alternative name {name} {flaw}.")).with(&"name", name)
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
        General::Uri(text) => (!is_uri(text)).then_some("is no absolute URI with a host, if any"),
        General::Other(..) => {
            let address = name.smtp_utf8()?;
            // RFC 9598 section 3: what fits into rfc822Name goes there.
            let good = !address.is_ascii() && Mailbox::read(address).is_some();
            (!good).then_some("is no international e-mail address")
        }
        General::Directory(_) => None,
    }
}

/// An absolute URI (RFC 3986 section 3): scheme, something behind it and, where there is an authority, a host or an
/// address in it.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let in_uri = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    let mut escapes = rest.split('%').skip(1).map(|part| part.get(..2));
    let is_pair = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let has_host = rest.strip_prefix("//").is_none_or(|rest| {
        let authority = rest.split(['/', '?', '#']).next();
        authority.is_some_and(has_host)
    });
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(in_scheme)
        && !rest.is_empty()
        && rest.chars().all(in_uri)
        && escapes.all(|digits| digits.is_some_and(is_pair))
        && has_host
}

/// `user@host:port`: a host name, perhaps with the dot of the root, or an address.
fn has_host(authority: &str) -> bool {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, port)) = host.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        let port = port.strip_prefix(':').unwrap_or(port);
        return address.parse::<Ipv6Addr>().is_ok() && is_port(port);
    }
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    is_host(host.strip_suffix('.').unwrap_or(host)) && is_port(port)
}
