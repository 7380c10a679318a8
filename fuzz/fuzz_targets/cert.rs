#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::cert::Summary;

fuzz_target!(|data: &[u8]| {
    if let Ok(summary) = Summary::from_der(data) {
        assert!(!summary.subject.contains(char::is_control));
    }
});
