/// Whether the text is a host name: RFC 1034 section 3.5 with digits first (RFC 1123 section 2.1) and
/// the underscore that is in use everywhere. No dot at either end, no wildcard.
pub(crate) fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether the text is a host name, or a wildcard for host names.
pub(super) fn is_name(text: &str) -> bool {
    is_host(text.strip_prefix("*.").unwrap_or(text))
}

/// Whether adding zero or more labels to `base` gives `name`; for a wildcard whether that holds for
/// every name it stands for or, if `excluding`, for any.
pub(super) fn within(name: &str, base: &str, excluding: bool) -> bool {
    let parent = name.strip_prefix("*.");
    if is_below(parent.unwrap_or(name), base) {
        return true;
    }
    // `*.example.com` may be `a.example.com`, though never `a.b.example.com`.
    let covers = |parent: &str| {
        let rest = base.split_once('.').map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(parent))
    };
    excluding && parent.is_some_and(covers)
}

/// Whether the name is `base` or ends in a dot and `base`.
pub(super) fn is_below(name: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    let Some(start) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let (front, end) = name.as_bytes().split_at(start);
    end.eq_ignore_ascii_case(base.as_bytes()) && (front.is_empty() || front.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_added_on_the_left() {
        for (name, base, within_it) in [
            ("host.example.com", "host.example.com", true),
            ("www.Host.example.com", "host.EXAMPLE.com", true),
            ("host1.example.com", "host.example.com", false),
            ("xhost.example.com", "host.example.com", false),
            ("example.com", "host.example.com", false),
            ("a.b", "", true),
            ("*.example.com", "example.com", true),
            ("*.example.com", "a.example.com", false),
        ] {
            assert_eq!(within(name, base, false), within_it, "{name} {base}");
        }
        assert!(within("*.example.com", "a.example.com", true));
        assert!(!within("*.example.com", "b.a.example.com", true));
        assert!(!within("*.example.com", "a.example.org", true));
    }

    #[test]
    fn no_names() {
        for name in [
            ".example.com",
            "example.com.",
            "",
            "a..b",
            "*",
            "a.*.b",
            "-a.b",
            "a b",
            "x*.b",
        ] {
            assert!(!is_name(name), "{name}");
        }
        let long = "a".repeat(64);
        assert!(!is_host(&long) && is_host(&long[1..]));
    }
}
