//! P-384 keys against published vectors, and their encodings there and back.
#![allow(clippy::unwrap_used)]

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use signet_core::key::{Error, PrivateKey, PublicKey};

/// RFC 6979, A.2.6: the private key, then r and s for SHA-384 and each message.
const X: &str = "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8\
                 96D5724E4C70A825F872C9EA60D2EDF5";
const UX: &str = "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64\
                  DEF8F0EA9055866064A254515480BC13";
const UY: &str = "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1\
                  288B231C3AE0D4FE7344FD2533264720";
const SIGNATURES: [(&str, &str, &str); 2] = [
    (
        "sample",
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C\
         81A648152E44ACF96E36DD1E80FABE46",
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F\
         A329C145786E679E7B82C71A38628AC8",
    ),
    (
        "test",
        "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB\
         0542A7F0812998DA8F1DD3CA3CF023DB",
        "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E0\
         6A739F040649A667BF3B828246BAA5A5",
    ),
];

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn rfc_6979_key() -> PrivateKey {
    PrivateKey::from_entropy(&unhex(X).try_into().unwrap()).unwrap()
}

/// A DER INTEGER of a 48-byte number.
fn integer(hex: &str) -> Vec<u8> {
    let mut bytes = unhex(hex);
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    let length = u8::try_from(bytes.len()).unwrap();
    [vec![2, length], bytes].concat()
}

#[test]
fn signs_like_rfc_6979() {
    let key = rfc_6979_key();
    assert_eq!(key.public_point().to_vec(), unhex(&format!("04{UX}{UY}")));
    for (message, r, s) in SIGNATURES {
        let body = [integer(r), integer(s)].concat();
        let expected = [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat();
        assert_eq!(key.sign(message.as_bytes()), expected, "{message}");
        let public = key.public_key();
        assert_eq!(public.verify(message.as_bytes(), &expected), Ok(()));
        assert_eq!(
            public.verify(b"another", &expected),
            Err(Error::BadSignature)
        );
    }
}

#[test]
fn every_encoding_reads_back() {
    let key = rfc_6979_key();
    let (pkcs8, sec1) = (key.to_pkcs8_der(), key.to_sec1_der());
    assert_eq!((pkcs8.len(), sec1.len()), (185, 167));
    for der in [&pkcs8, &sec1] {
        let again = PrivateKey::from_der(der).unwrap();
        assert_eq!(again.public_point(), key.public_point());
        assert_eq!(*again.to_pkcs8_der(), *pkcs8);
    }
    assert!(
        key.to_pkcs8_pem()
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    assert!(
        key.to_sec1_pem()
            .ends_with("\n-----END EC PRIVATE KEY-----\n")
    );
    assert!(!key.to_pkcs8_pem().contains('\r'));
}

#[test]
fn keys_are_found_in_pem_files() {
    let key = rfc_6979_key();
    let parameters = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";
    for text in [
        key.to_pkcs8_pem().to_string(),
        format!("{parameters}{}", *key.to_sec1_pem()),
        key.to_sec1_pem().replace('\n', "\r\n"),
    ] {
        let read = PrivateKey::from_pem_or_der(text.as_bytes()).unwrap();
        assert_eq!(read.public_point(), key.public_point());
    }
    let refused = |text: &str| PrivateKey::from_pem_or_der(text.as_bytes()).map(|_| ());
    assert_eq!(refused(parameters), Err(Error::NotAKey));
    assert_eq!(refused(""), Err(Error::NotAKey));
    for label in ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let header = if label == "PRIVATE KEY" {
            "Proc-Type: 4,ENCRYPTED\n\n"
        } else {
            ""
        };
        let text = format!("-----BEGIN {label}-----\n{header}AAEC\n-----END {label}-----\n");
        assert_eq!(refused(&text), Err(Error::Encrypted));
    }
}

#[test]
fn halves_that_do_not_belong_together_are_refused() {
    let mut der = rfc_6979_key().to_pkcs8_der().to_vec();
    let other = PrivateKey::from_entropy(&[1; 48]).unwrap();
    der[185 - 97..].copy_from_slice(&other.public_point());
    assert!(matches!(PrivateKey::from_der(&der), Err(Error::NotAKey)));
}

#[test]
fn damaged_keys_never_panic_and_never_pass_as_another_public_key() {
    let key = rfc_6979_key();
    for der in [key.to_pkcs8_der(), key.to_sec1_der()] {
        for bit in 0..der.len() * 8 {
            let mut bad = der.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = PrivateKey::from_der(&bad) {
                assert_eq!(read.public_point(), key.public_point(), "bit {bit}");
            }
        }
        for length in 0..der.len() {
            assert!(PrivateKey::from_der(&der[..length]).is_err());
        }
    }
}

#[test]
fn spki_of_another_curve_is_refused() {
    let mut der = rfc_6979_key().public_key().to_spki_der();
    assert!(PublicKey::from_spki_der(&der).is_ok());
    let curve = der
        .windows(5)
        .position(|w| w == [0x2b, 0x81, 0x04, 0x00, 0x22])
        .unwrap();
    der[curve + 4] = 0x23; // secp521r1
    assert_eq!(PublicKey::from_spki_der(&der), Err(Error::BadPoint));
}
