use core::net::{Ipv4Addr, Ipv6Addr};

use crate::cert::Cert;
use crate::constraint::is_host;
use crate::ext::SUBJECT_ALT_NAME;
use crate::general::General;
use crate::x509::text::shown;
use crate::{Check, Rule};

/// Registries of two labels under which everybody registers: the best known of the public suffix
/// list's ICANN section, of several thousand. A caller with the whole list knows more ([`Lint::public_suffix`]).
///
/// [`Lint::public_suffix`]: crate::Lint::public_suffix
const REGISTRIES: &[&str] = &[
    "ac.uk", "co.at", "co.id", "co.il", "co.in", "co.jp", "co.kr", "co.nz", "co.th", "co.uk",
    "co.za", "com.ar", "com.au", "com.br", "com.cn", "com.co", "com.hk", "com.mx", "com.my",
    "com.ph", "com.pl", "com.sg", "com.tr", "com.tw", "com.ua", "com.vn", "edu.au", "edu.cn",
    "gov.au", "gov.br", "gov.cn", "gov.in", "gov.uk", "me.uk", "ne.jp", "net.au", "net.br",
    "net.cn", "or.jp", "or.kr", "org.au", "org.br", "org.cn", "org.nz", "org.uk",
];

/// What the names of a server's certificate must be.
pub(super) fn leaf(cert: &Cert<'_>, public_suffix: Option<fn(&str) -> bool>) -> Vec<Check> {
    let is_suffix = public_suffix.unwrap_or(|name| REGISTRIES.contains(&name));
    vec![
        alternative(cert),
        wildcards(cert, is_suffix),
        common_name(cert),
    ]
}

/// Section 7.1.2.7.12.
fn alternative(cert: &Cert<'_>) -> Check {
    let names = cert.known.alt_names.as_deref().unwrap_or_default();
    let other = names
        .iter()
        .find(|name| !matches!(name, General::Dns(_) | General::Address(_)));
    let wrong = if names.is_empty() {
        Some("The certificate has no alternative names.".to_owned())
    } else if let Some(name) = other {
        Some(format!(
            "The alternative name {} is neither a DNS name nor an address.",
            name.shown()
        ))
    } else if let Some(name) = names.iter().find(|name| has_reserved_label(name)) {
        Some(format!(
            "The alternative name {} has a label that is reserved (RFC 5890 section 2.3.1).",
            name.shown()
        ))
    } else if cert.is_critical(SUBJECT_ALT_NAME) != cert.subject.is_empty() {
        Some("The alternative names are critical exactly if the subject is not empty.".to_owned())
    } else {
        None
    };
    Check::that(Rule::WebSan, wrong.is_none(), || wrong.unwrap_or_default())
}

/// Two hyphens in the third and fourth place are for labels that begin with `xn--`.
fn has_reserved_label(name: &General<'_>) -> bool {
    let is_reserved = |label: &str| {
        let mark = label.get(2..4) == Some("--");
        mark && !label
            .get(..2)
            .is_some_and(|front| front.eq_ignore_ascii_case("xn"))
    };
    matches!(name, General::Dns(text) if text.split('.').any(is_reserved))
}

/// Section 3.2.2.6.
fn wildcards(cert: &Cert<'_>, is_suffix: fn(&str) -> bool) -> Check {
    let names = cert.known.alt_names.as_deref().unwrap_or_default();
    let wrong = names.iter().find_map(|name| match name {
        General::Dns(name) if name.contains('*') && !is_narrow(name, is_suffix) => {
            Some(shown(name))
        }
        _ => None,
    });
    let check = Check::that(Rule::WebWildcard, wrong.is_none(), || {
        let name = wrong.clone().unwrap_or_default();
        format!("The wildcard {name} is not a whole leftmost label below a registered domain.")
    });
    match wrong {
        Some(name) => check.with(&"name", name),
        None => check,
    }
}

fn is_narrow(name: &str, is_suffix: fn(&str) -> bool) -> bool {
    let Some(parent) = name.strip_prefix("*.").filter(|parent| is_host(parent)) else {
        return false;
    };
    let parent = parent.to_ascii_lowercase();
    parent.contains('.') && !is_suffix(&parent)
}

/// Section 7.1.4.3: addresses in the one spelling of RFC 3986 or RFC 5952.
fn common_name(cert: &Cert<'_>) -> Check {
    let names = cert.known.alt_names.as_deref().unwrap_or_default();
    let common = cert.common_names();
    let [name] = common.as_slice() else {
        let several = common.len() > 1;
        let check = Check::that(Rule::WebCommonName, !several, || {
            "The subject has several common names.".to_owned()
        });
        return if several {
            check
        } else {
            Check::not_applicable(Rule::WebCommonName)
        };
    };
    let repeats = |alternative: &General<'_>| match alternative {
        General::Dns(dns) => dns == name,
        General::Address(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|octets| Ipv4Addr::from(octets).to_string());
            let v6 = <[u8; 16]>::try_from(*bytes).map(|octets| Ipv6Addr::from(octets).to_string());
            v4.or(v6).is_ok_and(|text| text == *name)
        }
        _ => false,
    };
    let check = Check::that(Rule::WebCommonName, names.iter().any(repeats), || {
        format!(
            "The common name {} is none of the alternative names, letter by letter.",
            shown(name)
        )
    });
    check.with(&"common name", shown(name))
}
