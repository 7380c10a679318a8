//! PBMAC1 and BER, with files that others wrote or that others open (see `core/tests/corpus/make_containers.py`).

use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! corpus {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/corpus/file/", $name))
    };
}

fn said(bytes: &[u8], password: &str) -> (String, String) {
    let opened = open(bytes, Some(password));
    (kinds(&opened), codes(&opened))
}

fn answer(kinds: &str, codes: &str) -> (String, String) {
    (kinds.to_owned(), codes.to_owned())
}

#[test]
fn the_examples_of_rfc_9579() {
    for good in [
        corpus!("rfc9579-a1.p12").as_slice(),
        corpus!("rfc9579-a2.p12"),
        corpus!("rfc9579-a3.p12"),
    ] {
        assert_eq!(said(good, "1234"), answer("certificate key", ""));
        assert_eq!(said(good, "1235"), answer("sealed", "file.wrong-password"));
        // One bit of a certificate that is sealed: the password is right, and the code says that it is not whole.
        let mut bent = good.to_vec();
        bent[300] ^= 1;
        assert_eq!(said(&bent, "1234"), answer("sealed", "file.container"));
    }
    // A wrong number of rounds, and a wrong salt: no password fits, and that is not the password's fault.
    for bad in [
        corpus!("rfc9579-a4.p12"),
        corpus!("rfc9579-a5.p12").as_slice(),
    ] {
        assert_eq!(said(bad, "1234"), answer("sealed", "file.container"));
        assert_eq!(said(bad, "1235"), answer("sealed", "file.wrong-password"));
    }
    let unnamed = corpus!("rfc9579-a6.p12");
    assert_eq!(said(unnamed, "1234"), answer("sealed", "file.algorithm"));
}

#[test]
fn what_pbmac1_may_be_made_of() {
    for good in [
        corpus!("pbmac1-384.p12").as_slice(),
        corpus!("pbmac1-mixed.p12"),
    ] {
        assert_eq!(said(good, "x"), answer("certificate", ""));
        assert_eq!(said(good, "y"), answer("sealed", "file.wrong-password"));
    }
    for (bad, name) in [
        (
            corpus!("pbmac1-scrypt.p12").as_slice(),
            "1.3.6.1.4.1.11591.4.11",
        ),
        (corpus!("pbmac1-sha1.p12"), "1.2.840.113549.2.7"),
        (corpus!("pbmac1-sha1-prf.p12"), "1.2.840.113549.2.7"),
        (
            corpus!("pbmac1-short-key.p12"),
            "PBMAC1 with a key of 19 bytes",
        ),
        (
            corpus!("rfc9579-a6.p12"),
            "PBMAC1 without a length of its key",
        ),
    ] {
        let opened = open(bad, Some("x"));
        let what = opened.flaws[0].fault().what;
        assert!(what.contains(name), "{what}");
        assert_eq!(kinds(&opened), "sealed");
    }
    assert_eq!(
        said(corpus!("pbmac1-costly.p12"), "x"),
        answer("sealed", "file.cost")
    );
}

/// Each of the parts, of which the code over all is one, is found whatever the password, and stays sealed for all but
/// its own.
#[test]
fn each_part_of_a_pkcs12_file_has_its_own_password() {
    let file = corpus!("two-passwords.p12");
    let refused = "file.wrong-password";
    assert_eq!(said(file, "x"), answer("certificate sealed", refused));
    let second = answer("sealed certificate key sealed", refused);
    assert_eq!(said(file, "1234"), second);
    assert_eq!(said(file, "y"), answer("sealed", refused));
    let nobody = open(file, None);
    assert_eq!(
        (kinds(&nobody).as_str(), codes(&nobody).as_str()),
        ("sealed", "")
    );
    let sealed = |password| -> Vec<Vec<u8>> {
        let opened = open(file, password);
        assert!(opened.wants_password);
        let der = |object: Object| match object.content {
            Content::Sealed(der) => Some(der),
            _ => None,
        };
        opened.objects.into_iter().filter_map(der).collect()
    };
    let all = sealed(None);
    assert_eq!((all.len(), all[0].as_slice()), (4, file.as_slice()));
    assert_eq!(sealed(Some("y")), all);
    assert_eq!(sealed(Some("x")), all[2..]);
    assert_eq!(sealed(Some("1234")), [&all[1], &all[0]].map(Vec::clone));
    // One that is damaged, and opens, is not for its password to mend: nothing in it is shown.
    let mut bent = corpus!("sealed.p12").to_vec();
    bent[300] ^= 1;
    assert_eq!(said(&bent, "x"), answer("sealed", "file.container"));
}

/// The crate behind it takes some of them for granted.
#[test]
fn parameters_that_pbes2_cannot_have_are_named() {
    for (bad, name) in [
        (
            corpus!("pbes2-des3-iv-0.p12").as_slice(),
            "an initial value of 0 bytes",
        ),
        (corpus!("pbes2-des3-iv-more.p12"), "1.2.840.113549.1.5.13"),
        (corpus!("pbes2-rounds-0.p12"), "no round"),
        (corpus!("pbes2-key-64.p12"), "a key of 64 bytes"),
        (corpus!("pbes2-scrypt-n-0.p12"), "N = 0, r = 8 and p = 1"),
    ] {
        for password in [None, Some("gloves")] {
            let opened = open(bad, password);
            let what = opened.flaws[0].fault().what;
            assert!(what.contains(name), "{what}");
        }
    }
}

/// A file of the older kind of code, damaged: the password is not to blame either.
#[test]
fn damage_is_told_from_a_wrong_password() {
    let salts = Salts::default();
    let whole = write::pkcs12(Some(&secret()), &[CHAIN], "pump", "gloves", 2, &salts).unwrap();
    let mut bent = whole.clone();
    let last = bent.len() - 40;
    bent[last] ^= 1;
    assert_eq!(said(&whole, "gloves").1, "");
    assert_eq!(said(&bent, "gloves"), answer("sealed", "file.container"));
    assert_eq!(
        said(&bent, "Gloves"),
        answer("sealed", "file.wrong-password")
    );
}

#[test]
fn certificates_in_ber_keep_their_bytes_and_their_place() {
    let ders = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let opened = open(bytes, Some("x"));
        let der = |object: Object| match object.content {
            Content::Certificate(der) => der,
            other => panic!("{other:?}"),
        };
        opened.objects.into_iter().map(der).collect()
    };
    let ber = corpus!("ber.p7b");
    assert_eq!(said(ber, ""), answer("certificate certificate", "file.ber"));
    assert_eq!(ders(ber), ders(corpus!("certificates.p7b")));
    for object in open(ber, None).objects {
        let Content::Certificate(der) = object.content else {
            panic!()
        };
        assert!(ber[object.at..].starts_with(&der));
    }
    for ber in [corpus!("ber.p12").as_slice(), corpus!("ber-pieces.p12")] {
        assert_eq!(said(ber, "x"), answer("certificate", "file.ber"));
        assert_eq!(ders(ber), ders(corpus!("sealed.p12")));
        let wrong = said(ber, "y");
        assert_eq!(wrong, answer("sealed", "file.wrong-password file.ber"));
        assert_eq!(
            said(&pem::encode("PKCS12", ber).into_bytes(), "x").1,
            "file.ber"
        );
    }
    let what = open(ber, None).flaws[0].fault().what;
    assert!(
        what.starts_with("The PKCS #7 file is written in BER"),
        "{what}"
    );
}

/// The safe is DER, and what lies in it is not: an empty list of bags with and without its length.
#[test]
fn ber_inside_a_safe_is_mentioned() {
    let file = |bags: &[u8]| {
        let wrap =
            |tag: u8, inner: &[u8]| [&[tag, u8::try_from(inner.len()).unwrap()], inner].concat();
        let data = |content: &[u8]| {
            let content = wrap(0xa0, &wrap(4, content));
            wrap(
                0x30,
                &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", &*content].concat(),
            )
        };
        let safe = wrap(0x30, &data(bags));
        wrap(0x30, &[b"\x02\x01\x03", &*data(&safe)].concat())
    };
    assert!(!said(&file(b"\x30\0"), "").1.contains("file.ber"));
    assert!(said(&file(b"\x30\x80\0\0"), "").1.contains("file.ber"));
}

/// What was signed is DER: a certificate in BER is refused, and named, and hides no other.
#[test]
fn a_certificate_that_is_ber_itself_is_refused() {
    let file = corpus!("ber-certificate.p7b");
    let opened = open(file, None);
    assert_eq!(kinds(&opened), "certificate");
    assert_eq!(codes(&opened), "file.ber file.not-der");
    let at = opened.flaws[1].at.unwrap();
    assert_eq!(file[at..at + 2], [0x30, 0x80]);
    // Alone it is no container, and can only be looked at.
    assert_eq!(said(&file[at..], ""), answer("broken", "file.not-der"));
    assert_eq!(
        said(b"\x30\x80\x02\x01\x01\0\0", ""),
        answer("", "file.not-der")
    );
}

#[test]
fn damaged_ber_never_panics() {
    for whole in [
        corpus!("ber.p7b").as_slice(),
        corpus!("ber.p12"),
        corpus!("pbmac1-mixed.p12"),
    ] {
        for cut in 0..whole.len() {
            assert!(kinds(&open(&whole[..cut], None)) != "certificate certificate");
            let mut bent = whole.to_vec();
            bent[cut] ^= 0x80;
            let _ = open(&bent, None);
        }
    }
}
