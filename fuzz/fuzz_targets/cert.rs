#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::cert::read_any;

fuzz_target!(|data: &[u8]| {
    for summary in read_any(data).unwrap_or_default() {
        assert!(!summary.subject.contains(char::is_control));
    }
});
