#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::cert::{Sketch, read_any};

fuzz_target!(|data: &[u8]| {
    let subject = Sketch::read(data).subject.value.unwrap_or_default();
    assert!(!subject.contains(char::is_control));
    for summary in read_any(data).unwrap_or_default() {
        assert!(!summary.subject.contains(char::is_control));
    }
});
