//! Topics of the service: a path, `/?`, and properties as in a query.

use percent_encoding::percent_decode_str;

/// A topic taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Topic<'a> {
    /// Before the question mark, without the slash that ends it.
    pub(super) path: &'a str,
    properties: &'a str,
}

impl<'a> Topic<'a> {
    pub(super) fn parse(topic: &'a str) -> Self {
        let (path, properties) = topic.split_once('?').unwrap_or((topic, ""));
        Self {
            path: path.strip_suffix('/').unwrap_or(path),
            properties,
        }
    }

    /// A property, decoded. The first one counts.
    pub(super) fn property(&self, name: &str) -> Option<String> {
        property(self.properties, name)
    }

    /// `$rid`: the client's mark, given back with the answer. At most 128 plain characters.
    pub(super) fn request_id(&self) -> Option<String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        self.property("$rid")
            .filter(|rid| (1..=128).contains(&rid.len()) && rid.bytes().all(plain))
    }
}

/// A property of `a=b&c=d`, decoded.
pub(super) fn property(text: &str, name: &str) -> Option<String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| percent_decode_str(value).decode_utf8().ok())
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_topics_apart() {
        let topic = Topic::parse("$dps/registrations/GET/x/?$rid=a-1&operationId=5.a%2Eb");
        assert_eq!(topic.path, "$dps/registrations/GET/x");
        assert_eq!(topic.request_id().as_deref(), Some("a-1"));
        assert_eq!(topic.property("operationId").as_deref(), Some("5.a.b"));
        assert_eq!(topic.property("other"), None);
        assert_eq!(
            Topic::parse("devices/a/messages/events/").path,
            "devices/a/messages/events"
        );
    }

    #[test]
    fn a_mark_cannot_carry_other_things() {
        for rid in ["", "a/b", "a#", "a+b", "a%2Fb", &"x".repeat(129)] {
            let topic = format!("t/?$rid={rid}");
            assert_eq!(Topic::parse(&topic).request_id(), None, "{rid}");
        }
    }
}
