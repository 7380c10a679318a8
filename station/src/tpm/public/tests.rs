//! With public areas of a TPM's own keys (`vectors/make.sh`), and everything near them.

use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;

use super::*;

const EK: &[u8] = include_bytes!("../vectors/ek.pub");
const SRK: &[u8] = include_bytes!("../vectors/srk.pub");

/// A storage key whose private half is known.
pub(in crate::tpm) fn known() -> StorageKey {
    StorageKey::storage_root(include_bytes!("../vectors/known.pub")).unwrap()
}

/// What was encrypted to [`known`].
pub(in crate::tpm) fn open(label: &[u8], secret: &[u8]) -> Vec<u8> {
    let key = PrivateKey::from_pkcs1_der(include_bytes!("../vectors/known.der")).unwrap();
    key.decrypt(Oaep::<Sha256>::new_with_label(label), secret)
        .unwrap()
}

#[test]
fn reads_what_a_tpm_writes_and_knows_its_name() {
    let ek = StorageKey::endorsement(EK).unwrap();
    assert_eq!(&ek.name(), include_bytes!("../vectors/ek.name"));
    let srk = StorageKey::storage_root(SRK).unwrap();
    assert_eq!(&srk.name(), include_bytes!("../vectors/srk.name"));
    assert_eq!(StorageKey::endorsement(&EK[2..]), Ok(ek.clone()));
    let text = String::from(EndorsementKey(ek.clone()));
    assert_eq!(Base64::decode_vec(&text).unwrap(), EK);
    let line = format!("{text}\n");
    for file in [EK, &EK[2..], line.as_bytes()] {
        assert_eq!(EndorsementKey::read(file), Ok(EndorsementKey(ek.clone())));
    }
}

#[test]
fn refuses_other_keys() {
    let attributes = |found| Err(PublicError::Attributes { found });
    assert_eq!(StorageKey::endorsement(SRK), attributes(0x0003_0472));
    assert_eq!(StorageKey::storage_root(EK), attributes(0x0003_00b2));
    let ecc = include_bytes!("../vectors/ecc.pub");
    let key = Err(PublicError::Key { found: 0x0023 });
    assert_eq!(StorageKey::storage_root(ecc), key);
    let signing = include_bytes!("../vectors/signing.pub");
    assert_eq!(
        StorageKey::storage_root(signing),
        attributes(0x0005_0072),
        "a restricted signing key"
    );
}

/// Each byte of a public area means something: none may change unseen, and none may be missing.
#[test]
fn refuses_every_near_miss() {
    let (areas, mut refused) = ([&EK[2..], &SRK[2..]], 0);
    let parse = |which: usize, bytes: &[u8]| match which {
        0 => StorageKey::endorsement(bytes),
        _ => StorageKey::storage_root(bytes),
    };
    for (which, area) in areas.into_iter().enumerate() {
        let modulus = area.len() - MODULUS_BYTES;
        for end in 0..area.len() {
            assert!(parse(which, &area[..end]).is_err(), "{end}");
            assert!(parse(which, &sized(&area[..end])).is_err(), "{end}");
        }
        let more = [area, &[0]].concat();
        assert_eq!(parse(which, &more), Err(PublicError::Trailing { bytes: 1 }));
        for at in 0..area.len() {
            for bit in 0..8 {
                let mut bytes = area.to_vec();
                bytes[at] ^= 1 << bit;
                match parse(which, &bytes) {
                    Err(_) => refused += 1,
                    Ok(other) => {
                        let no_da = which == 1 && at == 6 && bit == 2;
                        assert!(at >= modulus || no_da, "{which} {at} {bit}");
                        assert_ne!(other.name(), name_of(area));
                    }
                }
            }
        }
    }
    assert!(refused > 600, "{refused}");
}

/// Runs of random damage end in an error or in a key, and in nothing else.
#[test]
fn survives_anything() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    for _ in 0..20_000 {
        let mut bytes = [EK, SRK][next(2)].to_vec();
        for _ in 0..next(6) {
            let at = next(bytes.len());
            bytes[at] = u8::try_from(next(256)).unwrap();
        }
        bytes.truncate(next(bytes.len() + 40));
        for parse in [StorageKey::endorsement, StorageKey::storage_root] {
            if let Ok(key) = parse(&bytes) {
                assert!(bytes.ends_with(&key.area));
            }
            let _ = EndorsementKey::read(&bytes);
        }
    }
}

#[test]
fn refuses_text_that_is_too_long() {
    let text = "A".repeat(TEXT_LIMIT + 4);
    let refused = Err(PublicError::Encoding);
    assert_eq!(StorageKey::decode(&text, StorageKey::endorsement), refused);
    let refused = StorageKey::decode("not base64", StorageKey::endorsement);
    assert_eq!(refused, Err(PublicError::Encoding));
}
