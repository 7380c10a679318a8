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
        assert!(
            is_number(&[0x81; 60]) == false && is_number(&[[0x81; 60].as_slice(), &[1]].concat())
        );
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
                assert_eq!(read(&value), ObjectIdentifier::from_bytes(&value).ok());
            }
        }
        assert_eq!(read(AUTHORITY_INFO.as_bytes()), Some(AUTHORITY_INFO));
    }
}
