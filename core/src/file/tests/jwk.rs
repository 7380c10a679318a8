//! JSON Web Keys.

use super::*;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn said(json: &Value) -> (String, String) {
    let opened = open(json.to_string().as_bytes(), None);
    (kinds(&opened), codes(&opened))
}

fn answer(kinds: &str, codes: &str) -> (String, String) {
    (kinds.to_owned(), codes.to_owned())
}

fn what(json: &Value) -> Vec<String> {
    let opened = open(json.to_string().as_bytes(), None);
    opened.flaws.iter().map(|flaw| flaw.fault().what).collect()
}

#[test]
fn json_web_keys() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let key = key();
    let point = key.public_point();
    let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let (x, y) = (encode(&point[1..49]), encode(&point[49..]));
    let d = encode(&[7; 48]);
    let jwk = serde_json::json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y, "d": d });
    let opened = open(jwk.to_string().as_bytes(), None);
    assert_eq!(
        (kinds(&opened).as_str(), codes(&opened).as_str()),
        ("key", "")
    );
    let public = public_key_of(&opened.objects[0].content);
    assert_eq!(public, Some(key.public_key().to_spki_der()));
    let set = serde_json::json!({ "keys": [{ "kty": "EC", "crv": "P-384", "x": x, "y": y }] });
    assert_eq!(kinds(&open(set.to_string().as_bytes(), None)), "public");
    // Halves that do not belong together.
    let wrong =
        serde_json::json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y, "d": encode(&[8; 48]) });
    assert_eq!(codes(&open(wrong.to_string().as_bytes(), None)), "file.key");
    let short = serde_json::json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": y });
    assert_eq!(codes(&open(short.to_string().as_bytes(), None)), "file.jwk");
}

/// RFC 8037 appendices A.1 and A.2.
#[test]
fn octet_key_pairs() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    let bytes = |text| Base64UrlUnpadded::decode_vec(text).unwrap();
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    let opened = open(public.to_string().as_bytes(), None);
    let wanted = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\0";
    let wanted = [wanted.as_slice(), &bytes(x)].concat();
    assert_eq!(public_key_of(&opened.objects[0].content), Some(wanted));
    let private = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "d": d });
    let opened = open(private.to_string().as_bytes(), None);
    let Content::PrivateKey(secret) = &opened.objects[0].content else {
        panic!()
    };
    // RFC 8410 section 7, as OpenSSL writes it.
    let wanted = b"\x30\x2e\x02\x01\0\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    assert_eq!(secret.as_pkcs8(), [wanted.as_slice(), &bytes(d)].concat());
    for (curve, size) in [("Ed448", 57), ("X448", 56)] {
        let half = Base64UrlUnpadded::encode_string(&vec![7; size]);
        let key = json!({ "kty": "OKP", "crv": curve, "x": half, "d": half });
        assert_eq!(said(&key), answer("key", ""));
        let short = json!({ "kty": "OKP", "crv": curve, "x": "AA" });
        assert_eq!(said(&short), answer("", "file.jwk"));
    }
}

/// RFC 8032 section 7.1 and RFC 7748 section 6.1, each with the other half of RFC 8037 appendix A.
#[test]
fn halves_of_octet_key_pairs_belong_together() {
    let text = |hex: &str| {
        let digits = (0..hex.len()).step_by(2);
        let bytes = digits.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        bytes.collect::<Vec<u8>>()
    };
    let other = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    for (curve, number, d, x) in [
        (
            "Ed25519",
            0x70,
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "X25519",
            0x6e,
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        ),
    ] {
        let (d, x) = (text(d), text(x));
        let encode = Base64UrlUnpadded::encode_string;
        let key = |x: &str| json!({ "kty": "OKP", "crv": curve, "x": x, "d": encode(&d) });
        assert_eq!(said(&key(&encode(&x))), answer("key", ""), "{curve}");
        let wrong = open(key(other).to_string().as_bytes(), None);
        assert_eq!(codes(&wrong), "file.key");
        assert_eq!((kinds(&wrong).as_str(), wrong.flaws[0].at), ("", Some(0)));
        // PKCS #8 with both halves, RFC 8410 section 7.
        let head = [
            0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2b, 0x65, number, 4, 0x22, 4, 0x20,
        ];
        let both = |x: &[u8]| [&head, &d[..], b"\x81\x21\0", x].concat();
        let said = |x: &[u8]| codes(&open(&both(x), None));
        assert_eq!((said(&x), said(&d)), (String::new(), "file.key".to_owned()));
        // Half of a byte is none of the other half, and a private key has 32 bytes.
        let odd = [&head, &d[..], b"\x81\x21\x04", &x[..31], &[x[31] & 0xf0]].concat();
        assert_eq!(codes(&open(&odd, None)), "file.key");
        let alone = |length: u8| {
            let head = [
                0x30,
                length + 14,
                2,
                1,
                0,
                0x30,
                5,
                6,
                3,
                0x2b,
                0x65,
                number,
            ];
            let head = [&head[..], &[4, length + 2, 4, length]].concat();
            codes(&open(&[&head[..], &vec![7; length.into()]].concat(), None))
        };
        assert_eq!(alone(32), "");
        assert!(alone(31) == "file.key" && alone(33) == "file.key");
    }
}

/// What a JSON Web Key may be by its standards is not called damaged.
#[test]
fn a_key_of_another_kind_is_named() {
    let half = Base64UrlUnpadded::encode_string(&[7; 32]);
    let koblitz = json!({ "kty": "EC", "crv": "secp256k1", "x": half, "y": half });
    assert_eq!(said(&koblitz), answer("public", ""));
    let set = json!({ "keys": [
        { "kty": "oct", "k": half },
        { "kty": "EC", "crv": "P-224", "x": half, "y": half, "kid": "a\u{202e}b" },
        { "kty": "OKP", "crv": "P-256", "x": half },
        { "kty": "AKP", "alg": "ML-DSA-65", "pub": half },
        { "kty": "RSA", "n": half, "e": "AQAB", "d": half },
        { "kty": "RSA", "n": half, "e": "AQAB", "d": half, "p": half },
        { "kty": "RSA", "n": half, "e": "AQAB", "kid": "k".repeat(1000) },
        { "kty": "EC", "crv": "P-256", "x": "AA", "y": half, "kid": "k".repeat(1000) },
    ] });
    let kid = "k".repeat(64);
    let end = "which is not opened here.";
    let wanted = [
        format!("The JSON Web Key /keys/0 is a symmetric key (kty oct), {end}"),
        format!(
            "The JSON Web Key /keys/1 (kid a\\u{{202e}}b) is a key on another curve (crv P-224), {end}"
        ),
        format!("The JSON Web Key /keys/2 is a key on another curve (crv P-256), {end}"),
        format!("The JSON Web Key /keys/3 is a key of another kind (kty AKP), {end}"),
        format!("The JSON Web Key /keys/4 is an RSA key without its primes, {end}"),
        "The field q of the JSON Web Key /keys/5 is missing or wrong.".to_owned(),
        format!("The field x of the JSON Web Key /keys/7 (kid {kid}…) is missing or wrong."),
    ];
    assert_eq!(what(&set), wanted);
    assert_eq!(said(&set).0, "public");
    let alone = json!({ "kty": "oct" });
    let wanted = format!("The JSON Web Key is a symmetric key (kty oct), {end}");
    assert_eq!(what(&alone), [wanted]);
}

/// RFC 7517 section 4.7, as the key sets of Microsoft Entra have it.
#[test]
fn the_certificates_of_a_key_are_opened_with_it() {
    let half = Base64UrlUnpadded::encode_string(&[7; 32]);
    let chain = [CHAIN, trust::ROOTS[0].der].map(Base64::encode_string);
    let set = json!({ "keys": [
        { "kty": "RSA", "n": half, "e": "AQAB", "x5c": chain },
        { "kty": "oct", "x5c": [chain[0]] },
        { "kty": "RSA", "n": half, "e": "AQAB", "x5c": [format!("{}!", chain[0])] },
    ] });
    let wanted = answer(
        "public certificate certificate certificate public",
        "file.jwk-kind file.base64",
    );
    assert_eq!(said(&set), wanted);
    let text = set.to_string();
    let opened = open(text.as_bytes(), None);
    assert_eq!(opened.objects[1].within[0], "JSON /keys/0/x5c/0");
    assert_eq!(Some(opened.objects[1].at), text.find(&chain[0]));
    assert_eq!(opened.flaws[1].at, text.find('!'));
}

/// A name of the input is not repeated for each of ten thousand members below it.
#[test]
fn a_long_name_is_cut() {
    let name = "n".repeat(1 << 20);
    let members = vec![json!({ "kty": "oct" }); 10_000];
    let set = json!({ name: members }).to_string();
    let opened = open(set.as_bytes(), None);
    assert_eq!(opened.flaws.len(), 10_000);
    let last = opened.flaws.last().unwrap().fault().what;
    assert!(
        last.contains("nnn/9999 is a symmetric") && last.len() < 400,
        "{last}"
    );
}
