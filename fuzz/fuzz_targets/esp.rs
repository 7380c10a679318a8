#![no_main]
use libfuzzer_sys::fuzz_target;

#[path = "../../core/tests/common/replay.rs"]
mod replay;

fuzz_target!(|data: &[u8]| {
    let _ = replay::verdict(data);
});
