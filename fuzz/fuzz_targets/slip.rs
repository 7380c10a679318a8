#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::flash::esp::{Decoder, Found, MAX_FRAME, Reply, encode};

fuzz_target!(|data: &[u8]| {
    let (mut decoder, mut again) = (Decoder::new(), Decoder::new());
    for &byte in data {
        let Found::Frame(frame) = decoder.push(byte) else { continue };
        assert!(!frame.is_empty() && frame.len() <= MAX_FRAME);
        let _ = Reply::parse(frame);
        let came = encode(frame).iter().any(|&byte| matches!(again.push(byte), Found::Frame(same) if same == frame));
        assert!(came);
    }
});
