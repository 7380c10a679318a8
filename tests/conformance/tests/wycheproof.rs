//! The verifier against the Wycheproof vectors (C2SP/wycheproof, Apache-2.0), which are looked for in
//! the folder that the environment variable `SIGNET_CORPORA` names.
#![allow(clippy::unwrap_used)]

mod common;

use conformance::RustCrypto;
use serde_json::Value;
use signet_core::path::{Answer, SignatureCheck, Verify};

/// ecdsa-with-SHA256, -SHA384 and -SHA512, RFC 5758 section 3.2.
const ECDSA_SHA256: &str = "300a06082a8648ce3d040302";
const ECDSA_SHA384: &str = "300a06082a8648ce3d040303";
const ECDSA_SHA512: &str = "300a06082a8648ce3d040304";
/// sha256WithRSAEncryption and its sisters, RFC 4055 section 5.
const RSA_SHA256: &str = "300d06092a864886f70d01010b0500";
const RSA_SHA384: &str = "300d06092a864886f70d01010c0500";
const RSA_SHA512: &str = "300d06092a864886f70d01010d0500";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// RSASSA-PSS with the parameters spelled out: one hash, MGF1 over it, the length of the salt.
fn pss(hash: u8, salt: u8) -> String {
    // id-sha256, id-sha384 and id-sha512 differ in their last byte.
    let hash = format!("300d06096086480165030402{hash:02x}0500");
    let mask = format!("301a06092a864886f70d010108{hash}");
    let parameters = format!("a00f{hash}a11c{mask}a2030201{salt:02x}");
    format!("304106092a864886f70d01010a3034{parameters}")
}

fn vectors(file: &str) -> Option<Value> {
    let text = common::corpus(&format!("wycheproof/{file}"))?;
    Some(serde_json::from_slice(&text).unwrap())
}

/// Each vector as the signature of a certificate. One that is "acceptable" may go either way: the
/// RSA files have one each, whose parameters are not NULL.
fn judge(file: &str, algorithm: &str) {
    let Some(vectors) = vectors(file) else { return };
    let algorithm = unhex(algorithm);
    let (mut wrong, mut valid, mut invalid) = (Vec::new(), 0, 0);
    for group in vectors["testGroups"].as_array().unwrap() {
        let key = group["publicKeyDer"]
            .as_str()
            .or(group["publicKeyAsn"].as_str());
        let spki = unhex(key.unwrap());
        for test in group["tests"].as_array().unwrap() {
            let field = |name: &str| unhex(test[name].as_str().unwrap());
            let (message, signature) = (field("msg"), field("sig"));
            let check = SignatureCheck {
                algorithm: &algorithm,
                spki: &spki,
                inherited: None,
                message: &message,
                signature: &signature,
            };
            let answer = RustCrypto.verify(&check);
            let good = match test["result"].as_str().unwrap() {
                "valid" => {
                    valid += 1;
                    answer == Answer::Valid
                }
                "invalid" => {
                    invalid += 1;
                    answer == Answer::Invalid
                }
                _ => answer != Answer::Unsupported,
            };
            if !good {
                wrong.push(format!("{} {}: {answer:?}", test["tcId"], test["comment"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{file}: {}", wrong.join("\n"));
    eprintln!("{file}: {valid} valid and {invalid} invalid signatures judged as they should be");
    assert!(valid >= 5 && invalid >= 10, "{file}: {valid} {invalid}");
}

#[test]
fn ecdsa() {
    judge("ecdsa_secp256r1_sha256_test.json", ECDSA_SHA256);
    judge("ecdsa_secp384r1_sha256_test.json", ECDSA_SHA256);
    judge("ecdsa_secp384r1_sha384_test.json", ECDSA_SHA384);
    judge("ecdsa_secp521r1_sha512_test.json", ECDSA_SHA512);
}

#[test]
fn rsa_pkcs1() {
    for size in ["2048", "3072", "4096"] {
        for (hash, algorithm) in [
            ("256", RSA_SHA256),
            ("384", RSA_SHA384),
            ("512", RSA_SHA512),
        ] {
            judge(
                &format!("rsa_signature_{size}_sha{hash}_test.json"),
                algorithm,
            );
        }
    }
}

#[test]
fn rsa_pss() {
    judge("rsa_pss_2048_sha256_mgf1_32_test.json", &pss(1, 32));
    judge("rsa_pss_2048_sha384_mgf1_48_test.json", &pss(2, 48));
    judge("rsa_pss_3072_sha256_mgf1_32_test.json", &pss(1, 32));
    judge("rsa_pss_4096_sha256_mgf1_32_test.json", &pss(1, 32));
    judge("rsa_pss_4096_sha384_mgf1_48_test.json", &pss(2, 48));
    judge("rsa_pss_4096_sha512_mgf1_32_test.json", &pss(3, 32));
    judge("rsa_pss_4096_sha512_mgf1_64_test.json", &pss(3, 64));
}
