#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::chain::{Expectations, VerifiedChain, decode_item};
use signet_core::{UnixTime, key::PrivateKey};

fuzz_target!(|data: &[u8]| {
    let chain = core::str::from_utf8(data).ok().and_then(|text| decode_item(text).ok());
    let Some(key) = PrivateKey::from_entropy(&[1; 48]) else { return };
    let (common_name, public_point) = ("dev-0001".to_owned(), key.public_point());
    let (root_sha256, validity_days) = (vec![[0; 32]], (1, 90));
    let expected = Expectations { common_name, public_point, root_sha256, validity_days };
    let chain = chain.unwrap_or_else(|| vec![data.to_vec()]);
    assert!(VerifiedChain::verify(&chain, &expected, UnixTime(1_800_000_000)).is_err());
});
