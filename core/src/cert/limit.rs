use core::fmt;

use der::Decode;
use x509_cert::time::Time;

use crate::asn1::{self, Node, oid};

// X.680 section 8.4.
const UTC_TIME: u8 = 23;
const GENERALIZED_TIME: u8 = 24;

/// What the standards allow, and what nobody reads here: a reason to refuse something that is not damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// RFC 5280 section 4.1.2.5.1 has years from 1950 on; time is counted from 1970 here.
    EarlyTime,
    /// RFC 5280 appendix B only advises against numbers from 2^28 on, and against more than 100 digits
    /// and dots.
    LongOid,
}

impl Limit {
    /// Why strict reading stopped at a byte, if that is why, and where the reason begins.
    pub(crate) fn at(bytes: &[u8], byte: usize) -> Option<(Self, usize)> {
        let tree = asn1::tree(bytes);
        // `der` tells of the byte before or behind the content.
        let mut nodes = tree.nodes.iter();
        nodes.find_map(|node| {
            let here = node.content == byte || node.stop == byte;
            let content = bytes.get(node.content..node.stop).filter(|_| here)?;
            Some((Self::of(node, content)?, node.at))
        })
    }

    /// Of one node.
    pub(crate) fn of(node: &Node, content: &[u8]) -> Option<Self> {
        match node.kind.as_str() {
            "UTCTime" => is_early(UTC_TIME, content).then_some(Self::EarlyTime),
            "GeneralizedTime" => is_early(GENERALIZED_TIME, content).then_some(Self::EarlyTime),
            "OBJECT IDENTIFIER" => oid::is_beyond(content).then_some(Self::LongOid),
            _ => None,
        }
    }
}

/// What it is.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EarlyTime => "a time before 1970, which is not read here",
            Self::LongOid => "an object identifier longer than what is read here",
        })
    }
}

/// Whether it would be a time in 1972, a leap year, and is of a year before 1970.
fn is_early(tag: u8, content: &[u8]) -> bool {
    let (year, rest) = match tag {
        UTC_TIME => content.split_at_checked(2),
        _ => content.split_at_checked(4),
    }
    .unwrap_or_default();
    let (early, leap): (bool, &[u8]) = match year {
        [b'5' | b'6', b'0'..=b'9'] => (true, b"72"),
        [b'0'..=b'9', _, _, _] => (year < b"1970", b"1972"),
        _ => (false, b""),
    };
    let text = [leap, rest].concat();
    let Ok(length) = u8::try_from(text.len()) else {
        return false;
    };
    let der = [&[tag, length][..], &text].concat();
    early && length < 0x80 && year.iter().all(u8::is_ascii_digit) && Time::from_der(&der).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_are_times() {
        for (tag, text, early) in [
            (UTC_TIME, "500101000000Z", true),
            (UTC_TIME, "691231235959Z", true),
            (UTC_TIME, "680229000000Z", true),
            (UTC_TIME, "700101000000Z", false),
            (UTC_TIME, "490101000000Z", false),
            (UTC_TIME, "601301000000Z", false),
            (UTC_TIME, "6001010000Z", false),
            (UTC_TIME, "60", false),
            (UTC_TIME, "", false),
            (GENERALIZED_TIME, "19691231235959Z", true),
            (GENERALIZED_TIME, "19700101000000Z", false),
            (GENERALIZED_TIME, "0x690101000000Z", false),
            (GENERALIZED_TIME, "1960", false),
        ] {
            assert_eq!(is_early(tag, text.as_bytes()), early, "{text}");
        }
        assert!(!is_early(UTC_TIME, &[b'6'; 300]));
    }
}
