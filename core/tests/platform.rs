//! The arithmetic that everything rests on gives the published answers on every platform it ships
//! for: natively with `cargo test`, and in a browser's page with `wasm-pack test`.
#![allow(clippy::unwrap_used, reason = "a test")]

use p384::ecdsa::signature::{Signer, Verifier};
use p384::ecdsa::{Signature, SigningKey, VerifyingKey};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

#[cfg(target_family = "wasm")]
wasm_bindgen_test_configure!(run_in_browser);

/// RFC 6979, A.2.6: P-384 with SHA-384 over "sample".
#[test]
fn p384_signs_as_rfc_6979_says() {
    let secret = hex(
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
    );
    let expected = hex(
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE4699EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
    );
    let key = SigningKey::from_slice(&secret).unwrap();
    let signature: Signature = key.sign(b"sample");
    assert_eq!(signature.to_bytes().to_vec(), expected);
    let public = VerifyingKey::from(&key);
    assert!(public.verify(b"sample", &signature).is_ok());
    assert!(public.verify(b"simple", &signature).is_err());
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(byte).collect()
}
