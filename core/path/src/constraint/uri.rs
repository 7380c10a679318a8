use super::dns::is_host;
use super::mail::host_within;

/// A host, or a dot and a domain.
pub(super) fn is_constraint(text: &str) -> bool {
    text.is_empty() || is_host(text.strip_prefix('.').unwrap_or(text))
}

/// RFC 5280 section 4.2.1.10: the constraint is about the host part; without a host name there is
/// nothing to compare, and the certificate is to be refused.
pub(super) fn within(uri: &str, base: &str) -> Option<bool> {
    let host = host(uri)?;
    Some(host_within(host, base))
}

/// The host of `scheme://user@host:port/…` (RFC 3986 section 3.2), if it is a name.
fn host(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let scheme_fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(scheme_fits) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let is_number = host
        .rsplit('.')
        .next()?
        .bytes()
        .all(|byte| byte.is_ascii_digit());
    let port_fits = port.bytes().all(|byte| byte.is_ascii_digit());
    (is_host(host) && !is_number && port_fits).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_decides() {
        for (uri, base, within_it) in [
            ("http://example.com/a", "example.com", Some(true)),
            ("http://a.example.com/", "example.com", Some(false)),
            (
                "https://user@a.Example.com:8080?x",
                ".example.com",
                Some(true),
            ),
            ("ldap://example.com", ".example.com", Some(false)),
            ("http://10.0.0.1/", "example.com", None),
            ("http://[::1]/", "example.com", None),
            ("urn:x:y", "example.com", None),
            ("http:///x", "example.com", None),
        ] {
            assert_eq!(within(uri, base), within_it, "{uri} {base}");
        }
    }
}
