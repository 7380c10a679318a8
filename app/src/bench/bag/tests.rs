//! The Bench without a page. Nothing is judged on it.

use signet_core::file::write::{self, Salts};
use signet_core::key::PrivateKey;
use signet_core::pem;

use super::*;
use crate::bench::item::Kind;

const REQUEST: &[u8] = include_bytes!("../../../../core/tests/corpus/csr/good.der");
const LIST: &[u8] = include_bytes!("../../../../core/tests/corpus/crl/complete.der");
const CERTIFICATE: &[u8] = include_bytes!("../../../../core/tests/corpus/cert/rich.der");

/// PEM that breaks off, long before anything that is sealed.
const DAMAGED: &str = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";

fn typed(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.to_owned())
}

fn sealed(pkcs8: Zeroizing<Vec<u8>>, password: &str) -> String {
    let secret = Secret::from_pkcs8(pkcs8);
    let der = write::encrypted_pkcs8(&secret, password, 1, &Salts::default()).unwrap();
    pem::encode("ENCRYPTED PRIVATE KEY", &der)
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_entropy(&[seed; 48]).unwrap()
}

/// RFC 8410 section 7, as `openssl genpkey` writes it: without the other half.
fn ed25519(seed: u8) -> String {
    let head = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    pem::encode("PRIVATE KEY", &[head.as_slice(), &[seed; 32]].concat())
}

fn words(bench: Bench) -> String {
    let items = bench.items.get_untracked();
    let words: Vec<&str> = items.iter().map(Item::word).collect();
    words.join(", ")
}

fn titles(bench: Bench) -> String {
    let items = bench.items.get_untracked();
    let titles: Vec<&str> = items.iter().map(|item| &*item.title).collect();
    titles.join(", ")
}

fn codes(bench: Bench) -> String {
    bench.problems.with_untracked(ProblemList::codes)
}

/// What waits for a password.
fn waits(bench: Bench) -> Id {
    let items = bench.items.get_untracked();
    items
        .iter()
        .find(|item| item.kind == Kind::Sealed)
        .unwrap()
        .id
}

#[test]
fn each_password_opens_its_part_of_a_file() {
    let bench = Bench::unjudged();
    let parts = [
        DAMAGED,
        &sealed(key(1).to_pkcs8_der(), "one"),
        &sealed(key(2).to_pkcs8_der(), "two"),
    ];
    bench.open("two.pem", parts.concat().as_bytes());
    assert_eq!(words(bench), "Sealed with a password");
    assert_eq!(codes(bench), "pem.bad-character");
    let id = waits(bench);

    // Not what else is wrong with the file.
    let refused = bench.unlock(id, &typed("three")).unwrap_err();
    assert_eq!(refused.code, "file.wrong-password");
    assert!(refused.what.contains("line 4"), "{}", refused.what);

    assert_eq!(bench.unlock(id, &typed("two")), Ok(Unlocked::Part));
    assert_eq!(words(bench), "Sealed with a password, Private key");
    assert_eq!(bench.chosen.get_untracked(), Some(id));

    // What is open already is no answer.
    let refused = bench.unlock(id, &typed("two")).unwrap_err();
    assert_eq!(refused.code, "file.wrong-password");
    assert!(refused.what.contains("line 4"), "{}", refused.what);

    assert_eq!(bench.unlock(id, &typed("one")), Ok(Unlocked::Whole));
    assert_eq!(words(bench), "Private key, Private key");
    for item in bench.items.get_untracked() {
        assert!(bench.secret(item.id).is_some());
    }
    assert_eq!(codes(bench), "pem.bad-character", "told once");
}

#[test]
fn each_password_opens_its_part_of_a_pkcs12_file() {
    let file = include_bytes!("../../../../core/tests/corpus/file/two-passwords.p12");
    for (first, second) in [("x", "1234"), ("1234", "x")] {
        let bench = Bench::unjudged();
        bench.open("two.p12", file);
        let id = waits(bench);
        assert_eq!(bench.unlock(id, &typed(first)), Ok(Unlocked::Part));
        for again in ["y", first] {
            let refused = bench.unlock(id, &typed(again)).unwrap_err();
            assert_eq!(refused.code, "file.wrong-password");
        }
        assert_eq!(bench.unlock(id, &typed(second)), Ok(Unlocked::Whole));
        assert_eq!(bench.items.get_untracked().len(), 3);
        assert_eq!(codes(bench), "");
    }
}

#[test]
fn what_was_taken_away_does_not_come_back_with_a_wrong_password() {
    let bench = Bench::unjudged();
    let certificate = pem::encode("CERTIFICATE", CERTIFICATE);
    let parts = [certificate, sealed(key(1).to_pkcs8_der(), "one")];
    bench.open("both.pem", parts.concat().as_bytes());
    bench.remove(bench.items.get_untracked().first().unwrap().id);
    assert!(bench.unlock(waits(bench), &typed("two")).is_err());
    assert_eq!(words(bench), "Sealed with a password");
    assert_eq!(
        bench.unlock(waits(bench), &typed("one")),
        Ok(Unlocked::Whole)
    );
    assert_eq!(words(bench), "Private key");
}

#[test]
fn a_key_that_opens_and_is_damaged_is_told() {
    let bench = Bench::unjudged();
    let mut halves = key(1).to_pkcs8_der();
    // The other half ends the structure.
    *halves.last_mut().unwrap() ^= 1;
    bench.open("halves.pem", sealed(halves, "one").as_bytes());
    assert_eq!(codes(bench), "");
    assert_eq!(
        bench.unlock(waits(bench), &typed("one")),
        Ok(Unlocked::Whole)
    );
    assert_eq!(
        (words(bench).as_str(), codes(bench).as_str()),
        ("", "file.key")
    );
}

#[test]
fn says_that_a_file_is_gone() {
    let bench = Bench::unjudged();
    bench.open("one.pem", sealed(key(1).to_pkcs8_der(), "one").as_bytes());
    let id = waits(bench);
    bench.clear();
    let refused = bench.unlock(id, &typed("one")).unwrap_err();
    assert_eq!(refused.code, "bench.file-gone");
}

#[test]
fn two_keys_without_their_other_half_are_two() {
    let bench = Bench::unjudged();
    for text in [ed25519(1), ed25519(2), ed25519(1)] {
        bench.open("key.pem", text.as_bytes());
    }
    assert_eq!(words(bench), "Private key, Private key");
    assert_eq!(titles(bench), "Ed25519 key no. 1, Ed25519 key no. 2");
    let items = bench.items.get_untracked();
    let seeds = items.iter().map(|item| {
        let secret = bench.secret(item.id).unwrap();
        *secret.as_pkcs8().last().unwrap()
    });
    assert_eq!(seeds.collect::<Vec<_>>(), [1, 2]);
    // The third was the first.
    assert_eq!(
        bench.chosen.get_untracked(),
        items.first().map(|item| item.id)
    );
    // With the other half known, the same key is one however it is written.
    bench.clear();
    let der = key(1).to_pkcs8_der();
    bench.open("key.der", &der);
    bench.open("key.pem", pem::encode("PRIVATE KEY", &der).as_bytes());
    assert_eq!(words(bench), "Private key");
    // Keys of one kind are told apart by the digest.
    bench.open("other.der", &key(2).to_pkcs8_der());
    let titles = titles(bench);
    let (one, other) = titles.split_once(", ").unwrap();
    assert!(one.starts_with("EC P-384 key ") && one != other, "{titles}");
}

#[test]
fn clearing_forgets_keys_that_were_read_and_not_laid() {
    let bench = Bench::unjudged();
    let turn = bench.turn();
    let found = bench.read("key.pem", ed25519(1).as_bytes());
    let id = found.things.first().unwrap().item.id;
    assert!(
        bench.secret(id).is_none(),
        "it is not there before it is laid"
    );
    bench.clear();
    assert_ne!(bench.turn(), turn);
    drop(found);
    assert!(bench.secret(id).is_none());
}

#[test]
fn says_that_a_request_and_a_list_cannot_be_read() {
    let bench = Bench::unjudged();
    let (mut request, mut list) = (REQUEST.to_vec(), LIST.to_vec());
    // The version; and the first digit of a time.
    *request.iter_mut().find(|byte| **byte == 0).unwrap() = 5;
    *list.iter_mut().find(|byte| **byte == b'2').unwrap() = b'x';
    bench.open("request.der", &request);
    bench.open("list.der", &list);
    assert_eq!(words(bench), "Certificate request, Revocation list");
    assert_eq!(codes(bench), "csr.not-a-request cert.not-a-list");
}

#[test]
fn the_last_that_is_taken_away_leaves_it_as_clearing_does() {
    let bench = Bench::unjudged();
    bench.open("damaged.pem", DAMAGED.as_bytes());
    for text in [ed25519(1), ed25519(2)] {
        bench.open("key.pem", text.as_bytes());
    }
    bench.expected.set("pump".to_owned());
    bench.at.set(Some(UnixTime(1)));
    bench.fleet.shown.set(true);
    let (turn, items) = (bench.turn(), bench.items.get_untracked());
    for (left, item) in items.iter().enumerate() {
        assert_eq!(codes(bench), "pem.bad-character", "{left}");
        bench.remove(item.id);
    }
    assert_eq!(codes(bench), "");
    assert_eq!(bench.expected.get_untracked(), "");
    assert_eq!(bench.at.get_untracked(), None);
    assert_eq!(bench.chosen.get_untracked(), None);
    assert!(!bench.fleet.shown.get_untracked());
    // What is still being read is wanted.
    assert_eq!(bench.turn(), turn);
}
