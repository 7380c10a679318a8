//! OpenSSL as the judge of the files that Signet writes, and Signet as the reader of OpenSSL's.
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::{fs, path::PathBuf};

use signet_core::file::write::{self, Salts};
use signet_core::file::{Content, Opened, open, public_key_of};
use signet_interop::skip;
use tempfile::TempDir;

/// A folder with a P-384 key and three certificates; `None`, said loudly, without OpenSSL.
fn shop() -> Option<Shop> {
    let shop = Shop(tempfile::tempdir().unwrap());
    if Command::new("openssl").arg("version").output().is_err() {
        skip("no openssl");
        return None;
    }
    for words in [
        "ecparam -name secp384r1 -genkey -out sec1.pem",
        "pkcs8 -topk8 -nocrypt -in sec1.pem -out key.pem",
        "req -x509 -new -key key.pem -subj /CN=leaf -days 9 -out leaf.pem",
        "req -x509 -newkey rsa:2048 -nodes -keyout rsa.pem -subj /CN=other -days 9 -out other.pem",
        "crl2pkcs7 -nocrl -certfile leaf.pem -certfile other.pem -out chain.p7b -outform DER",
    ] {
        shop.run(words);
    }
    Some(shop)
}

struct Shop(TempDir);

impl Shop {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn run(&self, words: &str) -> String {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(words.split(' ')).current_dir(self.0.path());
        let output = output.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {words}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn opened(&self, name: &str, password: Option<&str>) -> Opened {
        let opened = open(&self.read(name), password);
        assert_eq!(opened.flaws, [], "{name}");
        opened
    }
}

fn count(opened: &Opened, wanted: fn(&Content) -> bool) -> usize {
    let objects = opened.objects.iter();
    objects.filter(|object| wanted(&object.content)).count()
}

fn certificates(opened: &Opened) -> usize {
    count(opened, |content| matches!(content, Content::Certificate(_)))
}

fn keys(opened: &Opened) -> usize {
    count(opened, |content| matches!(content, Content::PrivateKey(_)))
}

#[test]
fn what_openssl_writes_is_opened() {
    let Some(shop) = shop() else { return };
    assert_eq!(certificates(&shop.opened("chain.p7b", None)), 2);
    for name in ["sec1.pem", "key.pem", "rsa.pem"] {
        assert_eq!(keys(&shop.opened(name, None)), 1, "{name}");
    }
    let public = shop.run("pkey -in key.pem -pubout");
    let public = open(public.as_bytes(), None);
    let public = public_key_of(&public.objects[0].content);
    for name in ["sec1.pem", "key.pem", "leaf.pem"] {
        let opened = shop.opened(name, None);
        assert_eq!(public_key_of(&opened.objects[0].content), public, "{name}");
    }
    shop.run("genpkey -algorithm ed25519 -out ed.pem");
    assert_eq!(keys(&shop.opened("ed.pem", None)), 1);
    shop.run("rsa -in rsa.pem -traditional -out pkcs1.pem");
    assert_eq!(keys(&shop.opened("pkcs1.pem", None)), 1);
}

#[test]
fn keys_that_openssl_seals_are_opened() {
    let Some(shop) = shop() else { return };
    for how in [
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-192-cbc -v2prf hmacWithSHA512",
        "-v2 des3",
        "-scrypt",
        "-v1 PBE-SHA1-3DES",
    ] {
        shop.run(&format!(
            "pkcs8 -topk8 -in key.pem -out sealed.pem -passout pass:gloves {how}"
        ));
        let opened = shop.opened("sealed.pem", Some("gloves"));
        assert_eq!(keys(&opened), 1, "{how}");
        assert!(open(&shop.read("sealed.pem"), None).wants_password);
        let wrong = open(&shop.read("sealed.pem"), Some("Gloves"));
        assert_eq!(wrong.flaws[0].fault().code, "file.wrong-password", "{how}");
    }
}

/// One wrong password in 256 leaves padding that is whole, and must still be called wrong.
#[test]
fn no_wrong_password_is_taken_for_a_damaged_key() {
    let Some(shop) = shop() else { return };
    shop.run("pkcs8 -topk8 -in key.pem -out quick.pem -passout pass:gloves -iter 1");
    let quick = shop.read("quick.pem");
    for wrong in 0..1000 {
        let opened = open(&quick, Some(&wrong.to_string()));
        assert_eq!(
            opened.flaws[0].fault().code,
            "file.wrong-password",
            "{wrong}"
        );
    }
}

#[test]
fn pkcs12_files_that_openssl_makes_are_opened() {
    let Some(shop) = shop() else { return };
    let export = "pkcs12 -export -inkey key.pem -in leaf.pem -certfile other.pem -name pump";
    for how in [
        "",
        " -macalg SHA512",
        " -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
        " -keypbe NONE -certpbe NONE",
        " -nomac",
    ] {
        shop.run(&format!("{export} -out file.p12 -passout pass:gloves{how}"));
        let opened = shop.opened("file.p12", Some("gloves"));
        assert_eq!((certificates(&opened), keys(&opened)), (2, 1), "{how}");
        assert!(
            opened
                .objects
                .iter()
                .any(|object| object.name.as_deref() == Some("pump"))
        );
    }
    shop.run(&format!("{export} -out file.p12 -passout pass:"));
    assert_eq!(keys(&shop.opened("file.p12", None)), 1);
}

/// Files as OpenSSL 1 and older Windows made them: RC2 with 40 bits around the certificates.
#[test]
fn legacy_pkcs12_files_are_opened() {
    let Some(shop) = shop() else { return };
    let mut legacy = Command::new("openssl");
    let words =
        "pkcs12 -export -legacy -inkey key.pem -in leaf.pem -out old.p12 -passout pass:gloves";
    let made = legacy
        .args(words.split(' '))
        .current_dir(shop.0.path())
        .output();
    if !made.unwrap().status.success() {
        skip("this openssl has no legacy provider");
        return;
    }
    let opened = shop.opened("old.p12", Some("gloves"));
    assert_eq!((certificates(&opened), keys(&opened)), (1, 1));
}

#[test]
fn what_signet_writes_is_opened_by_openssl() {
    let Some(shop) = shop() else { return };
    let der = |name: &str| {
        let opened = shop.opened(name, None);
        let first = opened.objects.into_iter().next().unwrap();
        match first.content {
            Content::Certificate(der) => der,
            other => panic!("{other:?}"),
        }
    };
    let (leaf, other) = (der("leaf.pem"), der("other.pem"));
    let secret = match &shop.opened("key.pem", None).objects[0].content {
        Content::PrivateKey(secret) => secret.clone(),
        other => panic!("{other:?}"),
    };
    let mut salts = Salts::default();
    for (index, part) in salts.parts_mut().into_iter().enumerate() {
        part.fill(u8::try_from(index + 1).unwrap());
    }
    let both: [&[u8]; 2] = [&leaf, &other];
    shop.write("ours.p7b", write::pkcs7(&both, &[]).unwrap());
    let printed = shop.run("pkcs7 -inform DER -in ours.p7b -print_certs -noout");
    assert_eq!(printed.matches("subject=").count(), 2, "{printed}");

    let sealed = write::encrypted_pkcs8(&secret, "gloves", 1000, &salts).unwrap();
    shop.write("ours.p8", sealed);
    let public = shop.run("pkey -inform DER -in ours.p8 -passin pass:gloves -pubout");
    assert_eq!(public, shop.run("pkey -in key.pem -pubout"));

    let file = write::pkcs12(Some(&secret), &both, "pump ü", "gloves", 1000, &salts).unwrap();
    shop.write("ours.p12", file);
    let inside = shop.run("pkcs12 -in ours.p12 -passin pass:gloves -nodes");
    assert_eq!(inside.matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(inside.matches("BEGIN PRIVATE KEY").count(), 1);
    // The key is bound to its certificate, and to no other.
    let clients = shop.run("pkcs12 -in ours.p12 -passin pass:gloves -clcerts -nokeys");
    assert!(
        clients.contains("CN = leaf") && !clients.contains("CN = other"),
        "{clients}"
    );
    let bundle = write::pem_bundle(&both);
    assert_eq!(certificates(&open(bundle.as_bytes(), None)), 2);
}
