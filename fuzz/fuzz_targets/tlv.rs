#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::image::{preset, tlv};

fuzz_target!(|data: &[u8]| {
    let preset = preset::Preset::EspSecureCert { encoding: <_>::default(), chain: <_>::default() };
    let _ = preset::read(&preset, data);
    if let Ok(read) = tlv::parse(data) {
        assert!(read.used <= data.len() && read.findings.len() <= tlv::MAX_FINDINGS);
    }
});
