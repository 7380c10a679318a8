#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::cert::{Sketch, Summary};

fuzz_target!(|data: &[u8]| {
    let subject = Sketch::read(data).subject.value.unwrap_or_default();
    assert!(!subject.contains(char::is_control));
    if let Ok(summary) = Summary::from_der(data) {
        assert!(!summary.subject.contains(char::is_control));
    }
});
