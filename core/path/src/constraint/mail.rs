use super::dns::is_host;

/// `local@domain`, RFC 5280 section 4.2.1.6: a Mailbox of RFC 2821 section 4.1.2 without quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mailbox<'a> {
    local: &'a str,
    domain: &'a str,
}

impl<'a> Mailbox<'a> {
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
        // RFC 5321 section 4.1.2: atoms joined by dots.
        let special =
            |c: char| c.is_ascii_whitespace() || c.is_control() || "()<>[]:;@\\,\"".contains(c);
        let atoms = local
            .split('.')
            .all(|atom| !atom.is_empty() && !atom.contains(special));
        ((quoted || atoms) && is_host(domain)).then_some(Self { local, domain })
    }
}

/// Section 7.5: the local part letter by letter, the host without regard to case.
impl PartialEq for Mailbox<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.local == other.local && self.domain.eq_ignore_ascii_case(other.domain)
    }
}

/// A mailbox, a host, or a dot and a domain.
pub(super) fn is_constraint(text: &str) -> bool {
    if text.contains('@') {
        return Mailbox::read(text).is_some();
    }
    text.is_empty() || is_host(text.strip_prefix('.').unwrap_or(text))
}

pub(super) fn within(name: &str, base: &str) -> Option<bool> {
    let name = Mailbox::read(name)?;
    if base.contains('@') {
        return Mailbox::read(base).map(|base| base == name);
    }
    Some(host_within(name.domain, base))
}

/// A host is itself only; a dot in front stands for every host of the domain but not its own name.
pub(super) fn host_within(host: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    if !base.starts_with('.') {
        return host.eq_ignore_ascii_case(base);
    }
    let start = host
        .len()
        .checked_sub(base.len())
        .filter(|start| *start > 0);
    let end = start.and_then(|start| host.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_hosts_and_domains() {
        for (name, base, within_it) in [
            ("a@example.com", "a@EXAMPLE.com", Some(true)),
            ("A@example.com", "a@example.com", Some(false)),
            ("a@example.com", "example.com", Some(true)),
            ("a@x.example.com", "example.com", Some(false)),
            ("a@x.example.com", ".example.com", Some(true)),
            ("a@example.com", ".example.com", Some(false)),
            ("*@example.com", "*@example.com", Some(true)),
            ("user@example.com", "*@example.com", Some(false)),
            ("a@b@example.com", "example.com", None),
            ("@example.com", "example.com", None),
            ("example.com", "example.com", None),
            ("a..b@example.com", "example.com", None),
            ("\"a b\"@example.com", "example.com", Some(true)),
        ] {
            assert_eq!(within(name, base), within_it, "{name} {base}");
        }
        assert!(is_constraint(".example.com") && !is_constraint("a@b@c") && !is_constraint("a@"));
    }
}
