//! What is spent on passwords has an end.

use super::*;
use crate::file::purse::Purse;
use der::Encode;
use pkcs5::pbes2::{Parameters, ScryptParams};
use pkcs5::{EncryptionScheme, scrypt};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What is found with so many rounds in the purse.
fn said(bytes: &[u8], password: Option<&str>, rounds: u64) -> (String, String) {
    let mut reader = reader::Reader::new(password);
    reader.purse = Purse::of(rounds, password.is_some());
    let opened = reader.read(bytes);
    let sealed = kinds(&opened).contains("sealed");
    assert_eq!(sealed, opened.wants_password);
    (kinds(&opened), codes(&opened))
}

fn answer(kinds: &str, codes: &str) -> (String, String) {
    (kinds.to_owned(), codes.to_owned())
}

#[test]
fn one_purse_pays_for_all_that_is_in_an_input() {
    let salts = Salts::default();
    let file = |password: &str| {
        let key = secret();
        write::pkcs12(Some(&key), &[CHAIN], "pump", password, 10, &salts).unwrap()
    };
    let (one, two) = (file("gloves"), [file("gloves"), file("gloves")].concat());
    let typed = |bytes: &[u8], rounds| said(bytes, Some("gloves"), rounds);
    // Its code takes 127 rounds, a safe and a key ten each.
    assert_eq!(typed(&one, 147), answer("certificate key", ""));
    assert_eq!(typed(&one, 146), answer("certificate sealed", "file.cost"));
    assert_eq!(typed(&one, 136), answer("sealed", "file.cost"));
    assert_eq!(typed(&one, 126), answer("sealed", "file.cost"));
    let all = "certificate key certificate key";
    assert_eq!(typed(&two, 294), answer(all, ""));
    assert_eq!(
        typed(&two, 273),
        answer("certificate key sealed", "file.cost")
    );
    // Nobody has typed a password, and the empty one is not worth an error.
    let two = [file(""), file("")].concat();
    assert_eq!(said(&two, None, 294), answer(all, ""));
    assert_eq!(said(&two, None, 273), answer("certificate key sealed", ""));
    assert_eq!(said(&one, None, 126), answer("sealed", ""));
    // A wrong password is tried on each part, which is paid for.
    let wrong = "file.wrong-password";
    assert_eq!(said(&one, Some("x"), 137), answer("sealed", wrong));
    let files = [&*one, &*file("x")].concat();
    let second = answer("sealed certificate key", wrong);
    assert_eq!(said(&files, Some("x"), 294), second);
    let short = format!("{wrong} file.cost");
    let second = answer("sealed certificate sealed", &short);
    assert_eq!(said(&files, Some("x"), 293), second);
}

#[test]
fn each_key_has_its_price() {
    let mut purse = Purse::of(100, true);
    assert_eq!(purse.rounds(20, 3), Ok(20));
    assert_eq!(purse.rounds(41, 1), Err(Error::Cost));
    assert_eq!(purse.rounds(40, 1), Ok(40));
    assert_eq!(purse.rounds(1, 1), Err(Error::Cost));
    let scrypt = |log_n| {
        let parameters = scrypt::Params::new(log_n, 8, 1).unwrap();
        ScryptParams::from_params_and_salt(parameters, b"salt").unwrap()
    };
    let mut purse = Purse::of(20_000_000, true);
    assert_eq!(purse.scrypt(&scrypt(16)), Ok(()));
    assert_eq!(purse.scrypt(&scrypt(17)), Err(Error::Cost));
    let mut purse = Purse::of((1 << 19) + 1, true);
    assert_eq!(purse.scrypt(&scrypt(16)), Ok(()));
    assert_eq!(purse.rounds(2, 1), Err(Error::Cost));
    // One key may not take all, whoever typed what.
    for typed in [true, false] {
        let mut purse = Purse::of(u64::MAX, typed);
        assert_eq!(purse.rounds(MAX_ROUNDS + 1, 1), Err(Error::Cost));
    }
    let mut purse = Purse::new(None);
    assert_eq!(purse.rounds(MAX_ROUNDS, 1), Err(Error::WrongPassword));
}

#[test]
fn what_would_keep_the_page_busy_for_hours_is_refused() {
    let costly = Parameters::generate_pbkdf2_sha256_aes256cbc(MAX_ROUNDS + 1, &[1; 16], [2; 16]);
    let costly = EncryptionScheme::from(costly.unwrap()).to_der().unwrap();
    let purse = &mut Purse::new(Some("gloves"));
    let opened = seal::open(&costly, "gloves", &[0; 16], purse);
    assert_eq!(opened.unwrap_err(), Error::Cost);
}

/// The empty password is tried where that is quick. The first are the rounds of older OpenSSL for a code, for RC2 and
/// for Triple DES.
#[test]
fn a_courtesy_takes_no_time() {
    let mut purse = Purse::new(None);
    for pieces in 1..=3 {
        assert_eq!(purse.rounds(2048, pieces), Ok(2048));
    }
    let salts = Salts::default();
    let file = |rounds| write::pkcs12(None, &[CHAIN], "pump", "", rounds, &salts).unwrap();
    assert_eq!(kinds(&open(&file(2048), None)), "certificate");
    let costly = file(100_000);
    assert_eq!(kinds(&open(&costly, None)), "sealed");
    assert_eq!(kinds(&open(&costly, Some(""))), "certificate");
}

/// A hundred files of ten million rounds each, of which none is done as they are dropped.
#[test]
fn many_costly_files_stay_sealed() {
    let files = include_bytes!("../../../tests/corpus/file/pbes2-costly.p12");
    let opened = open(files, None);
    assert_eq!((opened.objects.len(), codes(&opened)), (100, String::new()));
    assert!(opened.wants_password);
}
