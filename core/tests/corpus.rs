//! Each file of the seed corpora through the entry that the fuzz target of the same name takes, with
//! the verdict that is known of it.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)]

mod common;

use std::path::PathBuf;
use std::{env, fs};

use common::{NOW, chain, key, sign};
use sha2::{Digest, Sha256};
use signet_core::chain::{Expectations, VerifiedChain, decode_item};
use signet_core::csr::VerifiedCsr;
use signet_core::key::PrivateKey;
use signet_core::recipe::Recipe;
use signet_core::{Explain, cert, file, pem};

fn folder(target: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "corpus", target]
        .iter()
        .collect()
}

/// The verdict on each file: `name verdict`, in order of names.
fn verdicts(target: &str, judge: impl Fn(&[u8]) -> String) -> String {
    let files = fs::read_dir(folder(target))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    let line = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        format!("{name} {}\n", judge(&fs::read(path).unwrap()))
    };
    files.iter().map(line).collect()
}

fn code<T>(verdict: Result<T, impl Explain>) -> String {
    verdict.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned())
}

#[test]
fn pem_files() {
    let judge = |bytes: &[u8]| {
        let key = code(PrivateKey::from_pem_or_der(bytes));
        format!("{}, {key}", code(pem::decode(bytes)))
    };
    let expected = "\
        encrypted-old.pem pem.headers, key.encrypted\n\
        encrypted.pem ok, key.encrypted\n\
        mixed.pem ok, ok\n\
        no-end.pem pem.no-end, key.not-a-key\n\
        nothing.pem pem.no-object, key.not-a-key\n\
        parameters-and-key.pem ok, ok\n";
    assert_eq!(verdicts("pem", judge), expected);
}

#[test]
fn files_of_every_kind() {
    let judge = |bytes: &[u8]| {
        let opened = file::open(bytes, None);
        let flaws = opened.flaws.iter().map(|flaw| flaw.fault().code);
        let flaws: Vec<String> = flaws.collect();
        format!("{} {}", opened.objects.len(), flaws.join(" "))
    };
    let expected = "\
        answer.json 2 \n\
        ber-certificate.p7b 1 file.ber file.not-der\n\
        ber-pieces.p12 2 file.ber\n\
        ber.p12 2 file.ber\n\
        ber.p7b 2 file.ber\n\
        certificates.p7b 2 \n\
        dsa.der 0 file.unknown-secret\n\
        dsa.pem 0 file.unknown-secret\n\
        empty-password.p12 1 \n\
        mixed.pem 3 \n\
        of-pem.b64 3 \n\
        openssh.pem 0 file.openssh-key\n\
        page.html 0 file.web-page\n\
        pbes2-aes-iv-8.p12 0 file.algorithm\n\
        pbes2-costly.p12 100 \n\
        pbes2-des3-iv-0.p12 0 file.algorithm\n\
        pbes2-des3-iv-7.p12 0 file.algorithm\n\
        pbes2-des3-iv-9.p12 0 file.algorithm\n\
        pbes2-des3-iv-more.p12 0 file.algorithm\n\
        pbes2-gcm-nonce-0.p12 0 file.algorithm\n\
        pbes2-key-0.p12 0 file.algorithm\n\
        pbes2-key-64.p12 0 file.algorithm\n\
        pbes2-rounds-0.p12 0 file.algorithm\n\
        pbes2-scrypt-n-0.p12 0 file.algorithm\n\
        pbes2-scrypt-n-1.p12 0 file.algorithm\n\
        pbes2-scrypt-n-3.p12 0 file.algorithm\n\
        pbes2-scrypt-p-0.p12 0 file.algorithm\n\
        pbes2-scrypt-r-0.p12 0 file.algorithm\n\
        pbmac1-384.p12 2 \n\
        pbmac1-costly.p12 2 file.cost\n\
        pbmac1-mixed.p12 2 \n\
        pbmac1-scrypt.p12 2 file.algorithm\n\
        pbmac1-sha1-prf.p12 2 file.algorithm\n\
        pbmac1-sha1.p12 2 file.algorithm\n\
        pbmac1-short-key.p12 2 file.algorithm\n\
        pkcs1.der 1 \n\
        public.der 1 \n\
        request.der 1 \n\
        rfc9579-a1.p12 3 \n\
        rfc9579-a2.p12 3 \n\
        rfc9579-a3.p12 3 \n\
        rfc9579-a4.p12 3 \n\
        rfc9579-a5.p12 3 \n\
        rfc9579-a6.p12 3 file.algorithm\n\
        sealed-pkcs8.pem 1 \n\
        sealed.p12 2 \n\
        signature.der 1 \n\
        two-passwords.p12 4 \n\
        two.der 2 \n\
        wrong-character.b64 0 file.base64\n\
        wrong-character.pem 2 pem.bad-character\n\
        wrong-keys.json 0 file.jwk file.jwk-kind\n";
    assert_eq!(verdicts("file", judge), expected);
}

#[test]
fn csr_files() {
    let expected = "\
        common-name-missing.der csr.no-common-name\n\
        common-name-twice.der csr.several-common-names\n\
        curve-explicit.der csr.bad-point\n\
        curve-p256.der csr.wrong-curve\n\
        curve-p521.der csr.wrong-curve\n\
        good-with-san.der ok\n\
        good.der ok\n\
        key-ed25519.der csr.wrong-key-algorithm\n\
        key-rsa.der csr.rsa-key\n\
        signature-sha256.der csr.wrong-signature-algorithm\n\
        subject-empty.der csr.no-common-name\n";
    assert_eq!(
        verdicts("csr", |bytes| code(VerifiedCsr::from_der(bytes))),
        expected
    );
}

#[test]
fn cert_files() {
    let judge = |bytes: &[u8]| {
        let opened = file::open(bytes, None);
        let ders = opened.objects.iter().filter_map(|it| match &it.content {
            file::Content::Certificate(der) => Some(der),
            _ => None,
        });
        let read: Result<Vec<_>, _> = ders.map(|der| cert::Summary::from_der(der)).collect();
        assert_eq!(opened.flaws, []);
        code(read.map(|all| assert!(!all.is_empty())))
    };
    let found = verdicts("cert", judge);
    assert_eq!(found.lines().count(), 9);
    assert!(found.lines().all(|line| line.ends_with(" ok")), "{found}");
}

#[test]
fn crl_files() {
    let judge = |bytes: &[u8]| {
        let list = cert::ListSummary::from_der(bytes).unwrap();
        let kind = file::open(bytes, None).objects.remove(0).content;
        assert!(matches!(kind, file::Content::Crl(_)));
        let number = list.number.unwrap_or_default();
        let reasons = list.entries.into_iter().filter_map(|entry| entry.reason);
        let reasons: Vec<String> = reasons.collect();
        format!("{} {number} {}", list.count, reasons.join(", "))
    };
    let expected = "\
        complete.der 0 5 \n\
        delta.der 0 6 \n\
        revoked.der 1 5 keyCompromise\n\
        rich.der 3 1 keyCompromise, certificateHold\n\
        version-1.der 1  \n";
    assert_eq!(verdicts("crl", judge), expected);
}

#[test]
fn recipe_files() {
    let expected = "\
        digest-not-hex.json recipe.field\n\
        field-misspelt.json recipe.field\n\
        good-list-nvs.json ok\n\
        good-relay.json ok\n\
        good-scan-trust-bundle.json ok\n\
        nested-deep.json recipe.not-json\n\
        preset-key-too-long.json recipe.field\n\
        preset-key-twice.json recipe.field\n\
        root-unknown.json recipe.field\n\
        serial-twice.json recipe.field\n\
        truncated.json recipe.not-json\n\
        two-documents.json recipe.not-json\n\
        version-2.json recipe.version\n";
    assert_eq!(
        verdicts("recipe", |bytes| code(Recipe::parse(bytes))),
        expected
    );
}

/// What a service might answer with, made by the authority of `common`. Its signatures are
/// deterministic, so that the files can be compared; `SIGNET_WRITE=1` writes them anew.
fn chain_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = sign(&chain());
    let text = |order: &[usize]| -> Vec<u8> {
        let all = order
            .iter()
            .map(|index| pem::encode("CERTIFICATE", &good[*index]));
        all.collect::<String>().into_bytes()
    };
    let mut drafts = chain();
    drafts[1].extensions.clear();
    let no_ca: String = sign(&drafts)
        .iter()
        .map(|der| pem::encode("CERTIFICATE", der))
        .collect();
    vec![
        ("good.pem", text(&[0, 1, 2]), "chain.unexpected-root"),
        ("leaf.der", good[0].clone(), "chain.missing-issuer"),
        ("no-ca.pem", no_ca.into_bytes(), "chain.unexpected-root"),
        ("no-leaf.pem", text(&[1, 2]), "chain.key-not-found"),
        ("no-root.pem", text(&[0, 1]), "chain.missing-issuer"),
        ("reversed.pem", text(&[2, 1, 0]), "chain.unexpected-root"),
        (
            "root-twice.pem",
            text(&[0, 1, 2, 2]),
            "chain.extra-certificate",
        ),
    ]
}

#[test]
fn chain_files_are_what_the_authority_issues() {
    let mut expected = String::new();
    for (name, bytes, verdict) in chain_files() {
        let path = folder("chain").join(name);
        if env::var_os("SIGNET_WRITE").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(
            fs::read(&path).unwrap() == bytes,
            "{name} is not what it should be"
        );
        expected.push_str(&format!("{name} {verdict}\n"));
    }
    let judge = |bytes: &[u8]| {
        let items = core::str::from_utf8(bytes)
            .ok()
            .and_then(|text| decode_item(text).ok());
        let expected = Expectations {
            common_name: "dev-0001".to_owned(),
            public_point: key(1).public_point(),
            root_sha256: vec![[0; 32]],
            validity_days: (1, 90),
        };
        let items = items.unwrap_or_else(|| vec![bytes.to_vec()]);
        let refused = VerifiedChain::verify(&items, &expected, NOW);
        // With its own root named, each goes one step further.
        if let Some(root) = items.last() {
            let root_sha256 = vec![Sha256::digest(root).into()];
            let _ = VerifiedChain::verify(
                &items,
                &Expectations {
                    root_sha256,
                    ..expected
                },
                NOW,
            );
        }
        code(refused)
    };
    assert_eq!(verdicts("chain", judge), expected);
}
