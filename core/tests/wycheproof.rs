//! ECDSA verification against the Wycheproof vectors (C2SP/wycheproof, Apache-2.0), which are looked
//! for in the folder that the environment variable `SIGNET_CORPORA` names.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;
use signet_core::key::PublicKey;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Every verdict that is not the vectors' own, and how many were valid and invalid.
fn judge(file: &str) -> Option<(Vec<String>, usize, usize)> {
    let Some(folder) = env::var_os("SIGNET_CORPORA") else {
        eprintln!("skipped: SIGNET_CORPORA names no folder with wycheproof/{file}");
        return None;
    };
    let path = PathBuf::from(folder).join("wycheproof").join(file);
    let Ok(text) = fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    let (mut wrong, mut valid, mut invalid) = (Vec::new(), 0, 0);
    for group in vectors["testGroups"].as_array().unwrap() {
        let der = unhex(group["publicKeyDer"].as_str().unwrap());
        let key = PublicKey::from_spki_der(&der).unwrap();
        let point = unhex(group["publicKey"]["uncompressed"].as_str().unwrap());
        assert_eq!(PublicKey::from_point(&point), Ok(key));
        for test in group["tests"].as_array().unwrap() {
            let field = |name: &str| unhex(test[name].as_str().unwrap());
            let accepted = key.verify(&field("msg"), &field("sig")).is_ok();
            let expected = match test["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                other => panic!("unknown result {other}"),
            };
            if expected {
                valid += 1;
            } else {
                invalid += 1;
            }
            if accepted != expected {
                wrong.push(format!("{} {}: {accepted}", test["tcId"], test["comment"]));
            }
        }
    }
    Some((wrong, valid, invalid))
}

#[test]
fn p384_with_sha384() {
    if let Some((wrong, valid, invalid)) = judge("ecdsa_secp384r1_sha384_test.json") {
        assert_eq!(wrong, Vec::<String>::new());
        println!("{valid} valid and {invalid} invalid signatures judged as they should be");
        assert!(valid >= 100 && invalid >= 200, "{valid} {invalid}");
    }
}

/// The same keys and hashes of another length: every signature must be refused here, since only
/// ecdsa-with-SHA384 is the policy.
#[test]
fn p384_with_another_hash_is_refused() {
    if let Some((wrong, valid, _)) = judge("ecdsa_secp384r1_sha256_test.json") {
        assert_eq!(wrong.len(), valid, "{wrong:?}");
    }
}
