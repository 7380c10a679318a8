use core::fmt::{self, Write};
use std::borrow::Cow;
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519;
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, SECP_256_R_1, SECP_384_R_1,
    SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION,
};

use super::ext::{
    AUTHORITY_INFO, AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, CRL_POINTS, EXTENDED_KEY_USAGE, KEY_USAGE,
    POLICIES, SUBJECT_ALT_NAME, SUBJECT_KEY_ID,
};
use super::profile::{CLIENT_AUTH, SERVER_AUTH};
use super::tlv::sequence;
use crate::x509::name::COMMON_NAME;
use crate::x509::text;

/// From the content of an OBJECT IDENTIFIER. What nearly every certificate names is known without
/// checking its arcs.
pub(super) fn read(value: &[u8]) -> Option<ObjectIdentifier> {
    Some(match value {
        [0x55, 4, 3] => COMMON_NAME,
        [0x55, 4, 6] => rfc4519::C,
        [0x55, 4, 10] => rfc4519::O,
        [0x55, 4, 11] => rfc4519::OU,
        [0x55, 0x1d, 14] => SUBJECT_KEY_ID,
        [0x55, 0x1d, 15] => KEY_USAGE,
        [0x55, 0x1d, 17] => SUBJECT_ALT_NAME,
        [0x55, 0x1d, 19] => BASIC_CONSTRAINTS,
        [0x55, 0x1d, 31] => CRL_POINTS,
        [0x55, 0x1d, 32] => POLICIES,
        [0x55, 0x1d, 35] => AUTHORITY_KEY_ID,
        [0x55, 0x1d, 37] => EXTENDED_KEY_USAGE,
        [0x2b, 6, 1, 5, 5, 7, 1, 1] => AUTHORITY_INFO,
        [0x2b, 6, 1, 5, 5, 7, 3, 1] => SERVER_AUTH,
        [0x2b, 6, 1, 5, 5, 7, 3, 2] => CLIENT_AUTH,
        [0x2b, 0x81, 4, 0, 34] => SECP_384_R_1,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => SECP_256_R_1,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2] => ECDSA_WITH_SHA_256,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3] => ECDSA_WITH_SHA_384,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11] => SHA_256_WITH_RSA_ENCRYPTION,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12] => SHA_384_WITH_RSA_ENCRYPTION,
        rare => return ObjectIdentifier::from_bytes(rare).ok(),
    })
}

/// An object identifier as received: however long, and of arcs however large, where [`ObjectIdentifier`]
/// has 39 bytes and arcs of 32 bits, of which the second is below 40. RFC 5280 appendix B asks for more,
/// and others use it: 2.25 and a UUID, 2.999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number<'a>(&'a [u8]);

/// A policy. It outlives what was received: the ways down to an authority are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Policy {
    Known(ObjectIdentifier),
    /// One that is more than that holds.
    Rare(Arc<[u8]>),
}

impl Policy {
    pub(super) fn of(number: Number<'_>) -> Self {
        let known = number.known();
        known.map_or_else(|| Self::Rare(number.as_bytes().into()), Self::Known)
    }

    pub(super) fn number(&self) -> Number<'_> {
        match self {
            Self::Known(known) => Number::of(known),
            Self::Rare(bytes) => Number(bytes),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => known.fmt(f),
            Self::Rare(bytes) => Number(bytes).fmt(f),
        }
    }
}

/// The longest one that is written out.
const SHOWN: usize = 256;

impl<'a> Number<'a> {
    /// From its content.
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let is_frequent = matches!(value, [0x55, 0x1d | 4, 0..=0x7f]);
        (is_frequent || is_number(value)).then_some(Self(value))
    }

    pub(super) const fn of(known: &'a ObjectIdentifier) -> Self {
        Self(known.as_bytes())
    }

    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The same, if it is one of those that are in use here.
    pub(super) fn known(self) -> Option<ObjectIdentifier> {
        read(self.0)
    }

    /// By its best-known name and its number.
    pub(super) fn named(self) -> Cow<'static, str> {
        let known = self.known();
        known.map_or_else(|| self.to_string().into(), |known| text::named(&known))
    }
}

impl PartialEq<ObjectIdentifier> for Number<'_> {
    fn eq(&self, known: &ObjectIdentifier) -> bool {
        self.0 == known.as_bytes()
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > SHOWN {
            return write!(f, "a number of {} bytes", self.0.len());
        }
        let mut arcs = self.0.split_inclusive(|byte| *byte < 0x80);
        let mut first = decimal(arcs.next().unwrap_or_default());
        // X.690 section 8.19.4: the first two arcs share a number.
        let (root, less) = match first.as_slice() {
            [_] | [_, 0..=3] => (0, 0),
            [_, 4..=7] => (1, 4),
            _ => (2, 8),
        };
        take_tens(&mut first, less);
        write!(f, "{root}")?;
        for arc in core::iter::once(first).chain(arcs.map(decimal)) {
            f.write_char('.')?;
            for digit in arc.iter().rev() {
                write!(f, "{digit}")?;
            }
        }
        Ok(())
    }
}

/// The decimal digits of an arc, the least first.
fn decimal(arc: &[u8]) -> Vec<u8> {
    let mut digits = vec![0];
    for byte in arc {
        let mut carry = u32::from(byte & 0x7f);
        for digit in &mut digits {
            carry += u32::from(*digit) * 128;
            *digit = last_digit(carry);
            carry /= 10;
        }
        while carry > 0 {
            digits.push(last_digit(carry));
            carry /= 10;
        }
    }
    digits
}

fn last_digit(number: u32) -> u8 {
    u8::try_from(number % 10).unwrap_or(0)
}

/// Takes so many tens, less than ten, from a number that is as large.
fn take_tens(digits: &mut Vec<u8>, tens: u8) {
    let mut less = tens;
    for digit in digits.iter_mut().skip(1) {
        let Some(rest) = digit.checked_sub(less) else {
            *digit = *digit + 10 - less;
            less = 1;
            continue;
        };
        *digit = rest;
        break;
    }
    while digits.len() > 1 && digits.last() == Some(&0) {
        digits.pop();
    }
}

/// Whether the content of an OBJECT IDENTIFIER is one, however long (X.690 section 8.19.2): each arc in
/// its shortest form.
pub(super) fn is_number(value: &[u8]) -> bool {
    let mut begins = true;
    let minimal = |byte: &u8| !(core::mem::replace(&mut begins, *byte < 0x80) && *byte == 0x80);
    value.iter().all(minimal) && begins && !value.is_empty()
}

/// What an AlgorithmIdentifier names.
pub(super) fn of_algorithm(algorithm: &[u8]) -> Option<ObjectIdentifier> {
    let mut parts = sequence(algorithm).ok()?.elements().ok()?;
    parts.next()?.oid().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_are_shown() {
        let arc = |value: u128| {
            let mut bytes = vec![u8::try_from(value & 0x7f).unwrap()];
            let mut rest = value >> 7;
            while rest > 0 {
                bytes.insert(0, u8::try_from(rest & 0x7f).unwrap() | 0x80);
                rest >>= 7;
            }
            bytes
        };
        let shown = |arcs: &[u128]| {
            let value = arcs.iter().copied().flat_map(arc).collect::<Vec<u8>>();
            let number = Number::read(&value).unwrap();
            if let Some(known) = number.known() {
                assert_eq!(number.to_string(), known.to_string());
            }
            number.to_string()
        };
        for (first, text) in [
            (0, "0.0"),
            (39, "0.39"),
            (40, "1.0"),
            (79, "1.39"),
            (80, "2.0"),
        ] {
            assert_eq!(shown(&[first, 7]), format!("{text}.7"));
        }
        assert_eq!(shown(&[131, 1]), "2.51.1");
        assert_eq!(shown(&[180, 1]), "2.100.1");
        assert_eq!(shown(&[1079, 1]), "2.999.1");
        assert_eq!(shown(&[100_000_000_000, 0]), "2.99999999920.0");
        let uuid = 0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6;
        assert_eq!(
            shown(&[105, uuid]),
            "2.25.329800735698586629295641978511506172918"
        );
        assert_eq!(shown(&[0x2a, 840, 10045, 4, 3, 3]).len(), 19);
        let long = [&[0x2b][..], &[1; 300]].concat();
        let long = Number::read(&long).unwrap();
        assert_eq!(long.to_string(), "a number of 301 bytes");
        assert_eq!(Number::read(&[0x55, 0x1d, 0x80]), None);
    }

    #[test]
    fn arcs_are_in_their_shortest_form() {
        for good in [&[0x2a][..], &[0x88, 0x37, 1], &[0x2b, 0xff, 0x80, 0]] {
            assert!(is_number(good), "{good:x?}");
        }
        for wrong in [
            &[][..],
            &[0x80, 1],
            &[0x2a, 0x80, 1],
            &[0x2a, 0x81],
            &[0x80],
        ] {
            assert!(!is_number(wrong), "{wrong:x?}");
        }
        let endless = [0x81; 60];
        assert!(!is_number(&endless) && is_number(&[&endless[..], &[1]].concat()));
    }

    #[test]
    fn reads_what_const_oid_reads() {
        const ROOTS: [&[u8]; 7] = [
            &[0x55, 4],
            &[0x55, 0x1d],
            &[0x2b, 6, 1, 5, 5, 7, 3],
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1],
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3],
            &[0x2b, 0x81, 4, 0],
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1],
        ];
        for root in ROOTS {
            for arc in 0..=0xff {
                let value = [root, &[arc]].concat();
                let by_const_oid = ObjectIdentifier::from_bytes(&value).ok();
                assert_eq!(read(&value), by_const_oid);
                assert_eq!(Number::read(&value).is_some(), by_const_oid.is_some());
            }
        }
        assert_eq!(read(AUTHORITY_INFO.as_bytes()), Some(AUTHORITY_INFO));
    }
}
