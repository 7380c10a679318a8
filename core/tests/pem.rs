//! PEM as people paste it, and as nobody should.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use signet_core::pem::{Error, MAX_BYTES, MAX_OBJECTS, decode, encode, is_pem};

const ONE: &str = "-----BEGIN A-----\nAAEC\n-----END A-----\n";

fn der_of(text: &str) -> Vec<Vec<u8>> {
    let objects = decode(text.as_bytes()).expect(text);
    objects.iter().map(|object| object.der.to_vec()).collect()
}

#[test]
fn one_object_in_many_dresses() {
    for text in [
        ONE,
        "-----BEGIN A-----\r\nAAEC\r\n-----END A-----\r\n",
        "-----BEGIN A-----\rAAEC\r-----END A-----",
        "-----BEGIN A-----\nA\nA\nE\nC-----END A-----",
        "-----BEGIN A-----AAEC-----END A-----",
        "\u{feff}-----BEGIN A-----\n\n  AAEC  \n\t\n-----END A-----   ",
        "  \t-----BEGIN A-----\n  AAEC\n  -----END A-----",
        "Put all, with the -----BEGIN A----- line, here:\n-----BEGIN A-----\nAAEC\n-----END A-----\nBye",
    ] {
        assert_eq!(der_of(text), [[0, 1, 2]], "{text:?}");
    }
}

#[test]
fn many_objects_with_text_of_any_encoding_between() {
    let mut text = b"Subject: CN=x\nIssuer: \xff\xfe\0\n".to_vec();
    let first = text.len();
    text.extend(ONE.as_bytes());
    text.extend(b"\x80--- - ----- junk\n");
    let second = text.len();
    text.extend(b"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n");
    let objects = decode(&text).expect("two objects");
    let seen: Vec<(&str, usize)> = objects.iter().map(|o| (o.label.as_str(), o.at)).collect();
    assert_eq!(seen, [("A", first), ("EC PARAMETERS", second)]);
    assert!(
        !format!("{objects:?}").contains("0, 1, 2"),
        "Debug shows content"
    );
}

#[test]
fn each_refusal_has_its_name_and_place() {
    for (text, error) in [
        ("", Error::NoObject),
        ("nothing here", Error::NoObject),
        (
            "text -----BEGIN A-----\nAAEC\n-----END A-----",
            Error::NoObject,
        ),
        ("-----BEGIN A", Error::BadBoundary { at: 0 }),
        (
            "\n-----BEGIN A\n-----\nAAEC\n-----END A-----",
            Error::BadBoundary { at: 1 },
        ),
        ("-----BEGIN A-----\nAAEC", Error::NoEnd { at: 0 }),
        (
            "-----BEGIN A-----\nAAEC\n-----BEGIN B-----",
            Error::NoEnd { at: 0 },
        ),
        (
            "-----BEGIN A-----\nAAEC\n-----END A",
            Error::BadBoundary { at: 23 },
        ),
        (
            "-----BEGIN A-----\nAAEC\n-----",
            Error::BadBoundary { at: 23 },
        ),
        (
            "-----BEGIN A-----\nAAEC\n-----END B-----",
            Error::LabelMismatch { at: 23 },
        ),
        (
            "-----BEGIN A-----\nAA?C\n-----END A-----",
            Error::BadCharacter { at: 20 },
        ),
        (
            "-----BEGIN A-----\nAAE\n-----END A-----",
            Error::BadBase64 { at: 21 },
        ),
        (
            "-----BEGIN A-----\nAA=E\n-----END A-----",
            Error::BadBase64 { at: 21 },
        ),
        (
            "-----BEGIN A-----\nAAF=\n-----END A-----",
            Error::BadBase64 { at: 20 },
        ),
        (
            "-----BEGIN A-----\nProc-Type: 4\n\nAAEC\n-----END A-----",
            Error::Headers { at: 17 },
        ),
        (
            "-----BEGIN A-----\nVersion: 4\n\nAAEC\n-----END A-----",
            Error::Headers { at: 17 },
        ),
    ] {
        assert_eq!(decode(text.as_bytes()), Err(error), "{text:?}");
    }
}

#[test]
fn budgets() {
    let large = vec![b' '; MAX_BYTES + 1];
    assert_eq!(
        decode(&large),
        Err(Error::TooLarge {
            bytes: MAX_BYTES + 1
        })
    );
    // A line of hits that are none must not cost quadratic time.
    let line = b"x-----BEGIN ".repeat(MAX_BYTES / 12);
    assert_eq!(decode(&line), Err(Error::NoObject));
    let most = ONE.repeat(MAX_OBJECTS);
    assert_eq!(
        decode(most.as_bytes()).map(|all| all.len()),
        Ok(MAX_OBJECTS)
    );
    let at = most.len();
    assert_eq!(decode((most + ONE).as_bytes()), Err(Error::TooMany { at }));
}

#[test]
fn written_as_others_write_it() {
    for length in [1, 47, 48, 49, 96, 700] {
        let der: Vec<u8> = (0..length)
            .map(|i| u8::try_from(i % 251).unwrap_or(0))
            .collect();
        let text = encode("CERTIFICATE", &der);
        let ending = pem_rfc7468::LineEnding::LF;
        let other = pem_rfc7468::encode_string("CERTIFICATE", ending, &der);
        assert_eq!(Ok(&text), other.as_ref());
        assert_eq!(der_of(&text), [der]);
    }
}

#[test]
fn damage_never_panics() {
    let text = format!("junk\n{ONE}\r\n{}", encode("CERTIFICATE", &[7; 100]));
    for index in 0..text.len() {
        for byte in 0..=255 {
            let mut bad = text.clone().into_bytes();
            bad[index] = byte;
            assert!(is_pem(&bad));
            let _ = decode(&bad);
        }
        let _ = decode(&text.as_bytes()[index..]);
    }
}
